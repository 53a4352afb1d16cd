"""Probability maps of a DB detector -> text regions."""

import math
from collections.abc import Mapping, Sequence

import cv2
import numpy as np

from ppocr_lite.errors import ConfigError
from ppocr_lite.geometry import min_area_quad, polygon_area, polygon_perimeter
from ppocr_lite.offset import grow_quads, offset_polygon
from ppocr_lite.registry import POSTPROCESSES
from ppocr_lite.structures import DetResult

MIN_SIDE_PX = 3
"""Shorter side, in pixels of the map, of the smallest region; 2 more after growing."""

POLY_TOLERANCE = 0.002
"""Share of its length by which the outline of ``box_type: poly`` may be simplified."""


@POSTPROCESSES.register()
class DBPostProcess:
    """Threshold the map, put the smallest rectangle around each blob, score it, grow it back.

    The network is trained on shrunk regions, so each rectangle grows by ``area * unclip_ratio / perimeter``
    with round corners, and the smallest rectangle around that is taken again.

    Args:
        thresh: probability that makes a pixel text.
        box_thresh: least mean probability inside a region.
        max_candidates: blobs looked at, at most, in OpenCV's order (bottom to top).
        unclip_ratio: see above.
        use_dilation: dilate the thresholded map by 2 x 2 pixels.
        score_mode: ``fast`` means over the rectangle, ``slow`` over the blob's own outline.
        box_type: ``quad``; ``poly`` gives the blobs' own outlines as ``polys`` (needs pyclipper), and their
            smallest rectangles as ``quads``.
    """

    ignored_params = ("key", "model_name")

    def __init__(
        self,
        thresh: float = 0.3,
        box_thresh: float = 0.7,
        *,
        max_candidates: int = 1000,
        unclip_ratio: float = 2.0,
        use_dilation: bool = False,
        score_mode: str = "fast",
        box_type: str = "quad",
    ) -> None:
        if score_mode not in ("fast", "slow"):
            raise ConfigError(f"DBPostProcess.score_mode: expected fast or slow, got {score_mode!r}.")
        if box_type not in ("quad", "poly"):
            raise ConfigError(f"DBPostProcess.box_type: expected quad or poly, got {box_type!r}.")
        self.thresh, self.box_thresh = thresh, box_thresh
        self.max_candidates = int(max_candidates)
        self.unclip_ratio = unclip_ratio
        self.score_mode, self.box_type = score_mode, box_type
        self._kernel = np.ones((2, 2), np.uint8) if use_dilation else None

    def __call__(
        self, outputs: Mapping[str, np.ndarray], shapes: np.ndarray | None = None
    ) -> list[DetResult]:
        """One DetResult for each image, in pixels of the original image, rounded to whole pixels.

        Args:
            outputs: ``maps`` float32 [N, 1 or more, h, w] of probabilities; the first channel counts.
            shapes: [N, 4] rows of original height, width and the two resize ratios; the map's own size
                without it.
        """
        maps = np.asarray(outputs["maps"])[:, 0]
        if shapes is None:
            shapes = np.tile(np.array([*maps.shape[1:], 1.0, 1.0]), (len(maps), 1))
        return [self._regions(m, (float(s[0]), float(s[1]))) for m, s in zip(maps, shapes, strict=True)]

    def _regions(self, probability: np.ndarray, size: tuple[float, float]) -> DetResult:
        probability = np.ascontiguousarray(probability, np.float32)
        bitmap = (probability > self.thresh).astype(np.uint8)
        if self._kernel is not None:
            bitmap = cv2.dilate(bitmap, self._kernel)
        contours, _ = cv2.findContours(bitmap, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
        find = self._quads if self.box_type == "quad" else self._polys
        return find(probability, contours[: self.max_candidates], size)

    def _quads(
        self, probability: np.ndarray, contours: Sequence[np.ndarray], size: tuple[float, float]
    ) -> DetResult:
        quads, scores = [], []
        for contour in contours:
            if len(contour) < 3:  # a dot or a line: its rectangle has no short side
                continue
            quad = min_area_quad(contour)
            if _short_side(quad) < MIN_SIDE_PX:
                continue
            outline = quad if self.score_mode == "fast" else contour.reshape(-1, 2)
            score = mean_inside(probability, outline)
            if score >= self.box_thresh:
                quads.append(quad)
                scores.append(score)
        if not quads:
            return DetResult.empty()
        grown = self._grow(np.stack(quads))
        keep = np.array([_short_side(quad) >= MIN_SIDE_PX + 2 for quad in grown])
        return DetResult(_to_image(grown[keep], probability.shape, size), np.array(scores, np.float32)[keep])

    def _grow(self, quads: np.ndarray) -> np.ndarray:
        following = np.roll(quads, -1, axis=1).astype(np.float64)
        cross = quads[..., 0] * following[..., 1] - quads[..., 1] * following[..., 0]
        perimeter = np.linalg.norm(following - quads, axis=-1).sum(axis=1)
        distances = np.abs(cross.sum(axis=1)) / 2 * self.unclip_ratio / perimeter
        return np.stack([min_area_quad(outline) for outline in grow_quads(quads, distances)])

    def _polys(
        self, probability: np.ndarray, contours: Sequence[np.ndarray], size: tuple[float, float]
    ) -> DetResult:
        polys, quads, scores = [], [], []
        for contour in contours:
            outline = cv2.approxPolyDP(contour, POLY_TOLERANCE * cv2.arcLength(contour, True), True)
            outline = outline.reshape(-1, 2)
            if len(outline) < 4:
                continue
            score = mean_inside(probability, outline)
            if score < self.box_thresh:
                continue
            grown = offset_polygon(
                outline, polygon_area(outline) * self.unclip_ratio / polygon_perimeter(outline)
            )
            if len(grown) != 1:
                continue
            quad = min_area_quad(grown[0])
            if _short_side(quad) < MIN_SIDE_PX + 2:
                continue
            polys.append(_to_image(grown[0], probability.shape, size))
            quads.append(_to_image(quad, probability.shape, size))
            scores.append(score)
        if not polys:
            return DetResult.empty()
        return DetResult(np.stack(quads), np.array(scores, np.float32), tuple(polys))


def _to_image(points: np.ndarray, map_size: tuple[int, ...], size: tuple[float, float]) -> np.ndarray:
    """Points [..., 2] of the map -> float32 whole pixels of the image, kept inside it."""
    scaled = np.rint(points / np.array([map_size[1], map_size[0]]) * np.array([size[1], size[0]]))
    return np.clip(scaled, 0, [size[1], size[0]]).astype(np.float32)


def _short_side(quad: np.ndarray) -> float:
    """Shorter side of a rectangle [4, 2]."""
    first, second, _, last = quad.tolist()
    return min(math.dist(first, second), math.dist(first, last))


def mean_inside(values: np.ndarray, polygon: np.ndarray) -> float:
    """Mean of ``values`` [H, W] over the pixels of ``polygon`` [k, 2], its corners cut to whole pixels."""
    height, width = values.shape
    low_x, low_y = polygon.min(axis=0).tolist()
    high_x, high_y = polygon.max(axis=0).tolist()
    x0, x1 = (min(max(int(v), 0), width - 1) for v in (math.floor(low_x), math.ceil(high_x)))
    y0, y1 = (min(max(int(v), 0), height - 1) for v in (math.floor(low_y), math.ceil(high_y)))
    window = values[y0 : y1 + 1, x0 : x1 + 1]
    mask = np.zeros(window.shape, np.uint8)
    cv2.fillPoly(mask, [(polygon - (x0, y0)).astype(np.int32)], 1)
    return float(cv2.mean(window, mask)[0])
