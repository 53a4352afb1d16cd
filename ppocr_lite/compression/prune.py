"""From ratios to a smaller network."""

from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np
from paddle import nn

from ppocr_lite.compression import fpgm
from ppocr_lite.compression.channels import Channels, find_channels
from ppocr_lite.errors import ConfigError
from ppocr_lite.modeling.structure import prune_further
from ppocr_lite.registry import did_you_mean
from ppocr_lite.weights.structures import Structure

Removed = Mapping[str, Sequence[int]]
"""{name of a group: numbers of the channels that go}."""


class Pruner:
    """Plans the pruning of one model with the weights that it has now.

    Args:
        model: not changed before :meth:`apply`.
        image_shape: see :func:`~ppocr_lite.compression.channels.find_channels`.
        multiple: the channels that are left of each layer are a multiple of this, where there are so many.

    Attributes:
        channels: the groups that can be pruned.
    """

    def __init__(self, model: nn.Layer, image_shape: Sequence[int], *, multiple: int = 1) -> None:
        if multiple < 1:
            raise ConfigError(f"multiple: expected a whole number from 1, got {multiple}.")
        self.model = model
        self.multiple = multiple
        self.channels: Channels = find_channels(model, image_shape)

    @cached_property
    def _order(self) -> dict[str, np.ndarray]:
        """The channels of each group in the order in which they go."""
        weights = {name: tensor.numpy() for name, tensor in self.model.state_dict().items()}
        found = {group.name: fpgm.scores(group, weights) for group in self.channels.groups}
        return {name: np.argsort(scores, kind="stable") for name, scores in found.items()}

    def removed(self, ratios: Mapping[str, float]) -> dict[str, list[int]]:
        """The channels that go by FPGM's scores, for a ratio of each group; groups not named stay whole.

        Raises:
            ConfigError: no such group, no ratio, or a layer would be left without channels.
        """
        sizes = {group.name: group.size for group in self.channels.groups}
        for name in ratios:
            if name not in sizes:
                raise ConfigError(f"{name}: no layer of this name can be pruned.{did_you_mean(name, sizes)}")
        gone = {
            name: fpgm.removed_count(sizes[name], ratio, name=name, multiple=self.multiple)
            for name, ratio in ratios.items()
        }
        return {name: sorted(self._order[name][:count].tolist()) for name, count in gone.items() if count}

    def structure(self, ratios: Mapping[str, float]) -> Structure:
        """What is left of the parameters for a ratio of each group."""
        return self.cuts(self.removed(ratios))

    def cuts(self, removed: Removed) -> Structure:
        """What is left without the given channels; ConfigError where a layer would be empty."""
        structure = self.channels.structure(removed)
        for name, cut in structure.cuts.items():
            if 0 in cut.left:
                raise ConfigError(f"{name}: no channel would be left. Remove fewer.")
        return structure

    def apply(self, structure: Structure) -> None:
        """Make the model smaller in place; build its optimizer afterwards. This object ends with it."""
        prune_further(self.model, structure)
