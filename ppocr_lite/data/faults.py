"""Samples that could not be used: counted by kind, reported, and limited."""

import logging
from collections import Counter
from collections.abc import Mapping
from typing import Any

from ppocr_lite.data.worker import Answer
from ppocr_lite.errors import DataError

logger = logging.getLogger(__name__)

MIN_TRIED = 200
"""Samples that must have been tried before the share of bad ones is judged within an epoch."""


class Faults:
    """Counts the samples that could not be used, by kind, with an example of each.

    Args:
        max_share: of bad samples among those that were tried; more are a DataError.
        substitutes: others come in their place (training), so that an answer without a sample means that
            none could be found.
    """

    def __init__(self, max_share: float, *, substitutes: bool = False) -> None:
        self.max_share = max_share
        self.substitutes = substitutes
        self.tried = self.good = 0
        self.kinds: Counter[str] = Counter()
        self.examples: dict[str, str] = {}

    def add(self, answer: Answer) -> None:
        """Count one answer; DataError as soon as it is clear that there is too little to go on with."""
        self.tried += len(answer.faults) + (answer.sample is not None)
        self.good += answer.sample is not None
        for kind, detail in answer.faults:
            self.kinds[kind] += 1
            self.examples.setdefault(kind, detail.rstrip("."))
        if self.substitutes and answer.sample is None:
            raise DataError(f"{len(answer.faults)} samples in a row cannot be used: {self.summary()}")
        if answer.faults and self.tried >= MIN_TRIED:
            self.check()

    def check(self) -> None:
        """DataError if the share of bad samples is above the limit."""
        bad = self.tried - self.good
        if bad > self.max_share * self.tried:
            raise DataError(
                f"{bad} of {self.tried} samples cannot be used, more than max_bad_share {self.max_share}: "
                f"{self.summary()} Mend the data, or raise the loader's max_bad_share."
            )

    def report(self) -> None:
        """At the end of an epoch: DataError if too many or all were bad, else a warning about them."""
        if not self.kinds:
            return
        self.check()
        if not self.good:
            raise DataError(f"none of {self.tried} samples can be used: {self.summary()}")
        done = "replaced by others" if self.substitutes else "left out; the metrics are those of the others"
        bad = self.tried - self.good
        logger.warning("%d of %d samples cannot be used, %s: %s", bad, self.tried, done, self.summary())

    def summary(self) -> str:
        """Kinds with their numbers and an example, most frequent first."""
        parts = [
            f"{kind}: {count} (such as {self.examples[kind]})" for kind, count in self.kinds.most_common()
        ]
        return "; ".join(parts) + "."

    def state(self) -> dict[str, Any]:
        """Plain values, for :meth:`load`."""
        counts = {"tried": self.tried, "good": self.good}
        return {**counts, "kinds": dict(self.kinds), "examples": dict(self.examples)}

    def load(self, state: Mapping[str, Any]) -> None:
        """Go on counting from a :meth:`state`."""
        self.tried, self.good = int(state.get("tried", 0)), int(state.get("good", 0))
        self.kinds = Counter(state.get("kinds", {}))
        self.examples = dict(state.get("examples", {}))
