"""Scheduled sampling: how often a network in training is given its own answer in place of the right one."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from ppocr_lite.parameters import Share

STEEPNESS = 5.0
"""Of the exponential and the sigmoid curve: e to the minus this is what is left at the end, about 0.7 %."""


def _linear(progress: float) -> float:
    return progress


def _exponential(progress: float) -> float:
    return (1 - math.exp(-STEEPNESS * progress)) / (1 - math.exp(-STEEPNESS))


def _sigmoid(progress: float) -> float:
    low, value = (math.tanh(STEEPNESS * (p - 0.5)) for p in (0.0, progress))
    return (value - low) / (-2 * low)


CURVES: Mapping[str, Callable[[float], float]] = {
    "linear": _linear,
    "exponential": _exponential,
    "sigmoid": _sigmoid,
}
"""From 0 at the beginning of the training to 1 at its end."""


@dataclass(frozen=True)
class ScheduledSampling:
    """The probability that a step gets the network's own last answer, over the course of a training.

    Bengio et al., "Scheduled Sampling for Sequence Prediction with Recurrent Neural Networks", NIPS 2015,
    arXiv:1506.03099.

    Args:
        curve: ``linear``; ``exponential``, which rises soonest; ``sigmoid``, which rises in the middle.
        start, end: probability at the beginning and at the end. 0 is teacher forcing, 1 is free running.
    """

    curve: Literal["linear", "exponential", "sigmoid"] = "linear"
    start: Share = 0.0
    end: Share = 0.25

    def share(self, progress: float) -> float:
        """The probability once ``progress`` (0..1) of the training is done.

        >>> [round(ScheduledSampling("sigmoid", end=0.5).share(p), 3) for p in (0, 0.5, 1)]
        [0.0, 0.25, 0.5]
        """
        return self.start + (self.end - self.start) * CURVES[self.curve](min(max(progress, 0.0), 1.0))
