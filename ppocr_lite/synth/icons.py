"""Small pictures that programs set before words: boxes to tick, folders, arrows. None is a character."""

from collections.abc import Callable, Sequence

import cv2
import numpy as np

from ppocr_lite.synth.sampling import Rng, between, chance

SIDE = 64
"""Pixels of the square in which icons are drawn before they are made as small as they are shown."""

Point = tuple[float, float]
Draw = Callable[[np.ndarray, Rng, int], None]
"""Draws into a mask uint8 [SIDE, SIDE] with strokes of so many pixels."""


def draw_icon(
    rng: Rng, mask: np.ndarray, left: float, top: float, side: float, *, strength: int = 255
) -> None:
    """Draw an icon of ``side`` pixels into ``mask``, uint8 [H, W], as far as it lies within.

    Args:
        strength: of the ink, 1..255.
    """
    own = np.zeros((SIDE, SIDE), np.uint8)
    ICONS[int(rng.random() * len(ICONS))](own, rng, int(between(rng, 4, 10)))
    size = max(4, round(side))
    small = cv2.resize(own, (size, size), interpolation=cv2.INTER_AREA).astype(np.float32) * (strength / 255)
    x, y = round(left), round(top)
    x0, y0 = max(0, x), max(0, y)
    target = mask[y0 : max(0, y + size), x0 : max(0, x + size)]
    part = small[y0 - y :, x0 - x :][: target.shape[0], : target.shape[1]].astype(np.uint8)
    np.maximum(target, part, out=target)


def _box(mask: np.ndarray, rng: Rng, thick: int) -> None:
    """A box to tick, sometimes ticked, crossed or full."""
    cv2.rectangle(mask, (6, 6), (57, 57), 255, thick)
    inside = rng.random()
    if inside < 0.25:
        _lines(mask, [(16, 32), (28, 46), (48, 16)], thick)
    elif inside < 0.35:
        _lines(mask, [(18, 18), (46, 46)], thick)
        _lines(mask, [(46, 18), (18, 46)], thick)
    elif inside < 0.45:
        cv2.rectangle(mask, (18, 18), (45, 45), 255, -1)


def _radio(mask: np.ndarray, rng: Rng, thick: int) -> None:
    cv2.circle(mask, (32, 32), 26, 255, thick, cv2.LINE_AA)
    if chance(rng, 0.6):  # an empty one would be an O
        cv2.circle(mask, (32, 32), 13, 255, -1, cv2.LINE_AA)
    else:
        _lines(mask, [(18, 32), (46, 32)], thick)


def _triangle(mask: np.ndarray, rng: Rng, _thick: int) -> None:
    turned = ([(14, 8), (14, 56), (52, 32)], [(8, 16), (56, 16), (32, 52)])[int(rng.integers(2))]
    _fill(mask, turned)


def _folder(mask: np.ndarray, rng: Rng, thick: int) -> None:
    outline = [(4, 14), (24, 14), (30, 22), (60, 22), (60, 54), (4, 54)]
    if chance(rng, 0.5):
        _fill(mask, outline)
    else:
        _lines(mask, outline, thick, closed=True)


def _envelope(mask: np.ndarray, _rng: Rng, thick: int) -> None:
    cv2.rectangle(mask, (4, 14), (59, 50), 255, thick)
    _lines(mask, [(4, 14), (32, 36), (59, 14)], thick)


def _sheet(mask: np.ndarray, rng: Rng, thick: int) -> None:
    _lines(mask, [(12, 4), (40, 4), (54, 18), (54, 60), (12, 60)], thick, closed=True)
    for y in range(26, 54, int(rng.integers(9, 14))):
        _lines(mask, [(20, y), (46, y)], max(2, thick // 2))


def _magnifier(mask: np.ndarray, _rng: Rng, thick: int) -> None:
    cv2.circle(mask, (26, 26), 18, 255, thick, cv2.LINE_AA)
    _lines(mask, [(40, 40), (58, 58)], thick + 2)


def _star(mask: np.ndarray, rng: Rng, _thick: int) -> None:
    spikes, inner = int(rng.integers(5, 9)), between(rng, 10, 18)
    angles = np.arange(2 * spikes) * np.pi / spikes - np.pi / 2
    radius = np.where(np.arange(2 * spikes) % 2, inner, 29.0)
    _fill(mask, [(32 + r * np.cos(a), 32 + r * np.sin(a)) for a, r in zip(angles, radius)])


def _gear(mask: np.ndarray, rng: Rng, thick: int) -> None:
    for angle in np.arange(0, 2 * np.pi, np.pi / int(rng.integers(3, 6))):
        _lines(mask, [(32, 32), (32 + 28 * np.cos(angle), 32 + 28 * np.sin(angle))], thick + 3)
    cv2.circle(mask, (32, 32), 20, 255, -1, cv2.LINE_AA)
    cv2.circle(mask, (32, 32), 9, 0, -1, cv2.LINE_AA)


def _arrow(mask: np.ndarray, rng: Rng, thick: int) -> None:
    _lines(mask, [(8, 32), (44, 32)], thick)
    _fill(mask, [(36, 14), (58, 32), (36, 50)])
    mask[:] = np.rot90(mask, int(rng.integers(4)))


def _bars(mask: np.ndarray, _rng: Rng, thick: int) -> None:
    for y in (14, 32, 50):
        _lines(mask, [(6, y), (58, y)], thick)


def _house(mask: np.ndarray, _rng: Rng, thick: int) -> None:
    _fill(mask, [(4, 32), (32, 6), (60, 32), (52, 32), (52, 58), (12, 58), (12, 32)])
    cv2.rectangle(mask, (26, 40), (38, 58), 0, -1)
    _lines(mask, [(4, 32), (32, 6), (60, 32)], thick)


def _person(mask: np.ndarray, _rng: Rng, _thick: int) -> None:
    cv2.circle(mask, (32, 18), 13, 255, -1, cv2.LINE_AA)
    cv2.ellipse(mask, (32, 62), (26, 26), 0, 180, 360, 255, -1, cv2.LINE_AA)


def _tile(mask: np.ndarray, rng: Rng, _thick: int) -> None:
    """The icon of a program: a full square or disc with some shape left out."""
    if chance(rng, 0.5):
        cv2.rectangle(mask, (4, 4), (59, 59), 255, -1)
    else:
        cv2.circle(mask, (32, 32), 28, 255, -1, cv2.LINE_AA)
    hole = np.zeros_like(mask)
    points = rng.integers(14, 51, (int(rng.integers(3, 7)), 2))
    cv2.fillPoly(hole, [points.astype(np.int32)], 255, cv2.LINE_AA)
    np.minimum(mask, 255 - hole, out=mask)


def _lines(mask: np.ndarray, points: Sequence[Point], thick: int, *, closed: bool = False) -> None:
    cv2.polylines(mask, [np.round(points).astype(np.int32)], closed, 255, thick, cv2.LINE_AA)


def _fill(mask: np.ndarray, points: Sequence[Point]) -> None:
    cv2.fillPoly(mask, [np.round(points).astype(np.int32)], 255, cv2.LINE_AA)


ICONS: tuple[Draw, ...] = (
    _box, _box, _radio, _triangle, _folder, _envelope, _sheet, _magnifier, _star, _gear, _arrow, _bars,
    _house, _person, _tile, _tile,
)  # fmt: skip
