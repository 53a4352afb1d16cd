"""Shapes made of strokes, ovals and polygons, and the pixels that they cover.

Coordinates are in staff spaces (the distance of two lines of a staff), x to the right and y up.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np

SCALE = 20
"""Pixels of a staff space in masks."""
FINE = 4
"""Shapes are drawn this much larger and shrunk, for smooth edges."""
BETWEEN = 8
"""Points of a curve between two given ones."""
THINNEST = 0.02
"""Width of a pen; a curve through widths may swing below it."""


@dataclass(frozen=True)
class Shape:
    """Outlines float [n, 2] that are filled together: a second one within the first is a hole."""

    outlines: tuple[np.ndarray, ...]


Shapes = list[Shape]


@dataclass(frozen=True, eq=False)
class Mask:
    """Drawn shapes: ink uint8 [h, w] in 0..255, and the pixel (x, y) of their origin in it."""

    ink: np.ndarray
    origin: tuple[int, int]

    @property
    def left(self) -> float:
        """Staff spaces from the origin to the left edge; negative to the left of it."""
        return -self.origin[0] / SCALE

    @property
    def right(self) -> float:
        """Staff spaces from the origin to the right edge."""
        return (self.ink.shape[1] - self.origin[0]) / SCALE


def stroke(points: Sequence[Sequence[float]]) -> Shapes:
    """A pen along a smooth curve through (x, y, width) points, with round ends."""
    path = smooth(np.array(points, np.float64))
    shapes = [oval(x, y, width, width) for x, y, width in path]
    for a, b in pairwise(path):
        along = b[:2] - a[:2]
        length = float(np.hypot(*along))
        if length > 0:
            across = np.array((-along[1], along[0])) / length / 2
            corners = [a[:2] + a[2] * across, b[:2] + b[2] * across]
            shapes.append(polygon([*corners, b[:2] - b[2] * across, a[:2] - a[2] * across]))
    return shapes


def smooth(points: np.ndarray) -> np.ndarray:
    """Catmull-Rom curve through [n, d] points."""
    padded = np.vstack([2 * points[0] - points[1], points, 2 * points[-1] - points[-2]])
    t = np.linspace(0, 1, BETWEEN, endpoint=False)[:, None]
    pieces = []
    for p0, p1, p2, p3 in zip(padded, padded[1:], padded[2:], padded[3:]):
        bend = 2 * p0 - 5 * p1 + 4 * p2 - p3 + t * (3 * (p1 - p2) + p3 - p0)
        pieces.append(p1 + t / 2 * (p2 - p0 + t * bend))
    curve = np.vstack([*pieces, points[-1:]])
    curve[:, 2:] = np.maximum(curve[:, 2:], THINNEST)
    return curve


def polygon(corners: Sequence[Sequence[float]] | Sequence[np.ndarray] | np.ndarray) -> Shape:
    """A filled polygon."""
    return Shape((np.array(corners, np.float64),))


def box(left: float, bottom: float, right: float, top: float) -> Shape:
    """A filled rectangle."""
    return polygon([(left, bottom), (right, bottom), (right, top), (left, top)])


def oval(x: float, y: float, width: float, height: float, *, turn: float = 0.0) -> Shape:
    """A filled ellipse around (x, y), turned counter-clockwise by ``turn`` degrees."""
    return Shape((ellipse(x, y, width, height, turn=turn),))


def ellipse(x: float, y: float, width: float, height: float, *, turn: float = 0.0) -> np.ndarray:
    """The outline of an oval."""
    angle = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    a, b = np.cos(angle) * width / 2, np.sin(angle) * height / 2
    c, s = np.cos(np.radians(turn)), np.sin(np.radians(turn))
    return np.stack([x + a * c - b * s, y + a * s + b * c], axis=1)


def ring(outer: np.ndarray, inner: np.ndarray) -> Shape:
    """What lies between two outlines."""
    return Shape((outer, inner))


def upside_down(shapes: Shapes) -> Shapes:
    """Mirrored at y = 0."""
    return [Shape(tuple(outline * (1, -1) for outline in shape.outlines)) for shape in shapes]


def turned_round(shapes: Shapes, x: float, y: float) -> Shapes:
    """Turned by 180 degrees, so that the origin comes to (x, y)."""
    return [Shape(tuple((x, y) - outline for outline in shape.outlines)) for shape in shapes]


def draw(shapes: Shapes) -> Mask:
    """Fill the shapes, one over another."""
    everything = np.vstack([outline for shape in shapes for outline in shape.outlines])
    low, high = np.floor(everything.min(axis=0) - 0.1), np.ceil(everything.max(axis=0) + 0.1)
    width, height = ((high - low) * SCALE).astype(int)
    canvas = np.zeros((height * FINE, width * FINE), np.uint8)
    for shape in shapes:
        pixels = [((o - (low[0], high[1])) * (1, -1) * SCALE * FINE).round() for o in shape.outlines]
        cv2.fillPoly(canvas, [p.astype(np.int32) for p in pixels], 255)
    ink = cv2.resize(canvas, (width, height), interpolation=cv2.INTER_AREA)
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    top, left = int(rows[0]), int(columns[0])
    trimmed = np.ascontiguousarray(ink[top : rows[-1] + 1, left : columns[-1] + 1])
    return Mask(trimmed, (int(-low[0] * SCALE) - left, int(high[1] * SCALE) - top))
