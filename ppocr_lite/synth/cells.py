"""Print in cells: tills, terminals and needle printers give every character the same room.

A printer's own characters differ from a typeface's: wide ones are narrowed to their cell, narrow ones stand
alone in it, and heads of seven or nine needles have no row below the line, so that g, p, q and y are made as
low as other small letters.
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
_FILL = 0.94
"""Share of its cell that a character's ink takes at most."""


@dataclass(frozen=True)
class CellFont:
    """A FreeType ``font`` with every character centred in a cell of ``pitch`` pixels.

    ``squeezed``: what reaches below the line is squeezed onto it.
    """

    font: Any
    pitch: int
    squeezed: bool = False

    def getlength(self, text: str) -> float:
        """The advance of ``text`` in pixels."""
        return float(self.pitch * len(text))

    def getmetrics(self) -> tuple[int, int]:
        """(ascent, descent) in pixels."""
        ascent, descent = self.font.getmetrics()
        return int(ascent), int(descent)

    def glyph(self, letter: str) -> Glyph:
        """The letter in its cell: ink, its left and its top from the pen's place on the baseline."""
        ink, _, top = glyph_of(self.font, letter)
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


def in_cells(font: Any, rng: Rng) -> CellFont:
    """The font as some printer of that kind has it."""
    usual = float(np.mean([font.getlength(letter) for letter in "0aERn"]))
    pitch = usual * (between(rng, 1.0, 1.2) if chance(rng, 0.6) else between(rng, 1.2, 1.6))
    return CellFont(font, max(3, round(pitch)), squeezed=chance(rng, 0.55))
