"""CTC outputs -> text, by taking the best class of every step."""

from collections.abc import Mapping

import numpy as np

from ppocr_lite.charset import Charset
from ppocr_lite.errors import ModelFileError
from ppocr_lite.parameters import NotNegative
from ppocr_lite.postprocess.scores import DROP_SCORE, probabilities, text_result
from ppocr_lite.registry import POSTPROCESSES
from ppocr_lite.structures import RecResult

BLANK = 0

SURE = 0.6
"""A probability that no other class of the same step can reach, as they sum up to 1."""
SUM_TOLERANCE = 0.1
ROWS = 16
"""Steps searched at once: at 6625 classes 0.4 MB."""


@POSTPROCESSES.register()
class CTCLabelDecode:
    """Best path: of repeated classes the first step counts, blanks are dropped.

    The score is the mean of the kept steps' probabilities, 0.0 for an empty text (PaddleOCR 2.4 gives nan).

    Args:
        character_dict_path: dictionary file; the 36 characters 0-9a-z without one.
        use_space_char: the space is a character as well.
        charset: wins over the two above.
        drop_score: not used here: it travels with the model, and systems leave out lines with a lower score.

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
        drop_score: NotNegative = DROP_SCORE,
    ) -> None:
        self.drop_score = drop_score
        self.charset = charset or Charset.load(character_dict_path, use_space_char=use_space_char)

    def __call__(
        self, outputs: Mapping[str, np.ndarray], shapes: np.ndarray | None = None
    ) -> list[RecResult]:
        """One RecResult for each image.

        Args:
            outputs: ``probs`` float [N, T, K], or ``logits`` of the same shape, or from a network that
                decodes itself ``indices`` int [N, T] and ``scores`` float [N, T] of the best classes.
            shapes: not used.
        """
        if "indices" in outputs:
            best, top = np.asarray(outputs["indices"]), np.asarray(outputs["scores"])
            self._check_classes(int(best.max(initial=0)) + 1, at_least=True)
        else:
            probs = probabilities(outputs)
            self._check_classes(probs.shape[-1])
            best, top = best_classes(probs)
        keep = best != BLANK
        keep[:, 1:] &= best[:, 1:] != best[:, :-1]
        return [text_result(self.charset, b[k], s[k]) for b, s, k in zip(best, top, keep)]

    def _check_classes(self, count: int, *, at_least: bool = False) -> None:
        """``count`` classes of the network; ``at_least``: it may have more, which did not come up."""
        expected = self.charset.ctc_size
        if count == expected or (at_least and count < expected):
            return
        raise ModelFileError(
            f"the recognizer gives {count}{' or more' if at_least else ''} classes but the charset needs "
            f"{expected} ({len(self.charset)} characters and the blank). "
            "Use the dictionary that the model was trained with."
        )


def best_classes(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(index int64, value) [N, T] of the greatest of [N, T, K], the first one of equals.

    Most steps of a text line are blank, and a blank of a probability above 0.6 leaves less to all others
    together: only the other steps are read. That holds for probabilities; of other values all are read.
    """
    n, steps, classes = values.shape
    flat = values.reshape(-1, classes)
    if _are_probabilities(values[:, :1]):
        unsure = np.flatnonzero(~(flat[:, BLANK] > SURE))
        best = np.full(len(flat), BLANK)
        # A few rows at a time, so that the copy is still in the cache when it is searched.
        buffer = np.empty((min(ROWS, len(unsure)), classes), flat.dtype)
        for start in range(0, len(unsure), ROWS):
            rows = unsure[start : start + ROWS]
            part = np.take(flat, rows, axis=0, out=buffer[: len(rows)], mode="clip")
            best[rows] = part.argmax(axis=1)
    else:
        best = flat.argmax(axis=1)
    top = flat[np.arange(len(flat)), best]
    return best.reshape(n, steps), top.reshape(n, steps)


def _are_probabilities(rows: np.ndarray) -> bool:
    """Whether [..., K] are distributions, to the precision of 16-bit floats: what ends in a softmax is."""
    if rows.size == 0 or rows.min() < 0:
        return False
    return bool(np.abs(rows.sum(axis=-1, dtype=np.float32) - 1).max() < SUM_TOLERANCE)
