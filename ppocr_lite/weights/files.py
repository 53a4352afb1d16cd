"""Files of named arrays, in either format: ``.safetensors`` by that suffix, and Paddle's pickles."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ppocr_lite.errors import ModelFileError
from ppocr_lite.weights.disk import write_atomic
from ppocr_lite.weights.names import NAMES_KEY, from_bfloat16
from ppocr_lite.weights.pickles import read_pickle, to_bytes
from ppocr_lite.weights.tensors import read_tensors, tensors_to_bytes

logger = logging.getLogger(__name__)

PICKLE, TENSORS = ".pdparams", ".safetensors"
SUFFIXES = (PICKLE, TENSORS)
"""Of files of weights, in the order in which they are looked for."""
_SPLIT_KEY = "UnpackBigParamInfor@@"
"""Entry in which ``paddle.save`` keeps which arrays it cut into pieces of 1 GiB (protocols 2 and 3)."""
_EXPORTED = (".pdiparams", ".pdmodel", ".onnx")


@dataclass(frozen=True)
class WeightFile:
    """What a file of weights holds: its arrays as they are stored, and what stands beside them."""

    arrays: dict[str, np.ndarray]
    """By name; bfloat16 as uint16."""
    names: dict[str, str]
    """{state_dict name: Paddle parameter name}, as far as the file tells."""
    others: dict[str, Any]
    """Entries that are no arrays of numbers."""


def read_file(path: str | Path) -> WeightFile:
    """Read a ``.safetensors`` file, or with any other suffix a file of ``paddle.save``.

    Raises:
        ModelFileError: it can't be read, or holds no named arrays or something else than that.
        MissingDependency: .safetensors without its library.
    """
    suffix = Path(path).suffix
    if suffix in _EXPORTED:
        raise ModelFileError(f"{path}: {suffix} is part of an exported model, not a checkpoint.")
    if suffix == TENSORS:
        arrays, names = read_tensors(path)
        return WeightFile(arrays, names, {})
    values = read_pickle(path)
    if not isinstance(values, Mapping):
        raise ModelFileError(f"{path}: expected named arrays, got a {type(values).__name__}.")
    values = _joined(path, values)
    table = values.pop(NAMES_KEY, None)
    names = {str(k): str(v) for k, v in table.items()} if isinstance(table, Mapping) else {}
    plain = {str(key): _without_name(value) for key, value in values.items()}
    return WeightFile(
        arrays={key: value for key, value in plain.items() if _is_numbers(value)},
        names=names,
        others={key: value for key, value in plain.items() if not _is_numbers(value)},
    )


def read_params(path: str | Path) -> tuple[dict[str, Any], dict[str, str]]:
    """Read a file of weights or of an optimizer (``.pdopt``).

    Returns:
        Arrays by name (16-bit floats widened to float32; entries that are not arrays stay as they are),
        and {state_dict name: Paddle parameter name} as far as the file tells.
    """
    found = read_file(path)
    return {**{name: _wide(array) for name, array in found.arrays.items()}, **found.others}, found.names


def read_weights(path: str | Path) -> dict[str, np.ndarray]:
    """Read the arrays of a file of weights, 16-bit floats widened to float32.

    Entries that are no arrays are left out with a warning.

    Raises:
        ModelFileError: as :func:`read_file`, or it holds no arrays.
    """
    found = read_file(path)
    if found.others:
        logger.warning("%s: entries that are no arrays: %s.", path, sorted(found.others)[:5])
    if not found.arrays:
        raise ModelFileError(f"{path}: holds no arrays.{_nested_hint(found.others)}")
    return {name: _wide(array) for name, array in found.arrays.items()}


def write_weights(
    path: str | Path, arrays: Mapping[str, np.ndarray], names: Mapping[str, str] | None = None
) -> None:
    """Write named arrays atomically, in the format of the suffix.

    Args:
        path: ``.pdparams``, which PaddleOCR 2.x reads, or ``.safetensors``.
        names: {state_dict name: name of the Paddle parameter}, which an optimizer's file refers to.

    Raises:
        ModelFileError: another suffix, or an array of a type that the format does not have.
        MissingDependency: .safetensors without its library.
    """
    suffix = Path(path).suffix
    if suffix == TENSORS:
        write_atomic(path, tensors_to_bytes(arrays, names))
    elif suffix == PICKLE:
        values: dict[str, Any] = dict(arrays)
        if names:
            values[NAMES_KEY] = dict(names)
        write_atomic(path, to_bytes(values))
    else:
        raise ModelFileError(f"{path}: weights are written as {' or '.join(SUFFIXES)}, not as '{suffix}'.")


def _without_name(value: Any) -> Any:
    """The array of the pair (name, array), to which ``paddle.save`` reduces a tensor."""
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[1], np.ndarray):
        return value[1]
    return value


def _is_numbers(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.kind in "biuf"


def _joined(path: str | Path, values: Mapping[Any, Any]) -> dict[Any, Any]:
    """``values`` with the pieces of large arrays put together again."""
    whole = dict(values)
    table = whole.pop(_SPLIT_KEY, {})
    try:
        for key, entry in table.items():
            pieces = [whole.pop(piece) for piece in entry["slices"]]
            whole[key] = np.concatenate(pieces).reshape(entry["OriginShape"])
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ModelFileError(
            f"{path}: its large arrays can't be put together; {_SPLIT_KEY} does not fit the rest ({error!r})."
        ) from error
    return whole


def _wide(array: np.ndarray) -> np.ndarray:
    array = from_bfloat16(array)
    return array.astype(np.float32) if array.dtype == np.float16 else array


def _nested_hint(others: Mapping[str, Any]) -> str:
    nested = [key for key, value in others.items() if isinstance(value, dict)]
    if not nested:
        return ""
    return f" They may be within {nested[:5]}: save one alone, by paddle.save(paddle.load(IN)[NAME], OUT)."
