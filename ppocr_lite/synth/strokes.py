"""What stands around a line of text: parts of other lines, rules, table borders, scribbles, outlines."""

import cv2
import numpy as np

from ppocr_lite.synth.colours import Colours, lay_ink, tint
from ppocr_lite.synth.ink import Ink
from ppocr_lite.synth.sampling import Rng, between, chance


def draw_neighbours(mask: np.ndarray, ink: Ink, rng: Rng) -> None:
    """Add parts of a line above and a line below to ``mask`` in place, at a pitch of 0.98 to 1.5 heights.

    Only fragments of them are seen, so the line's own ink serves, shifted along: drawing more text is slow.
    """
    pitch = round((ink.descender - ink.ascender) * between(rng, 0.98, 1.5))
    own = mask.copy()
    for side in (-1, 1):
        if chance(rng, 0.8):
            other = np.roll(own, int(rng.integers(0, own.shape[1])), axis=1)
            shift = side * pitch
            above = slice(max(0, shift), mask.shape[0] + min(0, shift))
            source = slice(max(0, -shift), mask.shape[0] - max(0, shift))
            mask[above] = np.maximum(mask[above], other[source])


def draw_rules(mask: np.ndarray, ink: Ink, rng: Rng) -> None:
    """Add an underline, form rules, table borders, a cross stroke or dots to ``mask`` in place."""
    em = ink.descender - ink.ascender
    thick = max(1, round(between(rng, 0.02, 0.09) * em))
    strength = int(between(rng, 120, 255))
    kind = rng.random()
    h, w = mask.shape
    below = round(ink.baseline + between(rng, 0.12, 0.3) * em)
    if kind < 0.35:
        left, right = (ink.left, ink.right) if chance(rng, 0.6) else (0, w)
        _rule(mask, (left, below), (right, below), strength, thick)
    elif kind < 0.55:
        above = round(ink.ascender - between(rng, 0.0, 0.2) * em)
        bottom = round(ink.descender + between(rng, 0.0, 0.25) * em)
        for row in (above, bottom):
            if chance(rng, 0.75):
                _rule(mask, (0, row), (w, row), strength, thick)
    elif kind < 0.85:
        for side in (ink.left - between(rng, 0.1, 0.5) * em, ink.right + between(rng, 0.1, 0.5) * em):
            if chance(rng, 0.7):
                _rule(mask, (round(side), 0), (round(side), h), strength, thick)
    elif kind < 0.93:
        _dotted(mask, below, em, strength)
    else:
        points = np.stack((np.linspace(0, w, 6), ink.baseline + (rng.random(6) - 0.7) * 1.6 * em), axis=1)
        shown = points[int(rng.integers(0, 4)) :][:3].astype(np.int32)
        cv2.polylines(mask, [shown], False, int(strength * 0.6), 1, cv2.LINE_AA)


def outline(image: np.ndarray, mask: np.ndarray, colours: Colours, rng: Rng, *, xh: float) -> np.ndarray:
    """Lay a shadow, an outline or an embossed edge under the text of a sign; float32 [h, w, 3]."""
    size = max(1, round(between(rng, 0.08, 0.2) * xh))
    ink = float(colours.ink.mean())
    edge = tint(rng, 30.0 if ink > 128 else 230.0, amount=0.3)
    if chance(rng, 0.5):
        dark = cv2.dilate(mask, np.ones((2 * size + 1, 2 * size + 1), np.uint8))
    else:
        dark = np.roll(mask, (size, size if chance(rng, 0.7) else -size), axis=(0, 1))
        dark = cv2.GaussianBlur(dark, (0, 0), 0.3 + 0.5 * size * float(rng.random()))
    return lay_ink(image, dark * between(rng, 0.4, 1.0), edge)


def _rule(mask: np.ndarray, start: tuple[int, int], end: tuple[int, int], strength: int, thick: int) -> None:
    drawn = np.zeros_like(mask)
    cv2.line(drawn, start, end, strength, thick)
    np.maximum(mask, drawn, out=mask)


def _dotted(mask: np.ndarray, row: int, em: int, strength: int) -> None:
    step = max(3, em // 5)
    size = max(1, em // 22)
    for x in range(0, mask.shape[1], step):
        mask[row : row + size, x : x + size] = strength
