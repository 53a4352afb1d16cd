"""Columns line up over rows: what other rows show tells where a column begins in one that shows it less."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ppocr_lite.charset import COLUMN_END
from ppocr_lite.geometry import crop_to_image
from ppocr_lite.inference.seen_line import SeenLine
from ppocr_lite.structures import RecResult

SPACE = " "
MIN_ROWS = 2
"""Rows that end a column at one place, and so make it one in others."""
ALIGNED, SLANT = 0.7, 0.1
"""How far apart columns may begin: over the height of a row, and over the way between the rows."""

Kinds = tuple[str, ...]
"""What stands beside the end of a column: the last word before it, and the words of the next column."""


@dataclass(frozen=True, eq=False)
class ColumnStart:
    """Where a column begins in a row.

    Args:
        kinds: of the words on both sides.
        sides: float64 [2, 2], the middles of the column's left and right side in the image.
        along: unit vector of the row's direction.
        height: of the row in pixels.
    """

    kinds: Kinds
    sides: np.ndarray
    along: np.ndarray
    height: float

    def in_line_with(self, other: "ColumnStart") -> bool:
        """Whether both columns begin, or both end, below each other, as far as the rows' slant is known."""
        offsets = np.abs((other.sides - self.sides) @ self.along)
        away = float(np.linalg.norm(other.sides[0] - self.sides[0]))
        return bool(offsets.min() < ALIGNED * self.height + SLANT * away)


class ColumnRows:
    """The columns that at least ``MIN_ROWS`` rows of a page show.

    Args:
        rows: results with tabs and with the boxes of their words, by the number of their line.
        lines: all lines of the page.
        quads: float32 [n, 4, 2], their regions in the image.
    """

    def __init__(self, rows: Mapping[int, RecResult], lines: Sequence[SeenLine], quads: np.ndarray) -> None:
        starts: dict[Kinds, list[ColumnStart]] = {}
        for i, result in rows.items():
            for at in _places(result.text, COLUMN_END):
                start = _column_start(result, at, lines[i], quads[i])
                if start is not None:
                    starts.setdefault(start.kinds, []).append(start)
        self._starts = {kinds: found for kinds, found in starts.items() if len(found) >= MIN_ROWS}

    def may_hold(self, text: str) -> bool:
        """Whether such a column may begin in ``text``, by its words."""
        return any(_kinds(text, at) in self._starts for at in _places(text, SPACE))

    def parted(self, result: RecResult, line: SeenLine, quad: np.ndarray) -> RecResult:
        """``result``, which has the boxes of its words, with tabs for the spaces where such columns begin."""
        text = result.text
        for at in _places(text, SPACE):
            start = _column_start(result, at, line, quad)
            if start is None:
                continue
            alike = [start.in_line_with(other) for other in self._starts.get(start.kinds, ())]
            if sum(alike) >= MIN_ROWS:
                text = f"{text[:at]}{COLUMN_END}{text[at + 1 :]}"
        return replace(result, text=text)


def _places(text: str, sign: str) -> list[int]:
    return [at for at, character in enumerate(text) if character == sign]


def _kinds(text: str, at: int) -> Kinds:
    before, after = text[:at].split(), text[at + 1 :].split(COLUMN_END)[0].split()
    return tuple(map(_kind, before[-1:] + after))


def _kind(word: str) -> str:
    """``9`` for a number, else the kinds of letters and digits in the word and how many; signs do not count.

    >>> _kind("3.99-"), _kind("B"), _kind("7oz")
    ('9', 'A1', '9a3')
    """
    kinds = {"9" if c.isdigit() else "A" if c.isupper() else "a" for c in word if c.isalnum()}
    return "9" if kinds == {"9"} else "".join(sorted(kinds)) + str(sum(c.isalnum() for c in word))


def _column_start(result: RecResult, at: int, line: SeenLine, quad: np.ndarray) -> ColumnStart | None:
    """Of the column after the sign at ``at``; None where no word stands on one of its sides."""
    end = result.text.find(COLUMN_END, at + 1)
    words = [w for w in result.words if w.start > at and (end < 0 or w.start < end)]
    if not words or not result.text[:at].strip():
        return None
    height, width = line.crop.shape[:2]
    whole = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    boxes = np.stack([words[0].quad, words[-1].quad, whole])
    first, last, row = crop_to_image(boxes, quad, turns=line.turns).astype(np.float64)
    sides = np.stack([first[[0, 3]].mean(axis=0), last[[1, 2]].mean(axis=0)])
    length = float(np.linalg.norm(row[1] - row[0]))
    if not length:
        return None
    return ColumnStart(
        _kinds(result.text, at), sides, (row[1] - row[0]) / length, float(np.linalg.norm(row[3] - row[0]))
    )
