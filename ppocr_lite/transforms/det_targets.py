"""Training maps of differentiable binarization: the shrunk text kernels and the border's threshold map.

Liao et al., "Real-time Scene Text Detection with Differentiable Binarization", AAAI 2020, arXiv:1911.08947.
The numbers are those of PaddleOCR 2.x.
"""

from collections.abc import Iterator

import cv2
import numpy as np

from ppocr_lite.offset import offset_polygon, offset_polygons
from ppocr_lite.parameters import Natural, NotNegative, Share
from ppocr_lite.registry import TRANSFORMS
from ppocr_lite.transforms.base import Sample
from ppocr_lite.transforms.edge_distance import draw_borders

SCHEDULE_GAIN = 0.2
"""How much the shrink ratio grows from the first to the last epoch, where a schedule is on."""

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
        shrink_ratio: Share = 0.4,
        thresh_min: Share = 0.3,
        *,
        thresh_max: Share = 0.7,
        total_epoch: Natural | None = None,
        epoch: Natural | None = None,
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
            draw_borders(polys[drawn], limits[drawn], squared, mask)
        border = np.sqrt(squared, out=squared)
        np.subtract(np.float32(1), border, out=border)
        border *= np.float32(self.thresh_max - self.thresh_min)
        border += np.float32(self.thresh_min)
        sample["threshold_map"], sample["threshold_mask"] = border, mask
        return sample


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
        min_text_size: NotNegative = 8,
        shrink_ratio: Share = 0.4,
        *,
        total_epoch: Natural | None = None,
        epoch: Natural | None = None,
    ) -> None:
        self.min_text_size = min_text_size
        self.shrink_ratio = _ShrinkRatio(shrink_ratio, total_epoch, epoch)

    def __call__(self, sample: Sample, rng: np.random.Generator | None = None) -> Sample:
        height, width = sample["image"].shape[:2]
        shrink_map = np.zeros((height, width), np.float32)
        shrink_mask = np.ones((height, width), np.float32)
        tags = np.array(sample["ignore_tags"], bool)
        polys = np.array(sample["polys"])
        areas, perimeters = np.zeros(0), np.zeros(0)
        if len(polys):
            np.clip(polys, 0, (width - 1, height - 1), out=polys)
            areas, perimeters = _measure(polys)
            polys = np.where(areas[:, None, None] < 0, polys[:, ::-1], polys)
            areas = np.abs(areas)
            tags |= (np.ptp(polys, axis=1).min(axis=1) < self.min_text_size) | (areas < MIN_AREA_PX)
        ratio = self.shrink_ratio.at(sample)
        kept = np.flatnonzero(~tags)
        thickness = areas[kept] / perimeters[kept]
        for i, kernels in zip(kept.tolist(), _shrink(polys[kept], ratio, thickness)):
            for kernel in kernels:
                cv2.fillPoly(shrink_map, [kernel], 1.0)
            tags[i] = not kernels
        for i in np.flatnonzero(tags).tolist():
            cv2.fillPoly(shrink_mask, [polys[i].astype(np.int32)], 0.0)
        sample["polys"] = polys
        sample["ignore_tags"] = tags
        sample["shrink_map"], sample["shrink_mask"] = shrink_map, shrink_mask
        return sample


def _shrink(polygons: np.ndarray, ratio: float, thickness: np.ndarray) -> Iterator[list[np.ndarray]]:
    """Pieces that are left of each of [K, P, 2]; ``thickness`` [K] is a polygon's area over its perimeter."""
    multiples = np.arange(ratio, 1, ratio).tolist()
    if not multiples:
        yield from ([] for _ in polygons)
        return
    first = offset_polygons(polygons, (-thickness * (1 - ratio * ratio)).tolist())
    for polygon, pieces, thick in zip(polygons, first, thickness.tolist()):
        for multiple in multiples[1:]:
            if len(pieces) == 1:
                break
            pieces = offset_polygon(polygon, -thick * (1 - multiple * multiple))
        yield pieces


def _measure(polygons: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(areas, perimeters) of [..., P, 2]; areas are above 0 where the corners run clockwise on the screen."""
    points = np.asarray(polygons, np.float64)
    following = np.concatenate([points[..., 1:, :], points[..., :1, :]], axis=-2)
    x, y, next_x, next_y = points[..., 0], points[..., 1], following[..., 0], following[..., 1]
    areas = (x * next_y - y * next_x).sum(axis=-1) / 2
    return areas, np.hypot(next_x - x, next_y - y).sum(axis=-1)
