"""One network made smaller: prune, fine-tune, quantize, export, and measure what came of it."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ppocr_lite.compression import (
    int8_export,
    post_training,
    prune_job,
    recipes,
    scores,
    static_job,
    summary,
    timing,
)
from ppocr_lite.compression.pipeline_options import CALIBRATED, PACT, CompressOptions
from ppocr_lite.compression.stages import Stages, flat
from ppocr_lite.config import Config
from ppocr_lite.engine import assemble, checkpoint, trial
from ppocr_lite.engine.assemble import Parts
from ppocr_lite.engine.trainer import Trainer
from ppocr_lite.errors import ConfigError, MissingDependency
from ppocr_lite.export.inference_config import sha256
from ppocr_lite.inference.engines.base import default_threads
from ppocr_lite.modeling import DistillationModel
from ppocr_lite.modeling.complexity import measure

logger = logging.getLogger(__name__)

FLOAT, PRUNED, TRAINED_ON = "float", "pruned", "float, trained on"
INT8, INT8_CALIBRATED = "int8", "int8, calibrated"
FOLDERS = {
    FLOAT: "float",
    TRAINED_ON: "float_trained_on",
    PRUNED: "pruned",
    INT8: "int8",
    INT8_CALIBRATED: "int8_calibrated",
}
"""Where the exported models stand, by the names of the table's rows."""
FINAL = "final"
"""Name of the weights with which a training ends."""


class Stopped(Exception):
    """A training was stopped by a signal; the same command goes on with it."""


def run(cfg: Config, options: CompressOptions) -> dict[str, Any]:
    """Do what ``options`` ask for; gives what it writes to ``compression.json``, ``.md`` and ``.html``.

    Stages that were finished before with the same settings are not done again, and an interrupted training
    goes on from its last checkpoint.

    Raises:
        ConfigError: no trained weights, a distillation, or other settings than those that were begun with.
        Stopped: by a signal.
    """
    return Job(cfg, options).run()


