"""Writes ``report.html``."""

import logging
import platform
import sys
from pathlib import Path

import paddle

import ppocr_lite
from ppocr_lite.config import Config
from ppocr_lite.config.yaml_text import to_yaml
from ppocr_lite.engine.evaluator import Evaluator
from ppocr_lite.engine.hooks.evaluation import epoch_now
from ppocr_lite.engine.hooks.saving import finished
from ppocr_lite.engine.report import Example, Facts, WorstPredictions, page, read_history
from ppocr_lite.engine.report.page import is_bound
from ppocr_lite.engine.report.worst import picture_maker
from ppocr_lite.engine.trainer import Hook, Trainer
from ppocr_lite.optim.preview import curve
from ppocr_lite.optim.schedules import LRSchedule
from ppocr_lite.weights.disk import write_atomic

logger = logging.getLogger(__name__)

LEGENDS = {"det": " Outlines: green labelled, red found, grey not counted."}


class ReportHook(Hook):
    """Writes ``report.html`` after each evaluation and at the end, also of a run that was stopped or failed.

    Curves and times come from ``train.jsonl``, those of the runs before a resume included; the worst
    predictions are of the best evaluation of this run, or of its last where none was the best.

    Args:
        folder: ``Global.save_model_dir``.
        cfg: shown in the report.
        evaluator: whose results are looked at; None where there is no evaluation.
    """

    def __init__(self, folder: str | Path, cfg: Config, evaluator: Evaluator | None = None) -> None:
        self.folder = Path(folder)
        self.cfg = cfg
        self._worst: WorstPredictions | None = None
        self._indicator = ""
        if evaluator:
            to_picture = picture_maker(cfg.get("Eval.dataset.transforms", []) or [])
            self._worst = WorstPredictions(evaluator.metric, to_picture)
            evaluator.watcher = self._worst
            self._indicator = evaluator.main_indicator
        self._examples: list[Example] = []
        self._examples_from = ""
        self._of_best = False
        self._best: object = None

    def before_fit(self, trainer: Trainer) -> None:
        self._best = trainer.state.best

    def after_evaluation(self, trainer: Trainer) -> None:
        is_best = trainer.state.best is not self._best
        self._best = trainer.state.best
        if self._worst and (is_best or not self._of_best):
            self._of_best = is_best
            self._examples = self._worst.examples()
            kind = "best" if is_best else "last"
            place = f"step {trainer.state.global_step}, epoch {epoch_now(trainer)}"
            legend = LEGENDS.get(self.cfg.get("Architecture.model_type"), "")
            self._examples_from = f"Of the {kind} evaluation of this run ({place}).{legend}"
        self._write(trainer, "The training is under way.")

    def after_fit(self, trainer: Trainer) -> None:
        # The trainer calls this in its `finally`: an error that ends the run is the current one.
        error = sys.exc_info()[1]
        if error is not None:
            status = f"Ended by an error: {type(error).__name__}: {error}"
        elif trainer.stop_reason:
            status = f"Stopped: {trainer.stop_reason}."
        else:
            status = "Finished." if finished(trainer) else "Ended before its last epoch."
        if self._write(trainer, status):
            logger.info("report: %s", self.folder / "report.html")

    def _write(self, trainer: Trainer, status: str) -> bool:
        history = read_history(self.folder / "train.jsonl")
        schedule = trainer.schedule
        facts = Facts(
            title=f"Training of {self.folder.name}",
            status=status,
            rows=self._rows(trainer),
            indicator=self._indicator,
            planned_rates=curve(schedule) if isinstance(schedule, LRSchedule) else (),
            examples=self._examples,
            examples_from=self._examples_from,
            config=to_yaml(self.cfg.to_dict()),
        )
        try:
            write_atomic(self.folder / "report.html", page(history, facts).encode("utf-8"))
        except OSError as error:  # a full disk must not hide why the run ended
            logger.warning("report.html cannot be written: %s", error)
            return False
        return True

    def _rows(self, trainer: Trainer) -> dict[str, str]:
        state, best = trainer.state, dict(trainer.state.best)
        rows = {"Steps": f"{state.global_step}, {state.epoch} of {trainer.epochs} epochs finished"}
        if self._indicator in best:
            epoch, key = best.pop("best_epoch", "?"), self._indicator
            numbers = {name: v for name, v in best.items() if isinstance(v, (int, float))}
            rows[f"Best {key}"] = f"{numbers[key]:.5g} in epoch {epoch}"
            if f"{key}_low" in numbers:
                rows["Its interval"] = f"{numbers[f'{key}_low']:.5g} to {numbers[f'{key}_high']:.5g}"
            others = {n: v for n, v in numbers.items() if n != key and not is_bound(n, numbers)}
            rows["With it"] = ", ".join(f"{name} {value:.5g}" for name, value in others.items())
        rows["Batches"] = f"{len(trainer.loader)} an epoch, {trainer.accumulate} to a step"
        versions = f"ppocr_lite {ppocr_lite.__version__}, paddle {paddle.__version__}, Python "
        rows["Software"] = f"{versions}{platform.python_version()}, device {paddle.get_device()}"
        return rows
