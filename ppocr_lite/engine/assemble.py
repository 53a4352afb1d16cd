"""From a configuration to the things that run: the one file that knows all parts."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import paddle

from ppocr_lite import losses, metrics, postprocess, transforms
from ppocr_lite.charset import Charset
from ppocr_lite.config import Config
from ppocr_lite.data.loader import build_dataloader
from ppocr_lite.engine import checkpoint, compat, submodels
from ppocr_lite.engine.check import check_config, places_named
from ppocr_lite.engine.evaluator import Evaluator, Metric, PostProcess, to_numpy
from ppocr_lite.engine.hooks import (
    CheckpointHook,
    EmaHook,
    EvalHook,
    JsonLines,
    LogHook,
    StopOnSignal,
    TrainMetricHook,
)
from ppocr_lite.engine.trainer import BatchLoader, Hook, Trainer
from ppocr_lite.errors import ConfigError
from ppocr_lite.export.bundle import export_model
from ppocr_lite.export.inference_config import inference_steps
from ppocr_lite.export.parity import TOLERANCE
from ppocr_lite.modeling import DistillationModel, build_model
from ppocr_lite.optim import build_optimizer
from ppocr_lite.registry import LOSSES, METRICS, POSTPROCESSES

logger = logging.getLogger(__name__)

DEFAULT_SEED = 1024
REGISTERED = (losses, metrics, postprocess, transforms)
"""Packages whose import registers the parts that configurations name."""


@dataclass(frozen=True)
class Parts:
    """What training, evaluation, inference and export have in common."""

    cfg: Config
    model: paddle.nn.Layer
    postprocess: PostProcess
    charset: Charset | None = None


@places_named
def parts(cfg: Config) -> Parts:
    """Model, post-processing and character set of a configuration; the weights are fresh.

    Raises:
        ConfigError: also for an unknown key in the sections that are not built here.
    """
    check_config(cfg)
    characters = charset(cfg)
    cfg = compat.choose_resnets(cfg)
    model = build_model(
        cfg.section("Architecture"), characters, max_text_length=cfg.get("Global.max_text_length")
    )
    decode = build_postprocess(cfg, characters)
    submodels.check(cfg, model, decode)
    return Parts(cfg, model, decode, characters)


def trained(cfg: Config) -> Parts:
    """:func:`parts` with all weights of ``Global.checkpoints`` or ``Global.pretrained_model``."""
    use_device(cfg)
    found = parts(cfg)
    prefix = cfg.get("Global.checkpoints") or cfg.get("Global.pretrained_model")
    if not prefix:
        raise ConfigError(
            "Global.pretrained_model: not set. Give trained weights: "
            "-o Global.pretrained_model=output/.../best_accuracy"
        )
    checkpoint.load_exact(found.model, prefix)
    found.model.eval()
    return found


def charset(cfg: Config) -> Charset | None:
    """The character set of a recognizer; None for other tasks."""
    if cfg.get("Architecture.model_type") != "rec":
        return None
    path = cfg.get("Global.character_dict_path")
    return Charset.load(path, use_space_char=bool(cfg.get("Global.use_space_char", False)))


def build_postprocess(cfg: Config, characters: Charset | None) -> PostProcess:
    """The post-processing that the configuration names; ``Global`` wins over its section, as in PaddleOCR."""
    context = {k: v for k, v in cfg.section("Global").items() if v is not None}
    if characters is not None:
        context["charset"] = characters
    built: PostProcess = POSTPROCESSES.build(cfg.section("PostProcess"), **context)
    return built


@places_named
def build_metric(cfg: Config, characters: Charset | None) -> Metric:
    """The metric that the configuration names."""
    context: dict[str, Any] = {"label_list": cfg.get("Global.label_list"), "charset": characters}
    offered = {k: v for k, v in context.items() if v is not None}
    built: Metric = METRICS.build(cfg.section("Metric"), **offered)
    return built


@places_named
def trainer(cfg: Config) -> Trainer:
    """Everything that ``tools/train.py`` needs; resumed or fine-tuned where ``Global`` says so."""
    use_device(cfg)
    seed = int(cfg.get("Global.seed", DEFAULT_SEED))
    paddle.seed(seed)  # the initial weights
    found = parts(cfg)
    loader = build_dataloader(cfg, mode="Train", charset=found.charset, seed=seed)
    logger.info("train dataloader has %d iters", len(loader))
    epochs = int(_required(cfg, "Global.epoch_num"))
    optimizer, schedule = build_optimizer(cfg.section("Optimizer"), epochs, len(loader), found.model)
    result = Trainer(
        found.model,
        LOSSES.build(cfg.section("Loss")),
        optimizer=optimizer,
        schedule=schedule,
        loader=loader,
        hooks=_hooks(found, seed),
        seed=seed,
    )
    started = submodels.load_pretrained(cfg, found.model)
    if cfg.get("Global.checkpoints"):
        result.resume(cfg.get("Global.checkpoints"))
    elif cfg.get("Global.pretrained_model"):
        checkpoint.load_pretrained(found.model, cfg.get("Global.pretrained_model"))
    elif not started:
        logger.info("train from scratch")
    return result


def train(cfg: Config) -> Trainer:
    """Build the trainer, write ``config.yml`` where its results go, and train ``Global.epoch_num`` epochs."""
    built = trainer(cfg)
    folder = save_dir(cfg)
    folder.mkdir(parents=True, exist_ok=True)
    cfg.dump(folder / "config.yml")
    built.fit(int(cfg.get("Global.epoch_num")))
    return built


def save_dir(cfg: Config) -> Path:
    """``Global.save_model_dir``."""
    return Path(_required(cfg, "Global.save_model_dir"))


def _required(cfg: Config, key: str) -> Any:
    value = cfg.get(key)
    if value is None:
        raise ConfigError(f"{key}: not set. Add it to the configuration, or give -o {key}=...")
    return value


def _hooks(found: Parts, seed: int) -> list[Hook]:
    """Hooks in the order in which they must run after a step."""
    cfg, folder = found.cfg, save_dir(found.cfg)
    records = JsonLines(folder / "train.jsonl")
    hooks: list[Hook] = [StopOnSignal()]
    decay = cfg.get("Global.ema_decay")
    ema = EmaHook(float(decay)) if decay else None
    if ema:
        hooks.append(ema)
    if cfg.get("Global.cal_metric_during_train"):
        measure = Evaluator(None, postprocess=found.postprocess, metric=build_metric(cfg, found.charset))
        hooks.append(TrainMetricHook(measure, every_epochs=int(cfg.get("Global.calc_epoch_interval", 1))))
    every, window = cfg.get("Global.print_batch_step", 10), cfg.get("Global.log_smooth_window", 20)
    hooks.append(LogHook(every=int(every), window=int(window), records=records))
    if cfg.section("Eval.dataset"):
        start, interval = eval_steps(cfg)
        logger.info(
            "During the training process, after the %dth iteration, an evaluation is run every %d iterations",
            *(start, interval),
        )
        measure = _evaluator(found, seed)
        hooks.append(EvalHook(measure, folder, start=start, every=interval, ema=ema, records=records))
    hooks.append(CheckpointHook(folder, every=int(cfg.get("Global.save_epoch_step", 0))))
    return hooks


def eval_steps(cfg: Config) -> tuple[int, int]:
    """(start, interval) of ``Global.eval_batch_step``, a number or a pair."""
    value = cfg.get("Global.eval_batch_step", 1000)
    pair = [0, value] if isinstance(value, int) else value
    if not isinstance(pair, Sequence) or len(pair) != 2 or not all(isinstance(v, int) for v in pair):
        raise ConfigError(f"Global.eval_batch_step: expected a number or [start, interval], got {value!r}.")
    return int(pair[0]), int(pair[1])


@places_named
def evaluator(cfg: Config) -> tuple[Evaluator, paddle.nn.Layer]:
    """The evaluation of ``tools/eval.py``, and the trained model to give to it."""
    found = trained(cfg)
    return _evaluator(found, int(cfg.get("Global.seed", DEFAULT_SEED))), found.model


def _evaluator(found: Parts, seed: int) -> Evaluator:
    loader: BatchLoader = build_dataloader(found.cfg, mode="Eval", charset=found.charset, seed=seed)
    logger.info("valid dataloader has %d iters", len(loader))
    metric = build_metric(found.cfg, found.charset)
    return Evaluator(loader, postprocess=found.postprocess, metric=metric)


@places_named
def reader(cfg: Config) -> Callable[[np.ndarray], Any]:
    """A function uint8 BGR [H, W, 3] -> DetResult, ClsResult or RecResult, by the trained model itself.

    Of a distillation it gives {sub-model: result}.
    """
    found = trained(cfg)
    pipeline = transforms.build_pipeline(
        inference_steps(cfg), where="Eval.dataset.transforms", sources=transforms.ARRAY_SOURCES
    )

    def read(image: np.ndarray) -> Any:
        sample = pipeline({"image": image, "img_path": "", "label": "", "ext_data": []})
        if sample is None:
            raise ConfigError("Eval.dataset.transforms: a step drops images that have no label.")
        shapes = np.asarray(sample["shape"])[None] if "shape" in sample else None
        with paddle.no_grad():
            outputs = to_numpy(found.model(paddle.to_tensor(np.asarray(sample["image"])[None])))
        results = found.postprocess(outputs, shapes)
        if isinstance(results, Mapping):
            return {name: values[0] for name, values in results.items()}
        return results[0]

    return read


def export(cfg: Config) -> Path:
    """Export the trained model to ``Global.save_inference_dir``; see :mod:`ppocr_lite.export`.

    Each sub-model of a distillation goes to a folder of its name in there, as a model for itself.
    """
    folder = Path(_required(cfg, "Global.save_inference_dir"))
    for name, found in _single_parts(trained(cfg)).items():
        _export(found, folder / name)
    return folder


def _single_parts(found: Parts) -> dict[str, Parts]:
    """The sub-models of a distillation by name, or the one model by no name."""
    if not isinstance(found.model, DistillationModel):
        return {"": found}
    singles = {}
    for name, model in found.model.submodels().items():
        plain = getattr(found.postprocess, "plain", {})  # submodels.check has seen that it is there
        cfg = submodels.single_config(found.cfg, name, plain)
        singles[name] = Parts(cfg, model, build_postprocess(cfg, found.charset), found.charset)
    return singles


def export_from_state(cfg: Config, state: Mapping[str, np.ndarray], folder: str | Path) -> dict[str, Any]:
    """Export a model with the given weights ({state_dict name: array}); gives the ``inference.yml``."""
    found = parts(cfg)
    report = checkpoint.load_weights(found.model, state)
    if not report.complete:
        raise ConfigError(f"The weights do not fit {cfg.source}.\n{report.table()}")
    return _export(found, Path(folder))


def _export(found: Parts, folder: Path) -> dict[str, Any]:
    return export_model(
        found.model,
        found.cfg,
        folder=folder,
        postprocess=found.postprocess,
        charset=found.charset,
        tolerance=float(found.cfg.get("Global.parity_tolerance", TOLERANCE)),
    )


def use_device(cfg: Config) -> str:
    """Choose the processor: a GPU if ``Global.use_gpu`` is set and this Paddle can use one."""
    device = "cpu"
    if cfg.get("Global.use_gpu", False):
        if paddle.device.is_compiled_with_cuda() and paddle.device.cuda.device_count() > 0:
            device = "gpu"
        else:
            logger.warning("Global.use_gpu is set, but this Paddle has no GPU to use; going on with the CPU.")
    paddle.set_device(device)
    logger.info("train with paddle %s and device %s", paddle.__version__, device)
    return device
