"""Averaged weights."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import paddle

from ppocr_lite.engine import checkpoint
from ppocr_lite.engine.trainer import Hook, Trainer


class EmaHook(Hook):
    """Keeps a moving average of the weights; evaluation and ``best_accuracy`` use it.

    Args:
        decay: weight of the old average at each step; near the start it grows as (1 + n) / (10 + n).
    """

    def __init__(self, decay: float = 0.999) -> None:
        self.decay = decay
        self._average: dict[str, paddle.Tensor] = {}

    def before_fit(self, trainer: Trainer) -> None:
        if not self._average:
            self._average = {k: v.detach().clone() for k, v in trainer.model.state_dict().items()}

    @paddle.no_grad()
    def after_step(self, trainer: Trainer) -> None:
        step = trainer.state.global_step
        decay = min(self.decay, (1 + step) / (10 + step))
        for name, value in trainer.model.state_dict().items():
            average = self._average[name]
            # In this form, what does not change (a frozen teacher) stays exactly as it is.
            self._average[name] = average + (value - average) * (1 - decay)

    @contextmanager
    def applied(self, model: paddle.nn.Layer) -> Iterator[None]:
        """Inside, ``model`` has the averaged weights."""
        own = {name: value.detach().clone() for name, value in model.state_dict().items()}
        checkpoint.load_weights(model, {name: value.numpy() for name, value in self._average.items()})
        try:
            yield
        finally:
            checkpoint.load_weights(model, {name: value.numpy() for name, value in own.items()})

    def state(self) -> dict[str, Any]:
        return {name: value.numpy() for name, value in self._average.items()}

    def load_state(self, state: Mapping[str, Any]) -> None:
        self._average = {name: paddle.to_tensor(value) for name, value in state.items()}
