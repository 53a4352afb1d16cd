"""Shapes of printed music, from curves of our own: no music font is needed.

Where the origin of a glyph lies is said for each; see :mod:`pen` for the coordinates.
"""

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from ppocr_lite.synth.music.pen import (
    Mask,
    Shapes,
    box,
    draw,
    ellipse,
    oval,
    polygon,
    ring,
    smooth,
    stroke,
    turned_round,
    upside_down,
)

HEAD_WIDTH = 1.22
"""Of black and half notes, in staff spaces."""
WHOLE_WIDTH = 1.75


@lru_cache(maxsize=256)
def glyph(name: str) -> Mask:
    """The mask of a glyph of :data:`GLYPHS`."""
    return draw(GLYPHS[name]())


def _g_clef() -> Shapes:
    """Origin: left edge, on the line of G."""
    spiral = [
        (1.30, -0.52, 0.08), (1.02, -0.22, 0.16), (1.00, 0.22, 0.22), (1.32, 0.62, 0.20), (1.78, 0.66, 0.28),
        (2.18, 0.38, 0.36), (2.28, -0.12, 0.38), (2.02, -0.68, 0.28), (1.46, -0.98, 0.17),
        (0.82, -0.80, 0.24), (0.34, -0.22, 0.38), (0.26, 0.50, 0.40), (0.58, 1.22, 0.34),
        (1.10, 1.86, 0.28), (1.56, 2.46, 0.28),
        (1.80, 3.12, 0.30), (1.76, 3.78, 0.26), (1.58, 4.18, 0.16), (1.36, 4.12, 0.10), (1.14, 3.64, 0.12),
        (1.04, 2.92, 0.14), (1.12, 2.00, 0.15), (1.34, 0.60, 0.15), (1.54, -0.80, 0.15), (1.66, -1.60, 0.15),
        (1.58, -2.18, 0.15), (1.22, -2.52, 0.12), (0.86, -2.46, 0.10), (0.64, -2.16, 0.10),
    ]  # fmt: skip
    return [*stroke(spiral), oval(0.84, -1.98, 0.62, 0.62)]


def _f_clef() -> Shapes:
    """Origin: left edge, on the line of F."""
    arc = [
        (0.30, 0.02, 0.16), (0.22, 0.46, 0.16), (0.56, 0.92, 0.15), (1.10, 1.00, 0.22), (1.62, 0.70, 0.38),
        (1.80, 0.06, 0.46), (1.62, -0.76, 0.36), (1.06, -1.60, 0.22), (0.20, -2.30, 0.06),
    ]  # fmt: skip
    dots = [oval(2.48, 0.5, 0.38, 0.38), oval(2.48, -0.5, 0.38, 0.38)]
    return [*stroke(arc), oval(0.52, -0.02, 0.74, 0.74), *dots]


def _c_clef() -> Shapes:
    """Origin: left edge, on the line of C."""
    half = [
        (0.92, 0.0, 0.10), (1.12, 0.16, 0.12), (1.26, 0.46, 0.12), (1.34, 0.72, 0.08),
    ]  # fmt: skip
    bowl = [
        (1.30, 0.50, 0.08), (1.56, 0.34, 0.14), (1.98, 0.42, 0.26), (2.22, 0.84, 0.40), (2.22, 1.30, 0.40),
        (1.98, 1.76, 0.24), (1.56, 1.90, 0.12), (1.26, 1.72, 0.10), (1.22, 1.50, 0.10),
    ]  # fmt: skip
    upper = [*stroke(half), *stroke(bowl), oval(1.42, 1.46, 0.46, 0.46)]
    bars = [box(0, -2, 0.44, 2), box(0.64, -2, 0.78, 2)]
    return [*bars, *upper, *upside_down(upper)]


def _black_head() -> Shapes:
    """Origin of heads: left edge, at the height of the note."""
    return [oval(HEAD_WIDTH / 2, 0, 1.28, 0.88, turn=24)]


def _half_head() -> Shapes:
    middle = HEAD_WIDTH / 2
    return [ring(ellipse(middle, 0, 1.28, 0.92, turn=24), ellipse(middle, 0, 1.12, 0.42, turn=32))]


def _whole_head() -> Shapes:
    middle = WHOLE_WIDTH / 2
    return [ring(ellipse(middle, 0, WHOLE_WIDTH, 1.02), ellipse(middle, 0, 0.66, 0.86, turn=24))]


def _flag() -> Shapes:
    """Of a stem that goes up. Origin: the upper end of the stem, on its right edge."""
    outer = smooth(np.array([(0, 0), (0.12, -0.62), (0.62, -1.22), (0.98, -1.86), (0.82, -2.90)]))
    inner = smooth(np.array([(0.82, -2.90), (0.86, -2.02), (0.56, -1.50), (0.0, -1.06)]))
    return [polygon(np.vstack([outer, inner]))]


