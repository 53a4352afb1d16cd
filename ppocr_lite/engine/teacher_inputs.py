"""How the pictures of a batch were made, and how to make of them what another network expects."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import paddle
import paddle.nn.functional as F
from paddle import Tensor

from ppocr_lite.errors import ConfigError
from ppocr_lite.transforms.image import IMAGENET_MEAN, IMAGENET_STD, parse_fraction

LUMA = (0.114, 0.587, 0.299)
"""Shares of blue, green and red in a grey picture, as OpenCV has them."""
SAME = 1e-6
LINE_FACTOR, LINE_OFFSET = 1 / 127.5, -1.0
"""Of text lines: 0..255 to -1..1, see resize_norm."""


@dataclass(frozen=True)
class Conversion:
    """Makes of a batch [N, C, H, W] the one that another network expects; ``steps`` tells in words how."""

    steps: tuple[str, ...] = ()
    run: tuple[Callable[[Tensor], Tensor], ...] = ()

    def __call__(self, batch: Tensor) -> Tensor:
        for step in self.run:
            batch = step(batch)
        return batch

    def then(self, words: str, step: Callable[[Tensor], Tensor]) -> "Conversion":
        """This, and one step more."""
        return Conversion((*self.steps, words), (*self.run, step))


@dataclass(frozen=True)
class Pictures:
    """Values of a batch are ``pixel * factor + offset`` with pixels in 0..255.

    Args:
        factor, offset: for each channel, or one number for all.
        rgb: order of three channels; False is BGR.
        channels: 1 or 3.
        height: of a text line in pixels; None where it may be anything.
    """

    factor: tuple[float, ...]
    offset: tuple[float, ...]
    rgb: bool = False
    channels: int = 3
    height: int | None = None

    def line(self, channels: int, height: int) -> "Pictures":
        """Text lines with values as these, of another size."""
        return replace(self, factor=self.factor[:1], offset=self.offset[:1], channels=channels, height=height)

    def conversion_to(self, other: "Pictures") -> Conversion:
        """How a batch of these becomes one of ``other``.

        Heights are fitted by bilinear resizing that keeps the aspect ratio; grey is the luma, and a grey
        picture has its value in all three channels.
        """
        made, factor, offset = Conversion(), self._each(self.factor), self._each(self.offset)
        if self.channels == other.channels == 3 and self.rgb != other.rgb:
            made = made.then("RGB and BGR swapped", lambda batch: batch.flip(axis=[1]))
            factor, offset = factor[::-1], offset[::-1]
        if self.channels != other.channels:
            words, step = _to_grey(self.rgb) if other.channels == 1 else ("grey as three channels", _three)
            made = made.then(words, step)
            factor, offset = np.resize(factor, other.channels), np.resize(offset, other.channels)
        scale = other._each(other.factor) / factor
        shift = other._each(other.offset) - offset * scale
        if np.abs(scale - 1).max() > SAME or np.abs(shift).max() > SAME:
            made = made.then("another normalization", _affine(scale, shift))
        if other.height is not None and self.height not in (None, other.height):
            words = f"a height of {other.height} px instead of {self.height}, by bilinear resizing"
            made = made.then(words, _resize(other.height))
        return made

    def _each(self, values: Sequence[float]) -> np.ndarray:
        return np.resize(np.asarray(values, np.float64), self.channels)


def pictures_of(steps: Sequence[Any], task: str) -> Pictures:
    """What a list of transforms, or ``transform_ops`` of an ``inference.yml``, makes of a picture.

    Raises:
        ConfigError: lines without a step that sets their shape.
    """
    named = dict(_named(step) for step in steps)
    rgb = str(named.get("DecodeImage", {}).get("img_mode", "BGR")).upper() == "RGB"
    if task == "det":
        norm = named.get("NormalizeImage")
        if norm is None:
            return Pictures((1.0,), (0.0,), rgb)
        scale = 1 / 255 if norm.get("scale") is None else parse_fraction(norm["scale"])
        mean = np.asarray(IMAGENET_MEAN if norm.get("mean") is None else norm["mean"], np.float64)
        std = np.asarray(IMAGENET_STD if norm.get("std") is None else norm["std"], np.float64)
        return Pictures(tuple(scale / std), tuple(-mean / std), rgb)
    shape = next((params["image_shape"] for params in named.values() if params.get("image_shape")), None)
    if shape is None or len(shape) != 3:
        raise ConfigError(
            "model_dir: no step of Train.dataset.transforms has an image_shape [C, H, W], so it is not known "
            "what pictures the students get."
        )
    return Pictures((LINE_FACTOR,), (LINE_OFFSET,), rgb, int(shape[0]), int(shape[1]))


def _named(step: Any) -> tuple[str, Mapping[str, Any]]:
    if isinstance(step, Mapping) and len(step) == 1:
        ((name, params),) = step.items()
        return str(name), params if isinstance(params, Mapping) else {}
    return str(step), {}


def _three(batch: Tensor) -> Tensor:
    return batch.expand([-1, 3, -1, -1])


def _to_grey(rgb: bool) -> tuple[str, Callable[[Tensor], Tensor]]:
    weights = paddle.to_tensor(LUMA[::-1] if rgb else LUMA).reshape([1, 3, 1, 1])
    return "colours as grey", lambda batch: (batch * weights).sum(axis=1, keepdim=True)


def _affine(scale: np.ndarray, shift: np.ndarray) -> Callable[[Tensor], Tensor]:
    factor, offset = (paddle.to_tensor(v.astype(np.float32)).reshape([1, -1, 1, 1]) for v in (scale, shift))
    return lambda batch: batch * factor + offset


def _resize(height: int) -> Callable[[Tensor], Tensor]:
    def run(batch: Tensor) -> Tensor:
        _, _, h, w = batch.shape
        width = max(1, round(w * height / h))
        return F.interpolate(batch, [height, width], mode="bilinear", align_corners=False)

    return run
