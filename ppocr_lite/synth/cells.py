"""Print in cells: tills, terminals and needle printers give every character the same room.

A printer's own characters differ from a typeface's: wide ones are narrowed to their cell, narrow ones stand
alone in it, and heads of seven or nine needles have no row below the line, so that g, p, q and y are made as
low as other small letters. What needles print is made of dots, a few to the height of a letter.
"""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from ppocr_lite.synth.ink import Glyph, glyph_of
from ppocr_lite.synth.sampling import Rng, between, chance

KINDS = ("mono", "typewriter", "sans")
"""Kinds of fonts that look like a printer's."""
_BELOW = frozenset("gjpqyQ,;")
_SHIFT = 4  # binary places of a dot's position in a pixel
_FINE = 1 << _SHIFT
_NEEDLES = (10, 11, 12, 13, 14, 16)
"""Pixels to the em at which typefaces are hinted to letters of five to nine dots."""
_FILL = 0.94
"""Share of its cell that a character's ink takes at most."""


@dataclass(frozen=True)
class Needles:
    """A needle printer's head: ``font`` is the same typeface as small as the head prints it.

    ``font`` has ``rows`` pixels to the em, each the place of a dot; ``dot`` is a dot's width in such pixels.
    """

    font: Any
    rows: int
    dot: float

    def glyph(self, letter: str, size: float) -> Glyph:
        """The letter in dots, for a font of ``size`` pixels to the em."""
        mask, (left, top) = self.font.getmask2(letter, mode="1", anchor="ls")
        width, height = mask.size
        step = size / self.rows
        radius = self.dot * step / 2
        border = int(radius) + 1
        ink = np.zeros((round(height * step) + 2 * border, round(width * step) + 2 * border), np.uint8)
        pins = np.array(mask, np.uint8).reshape(height, width)
        for row, column in np.argwhere(pins):
            x, y = (column + 0.5) * step + border, (row + 0.5) * step + border
            centre = (round(x * _FINE), round(y * _FINE))
            cv2.circle(ink, centre, round(radius * _FINE), 255, -1, cv2.LINE_AA, _SHIFT)
        return ink, round(left * step) - border, round(top * step) - border


@dataclass(frozen=True)
class CellFont:
    """A FreeType ``font`` with every character centred in a cell of ``pitch`` pixels.

    ``squeezed``: what reaches below the line is squeezed onto it; ``needles``: printed in dots.
    """

    font: Any
    pitch: int
    squeezed: bool = False
    needles: Needles | None = None

    def getlength(self, text: str) -> float:
        """The advance of ``text`` in pixels."""
        return float(self.pitch * len(text))

    def getmetrics(self) -> tuple[int, int]:
        """(ascent, descent) in pixels."""
        ascent, descent = self.font.getmetrics()
        return int(ascent), int(descent)

    def glyph(self, letter: str) -> Glyph:
        """The letter in its cell: ink, its left and its top from the pen's place on the baseline."""
        if self.needles is None:
            ink, _, top = glyph_of(self.font, letter)
        else:
            ink, _, top = self.needles.glyph(letter, self.font.size)
        height, width = ink.shape
        if height == 0 or width == 0:
            return ink, 0, top
        below = top + height
        if self.squeezed and letter in _BELOW and top < 0 < below:
            height = -top
        width = min(width, max(1, int(_FILL * self.pitch)))
        if (height, width) != ink.shape:
            ink = cv2.resize(ink, (width, height), interpolation=cv2.INTER_AREA)
        return ink, (self.pitch - width) // 2, top


def in_cells(font: Any, rng: Rng, *, needles: bool = False) -> CellFont:
    """The font as some printer of that kind has it; ``needles``: some of them print in dots."""
    usual = float(np.mean([font.getlength(letter) for letter in "0aERn"]))
    pitch = usual * (between(rng, 1.0, 1.2) if chance(rng, 0.6) else between(rng, 1.2, 1.6))
    squeezed = chance(rng, 0.55)
    head = None
    rows = _NEEDLES[int(rng.integers(len(_NEEDLES)))]
    if needles and chance(rng, 0.5) and font.size >= 1.2 * rows:
        head = Needles(font.font_variant(size=rows), rows, between(rng, 0.9, 1.6))
    return CellFont(font, max(3, round(pitch)), squeezed, head)
