"""Text of another page, pasted where a page has none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from ppocr_lite.errors import ConfigError
from ppocr_lite.geometry import polygon_area
from ppocr_lite.registry import TRANSFORMS
from ppocr_lite.transforms.base import Sample

MAX_PASTED = 30
POSITION_TRIES = 50
MIN_AREA_PX = 4.0
GAP_PX = 2
"""Kept free around text that is there, so that what is pasted does not grow together with it."""
SUBPIXELS = 4
"""Steps within a pixel at the edge of a patch: OpenCV's own smooth lines are up to two pixels too wide."""


@dataclass(frozen=True)
class Patch:
    """A piece of text: pixels uint8 [h, w, 3], their weight float32 [h, w, 1] in 0..1, polygon [P, 2]."""

    pixels: np.ndarray
    alpha: np.ndarray
    polygon: np.ndarray

    @property
    def size(self) -> tuple[int, int]:
        """(width, height)."""
        return self.pixels.shape[1], self.pixels.shape[0]


@TRANSFORMS.register()
class CopyPaste:
    """Paste some text regions of an extra sample into the page: turned, scaled, mirrored.

    A region is cut out along its polygon, of any number of points, and keeps its ground. Each gets an angle,
    a scale and a place of its own; one for which no place is found is left out. Polygons, texts and tags are
    appended, and all polygons are clipped to the image.

    compat: PaddleOCR 2.x builds a scale augmenter and does not use it, and straightens quads first; with
    ``scale: 1`` the distribution of sizes is its own.

    Args:
        objects_paste_ratio: share of the extra page's regions that is pasted; at least 1 region, at most 30.
        limit_paste: paste only where the upright rectangle around the region touches no text that is there;
            otherwise anywhere.
        prob: share of the pages that get text; the extra page is not read for the others.
        scale: factor of the size, or [low, high] of it, drawn on a log scale.
        flip_prob: share of the regions that are mirrored; none by default, as mirrored letters are no text.
        rotate: degrees, or [low, high] of them, counter-clockwise on the screen.
    """

    requires = ("image", "polys", "texts", "ignore_tags", "ext_data")
    provides = ("image", "polys", "texts", "ignore_tags")
    ext_data_num = 1
    ext_requires = ("image", "polys", "texts", "ignore_tags")

    def __init__(
        self,
        objects_paste_ratio: float = 0.2,
        limit_paste: bool = True,
        *,
        prob: float = 1.0,
        scale: float | Sequence[float] = (0.8, 1.25),
        flip_prob: float = 0.0,
        rotate: float | Sequence[float] = (-180.0, 180.0),
    ) -> None:
        for name, value in (
            ("objects_paste_ratio", objects_paste_ratio),
            ("prob", prob),
            ("flip_prob", flip_prob),
        ):
            if not 0 <= value <= 1:
                raise ConfigError(f"CopyPaste.{name}: expected a share in 0..1, got {value}.")
        self.ratio = objects_paste_ratio
        self.limit_paste = limit_paste
        self.prob = prob
        self.flip_prob = flip_prob
        self.scale = _range(scale, "scale")
        self.rotate = _range(rotate, "rotate")
        if self.scale[0] <= 0:
            raise ConfigError(f"CopyPaste.scale: factors must be above 0, got {scale}.")

    def __call__(self, sample: Sample, rng: np.random.Generator) -> Sample:
        if rng.random() >= self.prob:
            return sample
        for extra in sample["ext_data"]:
            self._paste_all(sample, extra, rng)
        return sample

    def _paste_all(self, sample: Sample, extra: Mapping[str, Any], rng: np.random.Generator) -> None:
        image = sample["image"].copy()
        height, width = image.shape[:2]
        polygons = [np.asarray(polygon, np.float32) for polygon in sample["polys"]]
        taken = _mark(np.zeros((height, width), np.uint8), polygons)
        texts = list(sample["texts"])
        for index in self._choose(extra, rng):
            patch = self._cut(extra["image"], without_padding(np.asarray(extra["polys"][index])), rng)
            place = self._place(patch, taken, rng) if patch is not None else None
            if patch is None or place is None:
                continue
            _blend(image, patch, place)
            polygons.append(patch.polygon + np.array(place, np.float32))
            texts.append(extra["texts"][index])
            _mark(taken, polygons[-1:])
        tags = np.zeros(len(polygons), bool)
        tags[: len(sample["ignore_tags"])] = sample["ignore_tags"]
        if polygons:
            sample["polys"] = np.clip(_stack(polygons), 0, np.array([width, height], np.float32))
        sample.update(image=image, texts=texts, ignore_tags=tags)

    def _choose(self, extra: Mapping[str, Any], rng: np.random.Generator) -> np.ndarray:
        """Indices of the readable regions to paste, in random order."""
        count = max(1, min(int(self.ratio * len(extra["polys"])), MAX_PASTED))
        return rng.permutation(np.flatnonzero(~np.asarray(extra["ignore_tags"], bool)))[:count]

    def _cut(self, image: np.ndarray, polygon: np.ndarray, rng: np.random.Generator) -> Patch | None:
        """A region as it will be pasted; None where nothing is left of it."""
        angle = np.deg2rad(rng.uniform(*self.rotate))
        scale = np.exp(rng.uniform(*np.log(self.scale)))
        flip = rng.random() < self.flip_prob
        cos, sin = scale * np.cos(angle), scale * np.sin(angle)
        turn = np.array([[cos, sin], [-sin, cos]])
        if flip:
            turn[:, 0] *= -1
            # Clockwise again, from the corner that is now the first one in reading.
            polygon = np.roll(polygon[::-1], len(polygon) // 2, axis=0)
        return cut_out(image, polygon, turn)

    def _place(self, patch: Patch, taken: np.ndarray, rng: np.random.Generator) -> tuple[int, int] | None:
        """(x, y) of the patch's corner; None if it does not fit or all tries met text."""
        (width, height), (rows, columns) = patch.size, taken.shape
        if width > columns or height > rows:
            return None
        for _ in range(POSITION_TRIES):
            x, y = int(rng.integers(columns - width + 1)), int(rng.integers(rows - height + 1))
            if not self.limit_paste or not taken[y : y + height, x : x + width].any():
                return x, y
        return None


def cut_out(image: np.ndarray, polygon: np.ndarray, turn: np.ndarray) -> Patch | None:
    """The pixels inside a polygon, and the polygon, after a linear map.

    Args:
        image: uint8 [H, W, 3]; pixels beyond it repeat its border.
        polygon: [P, 2] in pixels.
        turn: the map, [2, 2].

    Returns:
        The patch, as small as whole pixels allow; None for less than MIN_AREA_PX.
    """
    moved = polygon @ turn.T
    low = np.floor(moved.min(axis=0))
    size = np.maximum(np.ceil(moved.max(axis=0) - low), 1).astype(int)
    moved = (moved - low).astype(np.float32)
    if polygon_area(moved) < MIN_AREA_PX:
        return None
    width, height = int(size[0]), int(size[1])
    # Polygons count from the corner of pixel (0, 0), OpenCV from its centre.
    matrix = np.column_stack([turn, turn @ [0.5, 0.5] - low - 0.5])
    pixels = cv2.warpAffine(image, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)
    return Patch(pixels, _coverage(moved, width, height)[..., None], moved)


def _coverage(polygon: np.ndarray, width: int, height: int) -> np.ndarray:
    """Share of each pixel that a polygon covers, float32 [height, width]."""
    fine = np.zeros((height * SUBPIXELS, width * SUBPIXELS), np.uint8)
    cv2.fillPoly(fine, [np.rint(polygon * SUBPIXELS - 0.5).astype(np.int32)], 255)
    return cv2.resize(fine, (width, height), interpolation=cv2.INTER_AREA) / np.float32(255)


def without_padding(polygon: np.ndarray) -> np.ndarray:
    """A polygon [P, 2] without the repetitions of its last point that DetLabelEncode fills up with."""
    end = len(polygon)
    while end > 3 and (polygon[end - 1] == polygon[end - 2]).all():
        end -= 1
    return polygon[:end]


def _blend(image: np.ndarray, patch: Patch, place: tuple[int, int]) -> None:
    (x, y), (width, height) = place, patch.size
    region = image[y : y + height, x : x + width]
    mixed = region + (patch.pixels - region.astype(np.float32)) * patch.alpha
    region[:] = np.rint(mixed).astype(image.dtype)


def _mark(taken: np.ndarray, polygons: Sequence[np.ndarray]) -> np.ndarray:
    """Set the pixels of polygons, and a gap around them, in a mask [H, W]."""
    for polygon in polygons:
        points = np.rint(polygon - 0.5).astype(np.int32)
        cv2.fillPoly(taken, [points], 1)
        cv2.polylines(taken, [points], True, 1, thickness=2 * GAP_PX + 1)
    return taken


def _stack(polygons: Sequence[np.ndarray]) -> np.ndarray:
    """float32 [K, P, 2]; polygons of fewer points repeat their last one."""
    longest = max(len(polygon) for polygon in polygons)
    return np.stack(
        [np.pad(p, ((0, longest - len(p)), (0, 0)), mode="edge").astype(np.float32) for p in polygons]
    )


def _range(value: float | Sequence[float], name: str) -> tuple[float, float]:
    pair = (value, value) if isinstance(value, int | float) else tuple(value)
    if len(pair) != 2 or pair[0] > pair[1]:
        raise ConfigError(f"CopyPaste.{name}: expected a number or [low, high], got {value}.")
    return float(pair[0]), float(pair[1])
