"""Accuracy of sequences of tokens, such as the symbols of a staff of music."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ppocr_lite.charset import Charset
from ppocr_lite.metrics.indicator import checked_indicator
from ppocr_lite.metrics.intervals import RatioSums, bounds, wilson_interval
from ppocr_lite.metrics.labels import label_texts
from ppocr_lite.metrics.text import edit_distances
from ppocr_lite.registry import METRICS
from ppocr_lite.structures import RecResult


@METRICS.register()
class SequenceMetric:
    """Sequences read right as a whole, and edits of their symbols, which are tokens or characters.

    ``sequence_error_rate`` is the share of sequences with an error, ``symbol_error_rate`` the edits
    (Levenshtein distance over symbols) of all sequences over the symbols of the truth, which may exceed 1:
    the two rates of Calvo-Zaragoza and Rizo, Applied Sciences 2018, as shares. ``acc`` and ``symbol_acc`` are
    1 less them. Intervals (95 %) are those of RecMetric's ``acc`` and ``cer``.

    Args:
        main_indicator: ``acc`` or ``symbol_acc``: what decides which model is best.
        charset: turns the labels of :meth:`update` back into text, and texts into symbols; the built-in 36
            characters without it.
    """

    def __init__(self, main_indicator: str = "acc", *, charset: Charset | None = None) -> None:
        self.main_indicator = checked_indicator(main_indicator, ("acc", "symbol_acc"))
        self.charset = charset or Charset.load(None)
        self.reset()

    def update(self, results: Sequence[RecResult], batch: Mapping[str, Any]) -> None:
        """Count one batch, whose labels :meth:`truth` reads."""
        self.update_texts([result.text for result in results], self.truth(batch))

    def truth(self, batch: Mapping[str, Any]) -> list[str]:
        """The texts of the labels of a batch, see :func:`label_texts`."""
        return label_texts(batch, self.charset)

    def update_texts(self, texts: Sequence[str], truth: Sequence[str]) -> None:
        """Count pairs of texts."""
        found, true = ([self.charset.symbols(text) for text in side] for side in (texts, truth))
        edits = edit_distances(found, true)
        self._symbols.add(edits, np.array([len(symbols) for symbols in true]))
        self._right += int((edits == 0).sum())

    def compute(self) -> dict[str, float]:
        """``acc``, ``symbol_acc`` and the two error rates over all that was counted."""
        acc = self._right / self._symbols.units if self._symbols.units else 0.0
        return {
            "acc": acc,
            "symbol_acc": 1 - self._symbols.ratio,
            "sequence_error_rate": 1 - acc,
            "symbol_error_rate": self._symbols.ratio,
        }

    def details(self) -> dict[str, float]:
        """The interval of each value, as ``{name}_low`` and ``{name}_high``."""
        right = wilson_interval(self._right, self._symbols.units)
        wrong = self._symbols.interval()
        return {
            **bounds("acc", right),
            **bounds("symbol_acc", (1 - wrong[1], 1 - wrong[0])),
            **bounds("sequence_error_rate", (1 - right[1], 1 - right[0])),
            **bounds("symbol_error_rate", wrong),
        }

    def reset(self) -> None:
        """Forget all counts."""
        self._right = 0
        self._symbols = RatioSums()
