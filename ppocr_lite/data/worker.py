"""A worker process: makes samples on demand and sends them over a pipe. Never imports Paddle.

Started by :mod:`ppocr_lite.data.pool`. Reads pickled messages from standard input: first the dataset and the
number of tries, then tasks ``(ticket, epoch, indices)``, until the pipe closes; writes ``(ticket, answer)``.
"""

import os
import pickle
import signal
import sys
import traceback
from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2

from ppocr_lite.data.base import Dataset
from ppocr_lite.transforms import Sample


@dataclass(frozen=True)
class Answer:
    """A sample for an index, or None; ``faults`` are (kind, detail) of the samples that failed before it."""

    index: int
    sample: Sample | None
    faults: list[tuple[str, str]] = field(default_factory=list)


def make_samples(dataset: Dataset, indices: Sequence[int], epoch: int, *, tries: int) -> list[Answer]:
    """An answer for each index; a bad sample is replaced by a good one if ``tries`` samples hold one."""
    return [_make(dataset, int(index), epoch, tries) for index in indices]


def _make(dataset: Dataset, index: int, epoch: int, tries: int) -> Answer:
    faults: list[tuple[str, str]] = []
    for attempt in range(tries):
        fetched = dataset.fetch(dataset.substitute(index, epoch, attempt) if attempt else index, epoch)
        if fetched.sample is not None:
            return Answer(index, fetched.sample, faults)
        faults.append((fetched.kind, fetched.detail))
    return Answer(index, None, faults)


def main() -> None:
    """Serve until the parent closes the pipe."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what Ctrl-C ends
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever prints must not disturb the answers
    cv2.setNumThreads(1)
    tasks = sys.stdin.buffer
    ticket = -1
    try:
        dataset, tries = pickle.load(tasks)
        while True:
            try:
                ticket, epoch, indices = pickle.load(tasks)
            except EOFError:
                return
            made = make_samples(dataset, indices, epoch, tries=tries)
            pickle.dump((ticket, made), answers, protocol=5)
            answers.flush()
    except BrokenPipeError:
        return
    except Exception:
        # Whatever it is must reach the parent, or training would wait for ever.
        pickle.dump((ticket, traceback.format_exc()), answers, protocol=5)
        answers.flush()
