"""Attention outputs -> text, by taking the best class of every step."""

from collections.abc import Mapping

import numpy as np

from ppocr_lite.charset import Charset
from ppocr_lite.errors import ModelFileError
from ppocr_lite.postprocess.scores import probabilities, text_result
from ppocr_lite.registry import POSTPROCESSES
from ppocr_lite.structures import RecResult

SOS = 0


@POSTPROCESSES.register()
class AttnLabelDecode:
    """The characters before the first ``eos``; ``sos``, wherever it is, is dropped.

    The score is the mean of the kept steps' probabilities, 0.0 for an empty text (PaddleOCR 2.x gives nan).
    Arabic is put into reading order as with CTC, from labels in the same order (PaddleOCR 2.x: CTC only).

    Args:
        character_dict_path: dictionary file; the 36 characters 0-9a-z without one.
        use_space_char: the space is a character as well.
        stop_at_eos: False keeps what comes after ``eos`` and only drops ``eos`` itself, as PaddleOCR 2.x
            does by mistake.
        charset: wins over the first two.

    Raises:
        ModelFileError: the network has another number of classes than the charset.
    """

    ignored_params = ("key", "model_name")
    charset_size = "attention_size"

    def __init__(
        self,
        character_dict_path: str | None = None,
        use_space_char: bool = False,
        *,
        stop_at_eos: bool = True,
        charset: Charset | None = None,
    ) -> None:
        self.charset = charset or Charset.load(character_dict_path, use_space_char=use_space_char)
        self.stop_at_eos = stop_at_eos

    def __call__(
        self, outputs: Mapping[str, np.ndarray], shapes: np.ndarray | None = None
    ) -> list[RecResult]:
        """One RecResult for each image.

        Args:
            outputs: ``probs`` float [N, steps, K], or ``logits`` of the same shape.
            shapes: not used.
        """
        probs = probabilities(outputs)
        if probs.shape[-1] != self.charset.attention_size:
            raise ModelFileError(
                f"the recognizer gives {probs.shape[-1]} classes but the charset needs "
                f"{self.charset.attention_size} ({len(self.charset)} characters, the begin and the end). "
                "Use the dictionary that the model was trained with."
            )
        best = probs.argmax(axis=-1)  # [N, steps]
        top = np.take_along_axis(probs, best[..., None], axis=-1)[..., 0]
        is_end = best == self.charset.eos
        keep = (best != SOS) & ~is_end
        if self.stop_at_eos:
            keep &= np.cumsum(is_end, axis=1) == 0
        return [text_result(self.charset, b[k], s[k]) for b, s, k in zip(best, top, keep)]
