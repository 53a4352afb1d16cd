"""The paper that staves are drawn on: it grows to the right."""

from collections.abc import Sequence

import cv2
import numpy as np

from ppocr_lite.synth.music.pen import SCALE, Mask

ROOM = 12
"""Staff spaces above and below the middle line; what is not needed is cut off later."""
WIDTH, MORE = 60, 20
"""Staff spaces at first, and beyond what asks for more."""


class Paper:
    """Ink, drawn in staff spaces: x from the left edge, y up from the middle line of the staff."""

    def __init__(self) -> None:
        self._ink = np.zeros((2 * ROOM * SCALE, WIDTH * SCALE), np.uint8)

    def paste(self, mask: Mask, x: float, y: float, *, flip: bool = False) -> None:
        """Lay a glyph with its origin at (x, y); ``flip`` turns it top to bottom."""
        ink, origin_y = mask.ink, mask.origin[1]
        if flip:
            ink, origin_y = ink[::-1], ink.shape[0] - origin_y
        left = round(x * SCALE) - mask.origin[0]
        top = round((ROOM - y) * SCALE) - origin_y
        height, width = ink.shape
        self._reach(left + width)
        part = self._ink[top : top + height, left : left + width]
        np.maximum(part, ink, out=part)

    def box(self, left: float, bottom: float, right: float, top: float) -> None:
        """A filled rectangle; pixels that it covers in part get part of the ink."""
        columns = _coverage(left * SCALE, right * SCALE)
        rows = _coverage(min(ROOM - top, ROOM - bottom) * SCALE, max(ROOM - top, ROOM - bottom) * SCALE)
        (x, wide), (y, high) = columns, rows
        self._reach(x + len(wide))
        part = self._ink[y : y + len(high), x : x + len(wide)]
        np.maximum(part, np.round(255 * np.outer(high, wide)).astype(np.uint8), out=part)

    def polygon(self, corners: Sequence[tuple[float, float]]) -> None:
        """A filled polygon with smooth edges."""
        points = np.array(corners, np.float64)
        self._reach(int(points[:, 0].max() * SCALE) + 2)
        # OpenCV's pixels have their middles at whole numbers, and it fills the outline too.
        pixels = np.stack([points[:, 0] * SCALE - 0.5, (ROOM - points[:, 1]) * SCALE - 0.5], axis=1)
        fixed = np.round(pixels * 16).astype(np.int32)
        cv2.fillPoly(self._ink, [fixed], 255, cv2.LINE_AA, 4)

    def cut(self, width: float) -> tuple[np.ndarray, int]:
        """The paper of ``width``, whole in height, and the y of the middle line in it."""
        columns = round(width * SCALE)
        self._reach(columns)
        return self._ink[:, :columns], ROOM * SCALE

    def _reach(self, column: int) -> None:
        if column > self._ink.shape[1]:
            more = np.zeros((self._ink.shape[0], column - self._ink.shape[1] + MORE * SCALE), np.uint8)
            self._ink = np.hstack([self._ink, more])


def _coverage(start: float, end: float) -> tuple[int, np.ndarray]:
    """The first pixel of a stretch, and the share of it and each following one that is covered."""
    first, last = int(np.floor(start)), int(np.ceil(end))
    pixels = np.arange(first, last)
    return first, np.minimum(pixels + 1, end) - np.maximum(pixels, start)
