"""A progress bar for long loops, on a terminal only."""

import sys
from types import TracebackType
from typing import TextIO

WIDTH = 30
"""Characters of the bar."""
REDRAWS = 200
"""At most; the bar is redrawn after a share of the work, not after a share of the time."""


class Progress:
    """Counts steps; shows them where ``stream`` is a terminal.

    Args:
        what: what is being done.
        total: number of steps; 0 where it is not known.
        stream: standard error by default, so that it does not mix with what a tool prints.
    """

    def __init__(self, what: str, total: int, *, stream: TextIO | None = None) -> None:
        self._what, self._total = what, total
        self._stream = sys.stderr if stream is None else stream
        self._shown = self._stream.isatty()
        self._every = max(1, total // REDRAWS if total else REDRAWS)
        self._done = 0

    def step(self, count: int = 1) -> None:
        """``count`` more are done."""
        before, self._done = self._done, self._done + count
        if self._shown and before // self._every != self._done // self._every:
            bar = "#" * (WIDTH * self._done // self._total) if self._total else ""
            shown = f"[{bar:<{WIDTH}}] {self._done}/{self._total}" if self._total else str(self._done)
            self._stream.write(f"\r{self._what} {shown}")
            self._stream.flush()

    def __enter__(self) -> "Progress":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._shown:
            self._stream.write("\r\x1b[K")
