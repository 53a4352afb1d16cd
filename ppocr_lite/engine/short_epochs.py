"""Trainings of a given number of steps: epochs that end before the data does."""

import math
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from ppocr_lite.engine.types import Batch, BatchLoader, PlacedLoader


class ShortEpochs:
    """The first batches of each epoch of a loader. Shuffled epochs begin with other samples each time.

    Args:
        loader: gives at least as many; its place in the data is passed on.
        batches: of an epoch.
    """

    def __init__(self, loader: BatchLoader, batches: int) -> None:
        self._loader = loader
        self._batches = batches
        self._done = 0

    def __len__(self) -> int:
        return self._batches

    def __iter__(self) -> Iterator[Batch]:
        done, self._done = self._done, 0
        return islice(self._loader, self._batches - done)

    def set_epoch(self, epoch: int) -> None:
        """See :class:`BatchLoader`."""
        self._loader.set_epoch(epoch)

    def state_dict(self) -> dict[str, Any]:
        """See :class:`PlacedLoader`."""
        return self._loader.state_dict() if isinstance(self._loader, PlacedLoader) else {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """See :class:`PlacedLoader`."""
        assert isinstance(self._loader, PlacedLoader)
        self._loader.load_state_dict(state)
        self._done = int(self._loader.state_dict()["emitted"])

    def close(self) -> None:
        """End what the loader runs."""
        getattr(self._loader, "close", bool)()


def for_steps(loader: BatchLoader, steps: int, accumulate: int = 1) -> tuple[int, BatchLoader]:
    """(epochs, loader) of a training of ``steps`` updates; the last of several epochs may add a few.

    >>> epochs, short = for_steps([0] * 10, 24)
    >>> epochs, len(short)
    (3, 8)
    """
    epochs = math.ceil(steps * accumulate / len(loader))
    return epochs, ShortEpochs(loader, math.ceil(steps / epochs) * accumulate)
