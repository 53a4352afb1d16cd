"""Sets of channels that can only be removed together: a union-find structure."""

import numpy as np


class Atoms:
    """Numbered items in disjoint sets; a set may be fixed, and remembers the first reason for it.

    An *atom* stands for one position of one axis of a parameter. Arrays of atoms are int64.
    """

    def __init__(self) -> None:
        self._parents: list[int] = []
        self._reasons: dict[int, str] = {}

    def __len__(self) -> int:
        return len(self._parents)

    def new(self, count: int) -> np.ndarray:
        """``count`` atoms, each in a set of its own."""
        first = len(self._parents)
        self._parents.extend(range(first, first + count))
        return np.arange(first, first + count)

    def root(self, atom: int) -> int:
        """The atom that stands for the set of ``atom``."""
        parents, found = self._parents, int(atom)
        while parents[found] != found:
            parents[found] = parents[parents[found]]
            found = parents[found]
        return found

    def roots(self, atoms: np.ndarray) -> np.ndarray:
        """:meth:`root` of each."""
        return np.array([self.root(atom) for atom in atoms], np.int64)

    def join(self, first: np.ndarray | None, second: np.ndarray | None, reason: str) -> np.ndarray | None:
        """Join the sets of the atoms at the same places; None stands for something fixed.

        Returns:
            One of the two; None where one is, and then the other is fixed for ``reason``.
        """
        if first is None or second is None:
            self.fix(first if second is None else second, reason)
            return None
        for a, b in zip(first.tolist(), second.tolist(), strict=True):
            x, y = self.root(a), self.root(b)
            if x == y:
                continue
            self._parents[max(x, y)] = min(x, y)
            why = self._reasons.get(min(x, y)) or self._reasons.get(max(x, y))
            if why:
                self._reasons[min(x, y)] = why
        return first

    def fix(self, atoms: np.ndarray | None, reason: str) -> None:
        """Mark the sets of these atoms: they must stay as they are."""
        for atom in () if atoms is None else atoms.tolist():
            self._reasons.setdefault(self.root(atom), reason)

    def reason(self, atom: int) -> str:
        """Why the set of ``atom`` is fixed; empty if it is not."""
        return self._reasons.get(self.root(atom), "")