def _short_flag() -> Shapes:
    """Of several, above one another."""
    outer = smooth(np.array([(0, 0), (0.10, -0.46), (0.56, -0.90), (0.98, -1.36), (0.92, -1.96)]))
    inner = smooth(np.array([(0.92, -1.96), (0.80, -1.44), (0.46, -1.12), (0.0, -0.84)]))
    return [polygon(np.vstack([outer, inner]))]


def _sharp() -> Shapes:
    """Origin of accidentals: left edge, at the height of their note."""
    bars = [box(0.27, -1.42, 0.37, 1.26), box(0.66, -1.26, 0.76, 1.42)]
    for y in (-0.5, 0.5):
        bars.append(polygon([(0, y - 0.30), (1.03, y - 0.02), (1.03, y + 0.30), (0, y + 0.02)]))
    return bars


def _flat() -> Shapes:
    bowl = [
        (0.07, -0.66, 0.06), (0.42, -0.38, 0.14), (0.72, 0.02, 0.24), (0.66, 0.38, 0.24), (0.36, 0.44, 0.16),
        (0.10, 0.18, 0.08),
    ]  # fmt: skip
    return [box(0.02, -0.72, 0.14, 1.86), *stroke(bowl)]


def _natural() -> Shapes:
    bars = [box(0.0, -0.70, 0.11, 1.42), box(0.60, -1.42, 0.71, 0.70)]
    for y in (-0.5, 0.5):
        bars.append(polygon([(0, y - 0.26), (0.71, y - 0.06), (0.71, y + 0.24), (0, y + 0.04)]))
    return bars


def _whole_rest() -> Shapes:
    """Origin of rests: left edge, on the middle line; this one hangs from the line above."""
    return [box(0, 0.48, 1.3, 1.0)]


def _half_rest() -> Shapes:
    return [box(0, 0.0, 1.3, 0.52)]


def _quarter_rest() -> Shapes:
    body = polygon(
        np.vstack(
            [
                smooth(np.array([(0.28, 1.52), (0.62, 1.06), (0.98, 0.62)])),
                smooth(np.array([(0.98, 0.62), (0.66, 0.14), (0.66, -0.16), (1.06, -0.74)])),
                smooth(np.array([(1.06, -0.74), (0.62, -0.66), (0.36, -0.82), (0.42, -1.12), (0.70, -1.46)])),
                smooth(np.array([(0.70, -1.46), (0.24, -1.30), (0.04, -0.94), (0.10, -0.60), (0.60, -0.44)])),
                smooth(np.array([(0.60, -0.44), (0.36, -0.12), (0.08, 0.20)])),
                smooth(np.array([(0.08, 0.20), (0.40, 0.58), (0.42, 0.98), (0.22, 1.36)])),
            ]
        )
    )
    return [body]


def _hook(x: float, y: float) -> Shapes:
    """The blob and its arm to a stem, of short rests; the arm ends right of (x, y)."""
    arm = [(x + 0.02, y - 0.02, 0.16), (x + 0.26, y - 0.22, 0.14), (x + 0.58, y - 0.06, 0.12),
           (x + 0.80, y + 0.28, 0.09)]  # fmt: skip
    return [oval(x, y, 0.50, 0.50), *stroke(arm)]


def _eighth_rest() -> Shapes:
    return [*_hook(0.25, 0.50), *stroke([(1.05, 0.78, 0.10), (0.80, -0.10, 0.12), (0.50, -1.0, 0.12)])]


def _sixteenth_rest() -> Shapes:
    stem = stroke([(1.22, 0.78, 0.10), (0.90, -0.40, 0.12), (0.46, -2.0, 0.12)])
    return [*_hook(0.42, 0.50), *_hook(0.16, -0.50), *stem]


def _thirty_second_rest() -> Shapes:
    stem = stroke([(1.44, 1.78, 0.10), (1.04, 0.20, 0.12), (0.48, -2.0, 0.12)])
    return [*_hook(0.64, 1.50), *_hook(0.40, 0.50), *_hook(0.16, -0.50), *stem]


def _dot() -> Shapes:
    """Origin: its middle."""
    return [oval(0, 0, 0.40, 0.40)]


def _common() -> Shapes:
    """Origin of time signatures: left edge, on the middle line."""
    arc = [
        (1.42, 0.52, 0.12), (1.30, 0.82, 0.14), (0.92, 0.96, 0.12), (0.46, 0.70, 0.26), (0.24, 0.0, 0.42),
        (0.46, -0.70, 0.26), (0.92, -0.96, 0.12), (1.32, -0.80, 0.12), (1.54, -0.40, 0.10),
    ]  # fmt: skip
    return [*stroke(arc), oval(1.30, 0.52, 0.44, 0.44)]


def _cut() -> Shapes:
    return [*_common(), box(0.82, -1.45, 0.94, 1.45)]


