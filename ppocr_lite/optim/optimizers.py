"""Optimizers by PaddleOCR 2.x's names: their YAML parameters, and what is common to all."""

from collections.abc import Mapping
from typing import Any

import paddle
from paddle import nn
from paddle.regularizer import L1Decay, L2Decay

from ppocr_lite.errors import ConfigError
from ppocr_lite.parameters import NotNegative, Share
from ppocr_lite.registry import Registry, did_you_mean

OPTIMIZERS = Registry("optimizer")
"""Functions ``(common, [model], *, YAML parameters) -> Optimizer``; see :func:`common_arguments`."""

OWN_DECAY_ONLY = "own_decay_only"
"""Attribute of a parameter whose own regularizer replaces AdamW's decay, which is added to it otherwise."""
ADAMW_DECAY = 0.01
"""AdamW's weight decay where the configuration gives none."""


def common_arguments(
    schedule: paddle.optimizer.lr.LRScheduler, decay: Any, clip: Any, model: nn.Layer
) -> dict[str, Any]:
    """Keyword arguments of every Paddle optimizer. Frozen parameters are left out.

    Paddle applies ``decay`` to the parameters that have no regularizer of their own.
    """
    parameters = [p for p in model.parameters() if p.trainable]
    if not parameters:
        raise ConfigError("Optimizer: the model has no trainable parameter; check freeze, freeze_params.")
    return {"learning_rate": schedule, "parameters": parameters, "weight_decay": decay, "grad_clip": clip}


def build_decay(section: Mapping[str, Any], where: str) -> float | L1Decay | None:
    """Weight decay from ``regularizer: {name, factor}`` or ``weight_decay``; None when there is neither."""
    regularizer = section.get("regularizer")
    if regularizer is None:
        decay = section.get("weight_decay")
        return None if decay is None else float(decay)
    names = {"L1": L1Decay, "L2": L2Decay, "L1Decay": L1Decay, "L2Decay": L2Decay}
    name = str(regularizer.get("name", ""))
    if name not in names:
        raise ConfigError(f"{where}.regularizer.name: no '{name}'.{did_you_mean(name, names)} Known: L1, L2.")
    unknown = [key for key in regularizer if key not in ("name", "factor")]
    if unknown:
        raise ConfigError(
            f"{where}.regularizer.{unknown[0]}: a regularizer takes name and factor, nothing else."
        )
    factor = float(regularizer.get("factor") or 0.0)
    # Paddle reads a plain number as L2.
    return factor if names[name] is L2Decay else L1Decay(factor)


def build_clip(section: Mapping[str, Any]) -> nn.ClipGradByNorm | nn.ClipGradByGlobalNorm | None:
    """Gradient clipping from ``clip_norm`` (each tensor) or ``clip_norm_global`` (all together)."""
    if section.get("clip_norm") is not None:
        return nn.ClipGradByNorm(float(section["clip_norm"]))
    if section.get("clip_norm_global") is not None:
        return nn.ClipGradByGlobalNorm(float(section["clip_norm_global"]))
    return None


@OPTIMIZERS.register("Adam")
def adam(
    common: dict[str, Any],
    *,
    beta1: Share = 0.9,
    beta2: Share = 0.999,
    epsilon: NotNegative = 1e-8,
    lazy_mode: bool = False,
) -> paddle.optimizer.Optimizer:
    """Kingma and Ba, "Adam", 2014, arXiv:1412.6980. Decay is added to the gradient."""
    return paddle.optimizer.Adam(beta1=beta1, beta2=beta2, epsilon=epsilon, lazy_mode=lazy_mode, **common)


@OPTIMIZERS.register("AdamW")
def adamw(
    common: dict[str, Any],
    model: nn.Layer,
    *,
    beta1: Share = 0.9,
    beta2: Share = 0.999,
    epsilon: NotNegative = 1e-8,
    multi_precision: bool = False,
    no_weight_decay_name: str | None = None,
    one_dim_param_no_weight_decay: bool = False,
    lazy_mode: bool = False,
) -> paddle.optimizer.Optimizer:
    """Loshchilov and Hutter, "Decoupled Weight Decay Regularization", 2017, arXiv:1711.05101.

    Decay shrinks the weight itself. A parameter's own regularizer is added to its gradient beside that, as
    in PaddleOCR 2.x.

    Args:
        no_weight_decay_name: parts of parameter names, separated by spaces, that are spared the decay.
        one_dim_param_no_weight_decay: spare the parameters of one dimension (biases, norms).
    """
    decay = common["weight_decay"]
    if isinstance(decay, L1Decay):
        raise ConfigError("Optimizer.regularizer: AdamW has its own decay and takes L2 only.")
    spared_parts = (no_weight_decay_name or "").split()
    spared = {
        p.name
        for name, p in model.named_parameters()
        if any(part in name for part in spared_parts)
        or (one_dim_param_no_weight_decay and len(p.shape) == 1)
        or getattr(p, OWN_DECAY_ONLY, False)
    }
    return paddle.optimizer.AdamW(
        beta1=beta1,
        beta2=beta2,
        epsilon=epsilon,
        lazy_mode=lazy_mode,
        multi_precision=multi_precision,
        apply_decay_param_fun=lambda name: name not in spared,
        **{**common, "weight_decay": ADAMW_DECAY if decay is None else decay},
    )


@OPTIMIZERS.register("Momentum")
def momentum(common: dict[str, Any], *, momentum: Share) -> paddle.optimizer.Optimizer:
    """Gradient descent with momentum."""
    return paddle.optimizer.Momentum(momentum=momentum, **common)


@OPTIMIZERS.register("RMSProp")
def rmsprop(
    common: dict[str, Any], *, momentum: Share = 0.0, rho: Share = 0.95, epsilon: NotNegative = 1e-6
) -> paddle.optimizer.Optimizer:
    """Gradient divided by a running mean of its size."""
    return paddle.optimizer.RMSProp(momentum=momentum, rho=rho, epsilon=epsilon, **common)


@OPTIMIZERS.register("Adadelta")
def adadelta(
    common: dict[str, Any], *, rho: Share = 0.95, epsilon: NotNegative = 1e-8
) -> paddle.optimizer.Optimizer:
    """Zeiler, "ADADELTA", 2012, arXiv:1212.5701."""
    return paddle.optimizer.Adadelta(rho=rho, epsilon=epsilon, **common)
