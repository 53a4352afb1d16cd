"""One batch forward and backward before a training: does everything fit, and what does it cost."""

import logging
import math
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import paddle
from paddle import nn

from ppocr_lite.config import Config, Section
from ppocr_lite.data import random_data  # registers RandomDataSet
from ppocr_lite.engine import assemble
from ppocr_lite.engine.evaluator import Evaluator
from ppocr_lite.engine.fitting import describe
from ppocr_lite.engine.hooks import EvalHook, metric_text
from ppocr_lite.engine.trainer import Batch, Trainer, step_seed
from ppocr_lite.errors import DataError
from ppocr_lite.modeling.complexity import measure
from ppocr_lite.optim.schedules import LRSchedule

logger = logging.getLogger(__name__)

RANDOM_BATCHES = 4
"""Batches' worth of random samples: enough where batches of several widths fill at different times."""


def dry_run(cfg: Config, *, random_data: bool = False) -> list[str]:
    """Build all that a training builds, run one batch of it, and give a report, line by line.

    The batch of ``Train`` goes forward and backward without a step of the optimizer; one batch of ``Eval``
    goes through post-processing and metric. Nothing is written.

    Args:
        random_data: pictures of noise, with labels that fit, instead of the configured data.

    Raises:
        ConfigError, DataError, ...: what the training would end with.
    """
    trainer = assemble.trainer(with_random_data(cfg) if random_data else cfg)
    evaluator = next((hook.evaluator for hook in trainer.hooks if isinstance(hook, EvalHook)), None)
    try:
        lines = _train_lines(trainer)
        if not random_data and isinstance(trainer.schedule, LRSchedule):
            lines += _rate_lines(trainer.schedule)
        return lines + (_eval_lines(trainer.model, evaluator) if evaluator else ["evaluation: none"])
    finally:
        for loader in (trainer.loader, evaluator and evaluator.loader):
            getattr(loader, "close", bool)()


def with_random_data(cfg: Config) -> Config:
    """``cfg`` with :class:`RandomDataSet` in the place of its datasets; transforms and loaders stay."""
    changes: dict[str, Any] = {}
    for mode in ("Train", "Eval"):
        if cfg.section(f"{mode}.dataset"):
            changes[f"{mode}.dataset"] = {
                "name": random_data.RandomDataSet.__name__,
                "kind": cfg.get("Architecture.model_type"),
                "length": RANDOM_BATCHES * int(cfg.get(f"{mode}.loader.batch_size_per_card", 1)),
                "transforms": _transforms(cfg.section(f"{mode}.dataset")),
            }
    return cfg.replace(changes)


def _transforms(dataset: Section) -> Any:
    """The transforms of a dataset, or of the first of those that it mixes."""
    found = [dataset, *dataset.sections("datasets")]
    return next((section["transforms"] for section in found if section.get("transforms")), [])


def _train_lines(trainer: Trainer) -> list[str]:
    """Batch, outputs of each stage, losses, times and memory of one step."""
    trainer.model.train()
    trainer.loader.set_epoch(1)
    batch, reading_s = _first_batch(trainer.loader, "Train")
    paddle.seed(step_seed(trainer.seed, 0))
    stages: dict[str, str] = {}
    started = time.perf_counter()
    with _watched(trainer.model, stages):
        losses = trainer.losses(batch)
    values = {name: float(value.mean()) for name, value in losses.items()}
    forward_s = time.perf_counter() - started
    losses["loss"].backward()
    if _on_gpu():
        paddle.device.synchronize()
    whole_s = time.perf_counter() - started
    if not math.isfinite(values["loss"]):
        logger.warning("The loss is %s: such a training ends at its first step.", values["loss"])
    return [
        f"train batch: {len(batch['image'])} images, made in {reading_s:.2f} s",
        *_table({key: describe(value) for key, value in batch.items()}),
        "outputs in training:",
        *_table(stages),
        "losses: " + ", ".join(f"{name} {value:.6g}" for name, value in values.items()),
        f"time: {whole_s:.2f} s ({forward_s:.2f} forward with the loss, {whole_s - forward_s:.2f} backward)",
        f"peak memory: {', '.join(_memory())}",
        *_gradient_lines(trainer.model),
        *_cost_lines(trainer.model, batch),
    ]


