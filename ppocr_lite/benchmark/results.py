"""What was measured: a set, all sets, and their means."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from ppocr_lite.benchmark.lexicons import NONE, usual_order
from ppocr_lite.benchmark.protocol import Protocol
from ppocr_lite.benchmark.tally import Score
from ppocr_lite.metrics.intervals import wilson_interval

REPORT_VERSION = 1
"""Of :meth:`Report.as_dict`; it grows when a key changes its meaning."""


@dataclass(frozen=True)
class LexiconUse:
    """How a lexicon was used on a set.

    Args:
        words: mean number of words.
        chosen_by: way of choosing -> samples.
        without_truth: samples whose label was not in the lexicon.
    """

    words: float
    chosen_by: Mapping[str, int]
    without_truth: int


@dataclass(frozen=True)
class SetResult:
    """One test set.

    Args:
        name, folder: see Location.
        stored: samples in the database.
        left_out: reason of the protocol -> samples.
        bad: fault -> samples that could not be used; ``examples`` has the first of each in words.
        scores: lexicon, or ``none`` -> numbers.
        lexicons: lexicon -> its use.
    """

    name: str
    folder: str
    stored: int
    scores: Mapping[str, Score]
    left_out: Mapping[str, int] = field(default_factory=dict)
    bad: Mapping[str, int] = field(default_factory=dict)
    examples: Mapping[str, str] = field(default_factory=dict)
    lexicons: Mapping[str, LexiconUse] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


@dataclass(frozen=True)
class Mean:
    """Accuracy over the sets that have a lexicon, 0..1.

    Args:
        sets, samples: how many.
        weighted: by samples, which is the accuracy of all samples together; ``low`` and ``high`` are its
            95 % interval.
        unweighted: every set counts the same.
    """

    sets: int
    samples: int
    weighted: float
    low: float
    high: float
    unweighted: float


@dataclass(frozen=True)
class Report:
    """All sets that one recognizer was measured on."""

    recognizer: str
    protocol: Protocol
    sets: Sequence[SetResult]

    @property
    def lexicons(self) -> list[str]:
        """Columns of the tables: the lexicons that a set has, then ``none``."""
        names = {name for one in self.sets for name in one.lexicons}
        return [*usual_order(names), NONE]

    @property
    def bad(self) -> int:
        """Samples that could not be used."""
        return sum(sum(one.bad.values()) for one in self.sets)

    def mean(self, lexicon: str) -> Mean:
        """Of the sets that have this lexicon; one of :attr:`lexicons`."""
        scores = [one.scores[lexicon] for one in self.sets if lexicon in one.scores]
        right, samples = sum(s.right for s in scores), sum(s.samples for s in scores)
        low, high = wilson_interval(right, samples)
        unweighted = sum(s.accuracy for s in scores) / len(scores)
        return Mean(len(scores), samples, right / samples, low, high, unweighted)

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "version": REPORT_VERSION,
            "recognizer": self.recognizer,
            "protocol": self.protocol.as_dict(),
            "sets": [one.as_dict() for one in self.sets],
            "means": {name: asdict(self.mean(name)) for name in self.lexicons},
        }
