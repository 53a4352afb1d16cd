"""Accuracy of text recognition."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ppocr_lite.charset import COLUMN_END, Charset
from ppocr_lite.errors import ConfigError
from ppocr_lite.metrics.indicator import checked_indicator
from ppocr_lite.metrics.intervals import RatioSums, bounds, wilson_interval
from ppocr_lite.metrics.labels import label_text, label_texts
from ppocr_lite.metrics.text import edit_distances
from ppocr_lite.registry import METRICS
from ppocr_lite.structures import RecResult

EPS = 1e-5
"""In PaddleOCR's denominators: n right lines of n give n / (n + 1e-5)."""

FILTER_CHARACTERS = frozenset("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")


# Name of an accuracy -> whether spaces and case count in it.
ACCURACIES = {
    "acc_with_space": (True, True),
    "acc_no_space": (False, True),
    "acc_no_case": (True, False),
    "acc_no_space_no_case": (False, False),
}


@METRICS.register()
class RecMetric:
    """Lines read right, edits of characters and of words, in PaddleOCR's way and with every space counted.

    ``acc`` and ``norm_edit_dis`` (1 - the mean over lines of edits / length of the longer text) are
    PaddleOCR's, which by default do not see spaces. All others compare the texts as they are, but for what
    their name excludes: ``acc_with_space`` every character, ``acc_no_space``, ``acc_no_case`` (both sides in
    lower case), ``acc_no_space_no_case``; ``cer`` and ``wer`` are the edits of all lines over the
    characters, or the words between spaces, of the truth, and may exceed 1.

    Intervals (95 %): Wilson's for accuracies; for ``norm_edit_dis``, ``cer`` and ``wer`` that of a mean or
    ratio over lines, in closed form, see :class:`RatioSums`.

    Args:
        main_indicator: the key that decides which model is best.
        is_filter: keep only 0-9a-zA-Z and lower-case them, for ``acc`` and ``norm_edit_dis``.
        ignore_space: take spaces and tabs out of both texts, for the same two.
        tab_is_space: a recognizer may read a tab where a column ends, and label files cannot hold one: take
            it for a space everywhere.
        charset: turns the labels of :meth:`update` back into text; the built-in 36 characters without it.
    """

    def __init__(
        self,
        main_indicator: str = "acc",
        is_filter: bool = False,
        *,
        ignore_space: bool = True,
        tab_is_space: bool = False,
        charset: Charset | None = None,
    ) -> None:
        self.main_indicator = checked_indicator(main_indicator, ("acc", "norm_edit_dis", *ACCURACIES))
        self.is_filter, self.ignore_space, self.tab_is_space = is_filter, ignore_space, tab_is_space
        self.charset = charset or Charset.load(None)
        if self.charset.separator:
            raise ConfigError(
                "name: RecMetric counts characters and words, and the labels are made of tokens "
                "(Global.token_separator). Take SequenceMetric."
            )
        self.reset()

    def update(self, results: Sequence[RecResult], batch: Mapping[str, Any]) -> None:
        """Count one batch, whose labels :meth:`truth` reads."""
        self.update_texts([result.text for result in results], self.truth(batch))

    def truth(self, batch: Mapping[str, Any]) -> list[str]:
        """The texts of the labels of a batch, see :func:`label_texts`."""
        return label_texts(batch, self.charset)

    def update_texts(self, texts: Sequence[str], truth: Sequence[str]) -> None:
        """Count pairs of texts."""
        if self.tab_is_space:
            texts, truth = ([t.replace(COLUMN_END, " ") for t in side] for side in (texts, truth))
        reduced, reduced_truth = ([self._reduce(t) for t in side] for side in (texts, truth))
        longer = [max(len(a), len(b), 1) for a, b in zip(reduced, reduced_truth, strict=True)]
        self._right["acc"] += _equal(reduced, reduced_truth)
        self._distance.add(edit_distances(reduced, reduced_truth) / np.array(longer))
        self._characters.add(edit_distances(texts, truth), np.array([len(t) for t in truth]))
        words, true_words = [t.split() for t in texts], [t.split() for t in truth]
        self._words.add(edit_distances(words, true_words), np.array([len(t) for t in true_words]))
        for name, (space, case) in ACCURACIES.items():
            self._right[name] += _equal(*([_seen(t, space, case) for t in side] for side in (texts, truth)))

    def label_text(self, indices: np.ndarray) -> str:
        """Text of a label as the decoder would give it out, without padding, begin and end."""
        return label_text(indices, self.charset)

    def compute(self) -> dict[str, float]:
        """``acc``, ``norm_edit_dis``, ``acc_with_space``, ``cer`` over all that was counted."""
        total = self._distance.units + EPS
        return {
            "acc": self._right["acc"] / total,
            "norm_edit_dis": 1 - self._distance.parts / total,
            "acc_with_space": self._right["acc_with_space"] / total,
            "cer": self._characters.ratio,
        }

    def details(self) -> dict[str, float]:
        """The other accuracies and ``wer``, then the interval of each value as ``{name}_low``, ``_high``."""
        lines = self._distance.units
        values = {name: self._right[name] / (lines + EPS) for name in ACCURACIES if name != "acc_with_space"}
        values["wer"] = self._words.ratio
        for name, right in self._right.items():
            values.update(bounds(name, wilson_interval(right, lines)))
        low, high = self._distance.interval()
        values.update(bounds("norm_edit_dis", (1 - high, 1 - low)))
        values.update(bounds("cer", self._characters.interval()))
        values.update(bounds("wer", self._words.interval()))
        return values

    def reset(self) -> None:
        """Forget all counts."""
        self._right = dict.fromkeys(("acc", *ACCURACIES), 0)
        self._distance = RatioSums(most=1.0)  # of each line, in 0..1
        self._characters, self._words = RatioSums(), RatioSums()

    def _reduce(self, text: str) -> str:
        if self.ignore_space:
            text = _without_space(text)
        if self.is_filter:
            text = "".join(c for c in text if c in FILTER_CHARACTERS).lower()
        return text


def _equal(first: Sequence[str], second: Sequence[str]) -> int:
    return sum(a == b for a, b in zip(first, second, strict=True))


def _seen(text: str, space: bool, case: bool) -> str:
    text = text if space else _without_space(text)
    return text if case else text.lower()


def _without_space(text: str) -> str:
    return text.replace(" ", "").replace(COLUMN_END, "")
