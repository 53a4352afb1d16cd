"""The configurations of the trainings that follow a compression step."""

import math
from pathlib import Path
from typing import Any

from ppocr_lite.compression.pipeline_options import CompressOptions
from ppocr_lite.compression.teacher import STUDENT, taught
from ppocr_lite.config import Config
from ppocr_lite.errors import ConfigError

__all__ = [
    "STUDENT",
    "fine_tuning",
    "fine_tuning_float",
    "pact",
    "settings",
    "settings_float",
    "with_packing",
]

WARM_UP = 0.02
"""Of a training, over which the learning rate rises."""
SAVE_MINUTES = 3


def settings(options: CompressOptions, number: int) -> dict[str, Any]:
    """What a training depends on beside the configuration: the fine-tuning (0) or PACT (1)."""
    lengths = {name: pair[number] for name in ("epochs", "steps") if (pair := getattr(options, name))}
    return {**lengths, "rate": options.rates[number], "teacher": options.teacher}


def settings_float(options: CompressOptions) -> dict[str, Any]:
    """The same of the float model's training."""
    stages = _stages(options)
    lengths = {
        name: sum(pair[stage] for stage in stages)
        for name in ("epochs", "steps")
        if (pair := getattr(options, name))
    }
    return {**settings(options, stages[0]), **lengths}


def _stages(options: CompressOptions) -> list[int]:
    return [*([0] if options.prunes else []), *([1] if options.trained_in_8_bits else [])] or [0]


def fine_tuning(cfg: Config, options: CompressOptions, weights: Path, teacher: Path | None) -> Config:
    """Of the pruned network."""
    return _training(cfg, options, 0, weights=str(weights), teacher=teacher)


def fine_tuning_float(cfg: Config, options: CompressOptions, teacher: Path | None) -> Config:
    """Of the whole network, as long as fine-tuning and PACT together where there are both."""
    return _training(
        cfg, options, *_stages(options), weights=str(cfg.get("Global.pretrained_model")), teacher=teacher
    )


def pact(cfg: Config, options: CompressOptions, weights: str, teacher: Path | None) -> Config:
    """Of the network that rounds."""
    return with_packing(_training(cfg, options, 1, weights=weights, teacher=teacher))


def with_packing(cfg: Config) -> Config:
    """``Quantization.pack_float`` on, unless the configuration says otherwise: the file is to be small."""
    own = dict(cfg.section("Quantization"))
    return cfg.replace({"Quantization": {"pack_float": True, **own}})


def _training(
    cfg: Config, options: CompressOptions, *stages: int, weights: str, teacher: Path | None
) -> Config:
    """Its length is the sum of the stages', its learning rate that of the first.

    There are no evaluations: nothing is chosen by the data that the result is measured on.
    """
    epochs = int(cfg.get("Global.epoch_num") or 1)
    changes: dict[str, Any] = {
        "Global.pretrained_model": weights,
        "Global.checkpoints": None,
        "Global.ema_decay": None,
        "Global.save_epoch_step": 0,
        "Global.save_every_minutes": SAVE_MINUTES,
        "Global.early_stop": None,
        "Global.eval_batch_step": 0,
    }
    if options.steps:
        changes["Global.max_steps"] = sum(options.steps[stage] for stage in stages)
        epochs = 1
    elif options.epochs:
        epochs = sum(options.epochs[stage] for stage in stages)
    changes["Global.epoch_num"] = epochs
    changes["Optimizer.lr"] = {
        "name": "Cosine",
        "learning_rate": options.rates[stages[0]] * peak_rate(cfg),
        "warmup_epoch": WARM_UP * epochs,
    }
    changed = cfg.replace(changes)
    return taught(changed, teacher) if teacher else changed


def peak_rate(cfg: Config) -> float:
    """The highest learning rate of the configuration's schedule."""
    section = cfg.section("Optimizer.lr")
    rates = [section.get("learning_rate"), section.get("max_lr"), *(section.get("values") or [])]
    numbers = [float(rate) for rate in rates if rate is not None]
    if not numbers or not math.isfinite(max(numbers)):
        raise ConfigError("Optimizer.lr: has no learning_rate, of which the trainings take a share.")
    return max(numbers)
