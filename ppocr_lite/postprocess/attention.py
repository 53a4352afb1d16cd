"""Attention outputs -> text, by taking the best class of every step, or the one that the network chose."""

from collections.abc import Mapping

import numpy as np

from ppocr_lite.charset import Charset
from ppocr_lite.errors import ModelFileError
from ppocr_lite.parameters import NotNegative
from ppocr_lite.postprocess.scores import DROP_SCORE, probabilities, text_result
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
        drop_score: not used here: it travels with the model, and systems leave out lines with a lower score.

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
        drop_score: NotNegative = DROP_SCORE,
    ) -> None:
        self.drop_score = drop_score
        self.charset = charset or Charset.load(character_dict_path, use_space_char=use_space_char)
        self.stop_at_eos = stop_at_eos

    def __call__(
        self, outputs: Mapping[str, np.ndarray], shapes: np.ndarray | None = None
    ) -> list[RecResult]:
        """One RecResult for each image.

        Args:
            outputs: ``probs`` float [N, steps, K], or ``logits`` of the same shape, or from a beam search
                ``indices`` int [N, steps] and ``scores`` float [N, steps] of the chosen classes.
            shapes: not used.
        """
        if "indices" in outputs:
            best, top = np.asarray(outputs["indices"]), np.asarray(outputs["scores"])
            self._check_classes(int(best.max(initial=0)) + 1, at_least=True)
        else:
            probs = probabilities(outputs)
            self._check_classes(probs.shape[-1])
            best = probs.argmax(axis=-1)  # [N, steps]
            top = np.take_along_axis(probs, best[..., None], axis=-1)[..., 0]
        is_end = best == self.charset.eos
        keep = (best != SOS) & ~is_end
        if self.stop_at_eos:
            keep &= np.cumsum(is_end, axis=1) == 0
        return [text_result(self.charset, b[k], s[k]) for b, s, k in zip(best, top, keep)]

    def _check_classes(self, count: int, *, at_least: bool = False) -> None:
        """``count`` classes of the network; ``at_least``: it may have more, which did not come up."""
        expected = self.charset.attention_size
        if count == expected or (at_least and count < expected):
            return
        raise ModelFileError(
            f"the recognizer gives {count}{' or more' if at_least else ''} classes but the charset needs "
            f"{expected} ({len(self.charset)} characters, the begin and the end). "
            "Use the dictionary that the model was trained with."
        )
