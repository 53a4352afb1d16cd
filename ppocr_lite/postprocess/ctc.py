"""CTC outputs -> text, by taking the best class of every step."""

from collections.abc import Mapping

import numpy as np

from ppocr_lite.charset import Charset
from ppocr_lite.errors import ModelFileError
from ppocr_lite.postprocess.scores import probabilities, text_result
from ppocr_lite.registry import POSTPROCESSES
from ppocr_lite.structures import RecResult

BLANK = 0


@POSTPROCESSES.register()
class CTCLabelDecode:
    """Best path: of repeated classes the first step counts, blanks are dropped.

    The score is the mean of the kept steps' probabilities, 0.0 for an empty text (PaddleOCR 2.4 gives nan).

    Args:
        character_dict_path: dictionary file; the 36 characters 0-9a-z without one.
        use_space_char: the space is a character as well.
        charset: wins over the two above.

    Raises:
        ModelFileError: the network has another number of classes than the charset.
    """

    ignored_params = ("key", "model_name")
    charset_size = "ctc_size"

    def __init__(
        self,
        character_dict_path: str | None = None,
        use_space_char: bool = False,
        *,
        charset: Charset | None = None,
    ) -> None:
        self.charset = charset or Charset.load(character_dict_path, use_space_char=use_space_char)

    def __call__(
        self, outputs: Mapping[str, np.ndarray], shapes: np.ndarray | None = None
    ) -> list[RecResult]:
        """One RecResult for each image.

        Args:
            outputs: ``probs`` float [N, T, K], or ``logits`` of the same shape.
            shapes: not used.
        """
        probs = probabilities(outputs)
        if probs.shape[-1] != self.charset.ctc_size:
            raise ModelFileError(
                f"the recognizer gives {probs.shape[-1]} classes but the charset needs "
                f"{self.charset.ctc_size} ({len(self.charset)} characters and the blank). "
                "Use the dictionary that the model was trained with."
            )
        best = probs.argmax(axis=-1)  # [N, T]
        top = np.take_along_axis(probs, best[..., None], axis=-1)[..., 0]
        keep = best != BLANK
        keep[:, 1:] &= best[:, 1:] != best[:, :-1]
        return [text_result(self.charset, b[k], s[k]) for b, s, k in zip(best, top, keep)]
