"""A text and the steps of the network's output at which it stands: what every CTC decoder ends with."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ppocr_lite.charset import Charset
from ppocr_lite.errors import ModelFileError
from ppocr_lite.postprocess.ctc import BLANK, best_classes
from ppocr_lite.postprocess.ctc_paths import align
from ppocr_lite.structures import RecResult


@dataclass(frozen=True, eq=False)
class AlignedText:
    """Characters from left to right as they are printed.

    Args:
        characters: one for each class of the text.
        scores: probability of each at the first of its steps, as in greedy decoding.
        runs: int64 [n, 2], first and last step of each.
        left_out: of each character that the network saw and the text has not, the probability that there is
            none. Greedy decoding leaves nothing out.
    """

    characters: tuple[str, ...]
    scores: tuple[float, ...]
    runs: np.ndarray
    left_out: tuple[float, ...] = ()

    @classmethod
    def greedy(cls, best: np.ndarray, top: np.ndarray, charset: Charset) -> "AlignedText":
        """The text of the best class of each step, int [T], with their probabilities [T]."""
        runs = _runs(best)
        characters = [charset.characters[i - 1] for i in best[runs[:, 0]].tolist()]
        return cls(tuple(characters), tuple(map(float, top[runs[:, 0]])), runs)

    def beside(self, probs: np.ndarray) -> "AlignedText":
        """The same text, with what it leaves out of the best path through [T, K]."""
        seen = _runs(best_classes(probs[None])[0][0])
        meet = (self.runs[:, 0] <= seen[:, 1:]) & (self.runs[:, 1] >= seen[:, :1])  # [seen, text]
        left_out = probs[seen[~meet.any(axis=1), 0], BLANK]
        return replace(self, left_out=tuple(map(float, left_out)))

    @property
    def score(self) -> float:
        """Mean of the scores, 0.0 for no text; what was left out counts, too."""
        return float(np.mean(self.scores + self.left_out)) if self.scores else 0.0

    def text(self, charset: Charset) -> str:
        """The text in reading order."""
        return charset.join(self.characters[i] for i in charset.reading_order(self.characters))

    def result(self, charset: Charset, *, matched: bool | None = None) -> RecResult:
        """Text and scores in reading order."""
        scores = tuple(self.scores[i] for i in charset.reading_order(self.characters))
        return RecResult(self.text(charset), self.score, scores, matched=matched, separator=charset.separator)


def check_classes(probs: np.ndarray, charset: Charset) -> None:
    """ModelFileError where [..., K] does not fit the charset."""
    if probs.shape[-1] != charset.ctc_size:
        raise ModelFileError(
            f"the recognizer gives {probs.shape[-1]} classes but the charset needs {charset.ctc_size}. "
            "Use the dictionary that the model was trained with."
        )


def greedy_text(probs: np.ndarray, charset: Charset) -> AlignedText:
    """The greedy reading of [T, K]."""
    best, top = best_classes(probs[None])
    return AlignedText.greedy(best[0], top[0], charset)


def align_all(
    probs: np.ndarray, classes: Sequence[Sequence[int]], characters: Sequence[Sequence[str]]
) -> list[AlignedText]:
    """Each of ``characters``, which have these ``classes``, along its best path through ``probs`` [T, K]."""
    texts = []
    for own, shown, runs in zip(classes, characters, align(probs, classes)):
        scores = probs[runs[:, 0], np.asarray(own, np.int64)]
        texts.append(AlignedText(tuple(shown), tuple(map(float, scores)), runs))
    return texts


def _runs(best: np.ndarray) -> np.ndarray:
    """First and last step of each character of a path of classes [T], int64 [n, 2]."""
    changes = np.flatnonzero(best[1:] != best[:-1]) + 1
    begins = np.concatenate([[0], changes])
    ends = np.concatenate([changes, [len(best)]]) - 1
    runs = np.stack([begins, ends], axis=1)
    return runs[best[begins] != BLANK] if len(best) else runs[:0]
