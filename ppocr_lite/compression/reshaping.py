"""Where the positions of axes go when a tensor is reshaped."""

from collections.abc import Iterator, Sequence

import numpy as np

from ppocr_lite.compression.atoms import Atoms

Axes = list[np.ndarray | None]
"""For each axis of a value the atoms of its positions, or None where it is not made of channels."""


def reshaped(atoms: Atoms, axes: Axes, before: Sequence[int], after: Sequence[int]) -> Axes:
    """Axes of a value after a reshape; what a reshape mixes is fixed.

    An axis that stays, or is merged with others that are no channels, keeps its atoms: flattened from
    [C, H] to [C * H], each channel has H positions. An axis that is split is fixed.
    """
    result: Axes = [None] * len(after)
    for old, new in _blocks(before, after):
        if not any(axes[axis] is not None for axis in old):
            continue
        if len(new) == 1 and after[new[0]] == _count(before, old) > 0:
            result[new[0]] = _merged(atoms, axes, before, old)
        else:
            for axis in old:
                atoms.fix(axes[axis], "an axis of channels is split by a reshape")
    for axis, size in enumerate(before):
        if size == 1:
            atoms.fix(axes[axis], "there is one channel only")
    return result


def _merged(atoms: Atoms, axes: Axes, shape: Sequence[int], block: Sequence[int]) -> np.ndarray | None:
    tracked = [axis for axis in block if axes[axis] is not None]
    if len(tracked) > 1:
        for axis in tracked:
            atoms.fix(axes[axis], "two axes of channels are merged by a reshape")
        return None
    found = np.asarray(axes[tracked[0]])
    form = [-1 if axis in tracked else 1 for axis in block]
    return np.asarray(np.broadcast_to(np.reshape(found, form), [shape[axis] for axis in block]).reshape(-1))


def _blocks(before: Sequence[int], after: Sequence[int]) -> Iterator[tuple[list[int], list[int]]]:
    """Axes (old, new) of the smallest stretches with as many elements on both sides; axes of 1 left out."""
    left = [axis for axis, size in enumerate(before) if size != 1]
    right = [axis for axis, size in enumerate(after) if size != 1]
    while left or right:
        old, new = [left.pop(0)] if left else [], [right.pop(0)] if right else []
        while (a := _count(before, old)) != (b := _count(after, new)):
            if a < b and left:
                old.append(left.pop(0))
            elif right:
                new.append(right.pop(0))
            else:  # sizes that are not known: nothing can be said of the rest
                old, new = old + left, new + right
                left, right = [], []
                break
        yield old, new


def _count(shape: Sequence[int], axes: Sequence[int]) -> int:
    return int(np.prod([shape[axis] for axis in axes], dtype=np.int64))
