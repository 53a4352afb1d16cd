"""Pickles of numpy arrays as ``paddle.save`` writes them: ``.pdparams``, ``.pdopt``, ``.states``.

Reading a pickle can run any code, so :func:`read_pickle` builds nothing but numpy arrays, numpy scalars,
ordered dictionaries and Python's plain values; anything else is an error that names it.
"""

import io
import pickle
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np

from ppocr_lite.errors import ModelFileError

PROTOCOL = 2  # what PaddleOCR 2.x writes; every version of Python and Paddle reads it


class _DType:
    """Stand-in for ``numpy.dtype`` while unpickling: takes a code and a byte order, nothing else.

    numpy's own ``__setstate__`` believes any flags that a file gives it, so it is never called.
    """

    def __init__(self, code: Any = "", *_: Any) -> None:
        self.value = np.dtype(code if isinstance(code, str) else "O")
        if self.value.kind not in "biufcSU":
            raise pickle.UnpicklingError(f"a numpy array of type {code!r:.20}")

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        if state[1] == ">":
            self.value = self.value.newbyteorder(">")


class _Array:
    """Stand-in for ``numpy.ndarray`` while unpickling; :func:`_unwrap` takes the array out."""

    def __init__(self, *_: Any) -> None:
        self.value: Any = None

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        _, shape, dtype, fortran, data = state
        self.value = _array(data, dtype, shape, "F" if fortran else "C")


def _array(data: Any, dtype: _DType, shape: Any, order: Any = "C") -> np.ndarray:
    if isinstance(data, str):  # bytes as Python 2 wrote them
        data = data.encode("latin1")
    flat = np.frombuffer(data, dtype=dtype.value) if len(data) else np.empty(0, dtype.value)
    return flat.reshape(shape, order=order).astype(dtype.value.newbyteorder("="), order="C")


def _scalar(dtype: _DType, data: Any) -> Any:
    return _array(data, dtype, ())[()]


def _bytes(text: Any, encoding: Any = "latin1") -> bytes:
    """Stand-in for ``_codecs.encode``, with which protocol 2 spells bytes."""
    if encoding != "latin1" or not isinstance(text, str):
        raise pickle.UnpicklingError(f"_codecs.encode to {encoding!r}")
    return text.encode("latin1")


def _no_bytes() -> bytes:
    """Stand-in for ``bytes()``, protocol 2's spelling of empty bytes (``bytes(10**12)`` is an error)."""
    return b""


_ALLOWED: dict[tuple[str, str], Any] = {
    ("collections", "OrderedDict"): OrderedDict,
    ("builtins", "tuple"): tuple,  # paddle.save reduces a nested tensor to tuple((name, array))
    ("__builtin__", "tuple"): tuple,
    ("_codecs", "encode"): _bytes,
    ("builtins", "bytes"): _no_bytes,
    ("__builtin__", "bytes"): _no_bytes,
    ("numpy", "ndarray"): _Array,
    ("numpy", "dtype"): _DType,
}
for _core in ("numpy.core", "numpy._core"):  # the package was renamed in numpy 2
    _ALLOWED[f"{_core}.multiarray", "_reconstruct"] = _Array
    _ALLOWED[f"{_core}.multiarray", "scalar"] = _scalar
    _ALLOWED[f"{_core}.numeric", "_frombuffer"] = _array


def _unwrap(value: Any) -> Any:
    """Replace the stand-ins by their arrays, in dictionaries, lists and tuples."""
    if isinstance(value, _Array):
        return value.value
    if isinstance(value, dict):
        return type(value)((key, _unwrap(item)) for key, item in value.items())
    if isinstance(value, list | tuple):
        return type(value)(_unwrap(item) for item in value)
    return value


class _ArrayUnpickler(pickle.Unpickler):
    """Builds only what ``_ALLOWED`` lists."""

    def find_class(self, module: str, name: str) -> Any:
        try:
            return _ALLOWED[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"'{module}.{name}'") from None


def read_pickle(path: str | Path) -> Any:
    """Read a pickle of plain values and numpy arrays without running anything that it holds.

    Raises:
        ModelFileError: no such file, broken, or it holds something else; the message names that.
    """
    path = Path(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ModelFileError(f"{path}: cannot be read ({error.strerror or error}).") from error
    try:
        return _unwrap(_ArrayUnpickler(io.BytesIO(data), encoding="latin1").load())
    except pickle.UnpicklingError as error:
        raise ModelFileError(
            f"{path}: holds {error}, which is not part of an array file. It was not loaded; "
            "use a file written by paddle.save or by this toolkit."
        ) from error
    except Exception as error:  # a damaged pickle can raise almost anything
        raise ModelFileError(
            f"{path}: damaged or not an array file ({type(error).__name__}: {error})."
        ) from error


def to_bytes(value: Any) -> bytes:
    """Pickle ``value`` (plain values and numpy arrays) for a file that PaddleOCR 2.x reads too."""
    return pickle.dumps(value, protocol=PROTOCOL)
