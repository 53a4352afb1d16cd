"""Probability maps of a DB detector -> text regions."""

from collections.abc import Mapping, Sequence

import cv2
import numpy as np

from ppocr_lite.errors import ConfigError
from ppocr_lite.geometry import from_straight, min_area_quad, min_area_quads, polygon_area, polygon_perimeter
from ppocr_lite.offset import grow_quads, offset_polygon
from ppocr_lite.parameters import Count, Positive, Share
from ppocr_lite.registry import POSTPROCESSES
from ppocr_lite.structures import DetResult

SPINE_POINTS = 9
"""Along the middle of a region."""

BOWED, BOWED_RATIO = 0.1, 10.0
"""Of a blob's thickness: root mean square of how far its middle is from a straight line, and its length, from
which on it bows."""

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
        score_bowed: with ``fast``, blobs that bow get the mean over their own outline if the one over the
            rectangle, much of which is beside them, is too low. Not in PaddleOCR.
        box_type: ``quad``; ``poly`` gives the blobs' own outlines as ``polys`` (needs pyclipper), and their
            smallest rectangles as ``quads``.
        shift: pixels of the map by which regions move right and down. Contours run through the middles of
            pixels, and the label maps cut coordinates down to whole pixels, in PaddleOCR as here; so what a
            trained network shows lies about 1 pixel too far left and up. 0 is what PaddleOCR does.
    """

    ignored_params = ("key", "model_name")

    def __init__(
        self,
        thresh: Share = 0.3,
        box_thresh: Share = 0.7,
        *,
        max_candidates: Count = 1000,
        unclip_ratio: Positive = 2.0,
        use_dilation: bool = False,
        score_mode: str = "fast",
        box_type: str = "quad",
        shift: float = 0.0,
        score_bowed: bool = False,
    ) -> None:
        if score_mode not in ("fast", "slow"):
            raise ConfigError(f"DBPostProcess.score_mode: expected fast or slow, got {score_mode!r}.")
        if box_type not in ("quad", "poly"):
            raise ConfigError(f"DBPostProcess.box_type: expected quad or poly, got {box_type!r}.")
        self.thresh, self.box_thresh = thresh, box_thresh
        self.max_candidates = int(max_candidates)
        self.unclip_ratio = unclip_ratio
        self.score_mode, self.box_type = score_mode, box_type
        self.shift = shift
        self.score_bowed = score_bowed
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
        contours = [c for c in contours if len(c) >= 3]  # a dot's or a line's rectangle has no short side
        quads = min_area_quads(contours)
        large = np.flatnonzero(_short_sides(quads) >= MIN_SIDE_PX)
        quads = quads[large]
        if self.score_mode == "fast":
            scores = means_inside(probability, quads)
            if self.score_bowed:
                for i in np.flatnonzero(scores < self.box_thresh):
                    contour = contours[large[i]]
                    if _bows(contour):
                        scores[i] = mean_inside(probability, contour.reshape(-1, 2))
        else:
            scores = np.array([mean_inside(probability, contours[i].reshape(-1, 2)) for i in large])
        likely = scores >= self.box_thresh
        if not likely.any():
            return DetResult.empty()
        grown = self._grow(quads[likely])
        keep = _short_sides(grown) >= MIN_SIDE_PX + 2
        spines = [self._scaled(spine_of(contours[i]), probability.shape, size) for i in large[likely][keep]]
        return DetResult(
            self._to_image(grown[keep], probability.shape, size),
            scores[likely][keep].astype(np.float32),
            spines=tuple(spine.astype(np.float32) for spine in spines),
        )

    def _grow(self, quads: np.ndarray) -> np.ndarray:
        following = np.roll(quads, -1, axis=1).astype(np.float64)
        cross = quads[..., 0] * following[..., 1] - quads[..., 1] * following[..., 0]
        perimeter = np.linalg.norm(following - quads, axis=-1).sum(axis=1)
        distances = np.abs(cross.sum(axis=1)) / 2 * self.unclip_ratio / perimeter
        return min_area_quads(grow_quads(quads, distances))

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
            if _short_sides(quad[None])[0] < MIN_SIDE_PX + 2:
                continue
            polys.append(self._to_image(grown[0], probability.shape, size))
            quads.append(self._to_image(quad, probability.shape, size))
            scores.append(score)
        if not polys:
            return DetResult.empty()
        return DetResult(np.stack(quads), np.array(scores, np.float32), tuple(polys))

    def _to_image(
        self, points: np.ndarray, map_size: tuple[int, ...], size: tuple[float, float]
    ) -> np.ndarray:
        """Points [..., 2] of the map -> float32 whole pixels of the image, kept inside it."""
        scaled = np.rint(self._scaled(points, map_size, size))
        return np.clip(scaled, 0, [size[1], size[0]]).astype(np.float32)

    def _scaled(self, points: np.ndarray, map_size: tuple[int, ...], size: tuple[float, float]) -> np.ndarray:
        share = (points + self.shift) / np.array([map_size[1], map_size[0]])
        return np.asarray(share * np.array([size[1], size[0]]))


def _short_sides(quads: np.ndarray) -> np.ndarray:
    """Shorter sides [n] of rectangles [n, 4, 2]."""
    corners = quads.astype(np.float64)
    return np.linalg.norm(corners[:, 1::2] - corners[:, :1], axis=-1).min(axis=1)


def spine_of(contour: np.ndarray) -> np.ndarray:
    """Points [SPINE_POINTS, 2] along the middle of a blob that runs across, from left to right.

    Each is the middle of the blob's pixels in as many equal parts of its width; for a blob that is narrower
    than two pixels a part, or higher than wide, all are its middle.

    Args:
        contour: integers [k, 1, 2].
    """
    points = contour.reshape(-1, 2)
    low, high = points.min(axis=0), points.max(axis=0)
    width, height = (high - low + 1).tolist()
    if width < 2 * SPINE_POINTS or height > width:
        return np.tile((low + high) / 2, (SPINE_POINTS, 1))
    mask = np.zeros((height, width), np.uint8)
    cv2.fillPoly(mask, [points - low], 1)
    starts = np.arange(SPINE_POINTS) * width // SPINE_POINTS
    ends = np.append(starts[1:], width)
    counts = np.add.reduceat(mask.sum(axis=0, dtype=np.int64), starts)
    rows = np.add.reduceat(np.arange(height) @ mask.astype(np.int64), starts)
    middles = np.stack([(starts + ends - 1) / 2, rows / np.maximum(counts, 1)], axis=1)
    return np.asarray(middles + low)


def _bows(contour: np.ndarray) -> bool:
    """Whether a blob that runs across bows by a good part of its thickness."""
    spine = spine_of(contour)
    length = float(np.ptp(spine[:, 0]))
    thickness = cv2.contourArea(contour) / max(length, 1.0)
    if length < BOWED_RATIO * thickness or not thickness:
        return False
    return bool(np.sqrt(np.mean(from_straight(spine) ** 2)) > BOWED * thickness)


def mean_inside(values: np.ndarray, polygon: np.ndarray) -> float:
    """Mean of ``values`` [H, W] over the pixels of ``polygon`` [k, 2], its corners cut to whole pixels."""
    return float(means_inside(values, polygon[None])[0])


def means_inside(values: np.ndarray, polygons: np.ndarray) -> np.ndarray:
    """:func:`mean_inside` for each of [n, k, 2], float64 [n]."""
    last = np.array([values.shape[1] - 1, values.shape[0] - 1])
    low = np.clip(np.floor(polygons.min(axis=1)), 0, last).astype(np.int64)  # [n, 2]
    high = np.clip(np.ceil(polygons.max(axis=1)), 0, last).astype(np.int64)
    points = (polygons - low[:, None]).astype(np.int32)
    means = np.empty(len(polygons))
    for i, ((x0, y0), (x1, y1)) in enumerate(zip(low.tolist(), high.tolist())):
        mask = np.zeros((y1 - y0 + 1, x1 - x0 + 1), np.uint8)
        cv2.fillPoly(mask, [points[i]], 1)
        means[i] = cv2.mean(values[y0 : y1 + 1, x0 : x1 + 1], mask)[0]
    return means
