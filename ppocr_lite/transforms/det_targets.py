"""Training maps of differentiable binarization: the shrunk text kernels and the border's threshold map.

Liao et al., "Real-time Scene Text Detection with Differentiable Binarization", AAAI 2020, arXiv:1911.08947.
The numbers are those of PaddleOCR 2.x.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from ppocr_lite.offset import offset_polygon
from ppocr_lite.registry import TRANSFORMS
from ppocr_lite.transforms.base import Sample

SCHEDULE_GAIN = 0.2
"""How much the shrink ratio grows from the first to the last epoch, where a schedule is on."""

ACUTE_GAIN = np.float32(2.0**60)
"""Makes a value above any limit of a difference of squares; a power of 2, so that nothing is rounded."""

BLOCK_SIZE = 1 << 15
"""Pixels times edges worked on at once: what fits into a processor's cache."""

MIN_AREA_PX = 1.0
"""Regions with a smaller area carry no text."""


class _ShrinkRatio:
    """The shrink ratio, growing over the epochs when ``total_epoch`` is given."""

    def __init__(self, ratio: float, total_epoch: int | None, epoch: int | None) -> None:
        self.ratio, self.total_epoch, self.epoch = float(ratio), total_epoch, epoch

    def at(self, sample: Sample) -> float:
        if not self.total_epoch:
            return self.ratio
        epoch = sample.get("epoch", 0) if self.epoch is None else self.epoch
        return self.ratio + SCHEDULE_GAIN * epoch / self.total_epoch


@TRANSFORMS.register()
class MakeBorderMap:
    """Polygons -> ``threshold_map`` and ``threshold_mask``, float32 [H, W].

    The map falls from ``thresh_max`` on a region's edge to ``thresh_min`` at the distance D = area *
    (1 - shrink_ratio^2) / perimeter on either side; the mask covers the region grown by D. Regions to ignore
    and regions without area leave no trace. (PaddleOCR 2.x raises IndexError on a region whose area is lost
    when its corners are cut to whole pixels; here it is left out.)

    Args:
        shrink_ratio: see D.
        thresh_min: value of the background.
        thresh_max: value on the edges.
        total_epoch: with it, the ratio grows by 0.2 over that many epochs.
        epoch: fixed epoch of that schedule; the sample's own by default.
    """

    requires = ("image", "polys", "ignore_tags")
    provides = ("threshold_map", "threshold_mask")

    def __init__(
        self,
        shrink_ratio: float = 0.4,
        thresh_min: float = 0.3,
        *,
        thresh_max: float = 0.7,
        total_epoch: int | None = None,
        epoch: int | None = None,
    ) -> None:
        self.shrink_ratio = _ShrinkRatio(shrink_ratio, total_epoch, epoch)
        self.thresh_min, self.thresh_max = thresh_min, thresh_max

    def __call__(self, sample: Sample, rng: np.random.Generator | None = None) -> Sample:
        size = sample["image"].shape[:2]
        squared = np.ones(size, np.float32)  # distances from the nearest edge as shares of its D, squared
        mask = np.zeros(size, np.float32)
        ratio = self.shrink_ratio.at(sample)
        polys = np.asarray(sample["polys"])
        areas, perimeters = _measure(polys) if len(polys) else (np.zeros(0), np.zeros(0))
        limits = np.abs(areas) * (1 - ratio * ratio) / np.maximum(perimeters, 1e-9)
        drawn = np.flatnonzero((limits > 0) & ~np.asarray(sample["ignore_tags"], bool))
        if len(drawn):
            _draw_borders(polys[drawn], limits[drawn], squared, mask)
        border = np.sqrt(squared, out=squared)
        np.subtract(np.float32(1), border, out=border)
        border *= np.float32(self.thresh_max - self.thresh_min)
        border += np.float32(self.thresh_min)
        sample["threshold_map"], sample["threshold_mask"] = border, mask
        return sample


def _draw_borders(polys: np.ndarray, limits: np.ndarray, squared: np.ndarray, mask: np.ndarray) -> None:
    """Lower ``squared`` [H, W] in the bands of ``limits`` [K] px along polygons [K, P, 2]; fill ``mask``."""
    height, width = squared.shape
    grown = [offset_polygon(polygon, limit) for polygon, limit in zip(polys, limits.tolist())]
    found = [i for i, outlines in enumerate(grown) if outlines]
    boxes = [cv2.boundingRect(grown[i][0]) for i in found]
    # Counted from the box's corner as PaddleOCR does, which decides how the coordinates are rounded.
    origins = np.array([box[:2] for box in boxes], np.float32).reshape(-1, 1, 2)
    edges = _edges(polys[found].astype(np.float32) - origins, limits[found])
    for i, (left, top, box_width, box_height), lines in zip(found, boxes, edges):
        cv2.fillPoly(mask, [grown[i][0]], 1.0)
        x0, x1 = max(0, left), min(width, left + box_width)
        y0, y1 = max(0, top), min(height, top + box_height)
        if x0 < x1 and y0 < y1:
            xs = np.arange(x0 - left, x1 - left, dtype=np.float32)
            ys = np.arange(y0 - top, y1 - top, dtype=np.float32)
            lines.lower(squared[y0:y1, x0:x1], xs, ys)


