"""Resizing to the shapes that the networks take; training and serving use the same functions."""

import math
from collections.abc import Sequence
from typing import Annotated

import cv2
import numpy as np

from ppocr_lite.errors import ConfigError, DataError
from ppocr_lite.parameters import Range
from ppocr_lite.registry import TRANSFORMS
from ppocr_lite.transforms.base import Sample

DET_STRIDE = 32
"""The detector halves the image five times."""

RESIZE_LONG_STRIDE = 128
"""PaddleOCR's rule ``resize_long`` rounds both sides up to this."""

MIN_SIDE_SUM = 64
"""Images whose sides sum to less are padded to at least 32 x 32 before anything else."""


def to_channels(image: np.ndarray, channels: int) -> np.ndarray:
    """uint8 [H, W], [H, W, 1] or BGR [H, W, 3] -> [H, W, 3], or [H, W] for one channel (luma)."""
    if image.ndim == 3 and image.shape[2] == 1:
        image = image[:, :, 0]
    if channels == 1:
        return image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    return image if image.ndim == 3 else cv2.cvtColor(image, cv2.COLOR_GRAY2BGR)


def natural_width(image: np.ndarray, height: int) -> int:
    """Width of ``image`` at ``height`` with its aspect ratio kept, rounded up; at least 1."""
    h, w = image.shape[:2]
    if h < 1 or w < 1:
        raise DataError(f"an image of {w} x {h} pixels cannot be resized.")
    return max(1, math.ceil(height * (w / float(h))))


def resize_norm(
    image: np.ndarray, image_shape: Sequence[int], *, padding: bool = True, fill: float | None = None
) -> tuple[np.ndarray, float]:
    """Resize a crop to ``image_shape`` and normalize it to -1..1.

    The aspect ratio is kept up to the full width and the right side is filled with mid-grey, unless
    ``padding`` is False, which stretches. Bilinear.

    Args:
        image: uint8 BGR [H, W, 3] or grey [H, W].
        image_shape: (channels, height, width); with 1 channel a BGR image becomes its luma.
        fill: brightness of the filling, 0 (black) to 255 (white); without it 0 after normalizing.

    Returns:
        float32 [channels, height, width], and the share of the width that holds the image.
    """
    channels, height, width = image_shape
    new_width = min(width, natural_width(image, height)) if padding else width
    resized = cv2.resize(to_channels(image, channels), (new_width, height))
    blank = 0.0 if fill is None else fill / 127.5 - 1
    out = np.full((channels, height, width), blank, np.float32)
    pixels = resized[None] if resized.ndim == 2 else resized.transpose(2, 0, 1)
    np.multiply(pixels, np.float32(1 / 127.5), out=out[:, :, :new_width], dtype=np.float32)
    out[:, :, :new_width] -= 1.0
    return out, min(1.0, new_width / width)


def middle(image: np.ndarray, aspect: float) -> np.ndarray:
    """The middle of a crop that is wider than ``aspect`` times its height; others as they are."""
    height, width = image.shape[:2]
    kept = max(1, round(height * aspect))
    start = (width - kept) // 2
    return image[:, start : start + kept] if width > kept else image


def bucket_width(width: int, bucket: int, *, max_width: int | None = None) -> int:
    """``width`` rounded up to a multiple of ``bucket``, at most ``max_width``.

    >>> bucket_width(65, 64), bucket_width(1000, 64, max_width=640)
    (128, 640)
    """
    rounded = math.ceil(max(1, width) / bucket) * bucket
    return rounded if max_width is None else min(max_width, rounded)


@TRANSFORMS.register()
class ClsResizeImg:
    """Crop -> float32 [C, h, w] for the direction classifier, see :func:`resize_norm`.

    Args:
        image_shape: (channels, height, width).
        padding: keep the aspect ratio and fill with mid-grey; False stretches.
        cut_long: of a line that is longer than the shape take the middle, instead of squeezing all of it;
            60 letters in 192 pixels show no direction any more.
    """

    requires = ("image",)
    provides = ("image",)

    def __init__(self, image_shape: Sequence[int], padding: bool = True, *, cut_long: bool = False) -> None:
        self.image_shape = check_image_shape(image_shape, "ClsResizeImg")
        self.padding = padding
        self.cut_long = cut_long

    def __call__(self, sample: Sample, rng: np.random.Generator | None = None) -> Sample:
        if self.cut_long:
            sample["image"] = middle(sample["image"], self.image_shape[2] / self.image_shape[1])
        sample["image"], _ = resize_norm(sample["image"], self.image_shape, padding=self.padding)
        return sample


