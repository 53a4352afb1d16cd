"""Regular patterns -> automata over a recognizer's classes; the syntax is that of pattern_syntax.

Glushkov, "The Abstract Theory of Automata", 1961: every place of the pattern that takes a character is a
state. Sets of places are whole numbers, a bit a place.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ppocr_lite.errors import ConfigError
from ppocr_lite.postprocess import pattern_syntax as syntax
from ppocr_lite.postprocess.automaton import Automaton

MAX_PLACES = 5000
MAX_STATES = 20_000
SHOWN = 8
"""Characters that a message names."""


def compile_pattern(pattern: str, classes: Sequence[tuple[int, str]]) -> Automaton:
    """The automaton of the texts that the pattern fits as a whole.

    Args:
        pattern: see :mod:`ppocr_lite.postprocess.pattern_syntax`.
        classes: (class, character) of all that may come up.

    Raises:
        ConfigError: the pattern cannot be read, fits no text of these characters, or is too large.
    """
    places = _Places(pattern)
    whole = places.add(syntax.parse(pattern))
    automaton = _deterministic(whole, places, classes, pattern=pattern)
    if automaton is None:
        known = {character for _, character in classes}
        missing = [
            c
            for c in dict.fromkeys("".join(t.named for t in places.tests if len(t.named) == 1))
            if c not in known
        ]
        why = (
            f" They lack {' '.join(missing[:SHOWN])}" + (" ..." if len(missing) > SHOWN else ".")
            if missing
            else ""
        )
        raise ConfigError(f"pattern '{pattern}': no text of the characters that may come up fits it.{why}")
    return automaton


@dataclass(frozen=True)
class _Part:
    """A part of the pattern: may it be empty, at which places it can begin and end."""

    empty: bool
    begins: int
    ends: int


class _Places:
    """All places of a pattern: what each takes, and which can come after it."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.tests: list[syntax.Chars] = []
        self.next: list[int] = []

    def add(self, node: syntax.Node) -> _Part:
        """Number the places of a node, and say how it begins and ends."""
        if isinstance(node, syntax.Chars):
            if len(self.tests) >= MAX_PLACES:
                raise ConfigError(
                    f"pattern '{self.pattern}': more than {MAX_PLACES} characters when its repetitions are "
                    "written out. Make the numbers in { } smaller."
                )
            self.tests.append(node)
            self.next.append(0)
            place = 1 << (len(self.tests) - 1)
            return _Part(False, place, place)
        if isinstance(node, syntax.Choice):
            return _either([self.add(part) for part in node.parts])
        if isinstance(node, syntax.Repeat):
            return self._repeat(node)
        whole = _Part(True, 0, 0)
        for part in node.parts:
            whole = self._join(whole, self.add(part))
        return whole

    def _repeat(self, node: syntax.Repeat) -> _Part:
        whole = _Part(True, 0, 0)
        for _ in range(node.low if node.high is not None else max(node.low - 1, 0)):
            whole = self._join(whole, self.add(node.part))
        if node.high is None:
            part = self.add(node.part)
            self._link(part.ends, part.begins)
            return self._join(whole, _Part(part.empty or node.low == 0, part.begins, part.ends))
        ends = [whole]
        for _ in range(node.high - node.low):
            whole = self._join(whole, self.add(node.part))
            ends.append(whole)
        return _Part(any(e.empty for e in ends), ends[-1].begins, _union(e.ends for e in ends))

    def _join(self, a: _Part, b: _Part) -> _Part:
        self._link(a.ends, b.begins)
        begins = a.begins | b.begins if a.empty else a.begins
        return _Part(a.empty and b.empty, begins, a.ends | b.ends if b.empty else b.ends)

    def _link(self, ends: int, begins: int) -> None:
        for place in _bits(ends):
            self.next[place] |= begins


def _either(parts: Sequence[_Part]) -> _Part:
    return _Part(any(p.empty for p in parts), _union(p.begins for p in parts), _union(p.ends for p in parts))


def _deterministic(
    whole: _Part, places: _Places, classes: Sequence[tuple[int, str]], *, pattern: str
) -> Automaton | None:
    """States are (places that may come next, whether the text may end), numbered as they come up."""
    kinds = _kinds(places.tests, classes)
    begin = (whole.begins, whole.empty)
    numbers = {begin: 0}
    waiting = [begin]
    edges: list[tuple[int, int, int]] = []
    for state in waiting:  # grows
        for fitting, members in kinds:
            taken = state[0] & fitting
            if not taken:
                continue
            goal = (_union(places.next[place] for place in _bits(taken)), bool(taken & whole.ends))
            if goal not in numbers:
                numbers[goal] = len(numbers)
                waiting.append(goal)
            edges += [(numbers[state], label, numbers[goal]) for label in members]
        if len(numbers) > MAX_STATES:
            raise ConfigError(
                f"pattern '{pattern}': more than {MAX_STATES} states. Make it simpler: it has parts that can "
                "begin at many places at once."
            )
    sources, labels, targets = np.array(edges, np.int64).reshape(-1, 3).T
    return Automaton.of(sources, labels, targets, np.array([ends for _, ends in numbers]))


def _kinds(tests: Sequence[syntax.Chars], classes: Sequence[tuple[int, str]]) -> list[tuple[int, list[int]]]:
    """(places that take them, classes) of classes that the pattern does not tell apart."""
    kinds: dict[int, list[int]] = {}
    for label, character in classes:
        fitting = _union(1 << place for place, test in enumerate(tests) if test.fits(character))
        kinds.setdefault(fitting, []).append(label)
    return list(kinds.items())


def _union(sets: Iterable[int]) -> int:
    out = 0
    for one in sets:
        out |= one
    return out


def _bits(places: int) -> Iterator[int]:
    """The places of a set."""
    while places:
        low = places & -places
        yield low.bit_length() - 1
        places ^= low
