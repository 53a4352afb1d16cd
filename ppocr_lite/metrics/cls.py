"""Accuracy of direction classification."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ppocr_lite.metrics.indicator import checked_indicator
from ppocr_lite.metrics.intervals import bounds, wilson_interval
from ppocr_lite.registry import METRICS
from ppocr_lite.structures import ClsResult

EPS = 1e-5
"""In PaddleOCR's denominator: n right ones of n give n / (n + 1e-5)."""


@METRICS.register()
class ClsMetric:
    """Share of crops classified right, ``acc``; its 95 % interval is Wilson's.

    Args:
        main_indicator: the key that decides which model is best.
        label_list: names of the classes, the same as the post-processing has; indices as text without it.
    """

    def __init__(self, main_indicator: str = "acc", *, label_list: Sequence[str | int] | None = None) -> None:
        self.main_indicator = checked_indicator(main_indicator, ("acc",))
        self.label_list = None if label_list is None else [str(label) for label in label_list]
        self.reset()

    def update(self, results: Sequence[ClsResult], batch: Mapping[str, Any]) -> None:
        """Count one batch: ``label`` int [N], indices of the classes."""
        for result, index in zip(results, np.asarray(batch["label"]).reshape(-1), strict=True):
            want = str(int(index)) if self.label_list is None else self.label_list[int(index)]
            self._counts[want, result.label] += 1

    def compute(self) -> dict[str, float]:
        """``acc`` over all that was counted."""
        right, count = self._totals()
        return {"acc": right / (count + EPS)}

    def details(self) -> dict[str, float]:
        """The interval of ``acc`` and, as ``count_{truth}_as_{answer}``, how often each pair occurred."""
        pairs = {f"count_{want}_as_{got}": n for (want, got), n in sorted(self._counts.items())}
        return {**bounds("acc", wilson_interval(*self._totals())), **pairs}

    def reset(self) -> None:
        """Forget all counts."""
        self._counts: Counter[tuple[str, str]] = Counter()

    def _totals(self) -> tuple[int, int]:
        right = sum(n for (want, got), n in self._counts.items() if want == got)
        return right, sum(self._counts.values())
