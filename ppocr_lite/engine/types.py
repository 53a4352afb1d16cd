"""What the trainer and its hooks hand to one another."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

import paddle

from ppocr_lite.errors import PPOCRError

Batch = dict[str, paddle.Tensor]
Predictions = dict[str, Any]
"""Named tensors; {sub-model: named tensors} of a distillation."""
LossFunction = Callable[[Predictions, Batch], dict[str, paddle.Tensor]]


class DivergedError(PPOCRError, FloatingPointError):
    """The loss or a gradient is not a finite number any more."""


class BatchLoader(Protocol):
    """What the trainer needs of a data loader: the batches of an epoch are the same every time.

    It may also be a :class:`PlacedLoader`, and have ``close``.
    """

    def __iter__(self) -> Iterator[Batch]: ...

    def __len__(self) -> int: ...

    def set_epoch(self, epoch: int) -> None:
        """Choose order and augmentation of the next pass; ``epoch`` counts from 1."""
        ...


@runtime_checkable
class PlacedLoader(Protocol):
    """A loader that can go on within an epoch."""

    def state_dict(self) -> dict[str, Any]:
        """Its place; ``emitted`` counts the batches of the epoch so far."""
        ...

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on at a place: its own, or ``{"ranks": [those of several processes]}``."""
        ...


class Schedule(Protocol):
    """A learning rate that changes with every step."""

    def step(self) -> None: ...

    def get_lr(self) -> float: ...


@dataclass
class TrainState:
    """Where training stands."""

    epoch: int = 0
    """Finished epochs."""
    step_in_epoch: int = 0
    """Finished steps of the epoch after those; not 0 only in a run that was stopped within an epoch."""
    global_step: int = 0
    best: dict[str, Any] = field(default_factory=dict)
    """Metrics of the best evaluation so far and its ``best_epoch``."""


@dataclass
class StepTimes:
    """Seconds that the last step waited for its batches, seconds of the whole step, and its images."""

    reader_s: float = 0.0
    batch_s: float = 0.0
    samples: int = 0
