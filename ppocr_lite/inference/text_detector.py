"""TextDetector: images -> where their text lines are."""

import logging
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np

from ppocr_lite.errors import ConfigError, ModelFileError
from ppocr_lite.geometry import edge_lengths
from ppocr_lite.inference.clock import StageClock
from ppocr_lite.inference.large_text import with_large_text
from ppocr_lite.inference.model_files import EngineOptions, Model, open_model
from ppocr_lite.inference.pieces import join_pieces
from ppocr_lite.inference.predictor import Predictor, build_postprocess, map_output
from ppocr_lite.inference.skew import evidence, mapped, skew_of, turned
from ppocr_lite.inference.tiling import join_tiles, tiles_of
from ppocr_lite.structures import DetResult
from ppocr_lite.transforms import ARRAY_SOURCES, build_pipeline

logger = logging.getLogger(__name__)

DEFAULT_OPS: list[dict[str, Any]] = [
    {"DetResizeForTest": {"limit_side_len": 960, "limit_type": "max"}},
    {"NormalizeImage": {"scale": "1./255.", "order": "hwc"}},
    {"ToCHWImage": None},
]
"""PaddleOCR's own, for a model that travels without a description; so is DEFAULT_POST."""
DEFAULT_POST: dict[str, Any] = {
    "name": "DBPostProcess",
    "thresh": 0.3,
    "box_thresh": 0.6,
    "max_candidates": 1000,
    "unclip_ratio": 1.5,
}
MAX_SHRINK = 4.0
"""Shrinking by more than this, text of 40 px is below the 10 px that a detector needs: worth a warning."""
RESIZE_RULES = ("image_shape", "keep_ratio", "limit_side_len", "limit_type", "resize_long")
MIN_SIDE = 3
"""Boxes whose sides are not longer than this many pixels hold no legible text."""
MAX_INPUT_PIXELS = 12_000_000
"""An A4 page at 300 dpi has 8.7 million. Detecting takes some 50 bytes a pixel with a small network and some
hundreds with a large one; ``limit_type: min`` alone would never shrink a scan."""
SMALL_TEXT = 16.0
"""Pixels of the network's input; of lower lines some run together, or are lost."""
WANTED_TEXT = 22.0
"""So high they become at a second, closer look."""
MEDIUM_TEXT, EASY_TEXT = 24.0, 30.0
"""Text lower than the first becomes as high as the second where a picture is smaller than the usual input."""
FAR = 2.0
"""A picture shrunk by this for the first look, in which few lines were found, may hold smaller ones."""
MORE_TEXT = 1.1
"""Of so many times the text a closer look at it must show."""
LEAST_GAIN = 1.1
"""A look at less of an enlargement is not worth its time."""
CLOSER = 2
"""By so much larger the network's input is then at most."""
REDUCED = 3
"""By so much smaller it is at a look for letters that are too large for the first one."""
LARGE_TEXT = 72.0
"""Pixels of the first look's input; what is lower is not taken from the reduced look."""
LEAST_SIDE = 32
"""Pixels of the reduced input's shorter side."""
LEAST_LINES = 8
"""Fewer lines do not tell how high the print of a page is."""
LEAST_SKEW, MAX_SKEW = 4.0, 50.0
"""Degrees by which a page is turned upright; steeper, it lies on its side."""
MAX_TURNS = 3
SLANTS = (-60, -30, 30, 60)
"""Degrees that are tried where nothing tells how a page lies; half the step is little enough to see lines,
whose own angles tell the rest."""
GLANCE = 2
"""By so much smaller than usual the network's input is meanwhile."""


