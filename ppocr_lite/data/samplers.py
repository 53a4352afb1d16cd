"""The order in which samples are taken, and how they come together in batches."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Shape = tuple[int, ...]
Stretch = Sequence[tuple[int, Sequence[int]]]
"""Part of an epoch that some ranks did: of each the indices it took, and those of them that still wait."""


def epoch_order(
    length: int,
    *,
    shuffle: bool,
    seed: int,
    epoch: int,
    rank: int = 0,
    world_size: int = 1,
    even: bool = True,
) -> np.ndarray:
    """Indices int64 that one rank takes in one epoch.

    Args:
        length: samples of the dataset.
        shuffle: permute, anew for each epoch.
        seed: of the permutation; the same on all ranks.
        epoch: number of the epoch.
        rank: of this process.
        world_size: number of processes.
        even: give all ranks the same number by repeating the first indices (training); otherwise each index
            is taken exactly once (evaluation).
    """
    order = np.arange(length)
    if shuffle:
        order = np.random.default_rng([seed, epoch]).permutation(length)
    return shard(order, rank, world_size, even=even)


def shard(order: np.ndarray, rank: int, world_size: int, *, even: bool = True) -> np.ndarray:
    """What one rank takes of an order [n]: every ``world_size``-th index; ``even`` as in epoch_order.

    The n-th batches of all ranks together are the n-th batch of one process whose batches are as large.
    """
    if even and len(order):
        order = np.resize(order, -(-len(order) // world_size) * world_size)
    return order[rank::world_size]


def left_over(order: np.ndarray, stretches: Sequence[Stretch]) -> np.ndarray:
    """The indices of an order [n] that are in no batch yet, after some stretches of the epoch.

    Each stretch was done by as many ranks as it has entries, on what the one before it left.

    >>> left_over(np.arange(10), [[(3, [2]), (2, [])]]).tolist()  # 0 4 and 1 3 are done, 2 waits
    [2, 5, 6, 7, 8, 9]
    """
    for stretch in stretches:
        world_size = len(stretch)
        done = np.zeros(-(-len(order) // world_size) * world_size, bool)
        for rank, (taken, waiting) in enumerate(stretch):
            waits = np.isin(shard(order, rank, world_size), list(waiting))
            done[rank::world_size] = (np.arange(len(waits)) < taken) & ~waits
        order = order[~done[: len(order)]]
    return order


@dataclass
class Grouper:
    """Collects samples of one image shape until they make a batch.

    Args:
        batch_size: samples of a batch.
        batch_width: with it, ``batch_size`` is meant for images this wide (pixels), and the size of other
            batches changes so that size * width stays about the same.
    """

    batch_size: int
    batch_width: int | None = None
    _groups: dict[Shape, list[tuple[int, int, dict[str, Any]]]] = field(default_factory=dict)
    _tail: list[tuple[Shape, Shape, tuple[int, int, dict[str, Any]]]] = field(default_factory=list)
    _arrived: int = 0

    def size_for(self, shape: Shape) -> int:
        """Samples in a batch of images of this shape."""
        if self.batch_width is None or not shape:
            return self.batch_size
        return max(1, round(self.batch_size * self.batch_width / shape[-1]))

    def add(self, index: int, sample: dict[str, Any]) -> list[dict[str, Any]] | None:
        """Take a sample; returns a batch once its group is full."""
        shape = image_shape(sample)
        group = self._groups.setdefault(shape, [])
        group.append((self._arrived, index, sample))
        self._arrived += 1
        if len(group) < self.size_for(shape):
            return None
        del self._groups[shape]
        return [item[2] for item in group]

    def flush(self) -> Iterator[list[dict[str, Any]]]:
        """The groups that are left, as smaller batches, in the order of their shapes."""
        for shape in sorted(self._groups):
            yield [item[2] for item in self._groups.pop(shape)]

    def merge(self, *, only_full: bool = False) -> Iterator[list[dict[str, Any]]]:
        """All that is left, whatever its width, as batches whose narrower images are filled up with 0.

        That is how RecResizeImg fills a line up itself. Only the last batch (of each height) may be smaller
        than the others; ``only_full`` leaves it out.
        """
        items = [(shape[:-1], shape[-1:], item) for shape, group in self._groups.items() for item in group]
        self._tail = sorted(items, key=lambda entry: (entry[0], entry[1], -entry[2][0]))
        self._groups.clear()
        while self._tail:
            height, width, _ = self._tail[-1]
            size = self.size_for(height + width)
            chosen = [self._tail.pop() for _ in range(size) if self._tail and self._tail[-1][0] == height]
            if len(chosen) == size or not only_full:
                yield [widen(item[2], *width) for _, _, item in chosen]

    def pending(self) -> list[int]:
        """Indices of the samples that wait, in the order in which they came."""
        waiting = [item for group in self._groups.values() for item in group]
        waiting += [item for _, _, item in self._tail]
        items = sorted((arrived, index) for arrived, index, _ in waiting)
        return [index for _, index in items]


def image_shape(sample: dict[str, Any]) -> Shape:
    """Shape of a sample's image; empty without an image array."""
    image = sample.get("image")
    return tuple(image.shape) if isinstance(image, np.ndarray) else ()


def widen(sample: dict[str, Any], width: int = 0) -> dict[str, Any]:
    """The sample with its image filled up with 0 on the right, and ``valid_ratio`` for the new width."""
    shape = image_shape(sample)
    if not shape or shape[-1] >= width:
        return sample
    image = np.zeros((*shape[:-1], width), sample["image"].dtype)
    image[..., : shape[-1]] = sample["image"]
    wider = {**sample, "image": image}
    if "valid_ratio" in sample:
        wider["valid_ratio"] = sample["valid_ratio"] * np.float32(shape[-1] / width)
    return wider
