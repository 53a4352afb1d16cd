"""Parameters chosen by patterns of their names: which are frozen, which learn more slowly."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from paddle import nn

from ppocr_lite.errors import ConfigError
from ppocr_lite.registry import did_you_mean

logger = logging.getLogger(__name__)

MEAN = "_mean"
"""Name of the running mean in every Paddle layer that has running statistics."""
SHOWN = 5


def freeze(model: nn.Layer, patterns: Sequence[str], *, where: str = "Global.freeze") -> list[str]:
    """Take what the patterns match out of the training; gives the names of the parameters.

    A norm whose running mean is matched stays in evaluation mode: it uses its statistics and does not change
    them.

    Args:
        model: changed in place; must happen before the optimizer is built.
        patterns: of names in ``state_dict``, with ``*`` for anything, dots included.

    Raises:
        ConfigError: no list of texts, or a pattern that matches nothing.
    """
    if isinstance(patterns, str) or not all(isinstance(pattern, str) for pattern in patterns):
        raise ConfigError(f"{where}: expected a list of patterns such as ['backbone.*'], got {patterns!r}.")
    names = set().union(*(matching(pattern, model.state_dict(), where) for pattern in patterns))
    # Running statistics are parameters too, but never trainable ones.
    chosen = {name: p for name, p in model.named_parameters() if name in names and p.trainable}
    for parameter in chosen.values():
        parameter.trainable = False
    frozen = list(chosen)
    for name, layer in model.named_sublayers():
        if f"{name}.{MEAN}" in names:
            # Model.train() switches all layers, whoever calls it; so the layer is switched back when used.
            layer.register_forward_pre_hook(_stay_calm)
    logger.info("frozen: %d parameters, such as %s", len(frozen), ", ".join(frozen[:SHOWN]) or "none")
    return frozen


def _stay_calm(layer: nn.Layer, inputs: Any) -> None:
    layer.training = False


def scale_learning_rates(
    model: nn.Layer, scales: Mapping[str, float], *, where: str = "Optimizer.lr_scale"
) -> dict[str, float]:
    """Multiply the learning rates of the parameters that patterns match; gives {name: factor} of those.

    Every pattern that matches a parameter multiplies its rate, also a rate of its own that the layer has
    given it. Decoupled weight decay (AdamW) shrinks with the rate.

    Args:
        model: changed in place; must happen before the first step.
        scales: {pattern as in :func:`freeze`: factor, 0 or more}.

    Raises:
        ConfigError: no mapping to numbers, or a pattern that matches no parameter.
    """
    if not isinstance(scales, Mapping):
        raise ConfigError(f"{where}: expected patterns with factors, {{'backbone.*': 0.1}}, got {scales!r}.")
    parameters = dict(model.named_parameters())
    factors: dict[str, float] = {}
    for pattern, scale in scales.items():
        if isinstance(scale, bool) or not isinstance(scale, (int, float)) or not scale >= 0:
            raise ConfigError(f"{where}.{pattern}: expected a factor of at least 0, got {scale!r}.")
        for name in matching(str(pattern), parameters, where):
            if parameters[name].trainable:
                factors[name] = factors.get(name, 1.0) * scale
    for name, factor in factors.items():
        own = parameters[name].optimize_attr
        parameters[name].optimize_attr = {**own, "learning_rate": own.get("learning_rate", 1.0) * factor}
    if factors:
        logger.info(
            "own learning rates: %d parameters, factors %s", len(factors), sorted(set(factors.values()))
        )
    return factors


def matching(pattern: str, names: Iterable[str], where: str) -> set[str]:
    """The names that a pattern matches, upper and lower case apart; ConfigError if there is none."""
    names = list(names)
    found = {name for name in names if fnmatchcase(name, pattern)}
    if not found:
        parts = list(dict.fromkeys(name.partition(".")[0] for name in names))
        near = did_you_mean(pattern.partition(".")[0], parts) if "." in pattern else ""
        raise ConfigError(
            f"{where}: nothing in the model is called {pattern!r}.{near} Its names begin with "
            f"{', '.join(parts)}; '*' stands for anything, as in '{parts[0] if parts else 'backbone'}.*'."
        )
    return found
