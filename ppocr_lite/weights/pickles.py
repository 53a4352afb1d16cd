"""Pickles of numpy arrays as ``paddle.save`` writes them: ``.pdparams``, ``.pdopt``, ``.states``.

Reading a pickle can run any code, so :func:`read_pickle` builds nothing but numpy arrays, numpy scalars,
dictionaries, lists, tuples and Python's plain values; anything else is an error that names it. A small file
stays small in memory, however it is made.
"""

import io
import pickle
from collections import OrderedDict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from ppocr_lite.errors import ModelFileError
from ppocr_lite.weights.disk import read_bytes

PROTOCOL = 2  # what PaddleOCR 2.x writes; every version of Python and Paddle reads it

MAX_DEPTH = 32  # of dictionaries in dictionaries; an optimizer's state has 3
MAX_CODE = 16  # characters of a dtype, such as "f4"
SLACK = 1 << 20  # bytes that a small file may make beyond twice its size

_PLAIN = (str, bytes, bool, int, float, complex, type(None), np.generic)
_KEYS = (str, int, float, bool, type(None), np.integer)
_KINDS = "biufcSU"  # numpy's letters for truth values, numbers and text


class _ForeignError(Exception):
    """A file holds what no file of arrays holds; the text says what."""


class _DType:
    """Stand-in for ``numpy.dtype`` while unpickling: takes a code and a byte order, nothing else.

    numpy's own ``__setstate__`` believes any flags that a file gives it, so it is never called.
    """

    def __init__(self, code: Any = "", *_: Any) -> None:
        self.value = np.dtype(code if isinstance(code, str) and len(code) <= MAX_CODE else "O")
        if self.value.kind not in _KINDS:
            raise _ForeignError(f"a numpy array of type {code!r:.20}")

    def set_state(self, state: Any) -> None:
        if state[1] == ">":
            self.value = self.value.newbyteorder(">")


class _Array:
    """Stand-in for ``numpy.ndarray`` while unpickling; :meth:`_Unpickler.value` takes the array out."""

    value: np.ndarray | None = None


class _Unpickler(pickle._Unpickler):
    """Reads a pickle of arrays and plain values.

    It is Python's own reader in Python, not the one in C, because only that one has a table of instructions
    that can be cut down, and because the one in C reserves as much memory as a file asks for.
    """

    dispatch: ClassVar[dict[int, Callable[..., None]]]
    stack: list[Any]
    append: Callable[[Any], None]
    read: Callable[[int], bytes]
    pop_mark: Callable[[], list[Any]]

    def __init__(self, data: bytes) -> None:
        super().__init__(io.BytesIO(data), encoding="latin1")
        self._budget = 2 * len(data) + SLACK
        self._done: dict[int, Any] = {}
        self._allowed: dict[tuple[str, str], Any] = {
            ("collections", "OrderedDict"): _ordered,
            ("_codecs", "encode"): self._encode,
            ("numpy", "ndarray"): _Array,
            ("numpy", "dtype"): _DType,
        }
        for core in ("numpy.core", "numpy._core"):  # the package was renamed in numpy 2
            self._allowed[f"{core}.multiarray", "_reconstruct"] = _reconstruct
            self._allowed[f"{core}.multiarray", "scalar"] = self._scalar
            self._allowed[f"{core}.numeric", "_frombuffer"] = self._from_buffer
        for builtins in ("builtins", "__builtin__"):
            self._allowed[builtins, "bytes"] = _no_bytes
            self._allowed[builtins, "tuple"] = _tuple
            self._allowed[builtins, "eval"] = _dense_tensor

    def find_class(self, module: str, name: str) -> Any:
        try:
            return self._allowed[module, name]
        except KeyError:
            raise _ForeignError(f"'{module}.{name}'") from None

    def value(self, item: Any, depth: int = 0) -> Any:
        """``item`` with arrays in place of their stand-ins; an error for anything else."""
        if isinstance(item, _Array | np.ndarray):
            return item.value if isinstance(item, _Array) else item
        if isinstance(item, _PLAIN):
            return item
        if not isinstance(item, dict | list | tuple):
            raise _ForeignError(self._name_of(item))
        if depth > MAX_DEPTH:
            raise _ForeignError(f"containers more than {MAX_DEPTH} deep")
        # What the file refers to many times is converted once: its size can't grow by that.
        if id(item) not in self._done:
            if isinstance(item, dict):
                pairs = ((key, self.value(part, depth + 1)) for key, part in item.items())
                self._done[id(item)] = type(item)(pairs)
            else:
                self._done[id(item)] = type(item)(self.value(part, depth + 1) for part in item)
        return self._done[id(item)]

    def _name_of(self, item: Any) -> str:
        """How a file spells what it holds in place of a value, such as a function."""
        spelled = (f"'{module}.{name}'" for (module, name), made in self._allowed.items() if made == item)
        return next(spelled, f"a {type(item).__name__!r}")

    def _spend(self, size: int) -> None:
        self._budget -= size
        if self._budget < 0:
            raise _ForeignError("values that would take many times the size of the file")

    def _encode(self, text: Any, encoding: Any = "latin1") -> bytes:
        """Stand-in for ``_codecs.encode``, with which protocol 2 spells bytes."""
        if encoding != "latin1" or not isinstance(text, str):
            raise _ForeignError(f"'_codecs.encode' to {encoding!r:.20}")
        self._spend(len(text))
        return text.encode("latin1")

    def _from_buffer(self, data: Any, dtype: Any, shape: Any, order: Any = "C") -> np.ndarray:
        """An array of the bytes that the file holds for it, in this machine's byte order."""
        if isinstance(data, str):  # bytes as Python 2 wrote them
            data = data.encode("latin1")
        if not isinstance(data, bytes | bytearray) or not isinstance(dtype, _DType):
            raise _ForeignError("a numpy array made of something else than bytes")
        self._spend(len(data))
        kind = dtype.value
        flat = np.frombuffer(data, dtype=kind) if len(data) else np.empty(0, kind)
        return flat.reshape(shape, order=order).astype(kind.newbyteorder("="), order="C")

    def _scalar(self, dtype: Any, data: Any) -> Any:
        return self._from_buffer(data, dtype, ())[()]

    def _load_build(self) -> None:
        """BUILD gives an object its state: here only to arrays and dtypes, each by its own rule."""
        state = self.stack.pop()
        target = self.stack[-1]
        if isinstance(target, _Array):
            _, shape, dtype, fortran, data = state
            target.value = self._from_buffer(data, dtype, shape, "F" if fortran else "C")
        elif isinstance(target, _DType):
            target.set_state(state)
        else:
            raise _ForeignError(f"state for a {type(target).__name__!r}")

    def _load_setitem(self) -> None:
        value, key = self.stack.pop(), self.stack.pop()
        _set_items(self.stack[-1], [key, value])

    def _load_setitems(self) -> None:
        items = self.pop_mark()
        _set_items(self.stack[-1], items)

    def _load_bytearray(self) -> None:
        (size,) = np.frombuffer(self.read(8), "<u8")
        self.append(self.read(int(size)))


