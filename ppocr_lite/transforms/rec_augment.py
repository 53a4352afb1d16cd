"""Augmentation of text-line images."""

from collections.abc import Sequence

import cv2
import numpy as np

from ppocr_lite.registry import TRANSFORMS
from ppocr_lite.transforms.base import Sample
from ppocr_lite.transforms.tia import tia_distort, tia_perspective, tia_stretch

MIN_WARP_SIDE_PX = 20
"""Smaller images are not warped or cropped: too little would be left of the text."""

MIN_JITTER_SIDE_PX = 10
VALUE_RANGE = 0.1
"""Brightness changes by up to this share. PaddleOCR 2.x means to change it but does so by 0.001."""

NOISE_STD = 8.0
"""Grey levels of the noise. PaddleOCR 2.x adds 0.16 grey levels, which rounds to almost nothing."""


@TRANSFORMS.register()
class BaseDataAugmentation:
    """Crop rows, blur, brightness, diagonal jitter, noise and inversion, each with its own probability.

    Brightness and noise are strong enough to be seen (see VALUE_RANGE and NOISE_STD).
    """

    requires = ("image",)
    provides = ("image",)

    def __init__(
        self,
        crop_prob: float = 0.4,
        reverse_prob: float = 0.4,
        *,
        noise_prob: float = 0.4,
        jitter_prob: float = 0.4,
        blur_prob: float = 0.4,
        hsv_aug_prob: float = 0.4,
    ) -> None:
        self.steps = (
            (crop_prob, crop_rows),
            (blur_prob, blur),
            (hsv_aug_prob, change_brightness),
            (jitter_prob, jitter),
            (noise_prob, add_noise),
            (reverse_prob, invert),
        )

    def __call__(self, sample: Sample, rng: np.random.Generator) -> Sample:
        image = sample["image"]
        for probability, step in self.steps:
            if rng.random() <= probability:
                image = step(image, rng)
        sample["image"] = np.ascontiguousarray(image)
        return sample


@TRANSFORMS.register()
class RecAug:
    """Warps (distort, stretch, perspective), then the steps of :class:`BaseDataAugmentation`.

    Both generations of PaddleOCR's parameters work. ``use_tia`` or ``aug_prob`` (2.0 to 2.4) choose the older
    one: each warp and each step is drawn on its own with ``aug_prob``, jitter always happens, and
    ``use_tia: False`` switches the warps off. Otherwise (2.5 and later) one draw with ``tia_prob`` decides on
    all three warps.

    Images with a side below 20 px are neither distorted nor stretched.
    """

    requires = ("image",)
    provides = ("image",)

    def __init__(
        self,
        tia_prob: float = 0.4,
        crop_prob: float = 0.4,
        *,
        reverse_prob: float = 0.4,
        noise_prob: float = 0.4,
        jitter_prob: float = 0.4,
        blur_prob: float = 0.4,
        hsv_aug_prob: float = 0.4,
        use_tia: bool | None = None,
        aug_prob: float | None = None,
    ) -> None:
        self.older = use_tia is not None or aug_prob is not None
        if self.older:
            share = 0.4 if aug_prob is None else aug_prob
            self.tia_prob = share if use_tia is None or use_tia else 0.0
            self.base = BaseDataAugmentation(
                share, share, noise_prob=share, jitter_prob=1.0, blur_prob=share, hsv_aug_prob=share
            )
        else:
            self.tia_prob = tia_prob
            self.base = BaseDataAugmentation(
                crop_prob,
                reverse_prob,
                noise_prob=noise_prob,
                jitter_prob=jitter_prob,
                blur_prob=blur_prob,
                hsv_aug_prob=hsv_aug_prob,
            )

    def __call__(self, sample: Sample, rng: np.random.Generator) -> Sample:
        image = sample["image"]
        first, second, third = self._warps(rng)
        if min(image.shape[:2]) >= MIN_WARP_SIDE_PX:
            if first:
                image = tia_distort(image, int(rng.integers(3, 7)), rng=rng)
            if second:
                image = tia_stretch(image, int(rng.integers(3, 7)), rng=rng)
        if third:
            image = tia_perspective(image, rng=rng)
        sample["image"] = image
        return self.base(sample, rng)

    def _warps(self, rng: np.random.Generator) -> Sequence[bool]:
        if self.older:
            return [bool(v < self.tia_prob) for v in rng.random(3)]
        return [bool(rng.random() < self.tia_prob)] * 3


def crop_rows(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Take 1 to 8 rows off the top or off the bottom; images below 20 px stay whole."""
    h, w = image.shape[:2]
    if h < MIN_WARP_SIDE_PX or w < MIN_WARP_SIDE_PX:
        return image
    rows = min(int(rng.integers(1, 9)), h - 1)
    return image[rows:] if rng.random() < 0.5 else image[: h - rows]


def blur(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Gaussian, 5 x 5, sigma 1 px."""
    return cv2.GaussianBlur(image, (5, 5), 1)


def change_brightness(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Scale all channels by a uniform factor of 1 -+ VALUE_RANGE, which scales the V of HSV."""
    return cv2.convertScaleAbs(image, alpha=float(rng.uniform(1 - VALUE_RANGE, 1 + VALUE_RANGE)))


def jitter(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Smear along the diagonal by up to 1 % of the shorter side."""
    h, w = image.shape[:2]
    if min(h, w) <= MIN_JITTER_SIDE_PX:
        return image
    steps = int(rng.random() * min(h, w) * 0.01)
    out = image.copy()
    for i in range(steps):
        out[i:, i:] = image[: h - i, : w - i]
    return out


def add_noise(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Add Gaussian noise of NOISE_STD grey levels."""
    noisy = rng.standard_normal(image.shape, dtype=np.float32)
    noisy *= np.float32(NOISE_STD)
    noisy += image
    return np.clip(noisy, 0, 255, out=noisy).astype(np.uint8)


def invert(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """255 - image."""
    return cv2.bitwise_not(image)
