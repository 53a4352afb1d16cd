"""Pruning as the command line does it: measure, choose, prune, save, and fine-tune with the usual trainer."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import paddle

from ppocr_lite.compression import ratios as choices
from ppocr_lite.compression import sensitivity
from ppocr_lite.compression.prune import Pruner
from ppocr_lite.compression.prune_options import PruneOptions
from ppocr_lite.compression.ratios import Ratios
from ppocr_lite.config import Config
from ppocr_lite.engine import assemble, checkpoint, trial
from ppocr_lite.engine.evaluator import Evaluator
from ppocr_lite.engine.trainer import Trainer
from ppocr_lite.errors import ConfigError
from ppocr_lite.modeling.complexity import Complexity, measure
from ppocr_lite.modeling.structure import temporarily_pruned
from ppocr_lite.weights import structures

logger = logging.getLogger(__name__)

NAME = "pruned"
"""Of the checkpoint that fine-tuning begins with."""
SMALL_PAGE = 64
"""Side of the picture that detectors are traced with."""


@dataclass(frozen=True)
class Report:
    """What a pruning did.

    Attributes:
        prefix: of the pruned weights.
        channels: {group of channels: (how many it had, how many are left)}.
        before, after: size and arithmetic for one evaluation picture.
        metrics: {"before", "after"} pruning, without training in between; empty if nothing was measured.
    """

    prefix: Path
    channels: dict[str, tuple[int, int]]
    before: Complexity
    after: Complexity
    metrics: dict[str, float]


def run(cfg: Config, options: PruneOptions) -> Trainer | None:
    """Prune ``Global.pretrained_model`` and fine-tune it; with ``Global.checkpoints``, go on with that."""
    if cfg.get("Global.checkpoints"):
        return assemble.train(cfg)
    report = prune(cfg, options)
    if options.no_train:
        return None
    changes: dict[str, Any] = {"Global.pretrained_model": str(report.prefix)}
    for name in cfg.section("Architecture.Models"):
        changes[f"Architecture.Models.{name}.pretrained"] = None  # its weights are in the pruned file
    return assemble.train(cfg.replace(changes))


def prune(cfg: Config, options: PruneOptions) -> Report:
    """Prune ``Global.pretrained_model`` and save it as ``<Global.save_model_dir>/pruned``.

    A distillation loses channels of the models that it trains; frozen ones stay whole.
    """
    folder = assemble.save_dir(cfg)
    evaluator: Evaluator | None = None
    if options.sensitivity:
        evaluator, model = assemble.evaluator(cfg)
        if options.samples:
            assert evaluator.loader is not None
            evaluator.loader = sensitivity.FirstBatches(evaluator.loader, options.samples)
    else:
        model = assemble.trained(cfg).model
    image = trial.image_shape(cfg)
    pruner = Pruner(model, small_shape(cfg), multiple=options.channels_multiple)
    before = measure(model, image)
    ratios, metrics = _ratios(cfg, options, pruner, evaluator), {}
    removed = pruner.removed(ratios)
    if evaluator:
        metrics["before"] = sensitivity.metric_of(evaluator)(model)
    pruner.apply(pruner.cuts(removed))
    if evaluator:
        metrics["after"] = sensitivity.metric_of(evaluator)(model)
    prefix = folder / NAME
    folder.mkdir(parents=True, exist_ok=True)
    checkpoint.save_weights(prefix, model)
    sizes = {group.name: group.size for group in pruner.channels.groups}
    channels = {name: (size, size - len(removed.get(name, ()))) for name, size in sizes.items()}
    report = Report(prefix, channels, before, measure(model, image), metrics)
    for line in table(report):
        logger.info(line)
    return report


def small_shape(cfg: Config) -> Sequence[int]:
    """[C, H, W] of a picture to trace the network with; a detector's may be small."""
    channels, height, width = trial.image_shape(cfg)
    if cfg.get("Architecture.model_type") == "det":
        return channels, SMALL_PAGE, SMALL_PAGE
    return channels, height, width


