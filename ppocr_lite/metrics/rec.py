"""Accuracy of text recognition."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ppocr_lite.charset import Charset
from ppocr_lite.metrics.text import edit_distance
from ppocr_lite.registry import METRICS
from ppocr_lite.structures import RecResult

EPS = 1e-5
"""In PaddleOCR's denominators: n right lines of n give n / (n + 1e-5)."""

FILTER_CHARACTERS = frozenset("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")


@METRICS.register()
class RecMetric:
    """Share of lines read right, edit distances, and both once more with every space counted.

    ``acc`` and ``norm_edit_dis`` are PaddleOCR's, which by default do not see spaces. ``acc_with_space`` and
    ``cer`` (edits over characters of the truth) compare the texts as they are.

    Args:
        main_indicator: the key that decides which model is best.
        is_filter: keep only 0-9a-zA-Z and lower-case them, for ``acc`` and ``norm_edit_dis``.
        ignore_space: take spaces out of both texts, for the same two.
        charset: turns the labels of :meth:`update` back into text; the built-in 36 characters without it.
    """

    def __init__(
        self,
        main_indicator: str = "acc",
        is_filter: bool = False,
        *,
        ignore_space: bool = True,
        charset: Charset | None = None,
    ) -> None:
        self.main_indicator = main_indicator
        self.is_filter, self.ignore_space = is_filter, ignore_space
        self.charset = charset or Charset.load(None)
        self.reset()

    def update(self, results: Sequence[RecResult], batch: Mapping[str, Any]) -> None:
        """Count one batch: ``label`` int [N, L], of CTC or of attention, and ``length`` [N] if there is one.

        ``length`` counts the characters, so it does not count the 0 that begins an attention label.
        """
        labels = np.asarray(batch["label"])
        lengths = (
            np.asarray(batch["length"]).reshape(-1) if "length" in batch else [labels.shape[1]] * len(labels)
        )
        truth = [self.label_text(row[row > 0][: int(n)]) for row, n in zip(labels, lengths, strict=True)]
        self.update_texts([result.text for result in results], truth)

    def update_texts(self, texts: Sequence[str], truth: Sequence[str]) -> None:
        """Count pairs of texts."""
        for text, want in zip(texts, truth, strict=True):
            self._exact += text == want
            self._edits += edit_distance(text, want)
            self._characters += len(want)
            a, b = self._reduce(text), self._reduce(want)
            self._correct += a == b
            self._distance += edit_distance(a, b) / max(len(a), len(b), 1)
            self._count += 1

    def label_text(self, indices: np.ndarray) -> str:
        """Text of a label as the decoder would give it out, without padding, begin and end."""
        text = self.charset.decode(int(i) for i in indices if 0 < i <= len(self.charset))
        if not self.charset.right_to_left:
            return text
        return "".join(text[i] for i in self.charset.reading_order(text))

    def compute(self) -> dict[str, float]:
        """``acc``, ``norm_edit_dis``, ``acc_with_space``, ``cer`` over all that was counted."""
        total = self._count + EPS
        return {
            "acc": self._correct / total,
            "norm_edit_dis": 1 - self._distance / total,
            "acc_with_space": self._exact / total,
            "cer": self._edits / max(self._characters, 1),
        }

    def reset(self) -> None:
        """Forget all counts."""
        self._count = self._correct = self._exact = self._edits = self._characters = 0
        self._distance = 0.0

    def _reduce(self, text: str) -> str:
        if self.ignore_space:
            text = text.replace(" ", "")
        if self.is_filter:
            text = "".join(c for c in text if c in FILTER_CHARACTERS).lower()
        return text
