"""Augmenters that change the size of the picture or what of it is on the canvas."""

from collections.abc import Mapping, Sequence
from typing import Any

import cv2
import numpy as np

from ppocr_lite.errors import ConfigError
from ppocr_lite.transforms.augmenters.base import AUGMENTERS, Named, Range, value_range, whole

INTERPOLATIONS = {
    "nearest": cv2.INTER_NEAREST,
    "linear": cv2.INTER_LINEAR,
    "cubic": cv2.INTER_CUBIC,
    "area": cv2.INTER_AREA,
}
KEEP_RATIO = "keep-aspect-ratio"
LEAST_PIXELS = 8
"""A whole number below this as a size is taken for a mistake: 2 would be 2 pixels, 2.0 is twice as large."""

Moved = tuple[np.ndarray, np.ndarray]


@AUGMENTERS.register()
class Resize(Named):
    """Scale the picture; cubic by default, each side at least one pixel.

    Args:
        size: a factor, or [low, high] of it, for both sides alike; pixels, for both sides, if all numbers are
            whole; or ``{height: ..., width: ...}`` with such a value each, one of which may be
            ``keep-aspect-ratio``.
        interpolation: ``nearest``, ``linear``, ``cubic`` or ``area``.
    """

    def __init__(self, size: Any = 1.0, interpolation: str = "cubic") -> None:
        if interpolation not in INTERPOLATIONS:
            known = ", ".join(INTERPOLATIONS)
            raise ConfigError(f"Resize.interpolation: expected {known}, got {interpolation!r}.")
        self.flags = INTERPOLATIONS[interpolation]
        self.both: tuple[Range, bool] | None = None
        self.sides: list[tuple[Range, bool] | None] = []
        if isinstance(size, Mapping):
            if set(size) != {"height", "width"} or all(v == KEEP_RATIO for v in size.values()):
                raise ConfigError(f"Resize.size: expected height and width, one as a number, got {size}.")
            self.sides = [
                None if size[side] == KEEP_RATIO else _size(size[side], f"Resize.size.{side}")
                for side in ("width", "height")
            ]
        else:
            self.both = _size(size, "Resize.size")

    def __call__(self, image: np.ndarray, points: np.ndarray, rng: np.random.Generator) -> Moved:
        height, width = image.shape[:2]
        new_w, new_h = (max(1, round(side)) for side in self._sides(width, height, rng))
        scaled = points * np.array([new_w / width, new_h / height], np.float32)
        return cv2.resize(image, (new_w, new_h), interpolation=self.flags), scaled.astype(np.float32)

    def _sides(self, width: int, height: int, rng: np.random.Generator) -> list[float]:
        if self.both is not None:
            (limits, pixels), old = self.both, (width, height)
            value = float(rng.uniform(*limits))
            return [value if pixels else side * value for side in old]
        factors: list[float | None] = []
        for side, spec in zip((width, height), self.sides):
            factors.append(None)
            if spec is not None:
                limits, pixels = spec
                factors[-1] = float(rng.uniform(*limits)) / (side if pixels else 1)
        given = next(factor for factor in factors if factor is not None)
        return [side * (given if f is None else f) for side, f in zip((width, height), factors)]


def _size(value: Any, what: str) -> tuple[Range, bool]:
    """(range, whether it means pixels)."""
    limits = value_range(value, what)
    if limits[0] <= 0:
        raise ConfigError(f"{what}: factors must be above 0, got {value}.")
    values = [value] if isinstance(value, int | float) else value
    pixels = all(isinstance(v, int) for v in values)
    if pixels and limits[0] < LEAST_PIXELS:
        raise ConfigError(
            f"{what}: whole numbers are pixels, and {value} is hardly meant so. Write a factor with a point: "
            f"{float(limits[0])}."
        )
    return limits, pixels


@AUGMENTERS.register()
class RandomScale(Resize):
    """Resize by the name of newer configurations; ``scale_limit`` are factors as in Resize."""

    def __init__(self, scale_limit: float | Sequence[float] = 1.0) -> None:
        limits = value_range(scale_limit, "RandomScale.scale_limit")
        super().__init__(list(limits))


@AUGMENTERS.register()
class Rot90(Named):
    """Turn by ``k`` quarter turns, clockwise; ``keep_size`` scales the result to the old width and height.

    Args:
        k: a whole number, or [low, high] of it.
    """

    def __init__(self, k: int | Sequence[int] = 1, keep_size: bool = True) -> None:
        self.k = value_range(k, "Rot90.k")
        self.keep_size = keep_size

    def __call__(self, image: np.ndarray, points: np.ndarray, rng: np.random.Generator) -> Moved:
        height, width = image.shape[:2]
        out, moved = image, points
        for _ in range(whole(self.k, rng) % 4):
            moved = np.stack([out.shape[0] - moved[..., 1], moved[..., 0]], axis=-1)
            out = cv2.rotate(out, cv2.ROTATE_90_CLOCKWISE)
        return _back_to(out, moved, (width, height)) if self.keep_size else (out, moved)


class _CropPad(Named):
    """Cut away or add borders, drawn for each side."""

    sign = 1

    def __init__(
        self, percent: Any = None, px: Any = None, *, keep_size: bool = True, pad_cval: float = 0
    ) -> None:
        name = type(self).__name__
        if (percent is None) == (px is None):
            raise ConfigError(f"{name}: give either percent (0.1 is a tenth) or px.")
        most = 0.49 if self.sign < 0 and percent is not None else np.inf
        value, what = (percent, "percent") if px is None else (px, "px")
        self.limits = value_range(value, f"{name}.{what}", least=0, most=most)
        self.relative = px is None
        self.keep_size, self.fill = keep_size, float(pad_cval)

    def __call__(self, image: np.ndarray, points: np.ndarray, rng: np.random.Generator) -> Moved:
        height, width = image.shape[:2]
        drawn = rng.uniform(*self.limits, 4) * ([height, height, width, width] if self.relative else 1)
        top, bottom, left, right = (int(v) for v in np.rint(drawn))
        if self.sign < 0:
            # At least one pixel is left of each side.
            top, left = min(top, height - 1), min(left, width - 1)
            rest = image[top : max(top + 1, height - bottom), left : max(left + 1, width - right)]
            out, moved = np.ascontiguousarray(rest), points - np.array([left, top], np.float32)
        else:
            fill = (self.fill,) * 4
            out = cv2.copyMakeBorder(image, top, bottom, left, right, cv2.BORDER_CONSTANT, value=fill)
            moved = points + np.array([left, top], np.float32)
        return _back_to(out, moved, (width, height)) if self.keep_size else (out, moved)


@AUGMENTERS.register()
class Crop(_CropPad):
    """Cut away a strip on each side.

    Args:
        percent: of the width and height, a number or [low, high]; 0.1 is a tenth.
        px: in pixels, instead.
        keep_size: scale the rest to the old width and height.
    """

    sign = -1

    def __init__(self, percent: Any = None, px: Any = None, *, keep_size: bool = True) -> None:
        super().__init__(percent, px, keep_size=keep_size)


@AUGMENTERS.register()
class Pad(_CropPad):
    """Add a strip on each side.

    Args:
        percent, px, keep_size: see Crop.
        pad_cval: grey value of the strips.
    """


def _back_to(image: np.ndarray, points: np.ndarray, size: tuple[int, int]) -> Moved:
    """Scale to (width, height)."""
    height, width = image.shape[:2]
    scaled = points * np.array([size[0] / width, size[1] / height], np.float32)
    return cv2.resize(image, size), scaled.astype(np.float32)
