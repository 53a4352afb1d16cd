"""Training maps of differentiable binarization: the shrunk text kernels and the border's threshold map.

Liao et al., "Real-time Scene Text Detection with Differentiable Binarization", AAAI 2020, arXiv:1911.08947.
The numbers are those of PaddleOCR 2.x.
"""

import cv2
import numpy as np

from ppocr_lite.offset import offset_polygon
from ppocr_lite.registry import TRANSFORMS
from ppocr_lite.transforms.base import Sample

SCHEDULE_GAIN = 0.2
"""How much the shrink ratio grows from the first to the last epoch, where a schedule is on."""

REFERENCE_BAND_PX = 0.25
"""Nearer to an edge than this, rounding of the reference's formula shows in the threshold map."""

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
        canvas = np.zeros(size, np.float32)
        mask = np.zeros(size, np.float32)
        ratio = self.shrink_ratio.at(sample)
        polys = np.asarray(sample["polys"])
        areas, perimeters = _measure(polys) if len(polys) else (np.zeros(0), np.zeros(0))
        for i, polygon in enumerate(polys):
            if areas[i] and not sample["ignore_tags"][i]:
                distance = float(abs(areas[i]) * (1 - ratio * ratio) / perimeters[i])
                _draw_border(polygon, distance, canvas, mask)
        sample["threshold_map"] = canvas * np.float32(self.thresh_max - self.thresh_min) + np.float32(
            self.thresh_min
        )
        sample["threshold_mask"] = mask
        return sample


def _draw_border(polygon: np.ndarray, distance: float, canvas: np.ndarray, mask: np.ndarray) -> None:
    """Draw the band within ``distance`` px of a polygon's edges."""
    grown = offset_polygon(polygon, distance)
    if not grown:
        return
    outline = grown[0]
    cv2.fillPoly(mask, [outline], 1.0)
    height, width = canvas.shape
    left, top = (int(v) for v in outline.min(axis=0))
    right, bottom = (int(v) for v in outline.max(axis=0))
    x0, x1 = max(0, left), min(width - 1, right) + 1
    y0, y1 = max(0, top), min(height - 1, bottom) + 1
    if x0 >= x1 or y0 >= y1:
        return
    local = polygon.astype(np.float32) - np.array([left, top], np.float32)
    near = edge_distance(
        local, np.arange(x0 - left, x1 - left), np.arange(y0 - top, y1 - top), limit=distance
    )
    near *= np.float32(-1.0 / distance)
    near += 1.0
    window = canvas[y0:y1, x0:x1]
    np.maximum(window, near, out=window)


def edge_distance(polygon: np.ndarray, xs: np.ndarray, ys: np.ndarray, *, limit: float) -> np.ndarray:
    """Distance of pixels to a polygon's edges as PaddleOCR 2.x measures it, cut at ``limit``.

    For one edge: the distance to its line where the pixel sees the edge under an obtuse or right angle, else
    to the nearer end. Over all edges that is the smaller of the distance to the nearest corner and the
    distance to the line of any edge seen so.

    Args:
        polygon: float32 [P, 2] in pixels.
        xs: columns [W] of the pixels.
        ys: rows [H] of the pixels.
        limit: in pixels.

    Returns:
        float32 [H, W].
    """
    points = polygon[(polygon != np.roll(polygon, 1, axis=0)).any(axis=1)]
    dx = xs.astype(np.float32) - points[:, 0, None]  # [P, W]
    dy = ys.astype(np.float32) - points[:, 1, None]  # [P, H]
    corner = (dx * dx)[:, None, :] + (dy * dy)[:, :, None]  # [P, H, W] squared distances
    edge = np.roll(points, -1, axis=0) - points  # edge i runs from corner i to corner i + 1
    length2 = edge[:, 0] ** 2 + edge[:, 1] ** 2
    unit = edge / np.sqrt(length2)[:, None]
    line = (dy * unit[:, :1])[:, :, None] - (dx * unit[:, 1:])[:, None, :]  # [P, H, W] signed distances
    np.multiply(line, line, out=line)
    best = corner.min(axis=0)
    for i in range(len(points)):
        # The squared distances to both ends sum up to more than the edge's square: an acute angle.
        acute = corner[i] + corner[(i + 1) % len(points)] > length2[i]
        np.copyto(line[i], np.float32(np.inf), where=acute)
        np.minimum(best, line[i], out=best)
    _round_like_reference(best, line, dx.astype(np.float64), dy.astype(np.float64), length2)
    np.minimum(best, np.float32(limit * limit), out=best)
    return np.sqrt(best, out=best)


def _round_like_reference(
    best: np.ndarray, line: np.ndarray, dx: np.ndarray, dy: np.ndarray, length2: np.ndarray
) -> None:
    """Redo the pixels on an edge itself by PaddleOCR's own formula, whose rounding shows there.

    It takes sin^2 = 1 - cos^2 from the float32 square of the edge's length; where that falls below 0 the
    pixel gets no distance at all. Without this the maps differ by up to 0.0003, at single pixels by 0.4.

    Args:
        best: float32 [H, W] squared distances, changed in place.
        line: [P, H, W] squared distances to the edges' lines.
        dx, dy: [P, W] and [P, H], from the corners to the pixels.
        length2: [P] squares of the edges' lengths.
    """
    spots = np.flatnonzero(line < REFERENCE_BAND_PX**2)
    if not len(spots):
        return
    edge, pixel = np.divmod(spots, best.size)
    row, column = np.divmod(pixel, best.shape[1])
    end = edge + 1
    end[end == len(length2)] = 0
    a = dx[edge, column] ** 2 + dy[edge, row] ** 2
    b = dx[end, column] ** 2 + dy[end, row] ** 2
    c = length2.astype(np.float64)[edge]
    product = a * b
    with np.errstate(invalid="ignore", divide="ignore"):
        value = product * (1 - (c - a - b) ** 2 / (4 * product)) / c
    value[value < 0] = np.inf
    value[product == 0] = 0  # on a corner
    best[row, column] = value


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