def _set_items(target: Any, items: Sequence[Any]) -> None:
    """``target[key] = value`` for the flat list key, value, key, value..., into dictionaries only."""
    if not isinstance(target, dict):
        raise _ForeignError(f"items for a {type(target).__name__!r}")
    for key, value in zip(items[::2], items[1::2], strict=True):
        # A tuple's hash visits all parts of it: a small file could keep the reader busy for ever.
        if not isinstance(key, _KEYS):
            raise _ForeignError(f"a key of type {type(key).__name__!r}")
        target[key] = value


def _ordered(pairs: Sequence[Any] = ()) -> OrderedDict[Any, Any]:
    """Stand-in for ``OrderedDict``; Python 2 gives it a list of pairs."""
    made: OrderedDict[Any, Any] = OrderedDict()
    for pair in pairs:
        _set_items(made, pair)
    return made


def _reconstruct(*_: Any) -> _Array:
    """Stand-in for numpy's function of that name: an array that BUILD fills."""
    return _Array()


def _no_bytes(*args: Any) -> bytes:
    """Stand-in for ``bytes()``, protocol 2's spelling of empty bytes; ``bytes(10**12)`` is refused."""
    if args:
        raise _ForeignError("'bytes' with arguments")
    return b""


def _tuple(pair: Any) -> tuple[Any, ...]:
    """Stand-in for ``tuple((name, array))``, to which ``paddle.save`` reduces a nested tensor."""
    if type(pair) is not tuple:
        raise _ForeignError("'tuple' of something else than a name and an array")
    return pair


def _dense_tensor(expression: Any, scope: Any = None) -> Any:
    """Stand-in for ``eval("data", {"data": array})``, as ``paddle.save`` writes a static graph's tensor.

    Nothing is evaluated: the array is taken out of the dictionary, and any other call is refused.
    """
    if expression != "data" or not isinstance(scope, dict) or list(scope) != ["data"]:
        raise _ForeignError("'builtins.eval'")
    return scope["data"]


_REPLACED: dict[bytes, Callable[[_Unpickler], None]] = {
    pickle.BUILD: _Unpickler._load_build,
    pickle.SETITEM: _Unpickler._load_setitem,
    pickle.SETITEMS: _Unpickler._load_setitems,
    pickle.BYTEARRAY8: _Unpickler._load_bytearray,
}
_REFUSED: dict[bytes, str] = {
    pickle.PERSID: "a persistent id",
    pickle.BINPERSID: "a persistent id",
    **dict.fromkeys((pickle.EXT1, pickle.EXT2, pickle.EXT4), "a code of the extension registry"),
    **dict.fromkeys((pickle.INST, pickle.OBJ, pickle.NEWOBJ, pickle.NEWOBJ_EX), "an object of a class"),
    **dict.fromkeys((pickle.EMPTY_SET, pickle.ADDITEMS, pickle.FROZENSET), "a set"),
    **dict.fromkeys((pickle.NEXT_BUFFER, pickle.READONLY_BUFFER), "a buffer outside of the file"),
}


def _refusing(what: str) -> Callable[[_Unpickler], None]:
    def refuse(_: _Unpickler) -> None:
        raise _ForeignError(what)

    return refuse


_Unpickler.dispatch = {
    **pickle._Unpickler.dispatch,
    **{code[0]: load for code, load in _REPLACED.items()},
    **{code[0]: _refusing(what) for code, what in _REFUSED.items()},
}


def read_pickle(path: str | Path) -> Any:
    """Read a pickle of plain values and numpy arrays without running anything that it holds.

    Raises:
        ModelFileError: no such file, broken, or it holds something else; the message names that.
    """
    data = read_bytes(path)
    try:
        reader = _Unpickler(data)
        return reader.value(reader.load())
    except _ForeignError as error:
        raise ModelFileError(
            f"{path}: holds {error}, which is not part of an array file. It was not loaded; "
            "use a file written by paddle.save or by this toolkit."
        ) from error
    except Exception as error:  # a damaged pickle can raise almost anything
        raise ModelFileError(
            f"{path}: damaged, cut short, or not an array file ({type(error).__name__}: {error!s:.200})."
        ) from error


def to_bytes(value: Any) -> bytes:
    """Pickle ``value`` (plain values and numpy arrays) for a file that PaddleOCR 2.x reads too."""
    return pickle.dumps(value, protocol=PROTOCOL)
