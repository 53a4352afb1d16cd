"""Averaged weights."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import paddle

from ppocr_lite.engine import checkpoint
from ppocr_lite.engine.trainer import Hook, Trainer


class EmaHook(Hook):
    """Keeps a moving average of the weights, in float32; evaluation and ``best_accuracy`` use it.

    Args:
        decay: weight of the old average at each step; near the start it grows as (1 + n) / (10 + n).
    """

    def __init__(self, decay: float = 0.999) -> None:
        self.decay = decay
        self._average: dict[str, paddle.Tensor] = {}

    def before_fit(self, trainer: Trainer) -> None:
        if not self._average:
            weights = checkpoint.float_state(trainer.model, trainer.optimizer)
            self._average = {name: value.detach().clone() for name, value in weights.items()}

    @paddle.no_grad()
    def after_step(self, trainer: Trainer) -> None:
        step = trainer.state.global_step
        decay = min(self.decay, (1 + step) / (10 + step))
        for name, value in checkpoint.float_state(trainer.model, trainer.optimizer).items():
            average = self._average[name]
            # In this form, what does not change (a frozen teacher) stays exactly as it is.
            self._average[name] = average + (value - average) * (1 - decay)

    @contextmanager
    def applied(
        self, model: paddle.nn.Layer, optimizer: paddle.optimizer.Optimizer | None = None
    ) -> Iterator[None]:
        """Inside, ``model`` has the averaged weights; so have the masters that ``optimizer`` may keep."""
        places = [*model.state_dict().items(), *checkpoint.masters(model, optimizer).items()]
        own = [tensor.detach().clone() for _, tensor in places]
        for name, tensor in places:
            tensor.set_value(self._average[name].astype(tensor.dtype))
        try:
            yield
        finally:
            for (_, tensor), value in zip(places, own):
                tensor.set_value(value)

    def state(self) -> dict[str, Any]:
        return {name: value.numpy() for name, value in self._average.items()}

    def load_state(self, state: Mapping[str, Any]) -> None:
        self._average = {name: paddle.to_tensor(value) for name, value in state.items()}