def edge_distance(polygon: np.ndarray, xs: np.ndarray, ys: np.ndarray, *, limit: float) -> np.ndarray:
    """Distance of pixels to a polygon's edges as PaddleOCR 2.x measures it, cut at ``limit``.

    For one edge: the distance to its line where the pixel sees the edge under an obtuse or right angle, else
    to the nearer end. Over all edges that is the smaller of the distance to the nearest corner and the
    distance to the line of any edge seen so.

    Args:
        polygon: float32 [P, 2] in pixels.
        xs: columns [W] of the pixels.
        ys: rows [H] of the pixels.
        limit: in pixels; also what pixels get whose distance is lost to PaddleOCR's rounding.

    Returns:
        float32 [H, W].
    """
    squared = np.ones((len(ys), len(xs)), np.float32)
    (edges,) = _edges(np.asarray(polygon, np.float32)[None], np.array([limit]))
    edges.lower(squared, xs.astype(np.float32), ys.astype(np.float32))
    return np.sqrt(squared) * np.float32(limit)


@dataclass(frozen=True)
class _Edges:
    """The edges of one polygon; edge i runs from corner i to corner i + 1.

    With a and b the squared distances of a pixel to an edge's ends and c the edge's squared length, the pixel
    sees it under an acute angle where t = a + b - c is above 0. PaddleOCR computes the distance to the line
    from a, b and c, where c is rounded to float32, by r: the square of what it gets is that of the true
    distance plus t * r / (2 c). Where that falls below 0, on the edge itself, the pixel gets no distance.

    Args:
        corners: float32 [E + 1, 2], the first one once more at the end.
        length2: float32 [E], c.
        normal: float32 [E, 2], with the length 1 / limit.
        rounding: float32 [E, 1, 1], r / (2 c limit^2), over ACUTE_GAIN; None where nothing is rounded.
        scale: 1 / limit^2.
    """

    corners: np.ndarray
    length2: np.ndarray
    normal: np.ndarray
    rounding: np.ndarray | None
    scale: np.float32

    def lower(self, squared: np.ndarray, xs: np.ndarray, ys: np.ndarray) -> None:
        """Lower ``squared`` [H, W] to the squared distance over limit^2, at columns [W] and rows [H]."""
        count, width = len(self.length2), len(xs)
        dx = xs - self.corners[:, :1]  # [E + 1, W]
        dx2 = dx * dx
        # Sums of a row's and a column's number are products of matrices, the fastest way to have them all.
        columns = np.ones((3, count, 2, width), np.float32)
        np.multiply(dx2[:-1] + dx2[1:], ACUTE_GAIN, out=columns[0, :, 1])
        np.multiply(dx[:-1], self.normal[:, :1], out=columns[1, :, 1])
        np.multiply(dx2[:-1], self.scale, out=columns[2, :, 1])
        step = max(1, BLOCK_SIZE // (count * width))
        for start in range(0, len(ys), step):
            dy = ys[start : start + step] - self.corners[:, 1:]  # [E + 1, H]
            dy2 = dy * dy
            rows = np.ones((3, count, dy.shape[1], 2), np.float32)
            np.multiply(dy2[:-1] + dy2[1:] - self.length2[:, None], ACUTE_GAIN, out=rows[0, :, :, 0])
            np.multiply(dy[:-1], self.normal[:, 1:], out=rows[1, :, :, 0])
            np.multiply(dy2[:-1], self.scale, out=rows[2, :, :, 0])
            planes = np.matmul(rows, columns)  # [3, E, H, W]: t, to the lines, to the corners squared
            acute, line = planes[0], planes[1]
            line *= line
            if self.rounding is not None:
                line += acute * self.rounding
            np.maximum(line, acute, out=line)
            nearest = planes[1:].reshape(2 * count, -1, width).min(axis=0)
            # As unsigned integers, numbers from 0 keep their order, and those below 0 are above all others.
            window = squared[start : start + step].view(np.uint32)
            np.minimum(window, nearest.view(np.uint32), out=window)


def _edges(polygons: np.ndarray, limits: np.ndarray) -> Iterator[_Edges]:
    """The edges of float32 polygons [K, P, 2], without those between repeated points."""
    following = np.concatenate([polygons[:, 1:], polygons[:, :1]], axis=1)
    edge = following - polygons
    length2 = edge[..., 0] * edge[..., 0] + edge[..., 1] * edge[..., 1]  # [K, P]
    exact = ((following.astype(np.float64) - polygons) ** 2).sum(axis=-1)
    scale = 1.0 / (limits * limits)
    with np.errstate(divide="ignore", invalid="ignore"):
        turned = np.stack([-edge[..., 1], edge[..., 0]], axis=-1)
        normal = (turned / np.sqrt(exact * (limits * limits)[:, None])[..., None]).astype(np.float32)
        lost = (length2 - exact) / (2 * exact) * scale[:, None] / ACUTE_GAIN
    rounding = lost.astype(np.float32)[..., None, None]
    whole, rounded = length2.all(axis=1).tolist(), rounding.any(axis=(1, 2, 3)).tolist()
    corners = np.concatenate([polygons, polygons[:, :1]], axis=1)
    for i, factor in enumerate(scale.astype(np.float32)):
        parts = length2[i], normal[i], rounding[i]
        points = corners[i]
        if not whole[i]:
            kept = length2[i] > 0
            parts = tuple(part[kept] for part in parts)
            points = polygons[i][kept]
            points = np.concatenate([points, points[:1]])
        yield _Edges(points, parts[0], parts[1], parts[2] if rounded[i] else None, factor)


@TRANSFORMS.register()
class MakeShrinkMap:
    """Polygons -> ``shrink_map`` and ``shrink_mask``, float32 [H, W] of 0 and 1.

    A region is shrunk by area * (1 - ratio^2) / perimeter and filled with 1 in the map. Ignored, small and
    vanishing regions are filled with 0 in the mask and marked in ``ignore_tags``. ``polys`` are cut to the
    image and turned clockwise. Where a region falls apart, larger multiples of the ratio below 1 are tried
    until one piece is left (PaddleOCR 2.x means to try 1 as well and does not; neither does this).

    Args:
        min_text_size: height and width below which a region is ignored, in pixels.
        shrink_ratio: see above.
        total_epoch, epoch: see :class:`MakeBorderMap`.
    """

    requires = ("image", "polys", "ignore_tags")
    provides = ("polys", "ignore_tags", "shrink_map", "shrink_mask")

    def __init__(
        self,
        min_text_size: float = 8,
        shrink_ratio: float = 0.4,
        *,
        total_epoch: int | None = None,
        epoch: int | None = None,
    ) -> None:
        self.min_text_size = min_text_size
        self.shrink_ratio = _ShrinkRatio(shrink_ratio, total_epoch, epoch)

    def __call__(self, sample: Sample, rng: np.random.Generator | None = None) -> Sample:
        height, width = sample["image"].shape[:2]
        shrink_map = np.zeros((height, width), np.float32)
        shrink_mask = np.ones((height, width), np.float32)
        tags = np.array(sample["ignore_tags"], bool)
        polys = np.array(sample["polys"])
        if len(polys):
            np.clip(polys, 0, (width - 1, height - 1), out=polys)
            areas, perimeters = _measure(polys)
            polys = np.where(areas[:, None, None] < 0, polys[:, ::-1], polys)
            areas = np.abs(areas)
            tags |= (np.ptp(polys, axis=1).min(axis=1) < self.min_text_size) | (areas < MIN_AREA_PX)
        ratio = self.shrink_ratio.at(sample)
        for i, polygon in enumerate(polys):
            kernels = [] if tags[i] else _shrink(polygon, ratio, areas[i] / perimeters[i])
            for kernel in kernels:
                cv2.fillPoly(shrink_map, [kernel], 1.0)
            if not kernels:
                cv2.fillPoly(shrink_mask, [polygon.astype(np.int32)], 0.0)
                tags[i] = True
        sample["polys"] = polys
        sample["ignore_tags"] = tags
        sample["shrink_map"], sample["shrink_mask"] = shrink_map, shrink_mask
        return sample


def _shrink(polygon: np.ndarray, ratio: float, thickness: float) -> list[np.ndarray]:
    """Pieces that are left of a polygon; ``thickness`` is its area over its perimeter."""
    pieces: list[np.ndarray] = []
    for multiple in np.arange(ratio, 1, ratio):
        pieces = offset_polygon(polygon, float(-thickness * (1 - multiple * multiple)))
        if len(pieces) == 1:
            break
    return pieces


def _measure(polygons: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(areas, perimeters) of [..., P, 2]; areas are above 0 where the corners run clockwise on the screen."""
    points = np.asarray(polygons, np.float64)
    following = np.roll(points, -1, axis=-2)
    x, y, next_x, next_y = points[..., 0], points[..., 1], following[..., 0], following[..., 1]
    areas = (x * next_y - y * next_x).sum(axis=-1) / 2
    return areas, np.hypot(next_x - x, next_y - y).sum(axis=-1)
