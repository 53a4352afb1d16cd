"""Decoding, normalization, layout, and the choice of what goes into a batch."""

import re
from collections.abc import Sequence

import cv2
import numpy as np

from ppocr_lite.errors import ConfigError, DataError
from ppocr_lite.images import read_image
from ppocr_lite.registry import TRANSFORMS
from ppocr_lite.transforms.base import Sample

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


@TRANSFORMS.register()
class DecodeImage:
    """Encoded bytes -> uint8 [H, W, 3]; an image that is an array already is taken as decoded BGR.

    Args:
        img_mode: ``BGR``; ``RGB`` reverses the channels; ``GRAY`` gives the luma three times (PaddleOCR 2.x
            fails on it).
        channel_first: give [3, H, W].
        ignore_orientation: do not turn the image as its EXIF data says.

    Raises:
        DataError: bytes that are no image; the message names ``img_path``.
    """

    requires = ("image_bytes",)
    provides = ("image",)

    def __init__(
        self, img_mode: str = "RGB", channel_first: bool = False, *, ignore_orientation: bool = False
    ) -> None:
        if img_mode not in ("RGB", "BGR", "GRAY"):
            raise ConfigError(f"DecodeImage.img_mode: expected BGR, RGB or GRAY, got {img_mode!r}.")
        self.img_mode = img_mode
        self.channel_first = channel_first
        self.ignore_orientation = ignore_orientation

    def __call__(self, sample: Sample, rng: np.random.Generator | None = None) -> Sample:
        image = self._decode(sample["image"], str(sample.get("img_path") or "image"))
        if self.img_mode == "RGB":
            image = np.ascontiguousarray(image[:, :, ::-1])
        elif self.img_mode == "GRAY":
            image = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
        sample["image"] = image.transpose(2, 0, 1) if self.channel_first else image
        return sample

    def _decode(self, source: bytes | np.ndarray, name: str) -> np.ndarray:
        if isinstance(source, np.ndarray) and source.ndim == 3 and source.shape[2] == 3:
            return source
        if isinstance(source, bytes) and self.ignore_orientation:
            flags = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
            image = cv2.imdecode(np.frombuffer(source, np.uint8), flags) if source else None
            if image is None:
                raise DataError(f"{name}: not an image that can be decoded.")
            return image
        return read_image(source, name=name)


@TRANSFORMS.register()
class NormalizeImage:
    """``(image * scale - mean) / std`` as float32; the means meet the channels in the order they come.

    Args:
        scale: a number or a fraction as text (``"1./255."``); 1/255 by default.
        mean: of each channel, after scaling.
        std: of each channel, after scaling.
        order: ``chw`` or ``hwc``, the layout of the image at this step.
    """

    requires = ("image",)
    provides = ("image",)

    def __init__(
        self,
        scale: float | str | None = None,
        mean: Sequence[float] | None = None,
        *,
        std: Sequence[float] | None = None,
        order: str = "chw",
    ) -> None:
        if order not in ("chw", "hwc"):
            raise ConfigError(f"NormalizeImage.order: expected chw or hwc, got {order!r}.")
        for key, values in (("mean", mean), ("std", std)):
            if values is not None and len(values) != 3:
                raise ConfigError(f"NormalizeImage.{key}: expected three numbers, got {list(values)}.")
        if std is not None and 0 in std:
            raise ConfigError(f"NormalizeImage.std: images cannot be divided by 0, got {list(std)}.")
        shape = (3, 1, 1) if order == "chw" else (1, 1, 3)
        factor = 1.0 / 255.0 if scale is None else parse_fraction(scale)
        mean64 = np.reshape(np.asarray(IMAGENET_MEAN if mean is None else mean, np.float64), shape)
        std64 = np.reshape(np.asarray(IMAGENET_STD if std is None else std, np.float64), shape)
        # image * scale / std - mean / std: one multiplication and one addition for each pixel.
        self.factor = (factor / std64).astype(np.float32)
        self.offset = (-mean64 / std64).astype(np.float32)
        self.tables = np.arange(256, dtype=np.float32) * self.factor.reshape(3, 1) + self.offset.reshape(3, 1)
        self.channels_last = order == "hwc"

    def __call__(self, sample: Sample, rng: np.random.Generator | None = None) -> Sample:
        image = sample["image"]
        if image.dtype == np.uint8 and image.ndim == 3 and image.shape[2 if self.channels_last else 0] == 3:
            image = self._looked_up(image)
        else:
            image = np.multiply(image, self.factor, dtype=np.float32)
            image += self.offset
        sample["image"] = image
        return sample

    def _looked_up(self, image: np.ndarray) -> np.ndarray:
        """The same numbers for bytes, a tenth of the time; channel after channel in memory, as ToCHWImage and
        the networks want them."""
        planes = cv2.split(image) if self.channels_last else [np.ascontiguousarray(plane) for plane in image]
        normalized = np.empty((3, *planes[0].shape), np.float32)
        for plane, table, out in zip(planes, self.tables, normalized):
            cv2.LUT(plane, table, dst=out)
        return normalized.transpose(1, 2, 0) if self.channels_last else normalized


@TRANSFORMS.register()
class ToCHWImage:
    """[H, W, C] -> [C, H, W]."""

    requires = ("image",)
    provides = ("image",)

    def __call__(self, sample: Sample, rng: np.random.Generator | None = None) -> Sample:
        sample["image"] = np.ascontiguousarray(sample["image"].transpose(2, 0, 1))
        return sample


@TRANSFORMS.register()
class KeepKeys:
    """Keep only ``keep_keys``, in this order; all else of the sample is dropped."""

    drops_others = True

    def __init__(self, keep_keys: Sequence[str]) -> None:
        if not keep_keys:
            raise ConfigError("KeepKeys.keep_keys: nothing would be left of a sample.")
        self.requires = tuple(keep_keys)
        self.provides = tuple(keep_keys)

    def __call__(self, sample: Sample, rng: np.random.Generator | None = None) -> Sample:
        return {key: sample[key] for key in self.requires}


def parse_fraction(value: float | str) -> float:
    """A number, or a text such as ``"1./255."`` or ``"0.5"``.

    >>> parse_fraction("1./255.") == 1 / 255
    True
    """
    if isinstance(value, (int, float)):
        return float(value)
    number = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
    match = re.fullmatch(rf"\s*({number})\s*(?:/\s*({number})\s*)?", str(value))
    if match is None or (match[2] is not None and float(match[2]) == 0):
        raise ConfigError(f"scale: expected a number or a fraction such as '1./255.', got {value!r}.")
    return float(match[1]) / float(match[2] or 1)
