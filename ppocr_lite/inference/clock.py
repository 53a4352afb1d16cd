"""Wall-clock time by stage, collected by hand-over instead of in globals."""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager


class StageClock:
    """Adds up milliseconds under stage names; one object for each call, so threads do not meet.

    >>> clock = StageClock()
    >>> with clock("crop"):
    ...     pass
    >>> list(clock.stages)
    ['crop']
    """

    def __init__(self) -> None:
        self.stages: dict[str, float] = {}

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        """Time the body."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self._add(name, (time.perf_counter() - start) * 1e3)

    def share(self, parts: Iterable["StageClock"], total_ms: float) -> None:
        """Add ``total_ms`` under the stages of clocks that ran beside each other, in proportion to theirs."""
        entries = [entry for part in parts for entry in part.stages.items()]
        factor = total_ms / max(sum(ms for _, ms in entries), 1e-9)
        for name, ms in entries:
            self._add(name, factor * ms)

    def _add(self, name: str, ms: float) -> None:
        self.stages[name] = self.stages.get(name, 0.0) + ms
