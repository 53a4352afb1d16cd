"""Learning-rate schedules, stepped once after each update; PaddleOCR 2.x's names and values.

Each is a closed form of the step count, so that asking for a value changes nothing and a resumed run needs
the count alone. With a warm-up of W steps the rate rises from 0 to its peak, and the schedule proper starts
at step W as if it were step 0; its length stays ``epochs * steps_per_epoch``, so a cosine with warm-up does
not end at 0.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from paddle.optimizer.lr import LRScheduler

from ppocr_lite.errors import ConfigError
from ppocr_lite.parameters import NotNegative, Positive
from ppocr_lite.registry import Registry

SCHEDULES = Registry("learning-rate schedule")


class LRSchedule(LRScheduler):
    """Base of all schedules: warm-up, then :meth:`rate`. Works as any Paddle scheduler.

    Args:
        peak: the rate at the end of the warm-up.
        epochs, steps_per_epoch: length of the training.
        warmup_epoch: length of the warm-up, in epochs; may be a fraction.
    """

    def __init__(
        self, peak: float, *, epochs: int, steps_per_epoch: int, warmup_epoch: NotNegative = 0
    ) -> None:
        if epochs < 1 or steps_per_epoch < 1:
            raise ConfigError(
                f"Optimizer.lr: nothing to train: {epochs} epochs of {steps_per_epoch} steps. "
                "Check Global.epoch_num, the label files and the batch size."
            )
        self.steps_per_epoch = steps_per_epoch
        self.total_steps = epochs * steps_per_epoch
        self.warmup_steps = round(warmup_epoch * steps_per_epoch)
        self.factor = 1.0
        super().__init__(float(peak))

    def rate(self, step: int) -> float:
        """Rate at ``step`` of the schedule proper, counted from the end of the warm-up."""
        raise NotImplementedError

    def value(self, step: int) -> float:
        """Rate in force at the ``step``-th update of the training, counted from 0."""
        if step < self.warmup_steps:
            return self.base_lr * step / self.warmup_steps
        return self.rate(step - self.warmup_steps)

    def curve(self, steps: int | None = None) -> list[float]:
        """Rates of the first ``steps`` updates, by default of all; the schedule itself does not move."""
        return [self.value(step) for step in range(self.total_steps if steps is None else steps)]

    def get_lr(self) -> float:
        """Rate in force now."""
        return self.factor * self.value(self.last_epoch)

    def set_factor(self, factor: float) -> None:
        """Multiply all rates from now on by ``factor``, which a checkpoint of the optimizer does not hold."""
        self.factor = factor
        self.last_lr = self.get_lr()

    def set_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go to the step that ``state_dict`` (also of a PaddleOCR 2.x checkpoint) was saved at."""
        self.last_epoch = int(state_dict["last_epoch"])
        self.last_lr = self.get_lr()

    set_dict = set_state_dict


@SCHEDULES.register()
class Const(LRSchedule):
    """The same rate throughout."""

    def __init__(
        self, learning_rate: NotNegative, *, epochs: int, steps_per_epoch: int, warmup_epoch: NotNegative = 0
    ) -> None:
        super().__init__(
            learning_rate, epochs=epochs, steps_per_epoch=steps_per_epoch, warmup_epoch=warmup_epoch
        )

    def rate(self, step: int) -> float:
        return self.base_lr


@SCHEDULES.register()
class Cosine(Const):
    """Half a cosine, from the rate to 0 at the end of the training; it rises again after that."""

    def rate(self, step: int) -> float:
        return _cosine(self.base_lr, step / self.total_steps)


@SCHEDULES.register()
class TwoStepCosine(Const):
    """A cosine that would end after 200 epochs; from there on, the cosine of the whole training.

    compat: PaddleOCR multiplies its way from step to step, so that after the 0 at epoch 200 it never leaves
    0 again. Up to there, and in trainings of at most 200 epochs, the values are the same.
    """

    FIRST_EPOCHS = 200

    def rate(self, step: int) -> float:
        first = self.FIRST_EPOCHS * self.steps_per_epoch
        return _cosine(self.base_lr, step / (first if step <= first else self.total_steps))


@SCHEDULES.register()
class CyclicalCosine(LRSchedule):
    """A cosine that starts anew every ``cycle`` epochs."""

    def __init__(
        self,
        learning_rate: NotNegative,
        cycle: Positive,
        *,
        epochs: int,
        steps_per_epoch: int,
        warmup_epoch: NotNegative = 0,
    ) -> None:
        self._cycle_steps = round(cycle * steps_per_epoch)
        if self._cycle_steps < 1:
            raise ConfigError(f"Optimizer.lr.cycle: {cycle} epochs are less than one step.")
        super().__init__(
            learning_rate, epochs=epochs, steps_per_epoch=steps_per_epoch, warmup_epoch=warmup_epoch
        )

    def rate(self, step: int) -> float:
        return _cosine(self.base_lr, step % self._cycle_steps / self._cycle_steps)


@SCHEDULES.register()
class Linear(LRSchedule):
    """From the rate to ``end_lr`` at the end of the training, along (1 - t)^power; then constant."""

    def __init__(
        self,
        learning_rate: NotNegative,
        end_lr: NotNegative = 0.0,
        *,
        epochs: int,
        steps_per_epoch: int,
        power: NotNegative = 1.0,
        warmup_epoch: NotNegative = 0,
    ) -> None:
        self._end_lr = end_lr
        self._power = power
        super().__init__(
            learning_rate, epochs=epochs, steps_per_epoch=steps_per_epoch, warmup_epoch=warmup_epoch
        )

    def rate(self, step: int) -> float:
        left = 1.0 - min(step, self.total_steps) / self.total_steps
        return (self.base_lr - self._end_lr) * left**self._power + self._end_lr


