"""Tables with a picture's path, coordinates for detection, and a text in each row.

``path,text`` (recognition), ``path,left,top,right,bottom,text`` or ``path,x1,y1,...,xn,yn,text``. A first row
without numbers where coordinates belong, or with known names of columns, is a header, and may change the
order.
"""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ppocr_lite.data_tools.importers.samples import (
    ImportOptions,
    Point,
    Region,
    Sample,
    find_picture,
    numbers,
    paired,
    read_lines,
    rectangle,
)
from ppocr_lite.errors import DataError

PATH_NAMES = ("path", "file", "filename", "file_name", "image", "image_path", "img", "img_path", "name")
TEXT_NAMES = ("text", "label", "transcription", "words", "word", "value", "ground_truth")
DELIMITERS = (",", ";", "\t", "|")
SAMPLE = 20
"""Lines that show which delimiter it is."""


@dataclass(frozen=True)
class _Columns:
    """Which column is what; ``count`` of all."""

    path: int
    text: int
    count: int

    def coordinates(self, row: Sequence[str]) -> list[str]:
        """Columns that are neither path nor text, in their order."""
        text = self.text % len(row)
        return [cell for i, cell in enumerate(row) if i not in (self.path, text)]


def read_csv(source: Path, options: ImportOptions) -> Iterator[Sample]:
    """Lines (two columns), or pages with their regions in the order in which they first occur."""
    lines = read_lines(source)
    delimiter = options.delimiter or _delimiter([line for line in lines[:SAMPLE] if line.strip()])
    if len(delimiter) != 1:
        raise DataError(f"{source}: the delimiter is one character, got {delimiter!r}.")
    folder = options.images or source.parent
    columns: _Columns | None = None
    pages: dict[str, tuple[str, list[Region]]] = {}
    reader = csv.reader((line + "\n" for line in lines), delimiter=delimiter)
    for row in _rows(reader, source):
        place = f"{source}:{reader.line_num}"
        if columns is None:
            columns = _header(row)
            if columns is not None:
                continue
            columns = _Columns(0, -1, len(row))
        try:
            if columns.count == 2:
                yield _line(row, columns, folder, place)
            else:
                region = _region(row, columns, place)
                pages.setdefault(row[columns.path].strip(), (place, []))[1].append(region)
        except DataError as error:
            options.refuse(error)
    yield from _pages(pages, folder, options)


def _rows(reader: Iterator[list[str]], source: Path) -> Iterator[list[str]]:
    try:
        yield from (row for row in reader if any(cell.strip() for cell in row))
    except csv.Error as error:
        raise DataError(f"{source}:{getattr(reader, 'line_num', 0)}: broken CSV ({error}).") from error


def _pages(
    pages: dict[str, tuple[str, list[Region]]], folder: Path, options: ImportOptions
) -> Iterator[Sample]:
    for name, (place, regions) in pages.items():
        try:
            yield Sample(find_picture(folder, [name], place), place, tuple(regions))
        except DataError as error:
            options.refuse(error)


def _header(row: Sequence[str]) -> _Columns | None:
    """The columns that a header names; None where the row is no header."""
    names = [cell.strip().lower() for cell in row]
    path = next((i for i, name in enumerate(names) if name in PATH_NAMES), -1)
    text = next((i for i, name in enumerate(names) if name in TEXT_NAMES), -1)
    if path >= 0 and text >= 0:
        return _Columns(path, -1 if text == len(row) - 1 else text, len(row))
    # Without known names: coordinates that are no numbers.
    if len(row) > 2 and not any(_is_number(cell) for cell in row[1:-1]):
        return _Columns(0, -1, len(row))
    return None


def _line(row: Sequence[str], columns: _Columns, folder: Path, place: str) -> Sample:
    if len(row) != 2:
        raise DataError(
            f"{place}: expected 2 columns, path and text, got {len(row)}. A text with the delimiter in it "
            "stands in double quotes."
        )
    picture = find_picture(folder, [row[columns.path].strip()], place)
    return Sample(picture, place, text=row[columns.text])


def _region(row: Sequence[str], columns: _Columns, place: str) -> Region:
    if len(row) < 4 or max(columns.path, columns.text) >= len(row):
        raise DataError(f"{place}: expected path, coordinates and text, got {len(row)} columns.")
    # Rows may have more points than the first one has; the text stays the last column then.
    values = numbers(columns.coordinates(row), place)
    points: tuple[Point, ...]
    if len(values) == 4:
        left, top, right, bottom = values
        if left >= right or top >= bottom:
            raise DataError(f"{place}: left {left:g}, top {top:g}, right {right:g}, bottom {bottom:g}.")
        points = rectangle(left, top, right, bottom)
    else:
        points = paired(values, place)
    return Region(points, row[columns.text])


def _delimiter(lines: Sequence[str]) -> str:
    """The delimiter that makes the most columns of each of ``lines``, else of the first."""

    def columns(delimiter: str) -> tuple[int, int]:
        try:
            counts = [len(next(csv.reader([line], delimiter=delimiter), [])) for line in lines] or [0]
        except csv.Error:  # a cell that is too long; reading says where
            return 0, 0
        return min(counts), counts[0]

    return max(DELIMITERS, key=columns)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