def _cost_lines(model: nn.Layer, batch: Batch) -> list[str]:
    """Parameters, and multiply-adds for one image as large as those of the batch."""
    shape = list(batch["image"].shape[1:])
    cost = measure(model, shape)
    return [
        f"parameters: {cost.parameters:,}, of which {cost.trainable:,} trainable",
        f"multiply-adds: {cost.multiply_adds / 1e9:.3f} G for one image {shape}",
    ]


def _gradient_lines(model: nn.Layer) -> list[str]:
    """A line where trainable parameters got no gradient: they would not learn."""
    idle = [name for name, p in model.named_parameters() if p.trainable and p.grad is None]
    return [f"without a gradient: {len(idle)} parameters, such as {idle[0]}"] if idle else []


def _rate_lines(schedule: LRSchedule) -> list[str]:
    """The learning rate at the beginning, after the warm-up, in the middle and at the end."""
    last = schedule.total_steps - 1
    steps = {"first step": 0, "after the warm-up": schedule.warmup_steps, "middle": last // 2, "last": last}
    if not schedule.warmup_steps:
        del steps["after the warm-up"]
    shown = {f"{name} ({step + 1})": f"{schedule.value(step):.6g}" for name, step in steps.items()}
    return [f"learning rate, in {schedule.total_steps} steps:", *_table(shown)]


def _eval_lines(model: nn.Layer, evaluator: Evaluator) -> list[str]:
    """Batch, outputs and metric of one evaluation batch."""
    batch, reading_s = _first_batch(evaluator.loader, "Eval")
    stages: dict[str, str] = {}
    model.eval()
    with paddle.no_grad(), _watched(model, stages):
        outputs = model(batch["image"])
    metrics = evaluator.of_batch(outputs, batch)
    return [
        f"evaluation batch: {len(batch['image'])} images, made in {reading_s:.2f} s",
        *_table({key: describe(value) for key, value in batch.items()}),
        "outputs in evaluation:",
        *_table(stages),
        f"metric of this batch: {metric_text(metrics)}",
    ]


def _first_batch(loader: Any, mode: str) -> tuple[Batch, float]:
    """The first batch, and the seconds that it took."""
    started = time.perf_counter()
    batch = next(iter(loader), None)
    if batch is None:
        raise DataError(f"{mode}: the loader gave no batch. Check label_file_list and batch_size_per_card.")
    return batch, time.perf_counter() - started


@contextmanager
def _watched(model: nn.Layer, outputs: dict[str, str]) -> Iterator[None]:
    """Inside, ``outputs`` takes down what each stage gives."""

    def keep(name: str) -> Any:
        return lambda layer, inputs, output: outputs.update({name: describe(output)})

    hooks = [layer.register_forward_post_hook(keep(name)) for name, layer in stages_of(model)]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def stages_of(model: nn.Layer, prefix: str = "") -> Iterator[tuple[str, nn.Layer]]:
    """(name, layer) of backbone, neck, head, ...; of a model made of models, those of each."""
    for name, layer in model.named_children():
        if hasattr(layer, "backbone"):
            yield from stages_of(layer, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", layer


def _memory() -> Iterator[str]:
    """Most memory that was in use so far."""
    try:
        import resource
    except ImportError:  # Windows
        yield "process not known here"
    else:
        unit = 1 if sys.platform == "darwin" else 1024  # bytes there, KiB elsewhere
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
        yield f"process {peak / 2**30:.2f} GiB"
    if _on_gpu():
        yield f"GPU {paddle.device.cuda.max_memory_allocated() / 2**30:.2f} GiB"


def _on_gpu() -> bool:
    return str(paddle.get_device()).startswith("gpu")


def _table(rows: Mapping[str, str]) -> list[str]:
    width = max(map(len, rows), default=0)
    return [f"    {name:<{width}}  {text}" for name, text in rows.items()]