class Job:
    """The stages of one compression.

    Args:
        cfg: with the trained weights in ``Global.pretrained_model``.
    """

    def __init__(self, cfg: Config, options: CompressOptions) -> None:
        self.cfg, self.options, self.out = cfg, options, options.out
        if cfg.section("Architecture.Models"):
            raise ConfigError(
                "Architecture.Models: a distillation is compressed model by model. Take one out with "
                "'ppocr-lite weights extract' and give the configuration that it has alone."
            )
        if not cfg.get("Global.pretrained_model"):
            raise ConfigError(
                "Global.pretrained_model: not set. Give trained weights: -o Global.pretrained_model=PREFIX"
            )
        weights = checkpoint.find_params(cfg.get("Global.pretrained_model"))
        settings = {"weights": sha256(weights), **flat(cfg.to_dict(), "config")}
        self.stages = Stages(self.out, settings, total=self._count())
        self.folders: dict[str, Path] = {}
        self.results: dict[str, dict[str, Any]] = {}

    def _count(self) -> int:
        options = self.options
        return 3 + 2 * options.prunes + len(options.int8) + options.train_float

    def run(self) -> dict[str, Any]:
        """All stages, then the tables."""
        options = self.options
        weights = str(self.cfg.get("Global.pretrained_model"))
        self._do(FLOAT, lambda: self._export(weights, FLOAT), {})
        if options.prunes:
            weights = self._pruned()
        if CALIBRATED in options.int8:
            self._calibrated()
        if PACT in options.int8:
            self._trained_in_8_bits(weights)
        if options.train_float:
            self._trained_on()
        skip = options.samples if options.prunes and options.pruning().sensitivity else 0
        before = list(self.folders)
        seen = {"models": before, "skip": skip}
        self._do("metrics", lambda: self._scores(skip), seen, after=before, again=True)
        self._do("times", self._times, {"models": before, **self._timing()}, after=before, again=True)
        found = {
            "config": self.cfg.source,
            "weights": self.cfg.get("Global.pretrained_model"),
            **self._settings(),
        }
        models: dict[str, str] = {name: str(folder) for name, folder in self.folders.items()}
        values = {**found, "models": models, "stages": self.results, "seconds": self.stages.seconds}
        summary.write(self.out, values, self.folders)
        return values

    def _settings(self) -> dict[str, Any]:
        return {"options": {**asdict(self.options), "out": str(self.out)}}

    def _do(
        self,
        name: str,
        work: Callable[[], Mapping[str, Any]],
        settings: Mapping[str, Any],
        *,
        after: Sequence[str] = (),
        again: bool = False,
    ) -> dict[str, Any]:
        known = [stage for stage in after if stage in self.results]
        self.results[name] = self.stages.run(name, work, settings=settings, after=known, again=again)
        if name in FOLDERS:
            self.folders[name] = self.out / FOLDERS[name]
        return self.results[name]

    # -- models

    def _export(self, weights: str, name: str) -> dict[str, Any]:
        """Export float weights, whole or pruned."""
        found = assemble.trained(self._with(weights))
        folder = self.out / FOLDERS[name]
        assemble.export_parts(found, folder)
        return {**self._costs(found), "bytes": _bytes(folder)}

    def _costs(self, found: Parts) -> dict[str, Any]:
        image = trial.image_shape(self.cfg)
        costs = measure(found.model, image)
        return {"parameters": costs.parameters, "multiply_adds": costs.multiply_adds, "image": list(image)}

    def _pruned(self) -> str:
        """Prune, fine-tune and export; gives the weights."""
        options, folder = self.options, self.out / "work/pruning"
        pruning = {
            k: v for k, v in asdict(options.pruning()).items() if k not in ("file", "no_train", "loss")
        }

        def prune() -> dict[str, Any]:
            place = {"Global.save_model_dir": str(folder)}
            report = prune_job.prune(self.cfg.replace(place), options.pruning())
            return {"channels": report.channels, "metrics": report.metrics}

        def tune() -> dict[str, Any]:
            recipe = recipes.fine_tuning(self.cfg, options, folder / prune_job.NAME, self._teacher())
            trained = self._train(recipe, "fine_tuning")
            return {**trained, **self._export(trained["weights"], PRUNED)}

        self._do("pruning", prune, pruning)
        return str(self._do(PRUNED, tune, recipes.settings(options, 0), after=["pruning"])["weights"])

    def _trained_on(self) -> None:
        """The float model after as many more steps as the smallest model had."""

        def tune() -> dict[str, Any]:
            recipe = recipes.fine_tuning_float(self.cfg, self.options, self._teacher())
            trained = self._train(recipe, "float_trained_on")
            return {**trained, **self._export(trained["weights"], TRAINED_ON)}

        self._do(TRAINED_ON, tune, recipes.settings_float(self.options))

    def _trained_in_8_bits(self, weights: str) -> None:
        def train() -> dict[str, Any]:
            recipe = recipes.pact(self.cfg, self.options, weights, self._teacher())
            trained = self._train(recipe, "pact", prepare=int8_export.prepare)
            single = recipes.with_packing(self._with(trained["weights"]))
            found = assemble.trained(single, prepare=int8_export.prepare)
            int8_export.export_parts(found, self.out / FOLDERS[INT8])
            return {**trained, "bytes": _bytes(self.out / FOLDERS[INT8])}

        self._do(INT8, train, recipes.settings(self.options, 1), after=[PRUNED])

    def _calibrated(self) -> None:
        source = self.folders.get(PRUNED, self.folders[FLOAT])
        folder = self.out / FOLDERS[INT8_CALIBRATED]

        def quantize() -> dict[str, Any]:
            pictures = static_job.pictures(self.cfg, count=self.options.pictures)
            post_training.quantize_folder(source, folder, pictures, post_training.StaticOptions(threads=1))
            return {"bytes": _bytes(folder), "pictures": len(pictures)}

        self._do(INT8_CALIBRATED, quantize, {"pictures": self.options.pictures}, after=[PRUNED])

    def _train(self, cfg: Config, name: str, *, prepare: assemble.Prepare | None = None) -> dict[str, Any]:
        """Train, or go on with it; gives the weights it ends with, which are those of the last step."""
        folder = self.out / "work" / name
        changes: dict[str, Any] = {"Global.save_model_dir": str(folder)}
        if (folder / "latest.pdparams").is_file():
            changes["Global.checkpoints"] = str(folder / "latest")
        trainer: Trainer = assemble.train(cfg.replace(changes), prepare=prepare)
        if trainer.stop_reason and not trainer.converged:
            raise Stopped(f"{trainer.stop_reason}; the same command goes on.")
        model = trainer.model
        if isinstance(model, DistillationModel):
            model = model.submodels()[recipes.STUDENT]
        checkpoint.save_weights(folder / FINAL, model)
        return {"weights": str(folder / FINAL), "steps": trainer.state.global_step}

    def _teacher(self) -> Path | None:
        return self.folders[FLOAT] if self.options.teacher else None

    def _with(self, weights: str) -> Config:
        return self.cfg.replace({"Global.pretrained_model": weights, "Global.checkpoints": None})

    # -- measuring

    def _scores(self, skip: int) -> dict[str, Any]:
        """Main metric of each model in each engine that it can be compared in."""
        found: dict[str, Any] = {
            "metric": self.cfg.get("Metric.main_indicator"),
            "skipped": skip,
            "values": {},
        }
        for kind in ("onnxruntime", "openvino"):
            if kind not in self.options.engines or not _installed(kind, self.folders[FLOAT]):
                continue
            results = scores.score_folders(self.cfg, self.folders, engine=kind, skip=skip)
            found["pictures"] = len(results[FLOAT].parts)
            found["values"][kind] = {name: own.value for name, own in results.items()}
            for reference in (FLOAT, TRAINED_ON, PRUNED):
                if reference in results:
                    others = {name: own.minus(results[reference]) for name, own in results.items()}
                    found.setdefault(f"minus {reference}", {})[kind] = others
        return found

    def _timing(self) -> dict[str, Any]:
        threads = self.options.threads or tuple(sorted({1, default_threads()}))
        return {
            "engines": list(self.options.engines),
            "threads": list(threads),
            "rounds": self.options.rounds,
        }

    def _times(self) -> dict[str, Any]:
        """Of each engine that is installed; Paddle's own runs float files only."""
        task, settings = self.cfg.get("Architecture.model_type"), self._timing()
        channels, height, _ = trial.image_shape(self.cfg)
        shape = timing.batch_shape(task, channels, None if task == "det" else height)
        found: dict[str, Any] = {"batch": list(shape), "machine": trial.machine(), "values": {}}
        found["load"] = summary.load_average()
        for kind in settings["engines"]:
            if not _installed(kind, self.folders[FLOAT]):
                logger.warning("%s is not installed: no times of it", kind)
                continue
            files = {
                name: _network(folder, kind) for name, folder in self.folders.items() if _runs(name, kind)
            }
            for threads in settings["threads"]:
                times = timing.side_by_side(
                    files, kind, shape=shape, threads=threads, rounds=settings["rounds"]
                )
                found["values"][f"{kind}, {threads}"] = {n: asdict(own) for n, own in times.items()}
        return found


def _runs(name: str, kind: str) -> bool:
    return kind != "paddle" or name in (FLOAT, PRUNED)


def _network(folder: Path, kind: str) -> Path:
    if kind != "paddle":
        return folder / "inference.onnx"
    graphs = [folder / name for name in ("inference.json", "inference.pdmodel")]
    return next(file for file in graphs if file.is_file())


def _installed(kind: str, folder: Path) -> bool:
    from ppocr_lite.inference.engines.base import open_engine

    try:
        open_engine(_network(folder, kind), kind=kind, threads=1).close()
    except MissingDependency:
        return False
    return True


def _bytes(folder: Path) -> int:
    return (folder / "inference.onnx").stat().st_size
