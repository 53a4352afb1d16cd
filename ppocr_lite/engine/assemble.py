"""From a configuration to the things that run: the one file that knows all parts."""

import logging
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import paddle

from ppocr_lite import losses, metrics, postprocess, transforms
from ppocr_lite.charset import Charset
from ppocr_lite.config import Config
from ppocr_lite.data.loader import build_dataloader
from ppocr_lite.engine import amp, checkpoint, compat, distributed, pruned, submodels
from ppocr_lite.engine.center_files import check_center_files
from ppocr_lite.engine.check import check_config, places_named
from ppocr_lite.engine.distributed import Ranks
from ppocr_lite.engine.evaluator import Evaluator, Metric, PostProcess, to_numpy
from ppocr_lite.engine.hooks.build import training_hooks
from ppocr_lite.engine.inference_teacher import InferenceTeacher, with_student_transforms
from ppocr_lite.engine.randomness import seed_generators
from ppocr_lite.engine.short_epochs import for_steps
from ppocr_lite.engine.trainer import BatchLoader, Hook, Trainer
from ppocr_lite.errors import ConfigError
from ppocr_lite.export.bundle import export_model
from ppocr_lite.export.inference_config import inference_steps
from ppocr_lite.export.parity import TOLERANCE
from ppocr_lite.modeling import DistillationModel, build_model
from ppocr_lite.optim import build_optimizer, freeze, preview
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
    return _parts(cfg)


def _parts(cfg: Config) -> Parts:
    characters = charset(cfg)
    cfg = with_student_transforms(compat.choose_resnets(cfg))
    model = build_model(
        cfg.section("Architecture"), characters, max_text_length=cfg.get("Global.max_text_length")
    )
    decode = build_postprocess(cfg, characters)
    submodels.check(cfg, model, decode)
    return Parts(cfg, model, decode, characters)


Prepare = Callable[[Parts], None]
"""Changes a model that has just been built, in place, before weights are loaded: for 8-bit training, say."""


def trained(cfg: Config, *, prepare: Prepare | None = None) -> Parts:
    """:func:`parts` with all weights of ``Global.checkpoints`` or ``Global.pretrained_model``."""
    check_config(cfg)
    use_device(cfg)
    found = _parts(cfg)
    pruned.shrink(cfg, found.model)
    if prepare:
        prepare(found)
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
    try:
        return Charset.load(
            cfg.get("Global.character_dict_path"),
            use_space_char=bool(cfg.get("Global.use_space_char", False)),
            token_separator=cfg.get("Global.token_separator") or "",
        )
    except ConfigError as error:
        raise ConfigError(f"Global.character_dict_path: {error}") from error


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
def trainer(cfg: Config, *, prepare: Prepare | None = None) -> Trainer:
    """Everything that ``tools/train.py`` needs; resumed or fine-tuned where ``Global`` says so."""
    check_config(cfg)
    device = use_device(cfg)
    ranks = distributed.connect(use_gpu=device == "gpu")
    with ranks.failures_told():
        return _trainer(cfg, device, ranks, prepare)


def _trainer(cfg: Config, device: str, ranks: Ranks, prepare: Prepare | None) -> Trainer:
    seed = int(cfg.get("Global.seed", DEFAULT_SEED))
    seed_generators(seed)  # the initial weights, and whatever a part of the user draws
    found = _parts(cfg)
    pruned.shrink(cfg, found.model)
    check_center_files(cfg, found.charset)
    if cfg.get("Global.use_sync_bn"):
        found = replace(found, model=distributed.synchronize_norms(found.model, device))
    if prepare:
        prepare(found)
    loader = _loader(found, "Train", seed, ranks)
    logger.info("train dataloader has %d iters", len(loader))
    ranks.require_same("steps of an epoch", len(loader))
    accumulate = int(cfg.get("Global.accumulate_steps", 1))
    if cfg.get("Global.max_steps"):
        epochs, loader = for_steps(loader, int(cfg.get("Global.max_steps")), accumulate)
    else:
        epochs = int(_required(cfg, "Global.epoch_num"))
    if cfg.get("Global.freeze"):
        freeze(found.model, cfg.get("Global.freeze"))
    steps = math.ceil(len(loader) / accumulate)
    optimizer, schedule = build_optimizer(cfg.section("Optimizer"), epochs, steps, found.model)
    logger.info("learning rate: %s", preview(schedule))
    precision = amp.build_precision(cfg.section("Global"), device)
    amp.decorate(found.model, optimizer, precision)
    result = Trainer(
        found.model,
        LOSSES.build(cfg.section("Loss")),
        optimizer=optimizer,
        schedule=schedule,
        loader=loader,
        hooks=_hooks(found, seed, ranks),
        accumulate=accumulate,
        precision=precision,
        ranks=ranks,
        seed=seed,
    )
    result.epochs = epochs
    started = submodels.load_pretrained(cfg, found.model)
    if cfg.get("Global.checkpoints"):
        result.resume(cfg.get("Global.checkpoints"))
    elif cfg.get("Global.pretrained_model"):
        checkpoint.load_pretrained(found.model, cfg.get("Global.pretrained_model"))
    elif not started:
        logger.info("train from scratch")
    return result


