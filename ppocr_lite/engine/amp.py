"""Mixed precision: most of the network in 16 bits on a GPU, the losses in 32."""

import logging
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np
import paddle

from ppocr_lite.errors import ConfigError

logger = logging.getLogger(__name__)

LEVELS = ("O1", "O2")
DTYPES = ("float16", "bfloat16")


@dataclass(frozen=True)
class AmpOptions:
    """PaddleOCR's keys of ``Global``, with its defaults.

    Args:
        amp_level: O1 casts inputs of single operators; O2 keeps the parameters in 16 bits as well, beside
            float32 masters that the optimizer updates.
        amp_dtype: ``float16`` or ``bfloat16``.
        amp_custom_black_list, amp_custom_white_list: operators that always, never stay in float32.
        scale_loss: factor of the loss before the backward pass, which lifts small gradients into the range of
            float16; gradients are divided by it again.
        use_dynamic_loss_scaling: halve the factor where gradients overflow (that step is left out), double it
            after a while without.
    """

    amp_level: str = "O2"
    amp_dtype: str = "float16"
    amp_custom_black_list: tuple[str, ...] = ()
    amp_custom_white_list: tuple[str, ...] = ()
    scale_loss: float = 1.0
    use_dynamic_loss_scaling: bool = False

    def __post_init__(self) -> None:
        for key, known in (("amp_level", LEVELS), ("amp_dtype", DTYPES)):
            if getattr(self, key) not in known:
                raise ConfigError(
                    f"Global.{key}: expected one of {', '.join(known)}, got {getattr(self, key)!r}."
                )
        if not self.scale_loss > 0:
            raise ConfigError(f"Global.scale_loss: must be above 0, got {self.scale_loss}.")

    @classmethod
    def of(cls, section: Mapping[str, Any]) -> "AmpOptions":
        """From ``Global``."""
        keys = cls.__dataclass_fields__
        given = {key: section[key] for key in keys if section.get(key) is not None}
        for key in ("amp_custom_black_list", "amp_custom_white_list"):
            names = given.get(key, ())
            if isinstance(names, str) or not all(isinstance(name, str) for name in names):
                raise ConfigError(f"Global.{key}: expected a list of operator names, got {names!r}.")
            given[key] = tuple(names)
        return cls(**given)


class Precision:
    """float32 throughout; what the trainer asks of any precision."""

    def autocast(self) -> AbstractContextManager[Any]:
        """Around every forward pass, in training and evaluation."""
        return nullcontext()

    def backward(self, loss: paddle.Tensor) -> None:
        """Add the gradients of ``loss`` to those that are there."""
        loss.backward()

    def update(self, optimizer: paddle.optimizer.Optimizer) -> None:
        """One step of the optimizer."""
        optimizer.step()

    def expects_overflow(self) -> bool:
        """Whether gradients that are not finite are met by a smaller scale, and are no fault."""
        return False

    def state(self) -> dict[str, Any]:
        """What a checkpoint must hold."""
        return {}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Take back what :meth:`state` gave."""


class MixedPrecision(Precision):
    """See AmpOptions. The model and the optimizer of O2 must have gone through :func:`decorate`."""

    def __init__(self, options: AmpOptions, scaler: Any = None) -> None:
        self.options = options
        self.scaler = scaler or paddle.amp.GradScaler(
            init_loss_scaling=float(options.scale_loss),
            use_dynamic_loss_scaling=bool(options.use_dynamic_loss_scaling),
        )

    def autocast(self) -> AbstractContextManager[Any]:
        options = self.options
        return paddle.amp.auto_cast(
            level=options.amp_level,
            dtype=options.amp_dtype,
            custom_black_list=set(options.amp_custom_black_list),
            custom_white_list=set(options.amp_custom_white_list),
        )

    def backward(self, loss: paddle.Tensor) -> None:
        self.scaler.scale(loss).backward()

    def update(self, optimizer: paddle.optimizer.Optimizer) -> None:
        self.scaler.step(optimizer)
        self.scaler.update()

    def expects_overflow(self) -> bool:
        # A scale that has come down to 1 did not cause the overflow.
        return self.options.use_dynamic_loss_scaling and self.scale() > 1

    def scale(self) -> float:
        """The present factor of the loss."""
        return float(np.asarray(self.state().get("scale", self.options.scale_loss)).item())

    def state(self) -> dict[str, Any]:
        state = dict(self.scaler.state_dict())
        return {key: np.asarray(value) if key == "scale" else value for key, value in state.items()}

    def load_state(self, state: Mapping[str, Any]) -> None:
        if state:
            self.scaler.load_state_dict(dict(state))


def decorate(model: paddle.nn.Layer, optimizer: paddle.optimizer.Optimizer, precision: Precision) -> None:
    """Before training at O2: parameters in 16 bits, their masters in the optimizer. Otherwise nothing."""
    if isinstance(precision, MixedPrecision) and precision.options.amp_level == "O2":
        paddle.amp.decorate(
            models=model,
            optimizers=optimizer,
            level="O2",
            dtype=precision.options.amp_dtype,
            master_weight=True,
        )


def build_precision(section: Mapping[str, Any], device: str) -> Precision:
    """Mixed precision if ``Global.use_amp`` is set; float32 with a warning where Paddle has it not.

    Args:
        section: ``Global``.
        device: ``cpu`` or ``gpu``.
    """
    options = AmpOptions.of(section)  # wrong values are told also where they do not matter yet
    if not section.get("use_amp"):
        return Precision()
    if device != "gpu":
        logger.warning("Global.use_amp: Paddle has mixed precision on GPUs only; going on in float32.")
        return Precision()
    logger.info("mixed precision %s in %s", options.amp_level, options.amp_dtype)
    return MixedPrecision(options)


def to_float32(value: Any) -> Any:
    """Tensors of 16 bits as float32, also in mappings and lists; all else as it is."""
    if isinstance(value, paddle.Tensor):
        return value.astype("float32") if value.dtype in (paddle.float16, paddle.bfloat16) else value
    if isinstance(value, Mapping):
        return {key: to_float32(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(to_float32(item) for item in value)
    return value
