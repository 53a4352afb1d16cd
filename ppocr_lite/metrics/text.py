"""Edit distance between texts, by rapidfuzz."""

from collections.abc import Sequence
from importlib import import_module
from typing import Any

import numpy as np

from ppocr_lite.errors import MissingDependency


def edit_distance(a: Sequence[str], b: Sequence[str]) -> int:
    """Fewest insertions, deletions and replacements (Levenshtein) that turn ``a`` into ``b``.

    >>> edit_distance("kitten", "sitting")
    3
    """
    return int(_levenshtein().distance(a, b))


def edit_distances(first: Sequence[Sequence[str]], second: Sequence[Sequence[str]]) -> np.ndarray:
    """Levenshtein distance of each pair, of texts or of lists of words.

    >>> edit_distances(["ab", "same", ["one", "word"]], ["ba", "same", ["word"]]).tolist()
    [2, 0, 1]

    Returns:
        int64 [n].
    """
    distance = _levenshtein().distance
    return np.array([distance(a, b) for a, b in zip(first, second, strict=True)], np.int64)


def nearest(text: str, words: Sequence[str]) -> int:
    """Index of the word with the fewest edits from ``text``; the first of several, and of at least one.

    >>> nearest("hause", ["mouse", "house", "cause"])
    1
    """
    distance = _levenshtein().distance
    best, least = 0, None
    for index, word in enumerate(words):
        # Beyond the cutoff rapidfuzz stops counting and gives the cutoff + 1.
        edits = distance(text, word, score_cutoff=least)
        if least is None or edits < least:
            best, least = index, edits
    return best


def _levenshtein() -> Any:
    """rapidfuzz's module; imported late, because the runtime reads pictures without it."""
    try:
        return import_module("rapidfuzz.distance").Levenshtein
    except ImportError:
        raise MissingDependency(
            "Measuring a recognizer needs rapidfuzz: pip install rapidfuzz, or the extra [train]."
        ) from None
