"""The hooks of a training, as ``Global`` asks for them."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ppocr_lite.config import Config, Section
from ppocr_lite.engine import records
from ppocr_lite.engine.evaluator import Evaluator
from ppocr_lite.engine.hooks.ema import EmaHook
from ppocr_lite.engine.hooks.evaluation import EarlyStopHook, EvalHook
from ppocr_lite.engine.hooks.guard import NanGuard, NanOptions
from ppocr_lite.engine.hooks.log import CloseRecords, LogHook, TrainMetricHook
from ppocr_lite.engine.hooks.progress import ProgressHook
from ppocr_lite.engine.hooks.report import ReportHook
from ppocr_lite.engine.hooks.saving import CheckpointHook
from ppocr_lite.engine.hooks.signals import StopOnSignal
from ppocr_lite.engine.trainer import Hook
from ppocr_lite.errors import ConfigError
from ppocr_lite.registry import construct

logger = logging.getLogger(__name__)


def training_hooks(
    cfg: Config,
    folder: Path,
    *,
    evaluator: Evaluator | None = None,
    batch_evaluator: Evaluator | None = None,
    writes: bool = True,
) -> list[Hook]:
    """Hooks in the order in which they must run after a step.

    Args:
        folder: ``Global.save_model_dir``.
        evaluator: measures on the evaluation data; None where there is none.
        batch_evaluator: measures on training batches; None where that is not wanted.
        writes: whether this process writes records and the report; one of several does.
    """
    sink = record_places(cfg, folder) if writes else records.Several([])
    hooks: list[Hook] = [ProgressHook()]
    decay = cfg.get("Global.ema_decay")
    ema = EmaHook(float(decay)) if decay else None
    if ema:
        hooks.append(ema)
    hooks.append(NanGuard(folder, nan_options(cfg), ema=ema, records=sink))
    if batch_evaluator:
        every = int(cfg.get("Global.calc_epoch_interval", 1))
        hooks.append(TrainMetricHook(batch_evaluator, every_epochs=every))
    every, window = cfg.get("Global.print_batch_step", 10), cfg.get("Global.log_smooth_window", 20)
    hooks.append(LogHook(every=int(every), window=int(window), records=sink))
    stop = early_stop_options(cfg)
    if evaluator:
        start, interval = eval_steps(cfg)
        logger.info(
            "During the training process, after the %dth iteration, an evaluation is run every %d iterations",
            *(start, interval),
        )
        hooks.append(EvalHook(evaluator, folder, start=start, every=interval, ema=ema, records=sink))
        if stop is not None:
            context = {"indicator": evaluator.main_indicator}
            hooks.append(construct(EarlyStopHook, stop, context, where="Global.early_stop"))
    elif stop is not None:
        raise ConfigError("Global.early_stop: needs evaluations; give Eval.dataset, or leave the key out.")
    hooks.append(CheckpointHook(folder, **saving_options(cfg)))
    report = [ReportHook(folder, cfg, evaluator)] if writes else []
    return [*hooks, *report, CloseRecords(sink), StopOnSignal()]


def record_places(cfg: Config, folder: Path) -> records.Several:
    """``train.jsonl``, and what ``Global.use_tensorboard`` and ``Global.use_visualdl`` ask for."""
    places: list[records.Records] = [records.JsonLines(folder / "train.jsonl")]
    if cfg.get("Global.use_tensorboard", False):
        places.append(records.tensorboard(folder / "tensorboard"))
    if cfg.get("Global.use_visualdl", False):
        places.append(records.visualdl(folder / "vdl"))
    return records.Several(places)


def saving_options(cfg: Config) -> dict[str, Any]:
    """``Global.save_epoch_step``, ``save_every_minutes`` and ``keep_last`` as CheckpointHook takes them."""
    numbers = {key: cfg.get(f"Global.{key}") or 0 for key in ("save_every_minutes", "keep_last")}
    for key, value in numbers.items():
        if isinstance(value, bool) or not isinstance(value, (int, float)) or value < 0:
            raise ConfigError(f"Global.{key}: expected a number above 0, or null for none, got {value!r}.")
    return {
        "every": int(cfg.get("Global.save_epoch_step", 0)),
        "minutes": float(numbers["save_every_minutes"]),
        "keep_last": int(numbers["keep_last"]),
    }


def nan_options(cfg: Config) -> NanOptions:
    """``Global.nan_policy``: an action alone, or the options of NanOptions."""
    value = cfg.get("Global.nan_policy", "stop")
    section: Mapping[str, Any] = {"action": value}
    if isinstance(value, Mapping):
        section = cfg.section("Global.nan_policy")
    options: NanOptions = construct(NanOptions, section, {}, where="Global.nan_policy")
    return options


def early_stop_options(cfg: Config) -> Section | None:
    """``Global.early_stop``: the patience alone, or the options of EarlyStopHook; None for no early stop."""
    value = cfg.get("Global.early_stop")
    if value is None or isinstance(value, Mapping):
        return None if value is None else cfg.section("Global.early_stop")
    if isinstance(value, bool) or not isinstance(value, int):
        raise ConfigError(f"Global.early_stop: expected a number or {{patience, min_delta}}, got {value!r}.")
    return Section({"patience": value}, "Global.early_stop")


def eval_steps(cfg: Config) -> tuple[int, int]:
    """(start, interval) of ``Global.eval_batch_step``, a number or a pair."""
    value = cfg.get("Global.eval_batch_step", 1000)
    pair = [0, value] if isinstance(value, int) else value
    if not isinstance(pair, Sequence) or len(pair) != 2 or not all(isinstance(v, int) for v in pair):
        raise ConfigError(f"Global.eval_batch_step: expected a number or [start, interval], got {value!r}.")
    return int(pair[0]), int(pair[1])
