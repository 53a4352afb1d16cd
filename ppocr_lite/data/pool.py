"""Worker processes for data loading, as plain child processes that talk over pipes.

Neither fork (unsafe beside Paddle's threads) nor shared memory (too small or missing in many containers) is
used, no file is written, and the caller's main module is not imported again.
"""

import contextlib
import os
import pickle
import queue
import subprocess
import sys
import threading
import weakref
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from ppocr_lite.data.base import Dataset
from ppocr_lite.data.worker import Answer
from ppocr_lite.errors import DataError

START = "from ppocr_lite.data.worker import main; main()"
CLOSE_TIMEOUT_S = 2.0
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


class WorkerPool:
    """Several workers that make samples of one dataset; the order of results does not depend on them.

    Args:
        dataset: must be picklable.
        num_workers: processes, at least 1.
        tries: see make_samples.
        chunk: samples of one task.
        ahead: samples that may be under way, all workers together.
        timeout_s: seconds without the awaited answer after which a worker counts as hanging; 0 waits on.
    """

    def __init__(
        self,
        dataset: Dataset,
        num_workers: int,
        *,
        tries: int,
        chunk: int,
        ahead: int,
        timeout_s: float = 0.0,
    ) -> None:
        self.timeout_s = timeout_s
        self._dataset = dataset
        self._chunk = max(1, chunk)
        self._tasks_ahead = max(2, -(-ahead // (self._chunk * num_workers)))
        start = pickle.dumps((dataset, tries), protocol=5)
        self._workers = [_Worker(i) for i in range(num_workers)]
        for worker in self._workers:
            worker.write(start)
        self._ticket = 0
        self._finalizer = weakref.finalize(self, _close_all, self._workers)

    def stream(self, indices: Iterable[int], epoch: int) -> Iterator[Answer]:
        """Answers for ``indices``, in their order.

        Raises:
            DataError: a worker failed, died or hangs; the message names it and the samples that it was at.
        """
        remaining = iter(indices)
        pending: deque[tuple[_Worker, int, list[int]]] = deque()

        def submit() -> None:
            chunk = [int(i) for i in islice(remaining, self._chunk)]
            if chunk:
                worker = self._workers[self._ticket % len(self._workers)]
                worker.write(pickle.dumps((self._ticket, epoch, chunk), protocol=5))
                pending.append((worker, self._ticket, chunk))
                self._ticket += 1

        for _ in range(self._tasks_ahead * len(self._workers)):
            submit()
        while pending:
            worker, ticket, chunk = pending.popleft()
            try:
                answers = worker.receive(ticket, self.timeout_s)
            except DataError as error:
                raise DataError(f"{error} It was at {self._places(chunk, epoch)}.") from error
            submit()
            yield from answers

    def _places(self, chunk: list[int], epoch: int) -> str:
        ends = [self._dataset.place(index, epoch) for index in (chunk[0], chunk[-1])]
        return ends[0] if len(chunk) == 1 else f"{len(chunk)} samples, from {ends[0]} to {ends[1]}"

    def close(self) -> None:
        """End the workers."""
        self._finalizer()


class _Worker:
    """One child process and the thread that takes its answers off the pipe."""

    def __init__(self, number: int) -> None:
        self.number = number
        # The child finds the same modules as this process, whatever was put on its path.
        paths = os.pathsep.join(path or os.getcwd() for path in sys.path)
        threads = dict.fromkeys(THREAD_VARIABLES, "1")
        self.process = subprocess.Popen(
            [sys.executable, "-c", START],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **threads, "PYTHONPATH": paths},
            # A signal to the whole group (Ctrl-C, Paddle's launcher) is for this process to answer; the
            # worker ends when its pipe does.
            start_new_session=True,
        )
        self._answers: queue.Queue[Any] = queue.Queue()
        self._reader = threading.Thread(target=_read, args=(self.process.stdout, self._answers), daemon=True)
        self._reader.start()

    def receive(self, ticket: int, timeout_s: float) -> list[Answer]:
        """The answer to a task; answers to older tasks, which nobody waits for any more, are dropped."""
        while True:
            try:
                message = self._answers.get(timeout=timeout_s or None)
            except queue.Empty:
                raise DataError(
                    f"data worker {self.number} (process {self.process.pid}) gave no answer for "
                    f"{timeout_s:g} seconds: a disk that hangs, or very slow transforms (then raise the "
                    "loader's worker_timeout_s)."
                ) from None
            if message is None:
                self._answers.put(None)  # nothing comes after it
                raise self._death()
            got, answer = message
            if isinstance(answer, str):
                raise DataError(f"data worker {self.number} failed:\n{answer.rstrip()}\n")
            if got == ticket:
                return answer

    def write(self, data: bytes) -> None:
        """Send a pickled message. That the worker is gone shows when its answer is awaited."""
        pipe = self.process.stdin
        assert pipe is not None  # opened in the constructor
        with contextlib.suppress(BrokenPipeError, ValueError):
            pipe.write(data)
            pipe.flush()

    def _death(self) -> DataError:
        try:
            code = self.process.wait(CLOSE_TIMEOUT_S)
        except subprocess.TimeoutExpired:  # it closed its pipe and lives
            self.process.kill()
            code = self.process.wait()
        how = f"killed by signal {-code}" if code < 0 else f"exit code {code}"
        return DataError(
            f"data worker {self.number} (process {self.process.pid}) ended unexpectedly ({how}). If memory "
            "ran out, lower num_workers or batch_size_per_card; with num_workers: 0 the fault shows in this "
            "process."
        )

    def close(self) -> None:
        """End the process and free its pipes."""
        if self.process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self.process.stdin.close()
        self.process.terminate()
        try:
            self.process.wait(CLOSE_TIMEOUT_S)
        except subprocess.TimeoutExpired:  # it hangs, or is stopped
            self.process.kill()
            self.process.wait()
        self._reader.join(CLOSE_TIMEOUT_S)
        if self.process.stdout is not None:
            self.process.stdout.close()


def _read(pipe: Any, answers: "queue.Queue[Any]") -> None:
    """Move answers from the pipe to the queue; None at its end."""
    try:
        while True:
            answers.put(pickle.load(pipe))
    except (EOFError, OSError, ValueError, pickle.UnpicklingError):
        answers.put(None)


def _close_all(workers: list[_Worker]) -> None:
    for worker in workers:
        worker.close()