def train(cfg: Config, *, prepare: Prepare | None = None) -> Trainer:
    """Build the trainer, write ``config.yml`` where its results go, and train as long as ``Global`` says."""
    built = trainer(cfg, prepare=prepare)
    if built.ranks.is_main:
        folder = save_dir(cfg)
        folder.mkdir(parents=True, exist_ok=True)
        several = built.ranks.world_size != 1
        cfg.replace({"Global.distributed": several}).dump(folder / "config.yml")
    built.fit(built.epochs)
    return built


def save_dir(cfg: Config) -> Path:
    """``Global.save_model_dir``."""
    return Path(_required(cfg, "Global.save_model_dir"))


def _required(cfg: Config, key: str) -> Any:
    value = cfg.get(key)
    if value is None:
        raise ConfigError(f"{key}: not set. Add it to the configuration, or give -o {key}=...")
    return value


def _hooks(found: Parts, seed: int, ranks: Ranks) -> list[Hook]:
    cfg = found.cfg
    of_batches = None
    if cfg.get("Global.cal_metric_during_train"):
        of_batches = Evaluator(None, postprocess=found.postprocess, metric=build_metric(cfg, found.charset))
    evaluates = cfg.section("Eval.dataset") and cfg.get("Global.eval_batch_step") != 0
    on_data = _evaluator(found, seed, ranks) if evaluates else None
    return training_hooks(
        cfg, save_dir(cfg), evaluator=on_data, batch_evaluator=of_batches, writes=ranks.is_main
    )


@places_named
def evaluator(cfg: Config) -> tuple[Evaluator, paddle.nn.Layer]:
    """The evaluation of ``tools/eval.py``, and the trained model to give to it."""
    found = trained(cfg)
    ranks = distributed.connect(use_gpu=paddle.get_device().startswith("gpu"))
    return _evaluator(found, int(cfg.get("Global.seed", DEFAULT_SEED)), ranks), found.model


def _evaluator(found: Parts, seed: int, ranks: Ranks) -> Evaluator:
    loader = _loader(found, "Eval", seed, ranks)
    logger.info("valid dataloader has %d iters", len(loader))
    metric = build_metric(found.cfg, found.charset)
    return Evaluator(loader, postprocess=found.postprocess, metric=metric, ranks=ranks)


def _loader(found: Parts, mode: str, seed: int, ranks: Ranks) -> BatchLoader:
    share = {"rank": ranks.rank, "world_size": ranks.world_size}
    return build_dataloader(found.cfg, mode, charset=found.charset, seed=seed, **share)


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
    """Export the trained model to ``Global.save_inference_dir``; see :func:`export_parts`."""
    folder = Path(_required(cfg, "Global.save_inference_dir"))
    export_parts(trained(cfg), folder)
    return folder


def export_parts(found: Parts, folder: Path) -> dict[str, dict[str, Any]]:
    """Export a model with the weights it has; gives the ``inference.yml``; see :mod:`ppocr_lite.export`.

    Each sub-model of a distillation goes to a folder of its name in there, as a model for itself; the one
    model of other configurations has the name ``""``.
    """
    return {name: _export(single, folder / name) for name, single in single_parts(found).items()}


def single_parts(found: Parts) -> dict[str, Parts]:
    """The sub-models of a distillation by name, or the one model by no name."""
    if not isinstance(found.model, DistillationModel):
        return {"": found}
    singles = {}
    for name, model in found.model.submodels().items():
        if isinstance(model, InferenceTeacher):
            continue  # it is an exported model
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
            # Of several processes each has a GPU of its own, which the launcher chooses.
            device = f"gpu:{paddle.distributed.ParallelEnv().device_id}"
        else:
            logger.warning("Global.use_gpu is set, but this Paddle has no GPU to use; going on with the CPU.")
    paddle.set_device(device)
    logger.info("train with paddle %s and device %s", paddle.__version__, device)
    return device.partition(":")[0]
