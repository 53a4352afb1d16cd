"""Prefix beam search: the most probable texts of a CTC output, among those that are allowed.

Graves and Jaitly, "Towards End-to-End Speech Recognition with Recurrent Neural Networks", ICML 2014,
algorithm 1; the weight of a language model as in Hannun et al., arXiv:1408.2873. All paths of a text count
together. With a beam that holds every prefix, and ``min_prob`` 0, the result is exact for up to MOST classes.
"""

import heapq
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ppocr_lite.postprocess.automaton import START, Automaton
from ppocr_lite.postprocess.candidates import MOST, AllowedCandidates, Candidate, Candidates
from ppocr_lite.postprocess.ctc_paths import BLANK
from ppocr_lite.postprocess.ngram import EDGE, CharNgram

MIN_PROB = 3e-3
"""A step's classes below this probability are not tried."""
TINY = 1e-15
"""In place of smaller probabilities, so that every allowed text stays possible."""
RESCALE_BELOW = 1e-100


@dataclass(frozen=True)
class Hypothesis:
    """A text that the search ended with.

    Args:
        classes: of its characters.
        log_prob: natural logarithm of the probability of the paths that the search followed.
        rank: what the search orders by: ``log_prob``, with a language model its share added.
    """

    classes: tuple[int, ...]
    log_prob: float
    rank: float


@dataclass(frozen=True, eq=False)
class LanguageModel:
    """How texts are weighted: exp(weight * log P(text) + bonus * characters).

    Characters that the model's text lacks altogether count with 1: it knows nothing about them.
    """

    ngram: CharNgram
    weight: float
    bonus: float
    characters: Sequence[str]
    """Of the classes from 1."""

    def add(self, context: str, label: int) -> tuple[str, float]:
        """Context after one more character, and the logarithm of its weight."""
        character = self.characters[label - 1]
        if character not in self.ngram:
            return self.ngram.context(context + character), 0.0
        gain = self.weight * self.ngram.log_prob(context, character) + self.bonus
        return self.ngram.context(context + character), gain

    def end(self, context: str) -> float:
        """The logarithm of the weight of an end here."""
        return self.weight * self.ngram.log_prob(context, EDGE)


class _Prefix:
    """Beginning of a text, with the probability of its paths that end in a blank, and in its last class."""

    __slots__ = (
        "blank",
        "children",
        "context",
        "label",
        "new_blank",
        "new_other",
        "other",
        "parent",
        "state",
        "step",
        "weight",
    )

    def __init__(self, parent: "_Prefix | None", label: int, state: int) -> None:
        self.parent = parent
        self.label = label
        self.state = state
        self.children: dict[int, _Prefix] = {}
        self.blank = self.other = self.new_blank = self.new_other = 0.0
        self.step = -1
        self.context = EDGE
        self.weight = 0.0

    def classes(self) -> tuple[int, ...]:
        labels = []
        prefix: _Prefix | None = self
        while prefix is not None and prefix.parent is not None:
            labels.append(prefix.label)
            prefix = prefix.parent
        return tuple(reversed(labels))


