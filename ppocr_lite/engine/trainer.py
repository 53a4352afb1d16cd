"""The training loop. Logging, evaluation and saving are hooks (``hooks/``)."""

import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import paddle

from ppocr_lite.engine import checkpoint, run_state
from ppocr_lite.engine.amp import Precision, to_float32
from ppocr_lite.engine.distributed import Ranks
from ppocr_lite.engine.fitting import told
from ppocr_lite.engine.randomness import step_seed
from ppocr_lite.engine.types import (
    Batch,
    BatchLoader,
    DivergedError,
    LossFunction,
    PlacedLoader,
    Predictions,
    Schedule,
    StepTimes,
    TrainState,
)
from ppocr_lite.errors import DataError

STOPPED_ELSEWHERE = "another process was stopped"
SIZES = "Check channels and sizes of Train.dataset.transforms, and the parts of the network."
HEAD = "Check that the loss is one for this head, and that KeepKeys keeps its labels."


class Hook:
    """Something done beside the training itself. Override what is needed."""

    def before_fit(self, trainer: "Trainer") -> None:
        """Before the first step."""

    def after_step(self, trainer: "Trainer") -> None:
        """After each optimizer step; ``trainer.stats`` holds its losses."""

    def on_bad_step(self, trainer: "Trainer", problem: str) -> bool:
        """A loss or a gradient is not finite and nothing was updated; True to go on with the next step."""
        return False

    def after_evaluation(self, trainer: "Trainer") -> None:
        """``trainer.metrics`` holds the metrics of an evaluation, ``trainer.state.best`` the best so far."""

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
        schedule: stepped once a step.
        loader: batches of one epoch; see :class:`BatchLoader`.
        hooks: called in their order.
        accumulate: batches of a step: their gradients' mean is that of one batch as large as all of them. An
            epoch's last step may have fewer. Epochs, logs, schedules and evaluations count steps.
        precision: float32, or the mixed precision that model and optimizer were made ready for.
        ranks: the processes that train together, each on its share of the batches.
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
        accumulate: int = 1,
        precision: Precision | None = None,
        ranks: Ranks | None = None,
        seed: int = 1024,
    ) -> None:
        self.model = model
        self.loss = loss
        self.optimizer = optimizer
        self.schedule = schedule
        self.loader = loader
        self.hooks = tuple(hooks)
        self.accumulate = accumulate
        self.precision = precision or Precision()
        self.ranks = ranks or Ranks()
        self.seed = seed
        self.state = TrainState()
        self.stats: dict[str, float] = {}
        self.metrics: dict[str, float] = {}  # of the last evaluation
        self.lr = 0.0  # of the last step
        self.times = StepTimes()
        self.batches: Sequence[Batch] = ()  # of the last step
        self.preds: Predictions = {}  # of its last batch
        self.epochs = 0
        self.stop_reason = ""
        self.converged = False
        self.failed = False
        self._forward: Callable[..., Any] = model
        self._stop_wish = ""
        self.place: dict[str, Any] = {}  # in the data, where a resumed run goes on
        self._step_started = 0.0

    def fit(self, epochs: int) -> TrainState:
        """Train until ``epochs`` epochs are finished, those before a resume counted in."""
        self.epochs = epochs
        self.call("before_fit")
        try:
            if self._forward is self.model:
                self._forward = self.ranks.wrap(self.model)
            while self.state.epoch < epochs and not self._stopped():
                self._run_epoch()
        except BaseException as error:
            self.failed = True
            self.ranks.tell_failure(error)
            raise
        finally:
            self.call("after_fit")
            getattr(self.loader, "close", bool)()
        return self.state

    def stop(self, reason: str, *, converged: bool = False) -> None:
        """End :meth:`fit` after the current step; ``converged`` where the training has reached its end."""
        if not self._stop_wish:
            self._stop_wish, self.converged = reason, converged

    def _stopped(self) -> bool:
        """Whether some rank wants to stop. All ask at the same places, so that all stop at the same one."""
        if self.ranks.any(bool(self._stop_wish)):
            self.stop_reason = self._stop_wish or STOPPED_ELSEWHERE
        return bool(self.stop_reason)

    @property
    def steps_per_epoch(self) -> int:
        """Updates in one epoch."""
        return self.steps_of(len(self.loader))

    def steps_of(self, batches: int) -> int:
        """Updates that a number of batches makes."""
        return math.ceil(batches / self.accumulate)

    def _run_epoch(self) -> None:
        self.model.train()
        self.loader.set_epoch(self.state.epoch + 1)
        for batches in self.ranks.lockstep(self._timed(self._rest_of_epoch())):
            self.batches = batches
            self.stats = self.step(batches)
            self.state.step_in_epoch += 1
            self.state.global_step += 1
            self.call("after_step")
            if self._stopped():
                return
        if not self.state.step_in_epoch:
            raise DataError("Train: the loader gave no batch. Check label_file_list and batch_size_per_card.")
        self.state.epoch += 1
        self.state.step_in_epoch = 0
        self.call("after_epoch")

    def _rest_of_epoch(self) -> Iterable[Batch]:
        """The batches of the epoch; after a stop within it, those that are left."""
        place, self.place = self.place, {}
        if place and isinstance(self.loader, PlacedLoader):
            self.loader.load_state_dict(place)
            self.state.step_in_epoch = self.steps_of(self.loader.state_dict()["emitted"])
            return self.loader
        return islice(self.loader, self.state.step_in_epoch * self.accumulate, None)

    def step(self, batches: Sequence[Batch]) -> dict[str, float]:
        """Forward and backward of each batch and one step of the optimizer; gives the mean losses.

        Raises:
            DivergedError: a loss or a gradient is NaN or infinite and no hook goes on nevertheless; the
                parameters are still those before the step.
        """
        paddle.seed(step_seed(self.seed, self.state.global_step, self.ranks.rank))
        self.lr = self.schedule.get_lr()
        parts = []
        for number, batch in enumerate(batches, 1):
            with self.ranks.sums_gradients(self._forward, now=number == len(batches)):
                losses = self.losses(batch)
                self.precision.backward(losses["loss"] * (1 / len(batches)))
            parts.append({name: float(value.mean()) for name, value in losses.items()})
        means = {name: math.fsum(part[name] for part in parts) / len(parts) for name in parts[0]}
        stats = self.ranks.mean(means)  # so that all ranks see the same NaN and do the same about it
        problem = self._problem(stats)
        if not problem:
            self.precision.update(self.optimizer)
        self.optimizer.clear_grad()
        if problem and not any(hook.on_bad_step(self, problem) for hook in self.hooks):
            raise DivergedError(
                f"{problem} Lower the learning rate, add warm-up or Optimizer.clip_norm_global, check the "
                "labels, and resume from the last checkpoint; or set Global.nan_policy: skip."
            )
        self.schedule.step()
        return stats

    def losses(self, batch: Batch) -> dict[str, paddle.Tensor]:
        """Forward pass and losses, these in float32; the predictions stay in ``self.preds``."""
        with told("Architecture", SIZES, batch=batch), self.precision.autocast():
            outputs = self._forward(batch["image"], targets=batch)
        self.preds = to_float32(outputs)
        with told("Loss", HEAD, outputs_of_the_network=self.preds, batch=batch):
            return self.loss(self.preds, batch)

    def _problem(self, stats: Mapping[str, float]) -> str:
        """What is not finite in this step, in words; empty if all is."""
        parts = ", ".join(f"{name}: {value:g}" for name, value in stats.items())
        if math.isfinite(stats["loss"]):
            if gradients_finite(self.model) or self.precision.expects_overflow():
                return ""
            parts = f"a gradient is not finite ({parts})"
        epoch, step = self.state.epoch + 1, self.state.global_step + 1
        return f"Epoch {epoch}, global step {step}: {parts} at learning rate {self.lr:g}."

    def _timed(self, batches: Iterable[Batch]) -> Iterator[list[Batch]]:
        """The batches of each step; measures what the loader and the rest of the step take."""
        iterator = iter(batches)
        while True:
            started = time.perf_counter()
            group = list(islice(iterator, self.accumulate))
            if not group:
                return
            samples = sum(len(batch["image"]) for batch in group) * self.ranks.world_size
            self.times = StepTimes(reader_s=time.perf_counter() - started, samples=samples)
            self._step_started = started
            yield group

    def elapsed(self) -> float:
        """Seconds since the loader was asked for the batches of the current step."""
        return time.perf_counter() - self._step_started

    def call(self, event: str) -> None:
        """Call a method of all hooks."""
        for hook in self.hooks:
            getattr(hook, event)(self)

    def save(self, prefix: str) -> None:
        """Write a checkpoint from which :meth:`resume` goes on exactly; all ranks must call this."""
        found = run_state.collect(self)
        if self.ranks.is_main:
            checkpoint.save(prefix, self.model, self.optimizer, states=found)

    def resume(self, prefix: str) -> None:
        """Go on from a checkpoint: weights, optimizer, schedule, random states, place in the data, best."""
        if self.ranks.is_main:
            checkpoint.finish_save(prefix)
        self.ranks.gather(None)  # the others read what rank 0 has finished
        run_state.restore(self, checkpoint.load(prefix, self.model, self.optimizer))


@paddle.no_grad()
def gradients_finite(model: paddle.nn.Layer) -> bool:
    """Whether no gradient is NaN or infinite."""
    # One sum each, in which either shows; a sum that overflows belongs to gradients that are lost anyway.
    sums = [p.grad.astype("float32").sum() for p in model.parameters() if p.grad is not None]
    return not sums or bool(paddle.isfinite(paddle.add_n(sums)))
