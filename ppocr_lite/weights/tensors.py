"""The ``.safetensors`` format: named arrays behind a JSON header, which no reader can be made to run.

The library of that name reads and checks it. Names of Paddle parameters stand in the header's metadata.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from ppocr_lite.errors import MissingDependency, ModelFileError
from ppocr_lite.weights.disk import read_bytes
from ppocr_lite.weights.names import NAMES_KEY, from_bfloat16

_TYPES = {
    "BOOL": "?",
    "U8": "u1",
    "I8": "i1",
    "U16": "<u2",
    "I16": "<i2",
    "U32": "<u4",
    "I32": "<i4",
    "U64": "<u8",
    "I64": "<i8",
    "F16": "<f2",
    "BF16": "<u2",  # numpy has no such type; Paddle keeps it in this one too
    "F32": "<f4",
    "F64": "<f8",
}
_HEADER_SIZE = 8  # bytes of the length that the file begins with


def _library() -> ModuleType:
    try:
        import safetensors.numpy
    except ImportError as error:
        raise MissingDependency(
            "Files in .safetensors format need the package of that name: pip install safetensors"
        ) from error
    return safetensors


def read_tensors(path: str | Path) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Read a ``.safetensors`` file: arrays by name (bfloat16 as uint16), and {name: Paddle parameter name}.

    Raises:
        ModelFileError: no such file, its header does not fit its data, or an array of an unknown type.
        MissingDependency: the library is not installed.
    """
    library = _library()
    data = read_bytes(path)
    try:
        found = library.deserialize(data)
    except library.SafetensorError as error:
        raise ModelFileError(f"{path}: damaged, or not a safetensors file ({error}).") from error
    arrays: dict[str, np.ndarray] = {}
    for name, entry in found:
        if entry["dtype"] not in _TYPES:
            raise ModelFileError(f"{path}: {name} is of type {entry['dtype']}, which is not supported here.")
        flat = np.frombuffer(entry["data"], _TYPES[entry["dtype"]])
        arrays[name] = flat.reshape(entry["shape"]).astype(flat.dtype.newbyteorder("="))
    return arrays, _names(path, data)


def _names(path: str | Path, data: bytes) -> dict[str, str]:
    size = int.from_bytes(data[:_HEADER_SIZE], "little")
    header = json.loads(data[_HEADER_SIZE : _HEADER_SIZE + size])  # the library has checked it
    text = (header.get("__metadata__") or {}).get(NAMES_KEY, "{}")
    try:
        names = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ModelFileError(f"{path}: its metadata entry {NAMES_KEY} is not JSON ({error}).") from error
    if not isinstance(names, dict):
        raise ModelFileError(f"{path}: its metadata entry {NAMES_KEY} is not a table of names.")
    return {str(key): str(value) for key, value in names.items()}


def tensors_to_bytes(arrays: Mapping[str, np.ndarray], names: Mapping[str, str] | None = None) -> bytes:
    """The bytes of a ``.safetensors`` file; bfloat16 is widened to float32, which loses nothing.

    Raises:
        ModelFileError: an array is of a type that the format does not have.
        MissingDependency: the library is not installed.
    """
    library = _library()
    whole: dict[str, Any] = {}
    for name, array in arrays.items():
        if array.dtype.kind not in "biuf":
            raise ModelFileError(f"{name}: a .safetensors file takes no array of type {array.dtype}.")
        # The library takes the memory as it lies: a view or a transposed array would come out wrong.
        whole[name] = np.array(from_bfloat16(array), order="C")
    metadata = {NAMES_KEY: json.dumps(dict(names))} if names else None
    data: bytes = library.numpy.save(whole, metadata=metadata)
    return data
