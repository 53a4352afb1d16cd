"""Augmentation of pages with their polygons: a list of augmenters, and a random crop that cuts no text."""

from collections.abc import Mapping, Sequence
from typing import Any

import cv2
import numpy as np

from ppocr_lite.parameters import Count, Natural, Share
from ppocr_lite.registry import TRANSFORMS
from ppocr_lite.transforms.augmenters import build_augmenters
from ppocr_lite.transforms.base import Sample

DEFAULT_AUGMENTERS = (
    {"type": "Fliplr", "args": {"p": 0.5}},
    {"type": "Affine", "args": {"rotate": [-10, 10]}},
    {"type": "Resize", "args": {"size": [0.5, 3]}},
)

TOUCH_PX = 0.5
"""The window's edges are whole pixels, polygons are not: what overlaps by no more than this is outside."""


@TRANSFORMS.register()
class IaaAugment:
    """Change the image and its ``polys`` alike by a list of augmenters.

    Args:
        augmenter_args: list of ``{"type": name, "args": {...}}``, see :mod:`ppocr_lite.transforms.augmenters`
            (names and meanings as in imgaug, which is not needed). By default a flip, a rotation by up to 10
            degrees and a scale of 0.5 to 3.
    """

    requires = ("image", "polys")
    provides = ("image", "polys")

    def __init__(self, augmenter_args: Sequence[Mapping[str, Any]] | None = None) -> None:
        specs = DEFAULT_AUGMENTERS if augmenter_args is None else augmenter_args
        self.augmenters = build_augmenters(specs, "IaaAugment.augmenter_args")

    def __call__(self, sample: Sample, rng: np.random.Generator) -> Sample:
        image, points = sample["image"], np.asarray(sample["polys"], np.float32)
        for augmenter in self.augmenters:
            image, points = augmenter(image, points, rng)
        sample["image"], sample["polys"] = image, points
        return sample


@TRANSFORMS.register()
class EastRandomCropData:
    """Crop a random window that cuts no readable text, and fit it into ``size``.

    Window edges lie only in rows and columns that no readable region touches, at best in two different gaps
    between regions. After ``max_tries`` without a window that is large enough and holds text, the whole image
    is taken. Regions outside the window are dropped, the others, ignored ones too, are moved along.
    (PaddleOCR 2.x forgets the last gap of each axis, and keeps regions that only touch the window.)

    Args:
        size: (width, height) of the result.
        max_tries: see above.
        min_crop_side_ratio: least share of the image's width and of its height.
        keep_ratio: put the window top-left on black; otherwise stretch it to ``size``.
    """

    requires = ("image", "polys", "ignore_tags", "texts")
    provides = ("image", "polys", "ignore_tags", "texts")

    def __init__(
        self,
        size: tuple[Count, Count] = (640, 640),
        max_tries: Natural = 10,
        *,
        min_crop_side_ratio: Share = 0.1,
        keep_ratio: bool = True,
    ) -> None:
        self.width, self.height = int(size[0]), int(size[1])
        self.max_tries = max_tries
        self.min_crop_side_ratio = min_crop_side_ratio
        self.keep_ratio = keep_ratio

    def __call__(self, sample: Sample, rng: np.random.Generator) -> Sample:
        polys = np.asarray(sample["polys"], np.float32)
        tags = np.asarray(sample["ignore_tags"], bool)
        image = sample["image"]
        x, y, w, h = self._window(image.shape[:2], polys[~tags] if len(polys) else polys, rng)
        scale_x, scale_y, canvas = self._fit(image[y : y + h, x : x + w])
        inside = _inside(polys, (x, y), (x + w, y + h))
        moved = (polys - (x, y)) * (scale_x, scale_y)
        sample["image"] = canvas
        sample["polys"] = moved[inside].astype(np.float32)
        sample["ignore_tags"] = tags[inside]
        sample["texts"] = [text for text, keep in zip(sample["texts"], inside) if keep]
        return sample

    def _fit(self, window: np.ndarray) -> tuple[float, float, np.ndarray]:
        h, w = window.shape[:2]
        if not self.keep_ratio:
            return self.width / w, self.height / h, cv2.resize(window, (self.width, self.height))
        scale = min(self.width / w, self.height / h)
        new_w, new_h = max(1, int(w * scale)), max(1, int(h * scale))
        canvas = np.zeros((self.height, self.width, *window.shape[2:]), window.dtype)
        canvas[:new_h, :new_w] = cv2.resize(window, (new_w, new_h))
        return scale, scale, canvas

    def _window(
        self, size: tuple[int, int], polys: np.ndarray, rng: np.random.Generator
    ) -> tuple[int, int, int, int]:
        """(x, y, width, height) of the crop."""
        height, width = size
        whole = (0, 0, width, height)
        columns, rows = _gaps(polys[..., 0], width), _gaps(polys[..., 1], height)
        if not columns or not rows:
            return whole
        for _ in range(self.max_tries):
            x0, x1 = _pick_two(columns, rng)
            y0, y1 = _pick_two(rows, rng)
            if x1 - x0 < self.min_crop_side_ratio * width or y1 - y0 < self.min_crop_side_ratio * height:
                continue
            if x1 == x0 or y1 == y0:
                continue
            if _inside(polys, (x0, y0), (x1, y1)).any():
                return x0, y0, x1 - x0, y1 - y0
        return whole


def _inside(polys: np.ndarray, low: tuple[int, int], high: tuple[int, int]) -> np.ndarray:
    """Which polygons [K, P, 2] reach into a window, bool [K]; touching it from outside does not count."""
    reach = polys.max(axis=1) > np.array(low) + TOUCH_PX
    return (reach & (polys.min(axis=1) < np.array(high) - TOUCH_PX)).all(axis=1)


def _gaps(values: np.ndarray, size: int) -> list[np.ndarray]:
    """Runs of coordinates 0..size-1 that no region [K, P] covers."""
    covered = np.zeros(size + 1, bool)
    covered[size] = True
    rounded = np.rint(values).astype(np.int64)
    for low, high in zip(rounded.min(axis=1), rounded.max(axis=1)):
        covered[max(0, low) : max(0, high)] = True
    free = np.flatnonzero(~covered)
    if not len(free):
        return []
    return np.split(free, np.flatnonzero(np.diff(free) > 1) + 1)


def _pick_two(runs: list[np.ndarray], rng: np.random.Generator) -> tuple[int, int]:
    """Two coordinates, in order: each from its own random run if there are several."""
    first, second = (runs[int(rng.integers(len(runs)))] for _ in range(2))
    a, b = int(first[int(rng.integers(len(first)))]), int(second[int(rng.integers(len(second)))])
    return min(a, b), max(a, b)