@SCHEDULES.register()
class DecayLearningRate(Linear):
    """From the rate to 0 along (1 - t)^factor, without warm-up."""

    ignored_params = ("end_lr", "warmup_epoch")

    def __init__(
        self, learning_rate: NotNegative, factor: NotNegative = 0.9, *, epochs: int, steps_per_epoch: int
    ) -> None:
        super().__init__(learning_rate, epochs=epochs, steps_per_epoch=steps_per_epoch, power=factor)


@SCHEDULES.register()
class Step(LRSchedule):
    """The rate times ``gamma``, every ``step_size`` epochs."""

    def __init__(
        self,
        learning_rate: NotNegative,
        step_size: Positive,
        *,
        gamma: NotNegative,
        epochs: int,
        steps_per_epoch: int,
        warmup_epoch: NotNegative = 0,
    ) -> None:
        self._gamma = gamma
        self._step_size = int(step_size * steps_per_epoch)
        if self._step_size < 1:
            raise ConfigError(f"Optimizer.lr.step_size: {step_size} epochs are less than one step.")
        super().__init__(
            learning_rate, epochs=epochs, steps_per_epoch=steps_per_epoch, warmup_epoch=warmup_epoch
        )

    def rate(self, step: int) -> float:
        return float(self.base_lr * self._gamma ** (step // self._step_size))


@SCHEDULES.register()
class MultiStepDecay(LRSchedule):
    """The rate times ``gamma``, at each of ``milestones`` (in epochs)."""

    def __init__(
        self,
        learning_rate: NotNegative,
        milestones: Sequence[NotNegative],
        *,
        epochs: int,
        steps_per_epoch: int,
        gamma: NotNegative = 0.1,
        warmup_epoch: NotNegative = 0,
    ) -> None:
        self._gamma = gamma
        self._milestones = [m * steps_per_epoch for m in milestones]
        super().__init__(
            learning_rate, epochs=epochs, steps_per_epoch=steps_per_epoch, warmup_epoch=warmup_epoch
        )

    def rate(self, step: int) -> float:
        return float(self.base_lr * self._gamma ** sum(m <= step for m in self._milestones))


@SCHEDULES.register()
class Piecewise(LRSchedule):
    """``values[i]`` until epoch ``decay_epochs[i]``; the last value after the last of them.

    PP-OCRv2's files have as many values as boundaries, which the second boundary then does not change.
    """

    ignored_params = ("learning_rate",)

    def __init__(
        self,
        decay_epochs: Sequence[NotNegative],
        values: Sequence[NotNegative],
        *,
        epochs: int,
        steps_per_epoch: int,
        warmup_epoch: NotNegative = 0,
    ) -> None:
        if not values or len(values) - len(decay_epochs) not in (0, 1):
            raise ConfigError(
                f"Optimizer.lr.values: give one more than decay_epochs, got {len(values)} values for "
                f"{len(decay_epochs)} decay_epochs."
            )
        self._boundaries = [epoch * steps_per_epoch for epoch in decay_epochs]
        self._values = [float(v) for v in values]
        super().__init__(values[0], epochs=epochs, steps_per_epoch=steps_per_epoch, warmup_epoch=warmup_epoch)

    def rate(self, step: int) -> float:
        for boundary, value in zip(self._boundaries, self._values):
            if step < boundary:
                return value
        return self._values[-1]


@SCHEDULES.register()
class OneCycle(LRSchedule):
    """Up to ``max_lr``, then down to almost nothing.

    Smith and Topin, "Super-Convergence", 2017, arXiv:1708.07120.

    Args:
        anneal_strategy: ``cos`` or ``linear`` between the turning points.
        three_phase: come down as slowly as it went up, then to the end; otherwise down in one go.
    """

    RISE = 0.3
    """Share of the training that the rate rises for."""
    START_DIVISOR = 25.0
    END_DIVISOR = 1e4

    def __init__(
        self,
        max_lr: NotNegative,
        anneal_strategy: str = "cos",
        *,
        epochs: int,
        steps_per_epoch: int,
        three_phase: bool = False,
        warmup_epoch: NotNegative = 0,
    ) -> None:
        if anneal_strategy not in ("cos", "linear"):
            raise ConfigError(f"Optimizer.lr.anneal_strategy: '{anneal_strategy}' is not cos or linear.")
        total = epochs * steps_per_epoch
        start = max_lr / self.START_DIVISOR
        end = start / self.END_DIVISOR
        # (last step of the phase, rate there)
        self._turns: list[tuple[float, float]] = [(0.0, start), (self.RISE * total - 1, max_lr)]
        if three_phase:
            self._turns.append((2 * self.RISE * total - 2, start))
        self._turns.append((total - 1, end))
        self._cosine = anneal_strategy == "cos"
        super().__init__(max_lr, epochs=epochs, steps_per_epoch=steps_per_epoch, warmup_epoch=warmup_epoch)

    def rate(self, step: int) -> float:
        if step > self.total_steps:
            return self._turns[-1][1]
        # Step total_steps lies one past the last turn and is extrapolated, as PaddleOCR's is; a training of
        # the given length ends before it.
        phase = next((i for i, (end, _) in enumerate(self._turns) if i and step <= end), len(self._turns) - 1)
        (begin, low), (end, high) = self._turns[phase - 1 : phase + 1]
        done = (step - begin) / (end - begin)
        if self._cosine:
            return high + (low - high) * 0.5 * (1.0 + math.cos(math.pi * done))
        return low + (high - low) * done


def _cosine(peak: float, done: float) -> float:
    return 0.5 * peak * (1.0 + math.cos(math.pi * done))
