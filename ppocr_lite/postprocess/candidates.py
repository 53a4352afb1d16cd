"""What may come next in a beam search where an automaton says which texts are allowed."""

from collections.abc import Callable, Sequence

import numpy as np

from ppocr_lite.postprocess.automaton import Automaton

FEW = 4
"""Edges of a state that are all tried at every step."""
MANY = 32
"""Edges of a state from which on NumPy is faster than a loop."""

MOST = 32
"""Candidates of a state at a step, where there are many more than the beam could ever keep."""

Candidate = tuple[int, float, int]
"""(class, its probability, next state)."""
Candidates = Callable[[int, int], Sequence[Candidate]]
"""(step, state) -> what may come."""


class AllowedCandidates:
    """The candidates of an automaton: from each state the probable ones of its classes.

    Where little time is left, they are those after which a text can still be ended in time, and the best two
    of them however improbable they are. Two, as the best one may be the last class once more, which takes a
    blank before it.
    """

    def __init__(
        self, automaton: Automaton, values: np.ndarray, rows: Sequence[memoryview], *, min_prob: float
    ) -> None:
        self._automaton = automaton
        self._values = values
        self._rows = rows
        self._min_prob = min_prob
        self._floors: dict[int, float] = {}
        self._found: dict[tuple[int, int], list[Candidate]] = {}

    def __call__(self, step: int, state: int) -> Sequence[Candidate]:
        key = (step, state)
        if key not in self._found:
            self._found[key] = self._choose(step, state)
        return self._found[key]

    def _choose(self, step: int, state: int) -> list[Candidate]:
        edges = self._automaton.edges(state)
        left = len(self._rows) - 1 - step
        if len(edges) > MANY:
            return self._choose_of_many(step, state, left)
        row = self._rows[step]
        able: list[Candidate] = [
            (label, row[label], target) for label, target, steps in edges if steps <= left
        ]
        if len(able) <= FEW:
            return able
        limit = self._floor(state)
        if left <= self._automaton.longest:
            limit = min(limit, sorted([value for _, value, _ in able])[-2])
        return [edge for edge in able if edge[1] >= limit]

    def _choose_of_many(self, step: int, state: int, left: int) -> list[Candidate]:
        """The same with NumPy."""
        part = self._part(state)
        values = self._values[step, self._automaton.labels[part]]
        limit = max(self._floor(state), float(np.partition(values, -MOST)[-MOST]))
        if left <= self._automaton.longest:
            values[self._automaton.edge_steps[part] > left] = 0.0
            limit = min(limit, float(np.partition(values, -2)[-2]))
        edges = self._automaton.edges(state)
        chosen = np.flatnonzero((values >= limit) & (values > 0))
        return [(edges[i][0], v, edges[i][1]) for i, v in zip(chosen.tolist(), values[chosen].tolist())]

    def _floor(self, state: int) -> float:
        """Least probability. Where the network never sees a class of the state, the best of them count."""
        if state not in self._floors:
            labels = self._automaton.labels[self._part(state)]
            self._floors[state] = self._min_prob * float(self._values[:, labels].max())
        return self._floors[state]

    def _part(self, state: int) -> slice:
        first = self._automaton.first
        return slice(int(first[state]), int(first[state + 1]))
