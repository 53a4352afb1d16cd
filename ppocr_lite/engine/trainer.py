"""The training loop. Logging, evaluation and saving are hooks (``hooks.py``)."""

import logging
import math
import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import islice
from typing import Any, Protocol

import numpy as np
import paddle

from ppocr_lite.engine import checkpoint
from ppocr_lite.errors import DataError, PPOCRError

logger = logging.getLogger(__name__)

Batch = dict[str, paddle.Tensor]
Predictions = dict[str, Any]
"""Named tensors; {sub-model: named tensors} of a distillation."""
LossFunction = Callable[[Predictions, Batch], dict[str, paddle.Tensor]]


class DivergedError(PPOCRError, FloatingPointError):
    """The loss is not a finite number any more."""


class BatchLoader(Protocol):
    """What the trainer needs of a data loader: the batches of an epoch are the same every time.

    A loader may also have ``state_dict``, ``load_state_dict`` (its place within an epoch) and ``close``.
    """

    def __iter__(self) -> Iterator[Batch]: ...

    def __len__(self) -> int: ...

    def set_epoch(self, epoch: int) -> None:
        """Choose order and augmentation of the next pass; ``epoch`` counts from 1."""
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
    """Seconds that the last step waited for its batch, seconds of the whole step, and its images."""

    reader_s: float = 0.0
    batch_s: float = 0.0
    samples: int = 0


