"""Scores of filters: how much a layer would lose with each of them.

He et al., "Filter Pruning via Geometric Median for Deep Convolutional Neural Networks Acceleration", CVPR
2019, arXiv:1811.00250: the filters nearest the geometric median of a layer can be made up for by the others.
As in the authors' code, the sum of distances to all filters of the layer stands for the distance from the
median, which is where this sum is least.
"""

from collections.abc import Mapping

import numpy as np

from ppocr_lite.compression.channels import Group
from ppocr_lite.errors import ConfigError


def distance_sums(filters: np.ndarray) -> np.ndarray:
    """Sum of the L2 distances of each filter to all filters; [n, ...] -> float64 [n].

    >>> distance_sums(np.array([[0.0, 0.0], [3.0, 4.0], [6.0, 8.0]]))
    array([15., 10., 15.])
    """
    rows = np.asarray(filters, np.float64).reshape(len(filters), -1)
    squares = (rows**2).sum(axis=1)
    squared = squares[:, None] + squares[None] - 2 * rows @ rows.T
    np.fill_diagonal(squared, 0.0)  # what rounding has left there
    return np.asarray(np.sqrt(np.maximum(squared, 0.0)).sum(axis=1))


def scores(group: Group, weights: Mapping[str, np.ndarray]) -> np.ndarray:
    """Score of each of the group's channels, float64 [size]; the least goes first.

    Layers whose channels are coupled are scored each for itself, in units of its mean score, and added up.

    Args:
        weights: arrays by state_dict name.
    """
    total = np.zeros(group.size)
    for name, axis in group.producers:
        channels = group.places[name, axis]
        sums = distance_sums(np.moveaxis(weights[name], axis, 0))
        mean = sums.mean()
        if mean > 0:
            np.add.at(total, channels[channels >= 0], sums[channels >= 0] / mean)
    return total


def removed_count(size: int, ratio: float, *, name: str, multiple: int = 1) -> int:
    """How many of ``size`` channels a ratio removes: round(size * ratio), but a multiple is left.

    Args:
        name: of the layer, for messages.
        multiple: the number of channels that are left is rounded up to a multiple of this, which some
            processors calculate faster.

    Raises:
        ConfigError: the ratio is none, or no channel would be left.
    """
    if not 0 <= ratio < 1:
        raise ConfigError(f"{name}: a pruning ratio is from 0 to below 1, not {ratio}.")
    gone = round(size * ratio)
    if gone >= size > 0:
        raise ConfigError(
            f"{name}: ratio {ratio} would remove all of its {size} channels. Give it {(size - 1) / size:.3g} "
            "or less."
        )
    left = min(size, -(-(size - gone) // multiple) * multiple)
    return size - left
