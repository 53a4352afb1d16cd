"""Augmenters that change colours and leave every point where it is."""

from collections.abc import Sequence

import cv2
import numpy as np

from ppocr_lite.errors import ConfigError
from ppocr_lite.transforms.augmenters.base import (
    AUGMENTERS,
    PixelAugmenter,
    Range,
    share,
    value_range,
    whole,
)

Number = float | Sequence[float]
LEVELS = np.arange(256, dtype=np.float32)
MIDDLE = 127.0


def _look_up(image: np.ndarray, tables: Sequence[np.ndarray]) -> np.ndarray:
    """Replace grey levels by tables float32 [256]: one for all channels, or one each."""
    rounded = [np.clip(np.rint(table), 0, 255).astype(np.uint8) for table in tables]
    if len(rounded) == 1:
        return cv2.LUT(image, rounded[0])
    return cv2.merge([cv2.LUT(channel, table) for channel, table in zip(cv2.split(image), rounded)])


class _ValueMap(PixelAugmenter):
    """Base of augmenters that map grey levels by one drawn number.

    A subclass has ``table(number) -> float32 [256]``. ``per_channel`` draws a number for each channel, with
    that probability if it is one.
    """

    def __init__(self, limits: Range, per_channel: bool | float) -> None:
        self.limits = limits
        self.per_channel = share(per_channel, f"{type(self).__name__}.per_channel")

    def change(self, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        count = 3 if rng.random() < self.per_channel else 1
        return _look_up(image, [self.table(number) for number in rng.uniform(*self.limits, count)])

    def table(self, number: float) -> np.ndarray:
        raise NotImplementedError


@AUGMENTERS.register()
class Multiply(_ValueMap):
    """Brightness: grey levels times ``mul``."""

    def __init__(self, mul: Number = (0.8, 1.2), per_channel: bool | float = False) -> None:
        super().__init__(value_range(mul, "Multiply.mul", least=0), per_channel)

    def table(self, number: float) -> np.ndarray:
        return LEVELS * np.float32(number)


@AUGMENTERS.register()
class Add(_ValueMap):
    """Brightness: grey levels plus ``value``."""

    def __init__(self, value: Number = (-20, 20), per_channel: bool | float = False) -> None:
        super().__init__(value_range(value, "Add.value"), per_channel)

    def table(self, number: float) -> np.ndarray:
        return LEVELS + np.float32(number)


@AUGMENTERS.register("LinearContrast", "ContrastNormalization")
class LinearContrast(_ValueMap):
    """Contrast: the distance from grey 127 times ``alpha``."""

    def __init__(self, alpha: Number = (0.6, 1.4), per_channel: bool | float = False) -> None:
        super().__init__(value_range(alpha, "LinearContrast.alpha", least=0), per_channel)

    def table(self, number: float) -> np.ndarray:
        return MIDDLE + np.float32(number) * (LEVELS - MIDDLE)


@AUGMENTERS.register()
class GammaContrast(_ValueMap):
    """255 * (level / 255) ** ``gamma``: above 1 darker, below 1 brighter."""

    def __init__(self, gamma: Number = (0.7, 1.7), per_channel: bool | float = False) -> None:
        super().__init__(value_range(gamma, "GammaContrast.gamma", least=0), per_channel)

    def table(self, number: float) -> np.ndarray:
        return 255 * (LEVELS / 255) ** np.float32(number)


@AUGMENTERS.register()
class Invert(PixelAugmenter):
    """255 - level, with probability ``p``."""

    def __init__(self, p: float = 1.0) -> None:
        self.p = share(p, "Invert.p")

    def change(self, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        return cv2.bitwise_not(image) if rng.random() < self.p else image


@AUGMENTERS.register()
class Grayscale(PixelAugmenter):
    """Mix with the luma; an ``alpha`` of 1 leaves no colour."""

    def __init__(self, alpha: Number = 1.0) -> None:
        self.alpha = value_range(alpha, "Grayscale.alpha", least=0, most=1)

    def change(self, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        alpha = float(rng.uniform(*self.alpha))
        grey = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
        return cv2.addWeighted(grey, alpha, image, 1 - alpha, 0)


@AUGMENTERS.register()
class AddToHueAndSaturation(PixelAugmenter):
    """Turn the hue and raise the saturation; ``value`` in -255..255, where 255 is a full turn."""

    def __init__(self, value: Number = (-20, 20)) -> None:
        self.value = value_range(value, "AddToHueAndSaturation.value", least=-255, most=255)

    def change(self, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        value = float(rng.uniform(*self.value))
        hsv = cv2.cvtColor(image, cv2.COLOR_BGR2HSV)
        hue = (LEVELS + round(value * 180 / 255)) % 180  # OpenCV counts the hue to 180
        return cv2.cvtColor(_look_up(hsv, [hue, LEVELS + np.float32(value), LEVELS]), cv2.COLOR_HSV2BGR)


@AUGMENTERS.register()
class GaussianBlur(PixelAugmenter):
    """Gaussian blur of ``sigma`` pixels."""

    def __init__(self, sigma: Number = (0.0, 3.0)) -> None:
        self.sigma = value_range(sigma, "GaussianBlur.sigma", least=0)

    def change(self, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        sigma = float(rng.uniform(*self.sigma))
        return cv2.GaussianBlur(image, (0, 0), sigma) if sigma > 0.01 else image


@AUGMENTERS.register()
class AverageBlur(PixelAugmenter):
    """Mean of ``k`` x ``k`` pixels."""

    def __init__(self, k: Number = (1, 7)) -> None:
        self.k = value_range(k, "AverageBlur.k", least=1)

    def change(self, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        size = whole(self.k, rng)
        return cv2.blur(image, (size, size))


@AUGMENTERS.register()
class MedianBlur(PixelAugmenter):
    """Median of ``k`` x ``k`` pixels; an even ``k`` becomes the next odd one."""

    def __init__(self, k: Number = (1, 7)) -> None:
        self.k = value_range(k, "MedianBlur.k", least=1, most=255)

    def change(self, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        return cv2.medianBlur(image, whole(self.k, rng) | 1)


@AUGMENTERS.register()
class MotionBlur(PixelAugmenter):
    """Blur along a line.

    Args:
        k: length of the line in pixels, at least 3; even becomes odd.
        angle: degrees from upright, clockwise.
        direction: -1..1, towards which end the line is denser; 0 is even.
    """

    def __init__(self, k: Number = (3, 7), angle: Number = (0, 360), direction: Number = (-1.0, 1.0)) -> None:
        self.k = value_range(k, "MotionBlur.k", least=3)
        self.angle = value_range(angle, "MotionBlur.angle")
        self.direction = value_range(direction, "MotionBlur.direction", least=-1, most=1)

    def change(self, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        size = whole(self.k, rng) | 1
        lean = (float(rng.uniform(*self.direction)) + 1) / 2
        kernel = np.zeros((size, size), np.float32)
        kernel[:, size // 2] = np.linspace(lean, 1 - lean, size)
        middle = (size - 1) / 2
        turn = cv2.getRotationMatrix2D((middle, middle), -float(rng.uniform(*self.angle)), 1.0)
        kernel = cv2.warpAffine(kernel, turn, (size, size))
        return cv2.filter2D(image, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REPLICATE)


@AUGMENTERS.register()
class Sharpen(PixelAugmenter):
    """Mix with a sharpened picture by ``alpha``; ``lightness`` is that picture's brightness, 1 as it is."""

    def __init__(self, alpha: Number = (0.0, 0.2), lightness: Number = (0.8, 1.2)) -> None:
        self.alpha = value_range(alpha, "Sharpen.alpha", least=0, most=1)
        self.lightness = value_range(lightness, "Sharpen.lightness", least=0)

    def change(self, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        alpha, lightness = float(rng.uniform(*self.alpha)), float(rng.uniform(*self.lightness))
        kernel = np.full((3, 3), -alpha, np.float32)
        kernel[1, 1] = (1 - alpha) + alpha * (8 + lightness)
        return cv2.filter2D(image, -1, kernel, borderType=cv2.BORDER_REPLICATE)


@AUGMENTERS.register()
class AdditiveGaussianNoise(PixelAugmenter):
    """Noise of mean ``loc`` and standard deviation ``scale`` in grey levels; grey unless ``per_channel``."""

    def __init__(
        self, loc: Number = 0.0, scale: Number = (0.0, 15.0), *, per_channel: bool | float = False
    ) -> None:
        self.loc = value_range(loc, "AdditiveGaussianNoise.loc")
        self.scale = value_range(scale, "AdditiveGaussianNoise.scale", least=0)
        self.per_channel = share(per_channel, "AdditiveGaussianNoise.per_channel")

    def change(self, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        loc, scale = np.float32(rng.uniform(*self.loc)), np.float32(rng.uniform(*self.scale))
        channels = image.shape[2] if rng.random() < self.per_channel else 1
        noise = rng.standard_normal((*image.shape[:2], channels), dtype=np.float32) * scale + loc
        return np.clip(np.rint(image + noise), 0, 255).astype(np.uint8)


@AUGMENTERS.register()
class SaltAndPepper(PixelAugmenter):
    """A share ``p`` of the pixels becomes black or white."""

    def __init__(self, p: Number = (0.0, 0.03)) -> None:
        self.p = value_range(p, "SaltAndPepper.p", least=0, most=1)

    def change(self, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        rate = float(rng.uniform(*self.p))
        drawn = rng.random(image.shape[:2], dtype=np.float32)
        out = image.copy()
        out[drawn < rate / 2] = 0
        out[drawn > 1 - rate / 2] = 255
        return out


@AUGMENTERS.register()
class JpegCompression(PixelAugmenter):
    """JPEG damage: ``compression`` of 0 is hardly any, 100 is the worst."""

    def __init__(self, compression: Number = (0, 100)) -> None:
        self.compression = value_range(compression, "JpegCompression.compression", least=0, most=100)

    def change(self, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        quality = 100 - whole(self.compression, rng)
        data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, max(1, quality)])[1]
        return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR))


@AUGMENTERS.register()
class CoarseDropout(PixelAugmenter):
    """Black rectangles: cells of a coarse grid, each with probability ``p``.

    Args:
        p: a number or [low, high].
        size_percent: cells of the grid for each pixel of a side; 0.05 makes cells of 20 pixels.
    """

    def __init__(self, p: Number = (0.02, 0.1), size_percent: Number = (0.02, 0.25)) -> None:
        self.p = value_range(p, "CoarseDropout.p", least=0, most=1)
        self.size = value_range(size_percent, "CoarseDropout.size_percent", least=0, most=1)

    def change(self, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        rate, cells = float(rng.uniform(*self.p)), float(rng.uniform(*self.size))
        height, width = image.shape[:2]
        grid = (max(1, round(height * cells)), max(1, round(width * cells)))
        kept = (rng.random(grid) >= rate).astype(np.uint8)
        return image * cv2.resize(kept, (width, height), interpolation=cv2.INTER_NEAREST)[..., None]


@AUGMENTERS.register()
class Cutout(PixelAugmenter):
    """Filled squares at random places.

    Args:
        nb_iterations: how many, a number or [low, high].
        size: side of a square as a share of the picture's shorter side.
        cval: grey level.
    """

    def __init__(self, nb_iterations: Number = 1, size: Number = 0.2, *, cval: float = 128) -> None:
        self.count = value_range(nb_iterations, "Cutout.nb_iterations", least=0)
        self.size = value_range(size, "Cutout.size", least=0, most=1)
        if not 0 <= cval <= 255:
            raise ConfigError(f"Cutout.cval: expected a grey level in 0..255, got {cval}.")
        self.cval = cval

    def change(self, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        height, width = image.shape[:2]
        out = image.copy()
        for _ in range(whole(self.count, rng)):
            half = float(rng.uniform(*self.size)) * min(height, width) / 2
            x, y = rng.uniform(0, width), rng.uniform(0, height)
            rows = slice(max(0, round(y - half)), max(0, round(y + half)))
            out[rows, max(0, round(x - half)) : max(0, round(x + half))] = self.cval
        return out
