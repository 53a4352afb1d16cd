"""What was found: counts of each kind, and the worst examples."""

import heapq
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from ppocr_lite.data_tools.kinds import KINDS
from ppocr_lite.data_tools.rows import Row

MAX_EXAMPLES = 50
"""Kept of each kind; a data set of a million rows may be wrong in each."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong.

    Args:
        kind: key in KINDS.
        text: what exactly, with the text or the numbers.
        score: how bad, within the kind; the greatest are shown.
        region: index of the text region, or -1.
    """

    kind: str
    text: str
    score: float = 0.0
    region: int = -1


@dataclass(frozen=True, slots=True)
class Finding:
    """A fault at its place (``file:row``) in a split; ``row`` is None for a file as a whole."""

    fault: Fault
    split: str
    place: str
    row: Row | None = None


class Findings:
    """Counts findings; keeps the worst of each kind, and of equally bad ones the first."""

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, str]] = Counter()  # (kind, split)
        self._heaps: dict[str, list[tuple[float, int, Finding]]] = {}
        self._order = 0

    def add(self, finding: Finding) -> None:
        """Count one."""
        kind = finding.fault.kind
        self.counts[kind, finding.split] += 1
        self._order += 1
        heap = self._heaps.setdefault(kind, [])
        item = (finding.fault.score, -self._order, finding)
        if len(heap) < MAX_EXAMPLES:
            heapq.heappush(heap, item)
        else:
            heapq.heappushpop(heap, item)

    def kinds(self) -> list[str]:
        """Kinds that were found, in the order of KINDS."""
        return [kind for kind in KINDS if kind in self._heaps]

    def count(self, kind: str) -> int:
        """Of all splits."""
        return sum(n for (k, _), n in self.counts.items() if k == kind)

    def examples(self, kind: str, limit: int = MAX_EXAMPLES) -> list[Finding]:
        """The worst first."""
        ordered = sorted(self._heaps.get(kind, []), key=lambda item: item[:2], reverse=True)
        return [finding for _, _, finding in ordered[:limit]]

    @property
    def problems(self) -> int:
        """Number of findings that are no mere notes."""
        return sum(n for (kind, _), n in self.counts.items() if not KINDS[kind].note)

    def __iter__(self) -> Iterator[str]:
        return iter(self.kinds())
