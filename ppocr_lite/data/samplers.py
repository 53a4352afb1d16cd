"""The order in which samples are taken, and how they come together in batches."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Shape = tuple[int, ...]


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
    if even and length % world_size:
        order = np.concatenate([order, order[: world_size - length % world_size]])
    return order[rank::world_size]


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
        items.sort(key=lambda entry: (entry[0], entry[1], -entry[2][0]))
        self._groups.clear()
        while items:
            height, width, _ = items[-1]
            size = self.size_for(height + width)
            chosen = [items.pop() for _ in range(size) if items and items[-1][0] == height]
            if len(chosen) == size or not only_full:
                yield [widen(item[2], *width) for _, _, item in chosen]

    def pending(self) -> list[int]:
        """Indices of the samples that wait, in the order in which they came."""
        items = sorted((arrived, index) for group in self._groups.values() for arrived, index, _ in group)
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
