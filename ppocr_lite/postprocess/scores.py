"""What decoders share: class probabilities from either kind of network output."""

from collections.abc import Mapping

import numpy as np

from ppocr_lite.charset import Charset
from ppocr_lite.structures import RecResult

DROP_SCORE = 0.5
"""PaddleOCR's: of lines that systems leave out, where a model does not say its own."""


def probabilities(outputs: Mapping[str, np.ndarray]) -> np.ndarray:
    """``probs`` as they are, or the softmax over the last axis of ``logits`` (as in training mode)."""
    if "probs" in outputs:
        return np.asarray(outputs["probs"])
    logits = np.asarray(outputs["logits"], np.float32)
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return shifted / shifted.sum(axis=-1, keepdims=True)


def text_result(charset: Charset, indices: np.ndarray, scores: np.ndarray) -> RecResult:
    """Text of the kept steps in reading order; the score is their mean, 0.0 for an empty text.

    Shapes: class indices int [n], special ones taken out; probabilities [n].
    """
    if not len(indices):
        return RecResult("", 0.0, separator=charset.separator)
    characters = [charset.characters[i - 1] for i in indices.tolist()]
    values = scores.tolist()
    score = float(scores.mean())
    if charset.right_to_left:
        order = charset.reading_order(characters)
        characters, values = [characters[i] for i in order], [values[i] for i in order]
    return RecResult(charset.join(characters), score, tuple(values), separator=charset.separator)
