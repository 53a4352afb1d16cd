"""Distances of all pixels to the edges of polygons, as PaddleOCR 2.x rounds them, for its threshold maps."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from ppocr_lite.offset import offset_polygons

ACUTE_GAIN = np.float32(2.0**60)
"""Makes a value above any limit of a difference of squares; a power of 2, so that nothing is rounded."""

BLOCK_SIZE = 1 << 17
"""Pixels times edges worked on at once, at most: three times 0.5 MB, about what a processor's cache holds."""

SIZE_STEP_PX = 16
"""Widths within this count as alike when polygons are put together."""

PADDING = 1.3
"""Polygons are worked on together while their boxes, made equal, have less than this times their pixels."""


def draw_borders(polys: np.ndarray, limits: np.ndarray, squared: np.ndarray, mask: np.ndarray) -> None:
    """Lower ``squared`` [H, W] in the bands of ``limits`` [K] px along polygons [K, P, 2]; fill ``mask``."""
    boxes = np.zeros((len(polys), 4), np.int64)  # left, top, width, height
    for i, grown in enumerate(offset_polygons(polys, limits.tolist())):
        if grown:
            cv2.fillPoly(mask, [grown[0]], 1.0)
            boxes[i] = cv2.boundingRect(grown[0])
    low = np.maximum(boxes[:, :2], 0)
    high = np.minimum(boxes[:, :2] + boxes[:, 2:], squared.shape[::-1])
    sizes = high - low
    order = np.lexsort((sizes[:, 1], sizes[:, 0] // SIZE_STEP_PX))
    order = order[(sizes[order] > 0).all(axis=1)]
    low, high, sizes, origins = low[order], high[order], sizes[order], boxes[order, :2]
    # Counted from the box's corner as PaddleOCR does, which decides how the coordinates are rounded.
    edges = _Edges.of(polys[order].astype(np.float32) - origins[:, None].astype(np.float32), limits[order])
    windows = [squared[y0:y1, x0:x1] for (x0, y0), (x1, y1) in zip(low.tolist(), high.tolist())]
    for group in _alike(sizes, BLOCK_SIZE // polys.shape[1]):
        width, height = sizes[group].max(axis=0).tolist()
        edges.select(group).lower(windows[group], (low - origins)[group], (height, width))


def _alike(sizes: np.ndarray, most: int) -> Iterator[slice]:
    """Groups of boxes with like ``sizes`` [K, 2], sorted; of at most ``most`` pixels when made equal."""
    start, widest, highest, pixels = 0, 0, 0, 0
    for i, (width, height) in enumerate(sizes.tolist()):
        widest, highest, pixels = max(widest, width), max(highest, height), pixels + width * height
        padded = widest * highest * (i - start + 1)
        if i > start and (padded > most or padded > PADDING * pixels):
            yield slice(start, i)
            start, widest, highest, pixels = i, width, height, width * height
    if len(sizes):
        yield slice(start, len(sizes))


def edge_distance(polygon: np.ndarray, size: tuple[int, int], *, limit: float) -> np.ndarray:
    """Distance of pixels to a polygon's edges as PaddleOCR 2.x measures it, cut at ``limit``.

    For one edge: the distance to its line where the pixel sees the edge under an obtuse or right angle, else
    to the nearer end. Over all edges that is the smaller of the distance to the nearest corner and the
    distance to the line of any edge seen so.

    Args:
        polygon: float32 [P, 2] in pixels.
        size: height and width of the picture.
        limit: in pixels; also what pixels get whose distance is lost to PaddleOCR's rounding.

    Returns:
        float32 [H, W].
    """
    squared = np.ones(size, np.float32)
    edges = _Edges.of(np.asarray(polygon, np.float32)[None], np.array([limit]))
    edges.lower([squared], np.zeros((1, 2)), size)
    return np.sqrt(squared) * np.float32(limit)


@dataclass(frozen=True)
class _Edges:
    """The edges of K polygons with P corners; edge i runs from corner i to corner i + 1.

    With a and b the squared distances of a pixel to an edge's ends and c the edge's squared length, the pixel
    sees it under an acute angle where t = a + b - c is above 0. PaddleOCR computes the distance to the line
    from a, b and c, where c is rounded to float32, by r: the square of what it gets is that of the true
    distance plus t * r / (2 c). Where that falls below 0, on the edge itself, the pixel gets no distance.

    Args:
        corners: float32 [K, 2, P + 1, 1], x and y, the first corner once more at the end.
        normal: float32 [K, 2, P, 1], with the length 1 / limit; 0 for an edge without length.
        length2: float32 [K, P, 1], c.
        rounding: float32 [K, P, 1, 1], r / (2 c limit^2), over ACUTE_GAIN.
        scale: float32 [K, 1, 1, 1], 1 / limit^2.
    """

    corners: np.ndarray
    normal: np.ndarray
    length2: np.ndarray
    rounding: np.ndarray
    scale: np.ndarray

    @classmethod
    def of(cls, polygons: np.ndarray, limits: np.ndarray) -> "_Edges":
        """The edges of float32 polygons [K, P, 2]; ``limits`` [K] in px."""
        corners = np.concatenate([polygons, polygons[:, :1]], axis=1).swapaxes(1, 2)[..., None]
        edge = corners[:, :, 1:] - corners[:, :, :-1]
        length2 = edge[:, 0] * edge[:, 0] + edge[:, 1] * edge[:, 1]
        exact = (np.diff(corners.astype(np.float64), axis=2) ** 2).sum(axis=1)
        limit2 = (limits * limits)[:, None, None]
        whole = np.where(exact > 0, exact, np.inf) * limit2  # repeated points: an edge that no pixel sees
        normal = np.stack([-edge[:, 1], edge[:, 0]], axis=1) / np.sqrt(whole)[:, None]
        rounding = (length2 - exact) / (2 * whole * ACUTE_GAIN)
        return cls(
            corners,
            normal.astype(np.float32),
            length2,
            rounding.astype(np.float32)[..., None],
            (1 / limit2).astype(np.float32)[..., None],
        )

    def select(self, some: slice) -> "_Edges":
        """Those of some of the polygons."""
        parts = (self.corners, self.normal, self.length2, self.rounding, self.scale)
        return _Edges(*(part[some] for part in parts))

    def lower(self, windows: Sequence[np.ndarray], first: np.ndarray, size: tuple[int, int]) -> None:
        """Lower each polygon's window to the squared distance over limit^2.

        Args:
            windows: K float32 arrays, none larger than ``size``.
            first: [K, 2], (x, y) of the windows' first pixels.
            size: height and width.
        """
        height, width = size
        rows, columns = self._tables(first, max(size))
        polygons, count = self.length2.shape[:2]
        step = max(1, BLOCK_SIZE // (polygons * count * width))
        for start in range(0, height, step):
            # [K, 3, P, h, W]: t, distances to the lines, squared distances to the corners
            planes = np.matmul(rows[..., start : min(start + step, height), :], columns[..., :width])
            acute, line = planes[:, 0], planes[:, 1]
            np.multiply(line, line, out=line)
            line += acute * self.rounding
            np.maximum(line, acute, out=line)
            nearest = planes[:, 1:].reshape(polygons, 2 * count, -1, width).min(axis=1)
            for window, near in zip(windows, nearest.view(np.uint32)):
                # As unsigned integers, numbers from 0 keep their order; those below 0 are above all others.
                part = window[start : start + step].view(np.uint32)
                np.minimum(part, near[: part.shape[0], : part.shape[1]], out=part)

    def _tables(self, first: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
        """What rows and columns add to the three numbers of a pixel: [K, 3, P, size, 2], [K, 3, P, 2, size].

        A row has (number, 1) and a column (1, number), so that their product is the sum: with matrices, the
        fastest way to all sums. Both lie in one table, for one computation of x and y.
        """
        polygons, count = self.length2.shape[:2]
        table = np.ones((polygons, 3, 4 * count, size), np.float32)  # columns' (1, number), then the rows'
        numbers = table[:, :, 1:-1].reshape(polygons, 3, 2, 2 * count - 1, size)[:, :, :, ::2]
        offset = first.astype(np.float32)[:, :, None, None] - self.corners
        away = np.arange(size, dtype=np.float32) + offset  # [K, 2, P + 1, size]
        square = away * away
        seen = square[:, :, :-1] + square[:, :, 1:]
        seen[:, 1] -= self.length2
        np.multiply(seen, ACUTE_GAIN, out=numbers[:, 0])
        np.multiply(away[:, :, :-1], self.normal, out=numbers[:, 1])
        np.multiply(square[:, :, :-1], self.scale, out=numbers[:, 2])
        columns, rows = table[:, :, : 2 * count], table[:, :, 2 * count :]
        shape = (polygons, 3, count, 2, size)
        return rows.reshape(shape).swapaxes(3, 4), columns.reshape(shape)