_DIGITS: dict[str, list[list[tuple[float, float, float]]]] = {
    "0": [
        [(0.66, 1.90, 0.14), (0.30, 1.50, 0.34), (0.24, 1.0, 0.42), (0.30, 0.5, 0.34), (0.66, 0.10, 0.14),
         (1.04, 0.5, 0.34), (1.10, 1.0, 0.42), (1.04, 1.5, 0.34), (0.66, 1.90, 0.14)],
    ],
    "1": [
        [(0.10, 1.36, 0.10), (0.40, 1.60, 0.18), (0.62, 1.84, 0.30)],
        [(0.66, 1.80, 0.36), (0.66, 0.20, 0.36)],
        [(0.26, 0.07, 0.13), (1.06, 0.07, 0.13)],
    ],
    "2": [
        [(0.34, 1.34, 0.16), (0.36, 1.70, 0.16), (0.76, 1.88, 0.20), (1.12, 1.50, 0.38), (0.98, 1.06, 0.32),
         (0.46, 0.58, 0.16), (0.10, 0.10, 0.12)],
        [(0.10, 0.14, 0.14), (0.44, 0.34, 0.24), (0.86, 0.16, 0.38), (1.18, 0.22, 0.22), (1.28, 0.62, 0.1)],
    ],
    "3": [
        [(0.26, 1.48, 0.16), (0.44, 1.82, 0.14), (0.84, 1.84, 0.20), (1.06, 1.48, 0.36), (0.86, 1.12, 0.16),
         (0.50, 1.04, 0.10), (0.88, 0.96, 0.16), (1.12, 0.56, 0.40), (0.84, 0.16, 0.20), (0.44, 0.14, 0.14),
         (0.22, 0.44, 0.16)],
    ],
    "4": [
        [(0.84, 1.92, 0.20), (0.54, 1.20, 0.20), (0.10, 0.62, 0.14)],
        [(0.08, 0.56, 0.14), (1.28, 0.56, 0.14)],
        [(0.92, 1.22, 0.12), (0.92, 0.86, 0.34), (0.92, 0.16, 0.36)],
        [(0.56, 0.07, 0.13), (1.28, 0.07, 0.13)],
    ],
    "5": [
        [(0.24, 1.84, 0.12), (0.22, 1.40, 0.10), (0.20, 1.02, 0.10)],
        [(0.24, 1.80, 0.20), (0.66, 1.70, 0.32), (1.08, 1.86, 0.12)],
        [(0.22, 1.04, 0.10), (0.66, 1.22, 0.20), (1.08, 0.74, 0.42), (0.82, 0.20, 0.20), (0.44, 0.12, 0.14),
         (0.22, 0.40, 0.16)],
    ],
    "6": [
        [(1.06, 1.56, 0.16), (0.86, 1.86, 0.14), (0.48, 1.62, 0.26), (0.28, 0.98, 0.42), (0.42, 0.32, 0.28),
         (0.72, 0.10, 0.14), (1.06, 0.40, 0.30), (1.02, 0.84, 0.26), (0.70, 1.06, 0.12), (0.4, 0.80, 0.12)],
    ],
    "7": [
        [(0.20, 1.40, 0.10), (0.30, 1.72, 0.26), (0.62, 1.66, 0.34), (0.98, 1.60, 0.20), (1.2, 1.86, 0.10)],
        [(1.16, 1.78, 0.10), (0.80, 1.10, 0.22), (0.62, 0.50, 0.36), (0.62, 0.20, 0.38)],
    ],
    "8": [
        [(0.70, 1.10, 0.34), (0.34, 1.40, 0.30), (0.46, 1.80, 0.16), (0.78, 1.88, 0.12), (1.02, 1.58, 0.20),
         (0.80, 1.14, 0.26), (0.50, 0.88, 0.26), (0.26, 0.50, 0.24), (0.52, 0.14, 0.14), (0.84, 0.14, 0.16),
         (1.10, 0.50, 0.32), (0.86, 0.92, 0.32), (0.60, 1.14, 0.30)],
    ],
}  # fmt: skip
"""Strokes of the digits, two spaces high."""


def _digit(name: str) -> Callable[[], Shapes]:
    """Origin: left edge, at the bottom."""

    def shapes() -> Shapes:
        return [shape for line in _DIGITS[name] for shape in stroke(line)]

    return shapes


def _nine() -> Shapes:
    """A 6 on its head."""
    return turned_round(_digit("6")(), 1.34, 2.0)


GLYPHS: dict[str, Callable[[], Shapes]] = {
    "G": _g_clef,
    "F": _f_clef,
    "C": _c_clef,
    "black": _black_head,
    "half": _half_head,
    "whole": _whole_head,
    "flag": _flag,
    "short_flag": _short_flag,
    "sharp": _sharp,
    "flat": _flat,
    "natural": _natural,
    "rest-whole": _whole_rest,
    "rest-half": _half_rest,
    "rest-quarter": _quarter_rest,
    "rest-eighth": _eighth_rest,
    "rest-sixteenth": _sixteenth_rest,
    "rest-thirty_second": _thirty_second_rest,
    "dot": _dot,
    "common": _common,
    "cut": _cut,
    **{name: _digit(name) for name in _DIGITS},
    "9": _nine,
}