class BeamSearch:
    """Searches one line at a time.

    Args:
        beam_size: prefixes that are kept at each step.
        automaton: which texts are allowed; all without it.
        model: a language model.
        min_prob: classes that are less probable at a step are not tried there. With an automaton, those below
            this share of the best that its state sees at any step.
    """

    def __init__(
        self,
        beam_size: int,
        *,
        automaton: Automaton | None = None,
        model: LanguageModel | None = None,
        min_prob: float = MIN_PROB,
    ) -> None:
        self.beam_size = beam_size
        self.automaton = automaton
        self.model = model
        self.min_prob = min_prob

    def __call__(self, probs: np.ndarray) -> list[Hypothesis]:
        """The texts of the last beam, best first; none when no allowed text fits into the steps.

        Args:
            probs: float [T, K], blank at 0. Classes that must not come up have 0, unless the automaton
                leaves them out.
        """
        values = np.maximum(probs.astype(np.float64), TINY)
        rows = [memoryview(row) for row in np.ascontiguousarray(values)]  # reads plain floats, without a copy
        automaton = self.automaton
        if automaton is None:
            candidates = self._likely(probs, values)
        elif len(rows) < automaton.steps[START]:
            return []
        else:
            candidates = AllowedCandidates(automaton, values, rows, min_prob=self.min_prob)
        beam, log_scale = [_Prefix(None, BLANK, START)], 0.0
        beam[0].blank = 1.0
        for step, row in enumerate(rows):
            touched = self._advance(beam, step, row, candidates)
            if automaton is not None and len(rows) - 1 - step <= automaton.longest:
                touched = _able(touched, automaton, len(rows) - 1 - step)
            beam = self._best(touched)
            log_scale += _rescale(beam)
        return self._finish(beam, log_scale)

    def _likely(self, probs: np.ndarray, values: np.ndarray) -> Candidates:
        """Without an automaton: the probable classes of each step."""
        keep = (probs >= self.min_prob) & (probs > 0)
        keep[:, BLANK] = False
        crowded = np.flatnonzero(keep.sum(axis=1) > MOST)
        if len(crowded):
            keep[crowded] &= probs[crowded] >= np.partition(probs[crowded], -MOST, axis=1)[:, -MOST, None]
        lists: list[list[Candidate]] = [[] for _ in range(len(probs))]
        steps, labels = np.nonzero(keep)
        for step, label, value in zip(steps.tolist(), labels.tolist(), values[keep].tolist()):
            lists[step].append((label, value, START))
        return lambda step, state: lists[step]

    def _advance(
        self, beam: Sequence[_Prefix], step: int, row: memoryview, candidates: Candidates
    ) -> list[_Prefix]:
        """One step: every prefix stays as it is or gets one more class; returns all that come of it."""
        blank = row[BLANK]
        touched: list[_Prefix] = []
        for prefix in beam:
            total = prefix.blank + prefix.other
            if prefix.step != step:
                _touch(prefix, step, touched)
            prefix.new_blank += total * blank
            if prefix.label:
                prefix.new_other += prefix.other * row[prefix.label]
            children = prefix.children
            for label, value, state in candidates(step, prefix.state):
                # Of a doubled class the second one needs a blank before it.
                gain = (prefix.blank if label == prefix.label else total) * value
                if not gain:
                    continue
                child = children.get(label)
                if child is None:
                    child = children[label] = self._child(prefix, label, state)
                if child.step != step:
                    _touch(child, step, touched)
                child.new_other += gain
        for prefix in touched:
            prefix.blank, prefix.other = prefix.new_blank, prefix.new_other
        return touched

    def _child(self, prefix: _Prefix, label: int, state: int) -> _Prefix:
        child = _Prefix(prefix, label, state)
        if self.model is not None:
            child.context, gain = self.model.add(prefix.context, label)
            child.weight = prefix.weight + gain
        return child

    def _best(self, prefixes: list[_Prefix]) -> list[_Prefix]:
        if len(prefixes) <= self.beam_size:
            return prefixes
        key = _total if self.model is None else _rank
        return heapq.nlargest(self.beam_size, prefixes, key=key)

    def _finish(self, beam: Sequence[_Prefix], log_scale: float) -> list[Hypothesis]:
        """The prefixes that are whole texts, best first."""
        found = []
        for prefix in beam:
            if self.automaton is not None and not self.automaton.accepts[prefix.state]:
                continue
            log_prob = math.log(max(_total(prefix), RESCALE_BELOW**3)) + log_scale
            weight = 0.0 if self.model is None else prefix.weight + self.model.end(prefix.context)
            found.append(Hypothesis(prefix.classes(), log_prob, log_prob + weight))
        return sorted(found, key=lambda h: -h.rank)


def _touch(prefix: _Prefix, step: int, touched: list[_Prefix]) -> None:
    prefix.step = step
    prefix.new_blank = prefix.new_other = 0.0
    touched.append(prefix)


def _able(prefixes: Sequence[_Prefix], automaton: Automaton, left: int) -> list[_Prefix]:
    """Those from which a text can be ended within the steps that are left."""
    steps, only = automaton.steps, automaton.only
    able = []
    for prefix in prefixes:
        needed = int(steps[prefix.state])
        if not prefix.blank and only[prefix.state] == prefix.label:
            needed += 1
        if needed <= left:
            able.append(prefix)
    return able


def _rescale(beam: Sequence[_Prefix]) -> float:
    """Bring the probabilities of a beam back to 1 before they get too small; the logarithm of the factor."""
    best = max(map(_total, beam))
    if best >= RESCALE_BELOW or best == 0:
        return 0.0
    for prefix in beam:
        prefix.blank /= best
        prefix.other /= best
    return math.log(best)


def _total(prefix: _Prefix) -> float:
    return prefix.blank + prefix.other


def _rank(prefix: _Prefix) -> float:
    return math.log(prefix.blank + prefix.other or RESCALE_BELOW**3) + prefix.weight
