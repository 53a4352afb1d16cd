"""Text lines set side by side."""

from collections.abc import Sequence

import cv2
import numpy as np

from ppocr_lite.charset import Charset, split_symbols
from ppocr_lite.errors import ConfigError
from ppocr_lite.registry import TRANSFORMS
from ppocr_lite.transforms.base import Sample
from ppocr_lite.transforms.resize import natural_width


@TRANSFORMS.register()
class RecConAug:
    """Append extra lines to the right of a line, their texts to its text, while both fit.

    Works on texts, so it stands before the label encoder, and needs ``ext_op_transform_idx: 1`` in the
    dataset when only DecodeImage precedes it.

    Args:
        prob: share of the lines that are lengthened; extra lines are not read for the others.
        image_shape: (height, width, channels) of the recognizer, or (channels, height, width). Lines are
            scaled to the height; the sum of their aspect ratios stays within the shape's.
        max_text_length: limit of the joined text.
        ext_data_num: lines that are tried.
        charset: its separator, if it has one, goes between the texts.
    """

    requires = ("image", "label", "ext_data")
    provides = ("image", "label")
    ext_requires = ("image", "label")

    def __init__(
        self,
        prob: float = 0.5,
        image_shape: Sequence[int] = (32, 320, 3),
        *,
        max_text_length: int = 25,
        ext_data_num: int = 1,
        charset: Charset | None = None,
    ) -> None:
        if len(image_shape) != 3 or ext_data_num < 1:
            raise ConfigError(
                "RecConAug: expected image_shape [height, width, channels] and ext_data_num of at least 1, "
                f"got {image_shape} and {ext_data_num}."
            )
        self.height, width = image_shape[1:] if image_shape[0] in (1, 3) else image_shape[:2]
        self.max_ratio = width / self.height
        self.prob = prob
        self.max_text_length = max_text_length
        self.ext_data_num = ext_data_num
        self.separator = charset.separator if charset else ""

    def __call__(self, sample: Sample, rng: np.random.Generator) -> Sample:
        if rng.random() >= self.prob:
            return sample
        for extra in sample["ext_data"]:
            label = self.separator.join([sample["label"], extra["label"]])
            ratio = sum(image.shape[1] / image.shape[0] for image in (sample["image"], extra["image"]))
            length = len(split_symbols(label, self.separator))
            if length > self.max_text_length or ratio > self.max_ratio:
                break
            joined = np.concatenate([self._scaled(sample["image"]), self._scaled(extra["image"])], axis=1)
            sample["image"], sample["label"] = joined, label
        return sample

    def _scaled(self, image: np.ndarray) -> np.ndarray:
        """uint8 [h, w, 3] -> [height, w', 3]."""
        return cv2.resize(image, (natural_width(image, self.height), self.height))
