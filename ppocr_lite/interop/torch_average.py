"""The moving average of a twin's weights: steadier than the last step's, and what is saved and evaluated."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import nn


class MovingAverage:
    """``state`` follows the model's own; whole numbers are copied.

    Args:
        model: whose state the average begins with.
        keep: share of the old value at each step; less during the first steps, which are far off.
    """

    def __init__(self, model: nn.Module, keep: float) -> None:
        self.keep = keep
        self.state = {k: v.clone() for k, v in model.state_dict().items()}

    @torch.no_grad()
    def update(self, model: nn.Module, step: int) -> None:
        """Go on towards the model after ``step`` steps."""
        keep = min(self.keep, (1 + step) / (10 + step))
        own = model.state_dict()
        moving = [name for name, value in own.items() if value.is_floating_point()]
        torch._foreach_lerp_([self.state[n] for n in moving], [own[n] for n in moving], 1 - keep)
        for name in own.keys() - set(moving):
            self.state[name].copy_(own[name])

    def load(self, state: Mapping[str, torch.Tensor]) -> None:
        """Go on from a saved ``state``."""
        self.state = {k: v.clone() for k, v in state.items()}

    @contextmanager
    def applied(self, model: nn.Module) -> Iterator[None]:
        """The model has the averaged weights inside the ``with`` block."""
        own = {k: v.clone() for k, v in model.state_dict().items()}
        model.load_state_dict(self.state)
        try:
            yield
        finally:
            model.load_state_dict(own)
