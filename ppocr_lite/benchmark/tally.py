"""Counting right words and edits, and the numbers that come of it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from ppocr_lite.metrics.intervals import RatioSums, wilson_interval
from ppocr_lite.metrics.text import edit_distances


@dataclass(frozen=True)
class Score:
    """A set's numbers with one lexicon or none; shares are 0..1.

    Args:
        samples, right: words that were compared, and those that agreed.
        low, high: 95 % interval of the accuracy (Wilson).
        cer: edits of all words / characters of all labels.
        norm_edit_distance: 1 - mean of edits / length of the longer text; 1 is perfect.
    """

    samples: int
    right: int
    accuracy: float
    low: float
    high: float
    cer: float
    norm_edit_distance: float

    def as_dict(self) -> dict[str, float]:
        """Plain values."""
        return asdict(self)


class Tally:
    """Compares texts that the protocol has reduced already."""

    def __init__(self) -> None:
        self._right = 0
        self._edits = RatioSums()  # edits over characters
        self._distance = RatioSums(most=1.0)  # of each word, in 0..1

    def add(self, texts: Sequence[str], truth: Sequence[str]) -> None:
        """Count pairs of texts."""
        edits = edit_distances(texts, truth)
        longer = [max(len(a), len(b), 1) for a, b in zip(texts, truth, strict=True)]
        self._right += sum(a == b for a, b in zip(texts, truth, strict=True))
        self._edits.add(edits, np.array([len(t) for t in truth]))
        self._distance.add(edits / np.array(longer))

    def score(self) -> Score:
        """The numbers so far; nothing must be asked of an empty tally."""
        samples = self._distance.units
        low, high = wilson_interval(self._right, samples)
        return Score(
            samples,
            self._right,
            self._right / samples,
            low,
            high,
            cer=self._edits.ratio,
            norm_edit_distance=1 - self._distance.ratio,
        )
