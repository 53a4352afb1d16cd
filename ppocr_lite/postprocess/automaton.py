"""Which texts are allowed, as a deterministic automaton over a recognizer's classes."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from ppocr_lite.errors import ConfigError
from ppocr_lite.postprocess.trie import Trie

START = 0
MAX_STATES = 100_000
"""Of an intersection: more are refused, before the memory is full."""
NEVER = np.iinfo(np.int32).max

Edge = tuple[int, int, int]
"""(class, next state, steps from this edge to the end of a text)."""


@dataclass(frozen=True, eq=False)
class Automaton:
    """States from 0, where every text begins; from each state a text can be ended.

    Args:
        first: int64 [n + 1]; the edges of state s are those from ``first[s]`` up to ``first[s + 1]``.
        labels: int32 [e], class of each edge, ascending within a state.
        targets: int32 [e], the state that it leads to.
        accepts: bool [n], whether a text may end here.
    """

    first: np.ndarray
    labels: np.ndarray
    targets: np.ndarray
    accepts: np.ndarray
    _edges: dict[int, list[Edge]] = field(default_factory=dict, repr=False)

    @classmethod
    def of(
        cls, sources: np.ndarray, labels: np.ndarray, targets: np.ndarray, accepts: np.ndarray
    ) -> "Automaton | None":
        """An automaton of these edges; None when there is no text that it allows.

        States that no text leads to, and states that lead to no text's end, are left out.
        """
        useful = _reached(sources, targets, np.arange(len(accepts)) == START)
        useful &= _reached(targets, sources, accepts)
        if not useful[START]:
            return None
        number = np.cumsum(useful) - 1
        kept = np.flatnonzero(useful[sources] & useful[targets])
        kept = kept[np.lexsort((labels[kept], sources[kept]))]
        first = np.searchsorted(number[sources[kept]], np.arange(int(useful.sum()) + 1))
        return cls(
            first, labels[kept].astype(np.int32), number[targets[kept]].astype(np.int32), accepts[useful]
        )

    def __len__(self) -> int:
        return len(self.accepts)

    @cached_property
    def sources(self) -> np.ndarray:
        """State of each edge, [e]."""
        return np.repeat(np.arange(len(self)), np.diff(self.first))

    def follow(self, state: int, label: int) -> int | None:
        """The next state; None where the class is not allowed."""
        for own, target, _ in self.edges(state):
            if own == label:
                return target
        return None

    def edges(self, state: int) -> list[Edge]:
        """The edges of a state."""
        if state not in self._edges:
            part = slice(int(self.first[state]), int(self.first[state + 1]))
            own = (self.labels[part].tolist(), self.targets[part].tolist(), self.edge_steps[part].tolist())
            self._edges[state] = list(zip(*own))
        return self._edges[state]

    @property
    def steps(self) -> np.ndarray:
        """Fewest steps of the network in which a text can be ended from each state, int32 [n].

        A character takes a step, and the blank between two equal ones another.
        """
        return self._ways[0]

    @property
    def only(self) -> np.ndarray:
        """The class with which all the shortest ways from a state begin, int32 [n]; 0 where there is none.

        After that very class, without a blank since, the end is one step further away.
        """
        return self._ways[1]

    @cached_property
    def longest(self) -> int:
        """So many steps, or fewer, lead from every state to the end of a text."""
        return int(self.steps.max()) + 1

    @cached_property
    def edge_steps(self) -> np.ndarray:
        """Fewest steps to the end of a text after each edge, int32 [e]."""
        return self.steps[self.targets] + (self.only[self.targets] == self.labels)

    @cached_property
    def _ways(self) -> tuple[np.ndarray, np.ndarray]:
        steps = np.where(self.accepts, 0, NEVER)
        only = np.zeros(len(self), np.int64)
        while (open_ := steps == NEVER).any():
            # The nearest of the open states: all that is shorter is known already.
            edges = np.flatnonzero(open_[self.sources] & ~open_[self.targets])
            sources, labels, targets = self.sources[edges], self.labels[edges], self.targets[edges]
            lengths = 1 + steps[targets] + (only[targets] == labels)
            least = int(lengths.min())
            nearest = lengths == least
            sources, labels = sources[nearest], labels[nearest]
            steps[sources] = least
            only[sources] = labels
            only[sources[only[sources] != labels]] = 0  # several ways, of different classes
        return steps.astype(np.int32), only.astype(np.int32)


def _reached(sources: np.ndarray, targets: np.ndarray, begin: np.ndarray) -> np.ndarray:
    """States, bool [n], to which edges lead from those of ``begin``."""
    reached = begin.copy()
    while True:
        new = reached[sources] & ~reached[targets]
        if not new.any():
            return reached
        reached[targets[new]] = True


def word_automaton(
    words: Trie,
    *,
    space: int | None = None,
    variants: Callable[[int], list[int]] = lambda label: [label],
    where: str = "word list",
) -> Automaton:
    """The words of a tree; with the class of a ``space``, several of them with single spaces between.

    Args:
        variants: all classes that may stand for one of the tree.
        where: names the list in messages.

    Raises:
        ConfigError: each word has a class without any variant.
    """
    nodes = np.arange(1, len(words))
    own = [variants(int(label)) for label in words.labels[1:]]
    counts = [len(v) for v in own]
    sources = np.repeat(words.parents[1:], counts)
    labels = np.array([label for v in own for label in v], np.int64)
    targets = np.repeat(nodes, counts)
    accepts = np.zeros(len(words), bool)
    accepts[words.ends] = True
    if space is not None:
        ends = np.flatnonzero(accepts)
        sources = np.concatenate([sources, ends])
        labels = np.concatenate([labels, np.full(len(ends), space)])
        targets = np.concatenate([targets, np.zeros(len(ends), np.int64)])
    automaton = Automaton.of(sources, labels, targets, accepts)
    if automaton is None:
        raise ConfigError(f"{where}: no word of the characters that may come up. Allow more characters.")
    return automaton


def intersect(a: Automaton, b: Automaton) -> Automaton | None:
    """What both allow; None when that is nothing.

    Raises:
        ConfigError: it has too many states.
    """
    numbers = {(START, START): 0}
    waiting = [(START, START)]
    sources: list[int] = []
    labels: list[int] = []
    targets: list[int] = []
    for pair in waiting:  # grows
        theirs = {label: target for label, target, _ in b.edges(pair[1])}
        for label, target, _ in a.edges(pair[0]):
            if label not in theirs:
                continue
            goal = (target, theirs[label])
            if goal not in numbers:
                numbers[goal] = len(numbers)
                waiting.append(goal)
            sources.append(numbers[pair])
            labels.append(label)
            targets.append(numbers[goal])
        if len(numbers) > MAX_STATES:
            raise ConfigError(
                f"the pattern and the word list together need more than {MAX_STATES} states. "
                "Use one of them, or a shorter list."
            )
    accepts = np.array([bool(a.accepts[i] and b.accepts[j]) for i, j in numbers])
    return Automaton.of(
        np.array(sources, np.int64), np.array(labels, np.int64), np.array(targets, np.int64), accepts
    )
