"""Lexicon transcription: the word of a list that the network finds most probable, among those near its reading.

Shi, Bai and Yao, "An End-to-End Trainable Neural Network for Image-based Sequence Recognition and Its Application
to Scene Text Recognition", TPAMI 2017, section 2.3.2.
"""

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from ppocr_lite.charset import Charset
from ppocr_lite.structures import RecResult

MAX_DISTANCE = 3
"""Delta of the paper."""


class Lexicon:
    """Words that a text may be.

    Args:
        words: in any order; empty ones and repeated ones are left out.
        charset: of the recognizer. Words with characters that it lacks are left out and counted in ``dropped``.
        fold_case: upper and lower case are the same letter; a word is given out as it stands in the list.
        where: names the list in messages.

    Raises:
        DataError: no valid word.
    """

    words: tuple[str, ...]
    """Those that are kept, each once."""
    dropped: int
    """How many held characters that the charset lacks."""

    def __init__(
        self, words: Iterable[str], *, charset: Charset, fold_case: bool = False, where: str = "lexicon"
    ) -> None:
        raise NotImplementedError

    @classmethod
    def load(cls, path: str | Path, *, charset: Charset, fold_case: bool = False) -> "Lexicon":
        """Read a UTF-8 file with a word on each line.

        Raises:
            DataError: it cannot be read, or holds no valid word.
        """
        raise NotImplementedError

    def __len__(self) -> int:
        return len(self.words)

    def near(self, text: str, distance: int) -> list[int]:
        """Indices of the words within this edit distance (Levenshtein) of ``text``, in ascending order."""
        raise NotImplementedError


class LexiconDecoder:
    """Chooses among the words near the greedy reading the one of the highest CTC probability.

    Args:
        charset: of the recognizer; the lexicons' must be the same.
        max_distance: greatest edit distance between the greedy reading and a candidate; None takes all words
            as candidates, which is what the paper does with small lexicons.
    """

    def __init__(self, charset: Charset, *, max_distance: int | None = MAX_DISTANCE) -> None:
        self.charset = charset
        self.max_distance = max_distance

    def __call__(self, probs: np.ndarray, lexicon: Lexicon) -> RecResult:
        """The word, or with ``matched=False`` the greedy reading when no word is near enough.

        Args:
            probs: float [T, K] of one image, blank at 0.
            lexicon: of this image, or of all.
        """
        raise NotImplementedError
