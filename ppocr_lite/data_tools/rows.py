"""Label files read leniently: every row comes out, with what is wrong with it; only the file may fail."""

import codecs
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from ppocr_lite.errors import DataError

UNUSABLE = ("no_delimiter", "no_label", "not_utf8")
"""Faults after which a label says nothing more."""
UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class ImageKey(NamedTuple):
    """Where a picture is: a file, or (``number`` above 0) a sample of the LMDB database in ``path``."""

    path: str
    number: int = 0

    def __str__(self) -> str:
        return f"{self.path}:{self.number}" if self.number else self.path


@dataclass(frozen=True, slots=True)
class Row:
    """One sample as it is written.

    Args:
        file: label file, or folder of the LMDB database.
        number: row or sample, from 1.
        name: first field: a path below the data folder, or a JSON list of paths.
        label: second field.
        rest: further fields with their delimiters; no reader looks at them.
        images: the pictures that the row names.
        faults: kinds (see :mod:`kinds`) of what is wrong with the row as text.
    """

    file: str
    number: int
    name: str
    label: str
    rest: str = ""
    images: tuple[ImageKey, ...] = ()
    faults: tuple[str, ...] = ()

    @property
    def place(self) -> str:
        """``file:row``, for messages."""
        return f"{self.file}:{self.number}"

    @property
    def unusable(self) -> str:
        """Kind of the fault for which the label cannot be looked at; empty where it can."""
        return next((fault for fault in self.faults if fault in UNUSABLE), "")


@dataclass(frozen=True)
class LabelFile:
    """A label file or an LMDB database: its rows, and the faults of the file as a whole."""

    path: str
    rows: Sequence[Row]
    faults: tuple[str, ...] = ()
    delimiter: str = "\t"
    blank_rows: int = 0
    is_lmdb: bool = False


def read_label_file(
    path: str | Path, data_dir: str | Path, *, delimiter: str = "\t", limit: int = 0
) -> LabelFile:
    """All rows that are not empty, or the first ``limit`` of them if that is not 0.

    Raises:
        DataError: the file cannot be read.
    """
    data = read_text_bytes(path, "label file")
    lines, faults = _lines(data)
    rows: list[Row] = []
    blank = 0
    for number, (text, valid) in enumerate(lines, 1):
        if not text.strip("\r "):
            blank += 1
            continue
        if limit and len(rows) == limit:
            break
        rows.append(_row(str(path), number, text, valid=valid, data_dir=str(data_dir), delimiter=delimiter))
    # Behind the last line end there is nothing, which is no empty row.
    blank -= bool(lines) and not lines[-1][0] and not limit
    return LabelFile(str(path), rows, faults, delimiter, blank)


def read_text_bytes(path: str | Path, what: str) -> bytes:
    """The bytes of a text file; DataError where that fails."""
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise DataError(f"{path}: the {what} cannot be read ({error.strerror or error}).") from error


def image_paths(name: str) -> list[str]:
    """Paths in the first field of a row: one, or those of a JSON list."""
    if name.startswith("["):
        try:
            names = json.loads(name)
        except ValueError:
            return [name]  # a file name may begin with a bracket
        if isinstance(names, list) and names and all(isinstance(n, str) for n in names):
            return names
    return [name]


def _lines(data: bytes) -> tuple[list[tuple[str, bool]], tuple[str, ...]]:
    """(text, whether it is UTF-8) of each line, and the faults of the file."""
    if data.startswith(UTF16_MARKS):
        return [(line, True) for line in data.decode("utf-16", "replace").split("\n")], ("utf16",)
    faults = ("bom",) if data.startswith(codecs.BOM_UTF8) else ()
    return [_decoded(line) for line in data.removeprefix(codecs.BOM_UTF8).split(b"\n")], faults


def _decoded(line: bytes) -> tuple[str, bool]:
    try:
        return line.decode("utf-8"), True
    except UnicodeDecodeError:
        return line.decode("utf-8", "replace"), False


def _row(file: str, number: int, text: str, *, valid: bool, data_dir: str, delimiter: str) -> Row:
    faults = [] if valid else ["not_utf8"]
    if text.endswith("\r"):
        faults.append("carriage_return")
        text = text.rstrip("\r")
    if delimiter not in text:
        return Row(file, number, "", text, faults=(*faults, "no_delimiter"))
    name, _, others = text.partition(delimiter)
    label, found, rest = others.partition(delimiter)
    keys = tuple(ImageKey(os.path.abspath(os.path.join(data_dir, path))) for path in image_paths(name))
    return Row(file, number, name, label, found + rest, keys, tuple(faults))
