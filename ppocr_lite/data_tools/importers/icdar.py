"""Ground truth of the ICDAR competitions: one text file for each picture.

2013 (Focused Scene Text): ``left top right bottom "text"``, with blanks or commas between; the text escapes
``"`` and ``\\``. 2015 (Incidental Scene Text): ``x1,y1,x2,y2,x3,y3,x4,y4,text`` with a byte-order mark; the
text may hold commas and is ``###`` where it cannot be read.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from ppocr_lite.data_tools.importers.samples import (
    ImportOptions,
    Region,
    Sample,
    find_picture,
    numbers,
    paired,
    read_lines,
    rectangle,
)
from ppocr_lite.errors import DataError

PREFIX = "gt_"
"""Of the names of the files; without it they are the names of the pictures."""
_LINE_2013 = re.compile(r'\s*([^\s,"]+)[\s,]+([^\s,"]+)[\s,]+([^\s,"]+)[\s,]+([^\s,"]+)[\s,]+"(.*)"\s*')
_ESCAPED = re.compile(r'\\(["\\])')
SHOWN = 60


def read_icdar2013(source: Path, options: ImportOptions) -> Iterator[Sample]:
    """Pages of a folder of files, or of one file."""
    return _read(source, options, _region_2013)


def read_icdar2015(source: Path, options: ImportOptions) -> Iterator[Sample]:
    """Pages of a folder of files, or of one file."""
    return _read(source, options, _region_2015)


def _read(source: Path, options: ImportOptions, parse: Callable[[str, str], Region]) -> Iterator[Sample]:
    files = sorted(source.glob("*.txt")) if source.is_dir() else [source]
    if not files:
        raise DataError(f"{source}: no .txt file in this folder.")
    folder = options.images or (source if source.is_dir() else source.parent)
    for file in files:
        try:
            lines = read_lines(file)
            name = file.stem
            picture = find_picture(folder, [name.removeprefix(PREFIX), name], str(file))
        except DataError as error:
            options.refuse(error)
            continue
        regions = []
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                regions.append(parse(line, f"{file}:{number}"))
            except DataError as error:
                options.refuse(error)
        yield Sample(picture, str(file), tuple(regions))


def _region_2013(line: str, place: str) -> Region:
    found = _LINE_2013.fullmatch(line)
    if found is None:
        raise DataError(f"{place}: expected 'left top right bottom \"text\"', got {line[:SHOWN]!r}.")
    left, top, right, bottom = numbers(found.groups()[:4], place)
    if left >= right or top >= bottom:
        raise DataError(f"{place}: left {left:g} and right {right:g}, top {top:g} and bottom {bottom:g}.")
    return Region(rectangle(left, top, right, bottom), _ESCAPED.sub(r"\1", found.group(5)))


def _region_2015(line: str, place: str) -> Region:
    fields = line.split(",", 8)
    if len(fields) < 9:
        raise DataError(f"{place}: expected 'x1,y1,x2,y2,x3,y3,x4,y4,text', got {line[:SHOWN]!r}.")
    return Region(paired(numbers(fields[:8], place), place), fields[8].strip())
