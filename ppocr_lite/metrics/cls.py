"""Accuracy of direction classification."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ppocr_lite.registry import METRICS
from ppocr_lite.structures import ClsResult

EPS = 1e-5
"""In PaddleOCR's denominator: n right ones of n give n / (n + 1e-5)."""


@METRICS.register()
class ClsMetric:
    """Share of crops classified right, ``acc``.

    Args:
        main_indicator: the key that decides which model is best.
        label_list: names of the classes, the same as the post-processing has; indices as text without it.
    """

    def __init__(self, main_indicator: str = "acc", *, label_list: Sequence[str] | None = None) -> None:
        self.main_indicator = main_indicator
        self.label_list = None if label_list is None else [str(label) for label in label_list]
        self.reset()

    def update(self, results: Sequence[ClsResult], batch: Mapping[str, Any]) -> None:
        """Count one batch: ``label`` int [N], indices of the classes."""
        for result, index in zip(results, np.asarray(batch["label"]).reshape(-1), strict=True):
            want = str(int(index)) if self.label_list is None else self.label_list[int(index)]
            self._correct += result.label == want
            self._count += 1

    def compute(self) -> dict[str, float]:
        """``acc`` over all that was counted."""
        return {"acc": self._correct / (self._count + EPS)}

    def reset(self) -> None:
        """Forget all counts."""
        self._correct = self._count = 0
