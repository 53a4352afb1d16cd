"""Wall-clock time by stage, collected by hand-over instead of in globals."""

import time
from collections.abc import Iterator
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
            self.stages[name] = self.stages.get(name, 0.0) + (time.perf_counter() - start) * 1e3
