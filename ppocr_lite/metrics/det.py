"""Precision, recall and hmean of text detection, as ICDAR 2015 counts them."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ppocr_lite.geometry import intersection_area, polygon_area
from ppocr_lite.metrics.indicator import checked_indicator
from ppocr_lite.metrics.intervals import RatioSums, bounds
from ppocr_lite.registry import METRICS
from ppocr_lite.structures import DetResult

IOU_THRESHOLDS = np.arange(10, 20) / 20
"""0.5, 0.55 .. 0.95; PaddleOCR's numbers are those of the first."""
INDICATORS = ("hmean", "precision", "recall", "hmean_50_95", "precision_50_95", "recall_50_95")
IGNORED_SHARE = 0.5
"""A detection that lies in an ignored region by more than this share of its own area does not count."""


@METRICS.register()
class DetMetric:
    """One-to-one matches with an IoU above 0.5, taken greedily in the order of the ground truth.

    Regions marked to be ignored count neither as missed nor, for the detections inside them, as false.
    Polygons that cross themselves or have no area are left out on both sides, as in PaddleOCR 2.x.

    ``precision``, ``recall`` and ``hmean`` are PaddleOCR's, at IoU 0.5. The same with ``_50_95`` are means
    of the values at the IoUs 0.5, 0.55 .. 0.95, as COCO takes them: they tell how tight the boxes are. The
    95 % intervals are those of ratios over images, see :class:`RatioSums`.
    """

    def __init__(self, main_indicator: str = "hmean") -> None:
        self.main_indicator = checked_indicator(main_indicator, INDICATORS)
        self.reset()

    def update(self, results: Sequence[DetResult], batch: Mapping[str, Any]) -> None:
        """Count one batch.

        Args:
            results: one for each image.
            batch: ``polys`` [N, K, P, 2] in pixels and ``ignore_tags`` [N, K].
        """
        for result, polys, tags in zip(results, batch["polys"], batch["ignore_tags"], strict=True):
            self.count(list(result.polys or result.quads), list(polys), [bool(t) for t in tags])

    def count(
        self, detected: Sequence[np.ndarray], truth: Sequence[np.ndarray], ignored: Sequence[bool]
    ) -> tuple[int, int, int]:
        """Count one image; returns (ground truths, detections, matches) that count in it."""
        kept = [(np.asarray(p, np.float64), i) for p, i in zip(truth, ignored) if is_simple(p)]
        cared = [p for p, ignore in kept if not ignore]
        ignorable = [p for p, ignore in kept if ignore]
        found = [np.asarray(p, np.float64) for p in detected if is_simple(p)]
        shares = overlaps(found, ignorable)
        areas = np.array([polygon_area(p) for p in found])
        if len(ignorable) and len(found):
            hidden = np.max(shares, axis=1) > IGNORED_SHARE * areas
            found = [polygon for polygon, hide in zip(found, hidden) if not hide]
        matches = _matches(cared, found)
        self._matched += matches
        for name, count in (("precision", len(found)), ("recall", len(cared))):
            self._ratios[name].add(matches[:1], count)
        # The harmonic mean of M / D and M / G is M / ((D + G) / 2).
        self._ratios["hmean"].add(matches[:1], (len(found) + len(cared)) / 2)
        return len(cared), len(found), int(matches[0])

    def compute(self) -> dict[str, float]:
        """``precision``, ``recall``, ``hmean`` over all that was counted; 0 where nothing was."""
        return {name: ratio.ratio for name, ratio in self._ratios.items()}

    def details(self) -> dict[str, float]:
        """``precision_50_95`` .. ``hmean_50_95``, and the intervals of the values at IoU 0.5."""
        values = {
            f"{name}_50_95": float(self._matched.mean() / ratio.wholes) if ratio.wholes else 0.0
            for name, ratio in self._ratios.items()
        }
        for name, ratio in self._ratios.items():
            values.update(bounds(name, ratio.interval()))
        return values

    def reset(self) -> None:
        """Forget all counts."""
        self._matched = np.zeros(len(IOU_THRESHOLDS), np.int64)
        self._ratios = {name: RatioSums(most=1.0) for name in ("precision", "recall", "hmean")}


def overlaps(first: Sequence[np.ndarray], second: Sequence[np.ndarray]) -> np.ndarray:
    """Areas [len(first), len(second)] that polygons share; only pairs whose bounding boxes touch are cut."""
    shared = np.zeros((len(first), len(second)))
    if not len(first) or not len(second):
        return shared
    low_a, high_a = (np.stack([f(p, axis=0) for p in first])[:, None] for f in (np.min, np.max))
    low_b, high_b = (np.stack([f(p, axis=0) for p in second])[None] for f in (np.min, np.max))
    touching = ((low_a < high_b) & (low_b < high_a)).all(axis=-1)
    for i, j in np.argwhere(touching):
        shared[i, j] = intersection_area(first[i], second[j])
    return shared


def _matches(truth: Sequence[np.ndarray], found: Sequence[np.ndarray]) -> np.ndarray:
    """Matches at each of the thresholds, int64 [10]; polygons are cut with one another once for all."""
    shared = overlaps(truth, found)
    areas_t = np.array([polygon_area(p) for p in truth])
    areas_f = np.array([polygon_area(p) for p in found])
    iou = shared / np.maximum(areas_t[:, None] + areas_f[None] - shared, np.finfo(np.float64).tiny)
    levels = np.arange(len(IOU_THRESHOLDS))
    matches = np.zeros(len(levels), np.int64)
    if not iou.size:
        return matches
    free = np.ones((len(levels), len(found)), bool)
    for row in iou:
        candidates = (row > IOU_THRESHOLDS[:, None]) & free
        matched = candidates.any(axis=1)
        free[levels[matched], candidates[matched].argmax(axis=1)] = False
        matches += matched
    return matches


def is_simple(polygon: np.ndarray) -> bool:
    """Whether a polygon [P, 2] has an area and no two of its sides cross; repeated points are allowed."""
    p = np.asarray(polygon, np.float64).reshape(-1, 2)
    p = p[np.any(p != np.roll(p, 1, axis=0), axis=1)]
    count = len(p)
    if count < 3 or polygon_area(p) == 0:
        return False
    if count == 3:
        return True
    a, b = p, np.roll(p, -1, axis=0)
    i, j = np.triu_indices(count, 2)
    apart = ~((i == 0) & (j == count - 1))
    return not bool(_cross(a[i], b[i], a[j], b[j])[apart].any())


def _cross(a: np.ndarray, b: np.ndarray, c: np.ndarray, d: np.ndarray) -> np.ndarray:
    """Whether the sides a-b and c-d, [n, 2] each, have a point in common."""

    def side(p: np.ndarray, q: np.ndarray, r: np.ndarray) -> np.ndarray:
        return np.sign((q[:, 0] - p[:, 0]) * (r[:, 1] - p[:, 1]) - (q[:, 1] - p[:, 1]) * (r[:, 0] - p[:, 0]))

    boxes = ((np.minimum(a, b) <= np.maximum(c, d)) & (np.minimum(c, d) <= np.maximum(a, b))).all(axis=1)
    return boxes & (side(a, b, c) * side(a, b, d) <= 0) & (side(c, d, a) * side(c, d, b) <= 0)
