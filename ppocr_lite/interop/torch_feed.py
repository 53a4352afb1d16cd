"""Batches for the twins' trainer: made ahead, brought to the device, and replayed while none waits."""

import queue
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from ppocr_lite.data import DataLoader
from ppocr_lite.interop.torch_pack import PackedDataset, unpack

AHEAD = 4
"""Batches that wait on the host."""
LEAST_KEPT = 24
"""Batches that must have come before any comes again."""
POLL_S = 0.5

Tensors = dict[str, torch.Tensor]


@dataclass(frozen=True)
class Fed:
    """A batch on the device; ``state`` of the loader after it, None for one that comes again."""

    tensors: Tensors
    state: Mapping[str, Any] | None

    @property
    def size(self) -> int:
        return len(self.tensors["image"])


class Replay:
    """Packed batches on the device, the oldest dropped for the newest.

    Args:
        times: how often batches may come again for each new one, in the mean.
        max_bytes: of all that is kept.
    """

    def __init__(self, times: float, max_bytes: float) -> None:
        self.times, self.max_bytes = times, max_bytes
        self._kept: deque[Tensors] = deque()
        self._bytes = 0
        self._credit = 0.0

    def add(self, batch: Tensors) -> None:
        if self.times <= 0:
            return
        self._credit += self.times
        self._kept.append(batch)
        self._bytes += _bytes(batch)
        while self._bytes > self.max_bytes and len(self._kept) > 1:
            self._bytes -= _bytes(self._kept.popleft())

    def draw(self, rng: np.random.Generator) -> Tensors | None:
        """A kept batch, or None where it is too early, or they came often enough."""
        if self._credit < 1 or len(self._kept) < LEAST_KEPT:
            return None
        self._credit -= 1
        return self._kept[int(rng.integers(len(self._kept)))]


class Feed:
    """Gives the batches of ``loader``, whose dataset must be packed, as tensors on ``device``.

    A thread takes them off the workers, so that the device computes meanwhile. Where it would still have to
    wait, a batch that was there comes again, a little changed.

    Args:
        replay: see Replay; 0 gives each batch once, in the loader's order: the same in any run.
        replay_bytes: device memory for it.
    """

    def __init__(
        self, loader: DataLoader, device: torch.device, *, replay: float = 0.0, replay_bytes: float = 12e9
    ) -> None:
        dataset = loader.dataset
        self.loader, self.device = loader, device
        self._normalize = dataset.normalize if isinstance(dataset, PackedDataset) else None
        self._replay = Replay(replay, replay_bytes)
        self._queue: queue.Queue[Any] = queue.Queue(AHEAD)
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def batches(self, epochs: range, rng: np.random.Generator) -> Iterator[Fed]:
        """The batches of the epochs; the first goes on where ``loader.load_state_dict`` has put it."""
        self._thread = threading.Thread(target=self._fill, args=(epochs,), daemon=True)
        self._thread.start()
        while True:
            again = self._replay.draw(rng) if self._queue.empty() else None
            if again is not None:
                yield Fed(_jittered(unpack(again, self._normalize)), None)
                continue
            item = self._queue.get()
            if isinstance(item, BaseException):
                raise item
            if item is None:
                return
            host, state = item
            packed = {k: _moved(k, v, self.device) for k, v in host.items()}
            self._replay.add(packed)
            yield Fed(unpack(packed, self._normalize), state)

    def close(self) -> None:
        """End the thread and the loader's workers."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(10)
        self.loader.close()

    def _fill(self, epochs: range) -> None:
        try:
            for number, epoch in enumerate(epochs):
                if number or not self.loader.state_dict():
                    self.loader.set_epoch(epoch)
                for batch in self.loader.numpy_batches():
                    host = {k: _tensor(v, self.device) for k, v in batch.items() if isinstance(v, np.ndarray)}
                    if not self._put((host, self.loader.state_dict())):
                        return
            self._put(None)
        except BaseException as error:  # the trainer raises it where it can be seen
            self._put(error)

    def _put(self, item: Any) -> bool:
        while not self._stop.is_set():
            try:
                self._queue.put(item, timeout=POLL_S)
                return True
            except queue.Full:
                continue
        return False


def _tensor(array: np.ndarray, device: torch.device) -> torch.Tensor:
    tensor = torch.from_numpy(array)
    return tensor.pin_memory() if device.type == "cuda" else tensor


def _moved(key: str, tensor: torch.Tensor, device: torch.device) -> torch.Tensor:
    # CTC wants the lengths on the host.
    return tensor if key == "length" else tensor.to(device, non_blocking=True)


def _bytes(batch: Tensors) -> int:
    return sum(t.numel() * t.element_size() for t in batch.values())


def _jittered(batch: Tensors) -> Tensors:
    """Other contrast and some noise; what lines are filled up with stays 0."""
    image = batch["image"]
    shape = (len(image), 1, 1, 1)
    contrast = 0.75 + 0.4 * torch.rand(shape, device=image.device)
    noise = torch.randn_like(image) * (0.12 * torch.rand(shape, device=image.device) ** 2)
    return {**batch, "image": image * contrast + noise * (image != 0)}
