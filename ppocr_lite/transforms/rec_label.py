"""Labels of recognition and of direction classification."""

import logging
from collections.abc import Sequence

import numpy as np

from ppocr_lite.charset import Charset
from ppocr_lite.errors import ConfigError
from ppocr_lite.parameters import Count
from ppocr_lite.registry import TRANSFORMS
from ppocr_lite.transforms.base import Sample

logger = logging.getLogger(__name__)


class TextEncoder:
    """What the encoders of texts share: the character set, and what is left out.

    Args:
        max_text_length: length of a label in characters or tokens; a longer text drops the sample.
        character_dict_path: dictionary file; the 36 characters 0-9a-z without one.
        use_space_char: the space is a character as well.
        charset: wins over the two above.
    """

    def __init__(
        self,
        max_text_length: Count = 25,
        character_dict_path: str | None = None,
        *,
        use_space_char: bool = False,
        charset: Charset | None = None,
    ) -> None:
        self.max_text_length = int(max_text_length)
        self.charset = charset or Charset.load(character_dict_path, use_space_char=use_space_char)
        self._warned: set[str] = set()

    def indices(self, text: str) -> list[int]:
        """Classes of the known characters or tokens; empty where the sample is to be dropped.

        Each unknown one is reported once (PaddleOCR 2.7 leaves it out silently).
        """
        symbols = self.charset.symbols(text)
        if len(symbols) > self.max_text_length:
            return []
        indices = self.charset.encode(symbols)
        if len(indices) < len(symbols):
            self._warn(symbols)
        return indices

    def _warn(self, symbols: Sequence[str]) -> None:
        new = [c for c in self.charset.unknown(symbols) if c not in self._warned]
        if new:
            self._warned.update(new)
            what = "tokens" if self.charset.separator else "characters"
            logger.warning(
                "labels hold %s outside the dictionary, which are left out: %s", what, " ".join(new)
            )


@TRANSFORMS.register()
class CTCLabelEncode(TextEncoder):
    """Text -> ``label`` int64 [max_text_length] padded with 0 (blank), ``length`` int64, ``label_ace``.

    ``label_ace`` holds how often each class occurs, the padding counted as blank: float32 [classes].
    A text that is empty, longer than ``max_text_length`` or without any known character drops the sample.

    Args:
        keep_empty: keep a picture whose text is the empty string, ``length`` 0: there is nothing to read in
            it, and the recognizer learns to answer so.
        max_text_length, character_dict_path, use_space_char, charset: see :class:`TextEncoder`.
    """

    requires = ("label",)
    provides = ("label", "length", "label_ace")

    def __init__(
        self,
        max_text_length: Count = 25,
        character_dict_path: str | None = None,
        *,
        keep_empty: bool = False,
        use_space_char: bool = False,
        charset: Charset | None = None,
    ) -> None:
        super().__init__(max_text_length, character_dict_path, use_space_char=use_space_char, charset=charset)
        self.keep_empty = keep_empty

    def __call__(self, sample: Sample, rng: np.random.Generator | None = None) -> Sample | None:
        indices = self.indices(sample["label"])
        if not indices and not (self.keep_empty and sample["label"] == ""):
            return None
        label = np.zeros(self.max_text_length, np.int64)
        label[: len(indices)] = indices
        sample["label"] = label
        sample["length"] = np.int64(len(indices))
        sample["label_ace"] = np.bincount(label, minlength=self.charset.ctc_size).astype(np.float32)
        return sample


@TRANSFORMS.register()
class AttnLabelEncode(TextEncoder):
    """Text -> ``label`` int64 [max_text_length]: ``sos`` (0), characters, ``eos``, zeros; ``length`` int64.

    ``length`` counts the characters alone. A text drops the sample where it is empty, without any known
    character, or does not fit with ``sos`` and ``eos`` (PaddleOCR 2.7 makes a label that is one entry too
    long of a text that lacks one place, and its batch then fails). Parameters are those of
    :class:`TextEncoder`.
    """

    requires = ("label",)
    provides = ("label", "length")

    def __call__(self, sample: Sample, rng: np.random.Generator | None = None) -> Sample | None:
        indices = self.indices(sample["label"])
        if not indices or len(indices) + 2 > self.max_text_length:
            return None
        label = np.zeros(self.max_text_length, np.int64)
        label[1 : len(indices) + 2] = [*indices, self.charset.eos]
        sample["label"] = label
        sample["length"] = np.int64(len(indices))
        return sample


@TRANSFORMS.register()
class ClsLabelEncode:
    """``label`` text -> its index in ``label_list`` (int64); a text that is not in it drops the sample."""

    requires = ("label",)
    provides = ("label",)

    def __init__(self, label_list: Sequence[str | int]) -> None:
        if not label_list:
            raise ConfigError("ClsLabelEncode.label_list is empty. Set Global.label_list, e.g. ['0', '180'].")
        self._index = {str(label): i for i, label in enumerate(label_list)}

    def __call__(self, sample: Sample, rng: np.random.Generator | None = None) -> Sample | None:
        index = self._index.get(str(sample["label"]))
        if index is None:
            return None
        sample["label"] = np.int64(index)
        return sample