class Hook:
    """Something done beside the training itself. Override what is needed."""

    def before_fit(self, trainer: "Trainer") -> None:
        """Before the first step."""

    def after_step(self, trainer: "Trainer") -> None:
        """After each optimizer step; ``trainer.stats`` holds its losses."""

    def after_epoch(self, trainer: "Trainer") -> None:
        """After the last step of an epoch; ``trainer.state.epoch`` counts it already."""

    def after_fit(self, trainer: "Trainer") -> None:
        """After the last step, also of a run that was stopped or failed."""

    def state(self) -> dict[str, Any]:
        """Plain values and numpy arrays to be saved with a checkpoint."""
        return {}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Take back what :meth:`state` gave."""


class Trainer:
    """Trains one model.

    Args:
        model: called as ``model(batch["image"], targets=batch)``, gives :data:`Predictions`.
        loss: ``(predictions, batch) -> {"loss": total, parts to be logged...}``.
        optimizer: with the learning rate of ``schedule``.
        schedule: stepped once a batch.
        loader: batches of one epoch; see :class:`BatchLoader`.
        hooks: called in their order.
        seed: of every random number of the training. Those of step n depend on seed and n alone, so a
            resumed run draws what the uninterrupted one would have drawn.
    """

    def __init__(
        self,
        model: paddle.nn.Layer,
        loss: LossFunction,
        *,
        optimizer: paddle.optimizer.Optimizer,
        schedule: Schedule,
        loader: BatchLoader,
        hooks: Sequence[Hook] = (),
        seed: int = 1024,
    ) -> None:
        self.model = model
        self.loss = loss
        self.optimizer = optimizer
        self.schedule = schedule
        self.loader = loader
        self.hooks = tuple(hooks)
        self.seed = seed
        self.state = TrainState()
        self.stats: dict[str, float] = {}
        self.lr = 0.0  # of the last step
        self.times = StepTimes()
        self.batch: Batch = {}
        self.preds: Predictions = {}
        self.epochs = 0
        self.stop_reason = ""
        self._loader_state: dict[str, Any] = {}
        self._step_started = 0.0

    def fit(self, epochs: int) -> TrainState:
        """Train until ``epochs`` epochs are finished, those before a resume counted in."""
        self.epochs = epochs
        self._call("before_fit")
        try:
            while self.state.epoch < epochs and not self.stop_reason:
                self._run_epoch()
        finally:
            self._call("after_fit")
            getattr(self.loader, "close", bool)()
        return self.state

    def stop(self, reason: str) -> None:
        """End :meth:`fit` after the current step."""
        self.stop_reason = reason

    def _run_epoch(self) -> None:
        self.model.train()
        self.loader.set_epoch(self.state.epoch + 1)
        for batch in self._timed(self._rest_of_epoch()):
            self.batch = batch
            self.stats = self.step(batch)
            self.state.step_in_epoch += 1
            self.state.global_step += 1
            self._call("after_step")
            if self.stop_reason:
                return
        if not self.state.step_in_epoch:
            raise DataError("Train: the loader gave no batch. Check label_file_list and batch_size_per_card.")
        self.state.epoch += 1
        self.state.step_in_epoch = 0
        self._call("after_epoch")

    def _rest_of_epoch(self) -> Iterable[Batch]:
        """The batches of the epoch; after a stop within it, those that are left."""
        place, self._loader_state = self._loader_state, {}
        load = getattr(self.loader, "load_state_dict", None)
        if place and load:
            load(place)
            return self.loader
        return islice(self.loader, self.state.step_in_epoch, None)

    def step(self, batch: Batch) -> dict[str, float]:
        """Forward, backward and one step of the optimizer; gives the losses.

        Raises:
            DivergedError: the loss is NaN or infinite; the parameters are still those before the step.
        """
        paddle.seed(step_seed(self.seed, self.state.global_step))
        self.preds = self.model(batch["image"], targets=batch)
        losses = self.loss(self.preds, batch)
        stats = {name: float(value.mean()) for name, value in losses.items()}
        self.lr = self.schedule.get_lr()
        self._check_finite(stats)
        losses["loss"].backward()
        self.optimizer.step()
        self.optimizer.clear_grad()
        self.schedule.step()
        return stats

    def _check_finite(self, stats: Mapping[str, float]) -> None:
        if math.isfinite(stats["loss"]):
            return
        parts = ", ".join(f"{name}: {value:g}" for name, value in stats.items())
        raise DivergedError(
            f"Epoch {self.state.epoch + 1}, global step {self.state.global_step + 1}: {parts} "
            f"at learning rate {self.lr:g}. Lower the learning rate, add warm-up or "
            "Optimizer.clip_norm_global, check the labels, and resume from the last checkpoint."
        )

    def _timed(self, batches: Iterable[Batch]) -> Iterator[Batch]:
        """Pass batches on and measure what the loader and the rest of the step take."""
        iterator = iter(batches)
        while True:
            started = time.perf_counter()
            batch = next(iterator, None)
            if batch is None:
                return
            self.times = StepTimes(reader_s=time.perf_counter() - started, samples=len(batch["image"]))
            self._step_started = started
            yield batch

    def elapsed(self) -> float:
        """Seconds since the loader was asked for the current batch."""
        return time.perf_counter() - self._step_started

    def _call(self, event: str) -> None:
        for hook in self.hooks:
            getattr(hook, event)(self)

    def save(self, prefix: str) -> None:
        """Write a checkpoint from which :meth:`resume` goes on exactly."""
        checkpoint.save(prefix, self.model, self.optimizer, states=self.states())

    def resume(self, prefix: str) -> None:
        """Go on from a checkpoint: weights, optimizer, schedule, random states, place in the data, best."""
        states = checkpoint.load(prefix, self.model, self.optimizer)
        own = states.get(checkpoint.OWN_KEY, {})
        self.state = TrainState(
            epoch=int(states.get("epoch", 0)),
            step_in_epoch=int(own.get("step_in_epoch", 0)),
            global_step=int(states.get("global_step", 0)),
            best=dict(states.get("best_model_dict", {})),
        )
        if self.state.step_in_epoch:
            self._loader_state = dict(own.get("loader", {}))
        _set_random_states(own.get("random", {}))
        for hook in self.hooks:
            hook.load_state(own.get("hooks", {}).get(type(hook).__name__, {}))

    def states(self) -> dict[str, Any]:
        """Content of ``.states``: PaddleOCR's three entries, and one with all that an exact resume needs."""
        own = {
            "format": 1,
            "seed": self.seed,
            "step_in_epoch": self.state.step_in_epoch,
            "loader": getattr(self.loader, "state_dict", dict)(),
            "random": _random_states(),
            "hooks": {type(hook).__name__: hook.state() for hook in self.hooks},
        }
        state = asdict(self.state)
        return {
            "best_model_dict": state["best"],
            "epoch": state["epoch"],
            "global_step": state["global_step"],
            checkpoint.OWN_KEY: own,
        }


def step_seed(seed: int, step: int) -> int:
    """Seed of step ``step``; far-apart numbers for neighbouring steps."""
    return int(np.random.SeedSequence([seed, step]).generate_state(1)[0])


def _random_states() -> dict[str, Any]:
    """States of the global generators. The toolkit draws from none of them; a user's own part may."""
    kind, keys, position, has_gauss, cached = np.random.get_state()  # noqa: NPY002
    version, internal, gauss_next = random.getstate()
    return {
        "numpy": [str(kind), np.asarray(keys), int(position), int(has_gauss), float(cached)],
        "python": [version, list(internal), gauss_next],
    }


def _set_random_states(states: Mapping[str, Any]) -> None:
    if "numpy" in states:
        np.random.set_state(tuple(states["numpy"]))  # noqa: NPY002
    if "python" in states:
        version, internal, gauss_next = states["python"]
        random.setstate((version, tuple(internal), gauss_next))