class TextDetector:
    """Finds the text lines of an image.

    Args:
        predictor: gives one DetResult an image, in pixels of the image.
        closer: the same with a higher limit of the size, for images whose lines turn out too low for the
            network (:data:`SMALL_TEXT`). Without it each image is looked at once; with it also reduced, for
            letters too large, and turned upright, where it is askew.
    """

    def __init__(
        self, predictor: Predictor[DetResult], *, closer: Predictor[DetResult] | None = None
    ) -> None:
        self.predictor = predictor
        self.closer = closer

    @classmethod
    def open(
        cls,
        model: str | Path | Model,
        *,
        engine: EngineOptions | None = None,
        resize: Mapping[str, Any] | None = None,
        post: Mapping[str, Any] | None = None,
        look_closer: bool | None = None,
    ) -> "TextDetector":
        """Load a detector.

        Args:
            model: a folder or file.
            engine: how to run it.
            resize: parameters of DetResizeForTest in place of the model's own (limit_side_len, limit_type).
            post: parameters of the post-process that win over the model's own (thresh, box_thresh, ...).
            look_closer: look again where the text turns out small, large or askew; None does so unless
                ``resize`` sets the size.
        """
        opened = model if isinstance(model, Model) else open_model(model, engine)
        ops = with_resize(opened.transform_ops or DEFAULT_OPS, resize or {})
        section = {**(opened.post_process or DEFAULT_POST), **(post or {})}
        section["name"] = str(section["name"]).removeprefix("Distillation")  # one network was exported
        try:
            pipeline = build_pipeline(ops, where="PreProcess.transform_ops", sources=ARRAY_SOURCES)
            postprocess = build_postprocess(section, where="PostProcess")
        except ConfigError as error:
            raise ModelFileError(
                f"{opened.path}: its pre- or post-processing cannot be set up: {error}"
            ) from error
        predictor = Predictor(pipeline, opened.engine, postprocess, choose=map_output, stage="det.")
        given = any(value is not None for value in (resize or {}).values())
        larger = None if look_closer is False or (look_closer is None and given) else _larger(ops)
        if larger is None:
            return cls(predictor)
        pipeline = build_pipeline(larger, where="PreProcess.transform_ops", sources=ARRAY_SOURCES)
        closer = Predictor(pipeline, opened.engine, postprocess, choose=map_output, stage="det.")
        return cls(predictor, closer=closer)

    def __call__(self, images: Sequence[np.ndarray], clock: StageClock | None = None) -> list[DetResult]:
        """Regions of each uint8 BGR image [H, W, 3], clipped to the image, the tiniest left out."""
        return [self._detect(image, clock or StageClock()) for image in images]

    def detect_slanted(self, image: np.ndarray, degrees: float, clock: StageClock | None = None) -> DetResult:
        """Regions of an image whose lines are known to fall by about ``degrees``, -50 to 50."""
        return self._detect(image, clock or StageClock(), degrees)

    def slant_of(self, image: np.ndarray, clock: StageClock | None = None) -> int | None:
        """By how many degrees the lines of an image fall, if it is neither upright nor on its side.

        Returns:
            One of :data:`SLANTS`; None where nothing is seen at these angles, or this detector looks at an
            image but once.
        """
        rule = _resize_rule(self.predictor)
        if self.closer is None or rule is None:
            return None
        height, width = (max(1, side // GLANCE) for side in rule.target_size(*image.shape[:2]))
        small = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
        seen = {a: self._look(turned(small, a)[0], self.predictor, clock or StageClock()) for a in SLANTS}
        shown = {angle: evidence(found, power=2) for angle, found in seen.items()}
        best = max(shown, key=lambda angle: shown[angle])
        return best if shown[best] > 0 else None

    def _detect(self, image: np.ndarray, clock: StageClock, degrees: float = 0.0) -> DetResult:
        view, back = turned(image, degrees) if degrees else (image, None)
        found = self._see(view, clock)
        if self.closer is not None:
            found, back = self._see_again(image, _View(view, found, back), clock, degrees)
        with clock("det.filter"):
            # Where lines climb by 45 degrees only the turned view tells which corner is the first.
            found = _corners_in_order(found)
            if self.closer is not None:
                found = join_pieces(found)
            found = found if back is None else mapped(found, back)
            return clip_to_image(found, *image.shape[:2], order=False)

    def _see_again(
        self, image: np.ndarray, first: "_View", clock: StageClock, degrees: float
    ) -> tuple[DetResult, np.ndarray | None]:
        """What is found in the image turned upright, if it is skewed and then shows more; and its large
        letters. Also what brings points of that view back to the image."""
        view, in_view, back = first
        seen, angle = in_view, degrees
        for _ in range(MAX_TURNS):  # lines look less steep than they are, the more the steeper
            skew = skew_of(seen)
            angle += skew
            if abs(skew) < LEAST_SKEW or abs(angle) > MAX_SKEW:
                break
            upright, to_image = turned(image, angle)
            seen = self._see(upright, clock)
            if evidence(seen) <= evidence(in_view):
                break
            view, in_view, back = upright, seen, to_image
        return self._with_large_text(view, in_view, clock), back

    def _with_large_text(self, image: np.ndarray, found: DetResult, clock: StageClock) -> DetResult:
        """The regions, with those of letters that only the reduced image shows whole."""
        rule = _resize_rule(self.predictor)
        if rule is None or found.polys:
            return found
        top, left, bottom, right = tiles_of(image.shape[0], image.shape[1])[0]  # all are of one size
        height, width = rule.target_size(bottom - top, right - left)
        if min(height, width) < REDUCED * LEAST_SIDE:
            return found
        size = (height / REDUCED, width / REDUCED)
        reduced = self._in_tiles(image, lambda tile: self._look_at(tile, self.predictor, clock, size), clock)
        return with_large_text(found, reduced, least_height=LARGE_TEXT * (bottom - top) / height)

    def _see(self, image: np.ndarray, clock: StageClock) -> DetResult:
        """Regions in the image as it stands, not clipped to it."""
        return self._in_tiles(image, lambda tile: self._detect_tile(tile, clock), clock)

    @staticmethod
    def _in_tiles(image: np.ndarray, see: Callable[[np.ndarray], DetResult], clock: StageClock) -> DetResult:
        """Regions in the image, of what ``see`` finds in each of its tiles."""
        tiles = tiles_of(image.shape[0], image.shape[1])
        parts = [see(image[top:bottom, left:right]) for top, left, bottom, right in tiles]
        with clock("det.filter"):
            return parts[0] if len(tiles) == 1 else join_tiles(parts, tiles)

    def _detect_tile(self, image: np.ndarray, clock: StageClock) -> DetResult:
        found = self._look(image, self.predictor, clock)
        rule = _resize_rule(self.predictor)
        if self.closer is None or rule is None:
            return found
        height, width = rule.target_size(*image.shape[:2])
        if len(found) >= LEAST_LINES:
            text = height / image.shape[0] * float(np.median(edge_lengths(found.quads).min(axis=1)))
            factor = 1.0
            if text < SMALL_TEXT:
                factor = min(CLOSER, WANTED_TEXT / text)
            elif text < MEDIUM_TEXT:
                factor = min(EASY_TEXT / text, rule.limit_side_len / max(height, width))
            if factor > LEAST_GAIN:
                return self._look_at(image, self.closer, clock, (height * factor, width * factor))
            return found
        if max(image.shape[:2]) >= FAR * max(height, width):  # perhaps a page seen from afar
            near = self._look_at(image, self.closer, clock, (height * CLOSER, width * CLOSER))
            if len(near) > len(found) and evidence(near) > MORE_TEXT * evidence(found):
                return near
        return found

    def _look_at(
        self, image: np.ndarray, predictor: Predictor[DetResult], clock: StageClock, size: tuple[float, float]
    ) -> DetResult:
        """Regions in the image as they are seen at another (height, width)."""
        height, width = round(size[0]), round(size[1])
        shrinks = height < image.shape[0]
        resized = cv2.resize(
            image, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
        )
        found = self._look(resized, predictor, clock)
        return _scaled(found, (image.shape[1] / width, image.shape[0] / height))

    def _look(self, image: np.ndarray, predictor: Predictor[DetResult], clock: StageClock) -> DetResult:
        small, scale = self._within_budget(image, predictor)
        (found,) = predictor([small], clock)
        return found if scale == (1.0, 1.0) else _scaled(found, scale)

    def _within_budget(
        self, image: np.ndarray, predictor: Predictor[DetResult]
    ) -> tuple[np.ndarray, tuple[float, float]]:
        """The image, fitted to the budget of the network's input, and the (x, y) scale that undoes it."""
        height, width = image.shape[:2]
        rule = _resize_rule(predictor)
        if rule is None:
            return image, (1.0, 1.0)
        target = rule.target_size(height, width)
        if height > MAX_SHRINK * target[0] and min(height, width) > MAX_SHRINK:
            logger.warning(
                "An image of %d x %d pixels is detected at %d x %d; small text may be missed. "
                "Raise det_limit_side_len, or cut the image.",
                *(width, height, target[1], target[0]),
            )
        pixels = math.prod(target)
        if pixels <= MAX_INPUT_PIXELS:
            return image, (1.0, 1.0)
        if pixels > height * width * 1.1:
            # The rule enlarges a thin strip until its short side fits: a border takes less than that.
            margin = max(height, width) // 4 - min(height, width)
            down, right = (margin, 0) if width >= height else (0, margin)
            return cv2.copyMakeBorder(image, 0, down, 0, right, cv2.BORDER_REPLICATE), (1.0, 1.0)
        factor = math.sqrt(MAX_INPUT_PIXELS / pixels)
        new_width, new_height = max(1, int(width * factor)), max(1, int(height * factor))
        logger.warning(
            "An image of %d x %d pixels is detected at %d x %d to bound memory; small text may be missed. "
            "Give a det_limit_side_len, or cut the image.",
            width,
            height,
            new_width,
            new_height,
        )
        small = cv2.resize(image, (new_width, new_height), interpolation=cv2.INTER_AREA)
        return small, (width / new_width, height / new_height)


def _scaled(found: DetResult, scale: tuple[float, float]) -> DetResult:
    """The regions with their (x, y) multiplied by ``scale``."""
    factor = np.array(scale, np.float32)
    return found.moved(lambda points: points * factor)


def _resize_rule(predictor: Predictor[DetResult]) -> Any:
    """The step that decides on the size of the network's input; None without one."""
    return next((t for t in predictor.pipeline.transforms if hasattr(t, "target_size")), None)


def _larger(ops: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]] | None:
    """The steps with a larger limit of the longer side; None where that is not what decides on the size."""
    changed, found = [], False
    for op in ops:
        ((name, params),) = op.items()
        rule = dict(params or {})
        if name == "DetResizeForTest" and rule.get("limit_type") == "max" and not rule.get("image_shape"):
            found = True
            params = {**rule, "limit_side_len": CLOSER * int(rule.get("limit_side_len") or 736)}
        changed.append({name: params})
    return changed if found else None


def with_resize(ops: Sequence[Mapping[str, Any]], resize: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The steps with DetResizeForTest's rule replaced by ``resize``, as far as that says."""
    given = {key: value for key, value in resize.items() if value is not None}
    if not given:
        return [dict(op) for op in ops]
    changed = []
    for op in ops:
        ((name, params),) = op.items()
        if name == "DetResizeForTest":
            old = {k: v for k, v in (params or {}).items() if k in ("limit_side_len", "limit_type")}
            others = {k: v for k, v in (params or {}).items() if k not in RESIZE_RULES}
            params = {"limit_side_len": 960, "limit_type": "max", **others, **old, **given}
        changed.append({name: params})
    return changed


class _View(NamedTuple):
    """An image as it is looked at, [h, w, 3], what is found there, and the affine matrix [2, 3] that brings
    points back; None where the image stands as it is."""

    image: np.ndarray
    found: DetResult
    back: np.ndarray | None


def _corners_in_order(found: DetResult) -> DetResult:
    if not len(found) or found.polys:
        return found
    return replace(found, quads=np.stack([corners_clockwise(q) for q in found.quads]))


def clip_to_image(found: DetResult, height: int, width: int, *, order: bool = True) -> DetResult:
    """Order the corners, clip them to whole pixels inside the image, drop boxes with a side of 3 px or less.

    With ``box_type: poly`` the outlines are clipped and all are kept, as PaddleOCR does.
    """
    if len(found) == 0:
        return found
    limits = np.array([width - 1, height - 1], np.float32)
    if found.polys:
        polys = tuple(np.clip(p, 0, limits) for p in found.polys)
        return DetResult(np.clip(found.quads, 0, limits), found.scores, polys)
    found = _corners_in_order(found) if order else found
    quads = np.clip(np.trunc(found.quads), 0, limits)  # [n, 4, 2]
    keep = [
        int(math.dist(q[0], q[1])) > MIN_SIDE and int(math.dist(q[0], q[3])) > MIN_SIDE
        for q in quads.tolist()
    ]
    return replace(found, quads=quads.astype(np.float32))[np.array(keep, bool)]


def corners_clockwise(quad: np.ndarray) -> np.ndarray:
    """TL has the least x + y, BR the greatest; of the other two TR has the lesser y - x."""
    sums = quad.sum(axis=1)
    top_left, bottom_right = int(np.argmin(sums)), int(np.argmax(sums))
    rest = [i for i in range(4) if i not in (top_left, bottom_right)]
    if len(rest) != 2:
        return quad
    differences = quad[rest, 1] - quad[rest, 0]
    top_right, bottom_left = rest[int(np.argmin(differences))], rest[int(np.argmax(differences))]
    if top_right == bottom_left:
        top_right, bottom_left = rest
    return quad[[top_left, top_right, bottom_right, bottom_left]]
