"""Labels of recognition and of direction classification."""

import logging
from collections.abc import Sequence

import numpy as np

from ppocr_lite.charset import Charset
from ppocr_lite.errors import ConfigError
from ppocr_lite.registry import TRANSFORMS
from ppocr_lite.transforms.base import Sample

logger = logging.getLogger(__name__)


@TRANSFORMS.register()
class CTCLabelEncode:
    """Text -> ``label`` int64 [max_text_length] padded with 0 (blank), ``length`` int64, ``label_ace``.

    ``label_ace`` holds how often each class occurs, the padding counted as blank: float32 [classes].
    A text that is empty, longer than ``max_text_length`` or without any known character drops the sample.
    Unknown characters are left out, each one with one warning (PaddleOCR 2.7 leaves them out silently).

    Args:
        max_text_length: longest text, in characters.
        character_dict_path: dictionary file; the 36 characters 0-9a-z without one.
        use_space_char: the space is a character as well.
        charset: wins over the two above.
    """

    requires = ("label",)
    provides = ("label", "length", "label_ace")

    def __init__(
        self,
        max_text_length: int,
        character_dict_path: str | None = None,
        *,
        use_space_char: bool = False,
        charset: Charset | None = None,
    ) -> None:
        self.max_text_length = int(max_text_length)
        self.charset = charset or Charset.load(character_dict_path, use_space_char=use_space_char)
        self._warned: set[str] = set()

    def __call__(self, sample: Sample, rng: np.random.Generator | None = None) -> Sample | None:
        text = sample["label"]
        if not text or len(text) > self.max_text_length:
            return None
        indices = self.charset.encode(text)
        if len(indices) < len(text):
            self._warn(text)
        if not indices:
            return None
        label = np.zeros(self.max_text_length, np.int64)
        label[: len(indices)] = indices
        sample["label"] = label
        sample["length"] = np.int64(len(indices))
        sample["label_ace"] = np.bincount(label, minlength=self.charset.ctc_size).astype(np.float32)
        return sample

    def _warn(self, text: str) -> None:
        new = [c for c in self.charset.unknown(text) if c not in self._warned]
        if new:
            self._warned.update(new)
            logger.warning(
                "labels hold characters outside the dictionary, which are left out: %s", " ".join(new)
            )


@TRANSFORMS.register()
class ClsLabelEncode:
    """``label`` text -> its index in ``label_list`` (int64); a text that is not in it drops the sample."""

    requires = ("label",)
    provides = ("label",)

    def __init__(self, label_list: Sequence[str]) -> None:
        if not label_list:
            raise ConfigError("ClsLabelEncode.label_list is empty. Set Global.label_list, e.g. ['0', '180'].")
        self._index = {str(label): i for i, label in enumerate(label_list)}

    def __call__(self, sample: Sample, rng: np.random.Generator | None = None) -> Sample | None:
        index = self._index.get(str(sample["label"]))
        if index is None:
            return None
        sample["label"] = np.int64(index)
        return sample