def _ratios(cfg: Config, options: PruneOptions, pruner: Pruner, evaluator: Evaluator | None) -> Ratios:
    if options.flops and options.size:
        raise ConfigError("--flops and --size: give one of the two.")
    if evaluator is None:
        # Linear layers have no filters here, and transposed convolutions alone are left as they are, as in
        # PaddleOCR's recipe.
        sizes = {
            group.name: group.size
            for group in pruner.channels.groups
            if any(axis == 0 for _, axis in group.producers)
        }
        if not (options.flops or options.size):
            return dict.fromkeys(sizes, options.ratio)
        return _for_target(
            *(cfg, options, pruner),
            lambda level: choices.uniform(sizes, level),
            levels=(0.0, choices.HIGHEST),
        )
    losses = _losses(cfg, options, pruner, evaluator)
    ratios = choices.within_loss(losses, options.loss)
    if options.flops or options.size:
        highest = max((loss for measured in losses.values() for loss in measured.values()), default=0.0)
        highest = max(highest, 0.0)
        ratios = _for_target(
            *(cfg, options, pruner), lambda level: choices.at_level(losses, level), levels=(-1.0, highest)
        )
    chart = assemble.save_dir(cfg) / "sensitivity.html"
    chart.write_text(sensitivity.page(losses, ratios, title="Sensitivity to pruning"), encoding="utf-8")
    logger.info("curves of all layers are in %s", chart)
    return ratios


def _losses(cfg: Config, options: PruneOptions, pruner: Pruner, evaluator: Evaluator) -> choices.Losses:
    file = options.file or assemble.save_dir(cfg) / "sensitivity.jsonl"
    facts = {
        "weights": str(cfg.get("Global.pretrained_model")),
        "metric": evaluator.main_indicator,
        "samples": options.samples,
        "multiple": options.channels_multiple,
    }
    return sensitivity.analyse(
        pruner,
        sensitivity.metric_of(evaluator),
        ratios=sensitivity.candidate_ratios(options.step),
        file=file,
        facts=facts,
    )


def _for_target(
    cfg: Config,
    options: PruneOptions,
    pruner: Pruner,
    ratios_at: Callable[[float], Ratios],
    *,
    levels: tuple[float, float],
) -> Ratios:
    """The least pruning that reaches the wanted change."""
    image = trial.image_shape(cfg) if options.flops else small_shape(cfg)

    def cost(model: paddle.nn.Layer) -> float:
        found = measure(model, image)
        return found.multiply_adds if options.flops else found.parameters

    def cost_of(ratios: Ratios) -> float:
        with temporarily_pruned(pruner.model, pruner.structure(ratios)):
            return cost(pruner.model)

    target = choices.share_left(options.flops or options.size) * cost(pruner.model)
    level, ratios = choices.for_target(ratios_at, cost_of, target, levels=levels)
    logger.info("the wanted size is reached at level %.4f of %g to %g", level, *levels)
    return ratios


def table(report: Report) -> list[str]:
    """What was pruned, as lines of text."""
    width = max(map(len, report.channels), default=0)
    lines = [f"{name:{width}}  {old:4d} -> {new:4d}" for name, (old, new) in report.channels.items()]
    a, b = report.before, report.after
    for title, old, new in (
        ("parameters", a.parameters, b.parameters),
        ("multiply-adds", a.multiply_adds, b.multiply_adds),
    ):
        lines.append(f"{title}: {old:,} -> {new:,} ({100 * (new / old - 1):+.1f} %)")
    if report.metrics:
        metrics = report.metrics["before"], report.metrics["after"]
        lines.append("metric, before any training: {:.4f} -> {:.4f}".format(*metrics))
    return [*lines, f"pruned weights: {report.prefix}"]


def export(cfg: Config) -> Path:
    """Export a pruned checkpoint; its structure stands beside it, so that nothing is measured again.

    Raises:
        ModelFileError: the weights have fewer filters than the configuration, and no structure.
    """
    prefix = cfg.get("Global.checkpoints") or cfg.get("Global.pretrained_model")
    if prefix and not structures.path_of(checkpoint.find_params(prefix)).is_file():
        logger.warning("%s: is the checkpoint of a whole model; it is exported as it is.", prefix)
    return assemble.export(cfg)
