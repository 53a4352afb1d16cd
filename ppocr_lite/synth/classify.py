"""Crops for the direction classifier: lines upright ("0") or upside down ("180")."""

import cv2
import numpy as np

from ppocr_lite.errors import DataError
from ppocr_lite.synth.line import LineRenderer
from ppocr_lite.synth.sampling import Rng, chance

_TURNABLE = frozenset("0168 9OoxXHINSZszlunpdbqMWmw-–—|=+*%:.,'’‘\"“”/\\#~_()[]{}<>·•…×÷±°!^`i")
"""Characters that, upside down, look like themselves or like other characters: 6 and 9, u and n, dots."""

_LEAST_SHARE = 0.2  # of characters whose turn is plain to see
_TRIES = 50


def has_direction(text: str) -> bool:
    """Whether the text tells which way is up: not so ``"0"``, ``"88"``, ``"-"``, ``"NO"`` or ``"pod"``."""
    plain = sum(c not in _TURNABLE for c in text)
    return plain >= max(1, _LEAST_SHARE * len(text))


def cls_sample(renderer: LineRenderer, rng: Rng) -> tuple[np.ndarray, str]:
    """A crop, uint8 BGR [H, W, 3], and ``"0"`` or ``"180"``, each with probability one half.

    Raises:
        DataError: the renderer's texts hold nothing with a direction.
    """
    for _ in range(_TRIES):
        # Short strings are the hard ones, so they come more often than in reading.
        text = renderer.texts.sample(rng)
        if chance(rng, 0.4):
            text = " ".join(text.split()[: int(rng.integers(1, 4))])
        if not has_direction(text):
            continue
        line = renderer.render(rng, text)
        if not has_direction(line.text):  # the renderer may have shortened it
            continue
        if chance(rng, 0.5):
            return cv2.rotate(line.image, cv2.ROTATE_180), "180"
        return line.image, "0"
    raise DataError("cls_sample: no text with a direction in the sources. Give text files with words.")
