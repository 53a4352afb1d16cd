"""What all readers of other formats give, and what they share."""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ppocr_lite.errors import DataError, MissingDependency
from ppocr_lite.images import SUFFIXES

IGNORED = "###"
"""Transcription of a region that cannot be read."""

COUNT_BYTES = 1 << 20
"""Of a file that are looked at together."""

Point = tuple[float, float]


@dataclass(frozen=True)
class Region:
    """A text region: three points or more, in pixels; ``text`` is ``###`` where it cannot be read."""

    points: tuple[Point, ...]
    text: str


@dataclass(frozen=True)
class Sample:
    """A page with its regions (detection), or a line with its text (recognition: ``text`` is not None).

    ``lexicons`` are the words among which the texts of a test set's picture are, by name (``50``, ``1k``).
    """

    image: Path
    place: str
    regions: tuple[Region, ...] = ()
    text: str | None = None
    lexicons: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class ImportOptions:
    """Options of all readers.

    Args:
        images: where the pictures are; the reader's own guess without it.
        subset: part of a data set, such as ``train`` or ``val`` of COCO-Text.
        delimiter: of CSV.
        ids: of PrIMuS: a file that names the staves to take, one a line; all of them without it.
        encoding: of PrIMuS: ``semantic`` (the default) or ``agnostic``.
        distorted: of Camera-PrIMuS: take the pictures that look like photographs.
        skipped: gets a line for each thing that is left out because it is wrong; without it that is an error.
    """

    images: Path | None = None
    subset: str | None = None
    delimiter: str | None = None
    ids: Path | None = None
    encoding: str | None = None
    distorted: bool = False
    skipped: list[str] | None = None

    def refuse(self, error: DataError) -> None:
        """Raise, or note and go on."""
        if self.skipped is None:
            raise error
        self.skipped.append(str(error))


def rectangle(left: float, top: float, right: float, bottom: float) -> tuple[Point, ...]:
    """The corners, clockwise from top-left."""
    return ((left, top), (right, top), (right, bottom), (left, bottom))


def numbers(fields: Sequence[Any], place: str) -> list[float]:
    """Finite numbers; DataError naming the first that is none."""
    values = []
    for text in fields:
        try:
            value = float(text)
        except (TypeError, ValueError, OverflowError):
            value = math.nan
        if not math.isfinite(value):
            raise DataError(f"{place}: {text!r} is not a number.")
        values.append(value)
    return values


def paired(values: Sequence[float], place: str) -> tuple[Point, ...]:
    """x, y, x, y ... as points; DataError for an odd number or fewer than three points."""
    if len(values) % 2 or len(values) < 6:
        raise DataError(f"{place}: {len(values)} coordinates; a polygon has x and y of 3 points or more.")
    return tuple(zip(values[::2], values[1::2]))


def read_lines(file: Path) -> list[str]:
    """Lines without byte-order mark and line ends.

    Raises:
        DataError: no such file, or not UTF-8.
    """
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise DataError(f"{file}: cannot be read ({error.strerror or error}).") from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise DataError(f"{file}:{line}: not UTF-8. Save the file as UTF-8.") from error
    return [line.rstrip("\r") for line in text.split("\n")]


def stream_lines(file: Path) -> Iterator[tuple[int, str]]:
    """(number from 1, line) of a file of any size, like :func:`read_lines`, without empty lines.

    Raises:
        DataError: no such file, or a line that is not UTF-8.
    """
    try:
        with file.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                text = line.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r\n")
                if text.strip():
                    yield number, text
    except OSError as error:
        raise DataError(f"{file}: cannot be read ({error.strerror or error}).") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{file}:{number}: not UTF-8. Save the file as UTF-8.") from error


def count_lines(file: Path) -> int:
    """Number of lines, for a progress bar; 0 for a file that cannot be read, which reading it will tell."""
    try:
        with file.open("rb") as data:
            return sum(block.count(b"\n") for block in iter(lambda: data.read(COUNT_BYTES), b""))
    except OSError:
        return 0


def load_matlab(file: Path, names: Sequence[str]) -> dict[str, Any]:
    """The variables ``names`` of a .mat file.

    Raises:
        DataError: no such file, no .mat file, or one without these variables.
        MissingDependency: scipy is not installed.
    """
    try:
        from scipy.io import loadmat
        from scipy.io.matlab import MatReadError
    except ImportError as error:
        raise MissingDependency(f"{file}: .mat files need scipy: pip install scipy") from error
    try:
        with file.open("rb") as data:
            values = loadmat(data, variable_names=list(names))
    except OSError as error:
        raise DataError(f"{file}: cannot be read ({error.strerror or error}).") from error
    except (MatReadError, NotImplementedError, ValueError, TypeError) as error:
        raise DataError(f"{file}: not a .mat file that can be read ({error}).") from error
    missing = [name for name in names if name not in values]
    if missing:
        raise DataError(f"{file}: has no '{missing[0]}'. Check which file this is.")
    return dict(values)


def read_json(file: Path) -> Any:
    """The content of a JSON file; DataError with the line where it is broken."""
    text = "\n".join(read_lines(file))
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise DataError(f"{file}:{error.lineno}: broken JSON ({error.msg}, column {error.colno}).") from error
    except RecursionError:
        raise DataError(f"{file}: the JSON is nested too deep.") from None


def find_picture(folder: Path, names: Sequence[str], place: str) -> Path:
    """The first of ``names``, with or without ending, that is a file in ``folder``; DataError if none is."""
    for name in names:
        if name and (folder / name).is_file():
            return folder / name
        for suffix in SUFFIXES:
            for ending in (suffix, suffix.upper()):
                if name and (folder / f"{name}{ending}").is_file():
                    return folder / f"{name}{ending}"
    shown = " or ".join(repr(name) for name in dict.fromkeys(names))
    raise DataError(f"{place}: no picture {shown} in {folder}. Say with --images where they are.")
