"""Pictures of staves with their tokens, from clean to a poor scan."""

from dataclasses import dataclass

import cv2
import numpy as np

from ppocr_lite.synth import effects as fx
from ppocr_lite.synth.music.engraving import Engraving, Style, engrave
from ppocr_lite.synth.music.grammar import Grammar, compose, find_grammar
from ppocr_lite.synth.music.notation import Symbol
from ppocr_lite.synth.music.pen import SCALE
from ppocr_lite.synth.sampling import Rng, between, chance, shared_tiles

LEAST_REACH = 4.6
"""Staff spaces from the middle line that are always shown above and below."""


@dataclass(frozen=True)
class StaffSample:
    """A rendered staff.

    Args:
        image: uint8 BGR [H, W, 3].
        tokens: in PrIMuS's semantic encoding.
        heads: (x, y) of each note's head in pixels of the image, before any rotation.
        lines: y of the highest and the lowest line of the staff, likewise.
    """

    image: np.ndarray
    tokens: tuple[str, ...]
    heads: tuple[tuple[float, float], ...]
    lines: tuple[float, float]

    @property
    def text(self) -> str:
        """The label: tokens with spaces between."""
        return " ".join(self.tokens)


class StaffRenderer:
    """Draws random staves of one voice.

    Args:
        grammar: what they are made of: a name of ``grammar.GRAMMARS``, or a Grammar.
        height: of the pictures in pixels.
        level: 0 clean .. 1 the full range of damage, which is light: that of prints and scans.
    """

    def __init__(self, grammar: str | Grammar = "full", *, height: int = 128, level: float = 1.0) -> None:
        self.grammar = find_grammar(grammar) if isinstance(grammar, str) else grammar
        self.height = int(height)
        self.level = float(level)
        self.tiles = shared_tiles()

    def render(self, rng: Rng, symbols: list[Symbol] | None = None) -> StaffSample:
        """One staff; of ``symbols``, which begin with a clef, if they are given."""
        symbols = compose(self.grammar, rng) if symbols is None else symbols
        drawn = engrave(symbols, _style(rng))
        top, bottom = _window(drawn, rng)
        factor = self.height / (bottom - top)
        mask = drawn.ink[top:bottom].astype(np.float32) / 255
        if chance(rng, 0.5 * self.level):
            mask = _turned(mask, rng, degrees=0.4 * self.level)
        size = (max(1, round(mask.shape[1] * factor)), self.height)
        mask = cv2.resize(mask, size, interpolation=cv2.INTER_AREA)
        image = self._picture(mask, rng, space=SCALE * factor)
        heads = tuple((x * factor, (y - top) * factor) for x, y in drawn.heads)
        lines = tuple((drawn.middle + k * SCALE - top) * factor for k in (-2, 2))
        return StaffSample(image, tuple(s.token for s in symbols), heads, (lines[0], lines[1]))

    def _picture(self, mask: np.ndarray, rng: Rng, *, space: float) -> np.ndarray:
        """Ink and paper of a mask 0..1; ``space`` is a staff space in pixels."""
        level = self.level
        if chance(rng, 0.6 * level):
            rough = between(rng, 0, 0.08) if chance(rng, 0.5) else 0.0
            mask = fx.spread_ink(
                mask, rng, self.tiles, sigma=0.5, shift=between(rng, -0.05, 0.15), rough=rough
            )
        if chance(rng, 0.2 * level):
            mask = fx.fade_ink(mask, rng, amount=between(rng, 0.05, 0.25))
        paper = between(rng, 255 - 45 * level, 255)
        ink = between(rng, 0, 70 * level)
        image = paper - (paper - ink) * np.clip(mask, 0, 1)
        if chance(rng, 0.4 * level):
            image = fx.paper_texture(image, rng, self.tiles, grain=between(rng, 0, 14), clouds=0.0)
        if chance(rng, 0.3 * level):
            image = fx.uneven_light(image, rng, depth=between(rng, 0, 0.15))
        if chance(rng, 0.5 * level):
            image = cv2.GaussianBlur(image, (0, 0), between(rng, 0.3, 0.09 * space))
        if chance(rng, 0.5 * level):
            image = fx.sensor_noise(image, rng, self.tiles, sigma=between(rng, 0, 8) * level)
        if chance(rng, 0.3 * level):
            image = fx.jpeg(image, quality=int(between(rng, 40, 95)))
        return cv2.cvtColor(np.clip(image, 0, 255).astype(np.uint8), cv2.COLOR_GRAY2BGR)


def _style(rng: Rng) -> Style:
    return Style(
        spacing=between(rng, 1.7, 2.8),
        line=between(rng, 0.08, 0.15),
        beamed=chance(rng, 0.7),
        left=between(rng, 0.2, 1.2),
        right=between(rng, 0.1, 1.2),
        staff_left=chance(rng, 0.3),
    )


def _window(drawn: Engraving, rng: Rng) -> tuple[int, int]:
    """First and last row to show: all ink, and some paper."""
    rows = np.flatnonzero(drawn.ink.max(axis=1) > 60)
    reach = LEAST_REACH * SCALE
    top = min(rows[0], drawn.middle - reach) - between(rng, 0.3, 1.4) * SCALE
    bottom = max(rows[-1] + 1, drawn.middle + reach) + between(rng, 0.3, 1.4) * SCALE
    return max(0, round(top)), min(drawn.ink.shape[0], round(bottom))


def _turned(mask: np.ndarray, rng: Rng, *, degrees: float) -> np.ndarray:
    """Turned about its middle by up to ``degrees``, but rising by no more than a staff space."""
    height, width = mask.shape
    most = min(degrees, float(np.degrees(np.arctan2(SCALE, width))))
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), between(rng, -most, most), 1.0)
    return cv2.warpAffine(mask, matrix, (width, height), flags=cv2.INTER_LINEAR)
