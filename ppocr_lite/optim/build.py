"""From the ``Optimizer`` section of a configuration to an optimizer and its schedule."""

from collections.abc import Mapping
from typing import Any

import paddle
from paddle import nn

from ppocr_lite.config import Section
from ppocr_lite.errors import ConfigError
from ppocr_lite.optim.optimizers import OPTIMIZERS, build_clip, build_decay, common_arguments
from ppocr_lite.optim.schedules import SCHEDULES, LRSchedule
from ppocr_lite.optim.selection import scale_learning_rates
from ppocr_lite.parameters import NotNegative, Positive
from ppocr_lite.registry import annotations_of, check_values, did_you_mean

COMMON_KEYS: Mapping[str, Any] = {
    "name": str,
    "lr": Mapping[str, Any],
    "lr_scale": Mapping[str, Any],
    "regularizer": Mapping[str, Any],
    "weight_decay": NotNegative,
    "clip_norm": Positive,
    "clip_norm_global": Positive,
}
"""What the section takes whatever the optimizer is, and of which kind."""
REGULARIZER_KEYS: Mapping[str, Any] = {"name": str, "factor": NotNegative}
GIVEN = ("common", "model", "epochs", "steps_per_epoch")
"""Parameters of optimizers and schedules that the program gives."""


def build_lr_scheduler(lr_config: Mapping[str, Any], epochs: int, step_each_epoch: int) -> LRSchedule:
    """Build the schedule of ``Optimizer.lr``; ``lr_config`` is not changed, ``name`` is Const by default.

    Args:
        epochs: length of the training.
        step_each_epoch: updates in one epoch.
    """
    where = getattr(lr_config, "path", "Optimizer.lr")
    named = {**lr_config, "name": "Const"} if lr_config.get("name") in (None, "") else lr_config
    schedule: LRSchedule = SCHEDULES.build(named, where=where, epochs=epochs, steps_per_epoch=step_each_epoch)
    return schedule


def build_optimizer(
    section: Mapping[str, Any], epochs: int, steps_per_epoch: int, model: nn.Layer
) -> tuple[paddle.optimizer.Optimizer, LRSchedule]:
    """Build the optimizer of the ``Optimizer`` section and its schedule.

    Call ``schedule.step()`` once after each ``optimizer.step()``.

    Raises:
        ConfigError: an unknown name or key, a missing ``lr``, no trainable parameter.
    """
    config = section if isinstance(section, Section) else Section(section, "Optimizer")
    name = config["name"]
    OPTIMIZERS.get(name, where=config.place("name"))
    check_optimizer(config)
    own = {key: value for key, value in config.items() if key not in COMMON_KEYS}
    if "lr" not in config:
        raise ConfigError(f"{config.path}.lr: the section is missing; give it a learning_rate.")
    schedule = build_lr_scheduler(config.section("lr"), epochs, steps_per_epoch)
    if config.get("lr_scale") is not None:
        scale_learning_rates(model, config["lr_scale"], where=config.place("lr_scale"))
    common = common_arguments(schedule, build_decay(config, config.path), build_clip(config), model)
    optimizer = OPTIMIZERS.build({"name": name, **own}, where=config.path, common=common, model=model)
    return optimizer, schedule


def check_optimizer(section: Section) -> None:
    """ConfigError for a key of the ``Optimizer`` section that nothing takes, or a value of another kind.

    Nothing is built. An unknown name of an optimizer or a schedule is left to whoever builds it.
    """
    name = section.get("name")
    if name in OPTIMIZERS.names():
        own = {key: k for key, k in annotations_of(OPTIMIZERS.get(name)).items() if key not in GIVEN}
        _check_keys(section, f"{name} takes no parameter", {**COMMON_KEYS, **own})
    check_values(section, COMMON_KEYS, where=section.path)
    _check_keys(section.section("regularizer"), "a regularizer takes no", REGULARIZER_KEYS)
    lr = section.section("lr")
    SCHEDULES.check(lr.get("name", "Const"), lr.without("name"), where=lr.path, leave=GIVEN)


def _check_keys(section: Section, problem: str, known: Mapping[str, Any]) -> None:
    for key in section:
        if key not in known:
            raise ConfigError(
                f"{section.place(key)}: {problem} '{key}'.{did_you_mean(key, known)} "
                f"It takes: {', '.join(known)}."
            )
    check_values(section, known, where=section.path)
