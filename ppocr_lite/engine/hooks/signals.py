"""Stopping on a signal."""

import logging
import os
import signal
from typing import Any

from ppocr_lite.engine.trainer import Hook, Trainer

logger = logging.getLogger(__name__)


class StopOnSignal(Hook):
    """On SIGTERM or Ctrl-C, finish the step, save ``latest`` (by the hooks' ``after_fit``) and end.

    A second Ctrl-C ends the program at once; SIGTERM, which Paddle's launcher sends three times within half a
    second, does not. This must be the last hook, or those after it save without it.
    """

    def __init__(self) -> None:
        self._old: dict[int, Any] = {}

    def before_fit(self, trainer: Trainer) -> None:
        owner, seen = os.getpid(), set[int]()

        def on_signal(number: int, _frame: Any) -> None:
            if os.getpid() != owner:  # a worker of the data loader, forked with this handler
                signal.signal(number, signal.SIG_DFL)
                os.kill(os.getpid(), number)
                return
            name = signal.Signals(number).name
            if number not in seen:
                seen.add(number)
                logger.warning("%s: stopping after this step.", name)
            trainer.stop(name)
            if number == signal.SIGINT:
                signal.signal(number, self._old[number])

        for number in (signal.SIGTERM, signal.SIGINT):
            try:
                self._old[number] = signal.signal(number, on_signal)
            except ValueError:  # not in the main thread: the caller handles signals
                return

    def after_fit(self, trainer: Trainer) -> None:
        for number, handler in self._old.items():
            signal.signal(number, handler)
        self._old.clear()
