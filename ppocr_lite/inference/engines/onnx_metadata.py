"""Texts inside an .onnx file (``metadata_props``), read without the onnx package.

An ONNX file is a protobuf message; field 14 of the model holds pairs of key (1) and value (2).
"""

from collections.abc import Iterator
from pathlib import Path

from ppocr_lite.errors import ModelFileError

METADATA_FIELD = 14
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


def read_metadata(path: Path) -> dict[str, str]:
    """Key -> text. Raises ModelFileError when the file is no complete protobuf message."""
    pairs: dict[str, str] = {}
    try:
        data = memoryview(path.read_bytes())
        for number, value in _fields(data):
            if number == METADATA_FIELD:
                entry = {n: bytes(v).decode("utf-8", "replace") for n, v in _fields(value)}
                pairs[entry.get(1, "")] = entry.get(2, "")
    except (OSError, ValueError, IndexError) as error:
        raise ModelFileError(
            f"{path}: not a complete ONNX file ({error}). Export or download the model again."
        ) from error
    return pairs


def _fields(data: memoryview) -> Iterator[tuple[int, memoryview]]:
    """(field number, bytes) of each length-delimited field; numbers are skipped."""
    position = 0
    while position < len(data):
        tag, position = _varint(data, position)
        kind = tag & 7
        if kind == _VARINT:
            _, position = _varint(data, position)
        elif kind in (_FIXED64, _FIXED32):
            position += 8 if kind == _FIXED64 else 4
        elif kind == _BYTES:
            size, position = _varint(data, position)
            if position + size > len(data):
                raise ValueError("the file ends too early")
            yield tag >> 3, data[position : position + size]
            position += size
        else:
            raise ValueError(f"unknown wire type {kind}")


def _varint(data: memoryview, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
        shift += 7
        if shift > 63:
            raise ValueError("a number is too long")
