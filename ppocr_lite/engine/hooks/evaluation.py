"""Evaluation during the training."""

import logging
import time
from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from ppocr_lite.engine import checkpoint
from ppocr_lite.engine.evaluator import Evaluator
from ppocr_lite.engine.hooks.ema import EmaHook
from ppocr_lite.engine.hooks.saving import finished
from ppocr_lite.engine.records import Records
from ppocr_lite.engine.trainer import Hook, Trainer
from ppocr_lite.errors import ConfigError

logger = logging.getLogger(__name__)


class EvalHook(Hook):
    """Evaluates every ``every`` steps after step ``start`` and at the end, and keeps the best weights.

    The best goes to ``best_accuracy.*`` and, as in PaddleOCR 2.6, to ``best_model/model.*``.

    Args:
        evaluator: gives the metrics of a model.
        folder: ``Global.save_model_dir``.
        start, every: ``Global.eval_batch_step``.
        ema: evaluate and keep its averaged weights.
        records: where the metrics go as JSON; None for nowhere.
    """

    def __init__(
        self,
        evaluator: Evaluator,
        folder: str | Path,
        *,
        start: int = 0,
        every: int = 1000,
        ema: EmaHook | None = None,
        records: Records | None = None,
    ) -> None:
        self.evaluator = evaluator
        self.folder = Path(folder)
        self.start, self.every = start, max(1, every)
        self.ema = ema
        self.records = records
        self._evaluated_step = -1

    def after_step(self, trainer: Trainer) -> None:
        past = trainer.state.global_step - self.start
        if past > 0 and past % self.every == 0:
            self._evaluate(trainer)

    def after_fit(self, trainer: Trainer) -> None:
        if finished(trainer) and self._evaluated_step != trainer.state.global_step:
            self._evaluate(trainer)
        getattr(self.evaluator.loader, "close", bool)()

    def _evaluate(self, trainer: Trainer) -> None:
        started = time.perf_counter()
        with self.ema.applied(trainer.model, trainer.optimizer) if self.ema else nullcontext():
            with trainer.precision.autocast():
                trainer.metrics = self.evaluator(trainer.model)
            self._keep_best(trainer, trainer.metrics)
        trainer.model.train()
        self._evaluated_step = trainer.state.global_step
        if self.records:
            seconds, key = round(time.perf_counter() - started, 3), self.evaluator.main_indicator
            record = {"kind": "eval", "epoch": epoch_now(trainer), "global_step": self._evaluated_step}
            best = {f"best_{key}": trainer.state.best.get(key, 0.0)}
            self.records.write({**record, **trainer.metrics, **best, "seconds": seconds})
        trainer.call("after_evaluation")

    def _keep_best(self, trainer: Trainer, metrics: Mapping[str, float]) -> None:
        logger.info("cur metric, %s", metric_text(metrics))
        key = self.evaluator.main_indicator
        state = trainer.state
        if metrics[key] >= state.best.get(key, 0.0):
            state.best = {**metrics, "best_epoch": epoch_now(trainer)}
            trainer.save(str(self.folder / "best_accuracy"))
            if trainer.ranks.is_main:
                checkpoint.save(self.folder / "best_model" / "model", trainer.model, trainer.optimizer)
            logger.info("save best model is to %s", self.folder / "best_accuracy")
        logger.info("best metric, %s", metric_text(state.best))


def epoch_now(trainer: Trainer) -> int:
    """The epoch, counted from 1, that the last step belongs to."""
    return trainer.state.epoch + (1 if trainer.state.step_in_epoch else 0)


def metric_text(metrics: Mapping[str, Any]) -> str:
    """``name: value`` joined by commas; the bounds ``name_low`` and ``name_high`` stand behind their value.

    >>> metric_text({"acc": 0.5, "fps": 9.0, "acc_low": 0.25, "acc_high": 0.75})
    'acc: 0.5 [0.2500, 0.7500], fps: 9.0'
    """
    texts = {name: f"{name}: {value}" for name, value in metrics.items()}
    for name in metrics:
        low, high = f"{name}_low", f"{name}_high"
        if low in metrics and high in metrics:
            texts[name] += f" [{metrics[low]:.4f}, {metrics[high]:.4f}]"
            del texts[low], texts[high]
    return ", ".join(texts.values())


class EarlyStopHook(Hook):
    """Ends the training when the evaluations do not get better any more.

    Args:
        indicator: the metric that counts; higher is better.
        patience: evaluations in a row without an improvement after which it ends.
        min_delta: by how much a metric must exceed the best before to count as an improvement.
    """

    def __init__(self, indicator: str, *, patience: int = 10, min_delta: float = 0.0) -> None:
        if patience < 1 or min_delta < 0:
            raise ConfigError(
                "Global.early_stop: patience must be at least 1 evaluation and min_delta not below 0, got "
                f"{patience} and {min_delta}."
            )
        self.indicator = indicator
        self.patience, self.min_delta = patience, min_delta
        self._best: float | None = None
        self._waited = 0

    def after_evaluation(self, trainer: Trainer) -> None:
        value = float(trainer.metrics[self.indicator])
        if self._best is None or value > self._best + self.min_delta:
            self._best, self._waited = value, 0
            return
        self._waited += 1
        if self._waited >= self.patience and not trainer.stop_reason:
            reason = f"early stop: {self._waited} evaluations without a better {self.indicator}"
            logger.info("%s than %.6g", reason, self._best)
            trainer.stop(reason, converged=True)

    def state(self) -> dict[str, Any]:
        return {"best": self._best, "waited": self._waited}

    def load_state(self, state: Mapping[str, Any]) -> None:
        self._best, self._waited = state.get("best"), int(state.get("waited", 0))
