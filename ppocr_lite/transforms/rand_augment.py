"""RandAugment for crops: a few random operations of one magnitude.

Cubuk et al., "RandAugment", CVPR Workshops 2020, arXiv:1909.13719, with PaddleOCR's 14 operations. Done with
OpenCV; PaddleOCR uses Pillow, from which single grey levels differ.
"""

from collections.abc import Callable, Sequence

import cv2
import numpy as np

from ppocr_lite.registry import TRANSFORMS
from ppocr_lite.transforms.base import Sample

MAX_SHEAR = 0.3
MAX_SHIFT = 150.0 / 331.0
"""Share of the side."""
MAX_ROTATE_DEG = 30.0
MAX_BLEND = 0.9
MAX_POSTERIZE_BITS = 4

Operation = Callable[[np.ndarray, float, "tuple[int, ...]", int], np.ndarray]


def _affine(image: np.ndarray, matrix: Sequence[Sequence[float]], fill: tuple[int, ...]) -> np.ndarray:
    """``matrix`` maps a pixel of the result to one of the image."""
    h, w = image.shape[:2]
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(image, np.array(matrix, np.float64), (w, h), flags=flags, borderValue=fill)


def _rotate(image: np.ndarray, degrees: float, fill: tuple[int, ...]) -> np.ndarray:
    h, w = image.shape[:2]
    matrix = cv2.getRotationMatrix2D(((w - 1) / 2, (h - 1) / 2), degrees, 1.0)
    return cv2.warpAffine(image, matrix, (w, h), flags=cv2.INTER_NEAREST, borderValue=fill)


def _blend(base: np.ndarray, image: np.ndarray, factor: float) -> np.ndarray:
    """``base`` at factor 0, ``image`` at 1, beyond it above."""
    mixed = base.astype(np.float32) + factor * (image.astype(np.float32) - base)
    return np.clip(np.rint(mixed), 0, 255).astype(np.uint8)


def _grey(image: np.ndarray) -> np.ndarray:
    return cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)


def _sharpness(image: np.ndarray, factor: float) -> np.ndarray:
    kernel = np.array([[1, 1, 1], [1, 5, 1], [1, 1, 1]], np.float32) / 13
    return _blend(cv2.filter2D(image, -1, kernel, borderType=cv2.BORDER_REPLICATE), image, factor)


def _contrast(image: np.ndarray, factor: float) -> np.ndarray:
    return _blend(np.full_like(image, round(float(_grey(image).mean()))), image, factor)


def _posterize(image: np.ndarray, bits: int) -> np.ndarray:
    return image & np.uint8(0xFF & ~(2 ** (8 - bits) - 1))


def _autocontrast(image: np.ndarray) -> np.ndarray:
    low = image.min(axis=(0, 1), keepdims=True).astype(np.float32)
    high = image.max(axis=(0, 1), keepdims=True).astype(np.float32)
    span = np.where(high > low, high - low, 1)
    stretched = np.clip((image - low) * (255 / span), 0, 255).astype(np.uint8)
    return np.where(high > low, stretched, image)


def _equalize(image: np.ndarray) -> np.ndarray:
    return cv2.merge([cv2.equalizeHist(channel) for channel in cv2.split(image)])


OPERATIONS: dict[str, Operation] = {
    "shearX": lambda i, m, f, s: _affine(i, [[1, s * m * MAX_SHEAR, 0], [0, 1, 0]], f),
    "shearY": lambda i, m, f, s: _affine(i, [[1, 0, 0], [s * m * MAX_SHEAR, 1, 0]], f),
    "translateX": lambda i, m, f, s: _affine(i, [[1, 0, s * m * MAX_SHIFT * i.shape[1]], [0, 1, 0]], f),
    "translateY": lambda i, m, f, s: _affine(i, [[1, 0, 0], [0, 1, s * m * MAX_SHIFT * i.shape[0]]], f),
    "rotate": lambda i, m, f, s: _rotate(i, m * MAX_ROTATE_DEG, f),
    "color": lambda i, m, f, s: _blend(_grey(i), i, 1 + s * m * MAX_BLEND),
    "contrast": lambda i, m, f, s: _contrast(i, 1 + s * m * MAX_BLEND),
    "sharpness": lambda i, m, f, s: _sharpness(i, 1 + s * m * MAX_BLEND),
    "brightness": lambda i, m, f, s: _blend(np.zeros_like(i), i, 1 + s * m * MAX_BLEND),
    "posterize": lambda i, m, f, s: _posterize(i, max(1, int(MAX_POSTERIZE_BITS * m))),
    "solarize": lambda i, m, f, s: np.where(i < 256 * m, i, 255 - i).astype(np.uint8),
    "autocontrast": lambda i, m, f, s: _autocontrast(i),
    "equalize": lambda i, m, f, s: _equalize(i),
    "invert": lambda i, m, f, s: cv2.bitwise_not(i),
}


@TRANSFORMS.register()
class RandAugment:
    """With probability ``prob``, ``num_layers`` random operations of strength ``magnitude`` / 10.

    Args:
        prob: of changing an image at all.
        num_layers: operations, drawn with replacement.
        magnitude: 0..10.
        fillcolor: of areas that come into view.
    """

    requires = ("image",)
    provides = ("image",)

    def __init__(
        self,
        prob: float = 0.5,
        num_layers: int = 2,
        *,
        magnitude: float = 5,
        fillcolor: Sequence[int] = (128, 128, 128),
    ) -> None:
        self.prob, self.num_layers, self.level = prob, num_layers, magnitude / 10
        self.fill = tuple(int(v) for v in fillcolor)
        self.names = tuple(OPERATIONS)

    def __call__(self, sample: Sample, rng: np.random.Generator) -> Sample:
        if rng.random() > self.prob:
            return sample
        image = sample["image"]
        for _ in range(self.num_layers):
            operation = OPERATIONS[self.names[int(rng.integers(len(self.names)))]]
            image = operation(image, self.level, self.fill, 1 if rng.random() < 0.5 else -1)
        sample["image"] = np.ascontiguousarray(image)
        return sample