@TRANSFORMS.register()
class RecResizeImg:
    """Text line -> float32 [C, h, w] for the recognizer, see :func:`resize_norm`; adds ``valid_ratio``.

    Args:
        image_shape: (channels, height, width), any height; 1 or 3 channels.
        infer_mode: with a ``character_dict_path``, keep long lines at their own width (PaddleOCR's rule: a
            model without a dictionary file keeps the fixed width at inference).
        eval_mode: keep long lines at their own width.
        character_dict_path: only whether it is empty matters, see ``infer_mode``.
        padding: keep the aspect ratio and fill with mid-grey; False stretches.
        fill: fill with this brightness instead, 0 (black) to 255 (white).
        width_bucket: round the width up to a multiple of this; ``image_shape``'s width is then the greatest
            in training, and no limit with ``eval_mode`` or ``infer_mode``. Batches hold one width each.
    """

    requires = ("image",)
    provides = ("image", "valid_ratio")

    def __init__(
        self,
        image_shape: Sequence[int],
        infer_mode: bool = False,
        *,
        eval_mode: bool = False,
        character_dict_path: str | None = "./ppocr/utils/ppocr_keys_v1.txt",
        padding: bool = True,
        width_bucket: int | None = None,
        fill: Annotated[float, Range(0, 255)] | None = None,
    ) -> None:
        self.image_shape = check_image_shape(image_shape, "RecResizeImg")
        self.own_width = bool(eval_mode or (infer_mode and character_dict_path is not None))
        self.padding = padding
        self.fill = fill
        if width_bucket is not None and width_bucket < 1:
            raise ConfigError(f"RecResizeImg.width_bucket: expected a positive number, got {width_bucket}.")
        self.width_bucket = width_bucket

    def __call__(self, sample: Sample, rng: np.random.Generator | None = None) -> Sample:
        image = sample["image"]
        shape = (*self.image_shape[:2], self.width_for(image))
        sample["image"], ratio = resize_norm(image, shape, padding=self.padding, fill=self.fill)
        sample["valid_ratio"] = np.float32(ratio)
        return sample

    def width_for(self, image: np.ndarray) -> int:
        """Width in pixels that this crop gets."""
        _, height, width = self.image_shape
        if self.width_bucket is not None:
            limit = None if self.own_width else width
            return bucket_width(natural_width(image, height), self.width_bucket, max_width=limit)
        if self.own_width:
            h, w = image.shape[:2]
            return int(height * max(width / height, w / max(1, h)))
        return width


@TRANSFORMS.register()
class DetResizeForTest:
    """Resize a page for the detector to sides that it can take; adds ``shape``.

    The first rule that is given applies; without any, ``limit_side_len`` 736 with ``limit_type`` min:

    Args:
        image_shape: (height, width) exactly; with ``keep_ratio`` the width follows the image, rounded up
            to 32.
        keep_ratio: see ``image_shape``.
        limit_side_len: in pixels; sides are rounded to multiples of 32.
        limit_type: ``min`` enlarges until the shorter side has ``limit_side_len``, ``max`` shrinks until the
            longer side has, ``resize_long`` brings the longer side to it either way.
        resize_long: longer side in pixels, both sides rounded up to 128.

    ``shape`` is float64 [H, W, ratio_h, ratio_w]: the original size, and new over old for each side.
    """

    requires = ("image",)
    provides = ("image", "shape")

    def __init__(
        self,
        image_shape: Sequence[int] | None = None,
        keep_ratio: bool = False,
        *,
        limit_side_len: int | None = None,
        limit_type: str = "min",
        resize_long: int | None = None,
    ) -> None:
        if limit_type not in ("min", "max", "resize_long"):
            raise ConfigError(
                f"DetResizeForTest.limit_type: expected min, max or resize_long, got {limit_type!r}."
            )
        if image_shape is not None and len(image_shape) != 2:
            raise ConfigError(f"DetResizeForTest.image_shape: expected [height, width], got {image_shape}.")
        self.image_shape = None if image_shape is None else (int(image_shape[0]), int(image_shape[1]))
        self.keep_ratio = keep_ratio
        self.resize_long = resize_long if limit_side_len is None else None
        self.limit_side_len = 736 if limit_side_len is None else limit_side_len
        self.limit_type = limit_type

    def __call__(self, sample: Sample, rng: np.random.Generator | None = None) -> Sample:
        image = sample["image"]
        height, width = image.shape[:2]
        if height + width < MIN_SIDE_SUM:
            image = pad_to(image, max(DET_STRIDE, height), max(DET_STRIDE, width))
        h, w = image.shape[:2]
        new_h, new_w = self.target_size(h, w)
        sample["image"] = cv2.resize(image, (new_w, new_h))
        sample["shape"] = np.array([height, width, new_h / h, new_w / w], np.float64)
        return sample

    def target_size(self, height: int, width: int) -> tuple[int, int]:
        """(height, width) after resizing an image of this size."""
        if self.image_shape is not None:
            new_h, new_w = self.image_shape
            if self.keep_ratio:
                new_w = math.ceil(width * new_h / height / DET_STRIDE) * DET_STRIDE
            return new_h, new_w
        if self.resize_long is not None:
            ratio = self.resize_long / max(height, width)
            return tuple(  # type: ignore[return-value]
                math.ceil(int(side * ratio) / RESIZE_LONG_STRIDE) * RESIZE_LONG_STRIDE
                for side in (height, width)
            )
        ratio = self._limit_ratio(height, width)
        return tuple(  # type: ignore[return-value]
            max(round(int(side * ratio) / DET_STRIDE) * DET_STRIDE, DET_STRIDE) for side in (height, width)
        )

    def _limit_ratio(self, height: int, width: int) -> float:
        limit, longer, shorter = self.limit_side_len, max(height, width), min(height, width)
        if self.limit_type == "max":
            return limit / longer if longer > limit else 1.0
        if self.limit_type == "min":
            return limit / shorter if shorter < limit else 1.0
        return limit / longer


def pad_to(image: np.ndarray, height: int, width: int) -> np.ndarray:
    """Zero-pad at the bottom and on the right."""
    out = np.zeros((height, width, *image.shape[2:]), image.dtype)
    out[: image.shape[0], : image.shape[1]] = image
    return out


def check_image_shape(image_shape: Sequence[int], owner: str) -> tuple[int, int, int]:
    """(channels, height, width) as ints, or ConfigError."""
    shape = tuple(int(v) for v in image_shape)
    if len(shape) != 3 or shape[0] not in (1, 3) or min(shape) < 1:
        raise ConfigError(f"{owner}.image_shape: expected [1 or 3, height, width], got {list(image_shape)}.")
    return shape
