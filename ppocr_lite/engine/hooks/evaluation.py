"""Evaluation during the training."""

import logging
from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from ppocr_lite.engine import checkpoint
from ppocr_lite.engine.evaluator import Evaluator
from ppocr_lite.engine.hooks.ema import EmaHook
from ppocr_lite.engine.hooks.saving import finished
from ppocr_lite.engine.records import JsonLines
from ppocr_lite.engine.trainer import Hook, Trainer

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
        records: JsonLines | None = None,
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
        with self.ema.applied(trainer.model) if self.ema else nullcontext():
            metrics = self.evaluator(trainer.model)
            self._keep_best(trainer, metrics)
        trainer.model.train()
        self._evaluated_step = trainer.state.global_step
        if self.records:
            self.records.write({"kind": "eval", "global_step": trainer.state.global_step, **metrics})

    def _keep_best(self, trainer: Trainer, metrics: Mapping[str, float]) -> None:
        logger.info("cur metric, %s", metric_text(metrics))
        key = self.evaluator.main_indicator
        state = trainer.state
        if metrics[key] >= state.best.get(key, 0.0):
            epoch = state.epoch + (1 if state.step_in_epoch else 0)
            state.best = {**metrics, "best_epoch": epoch}
            trainer.save(str(self.folder / "best_accuracy"))
            checkpoint.save(self.folder / "best_model" / "model", trainer.model, trainer.optimizer)
            logger.info("save best model is to %s", self.folder / "best_accuracy")
        logger.info("best metric, %s", metric_text(state.best))


def metric_text(metrics: Mapping[str, Any]) -> str:
    """``name: value`` joined by commas."""
    return ", ".join(f"{name}: {value}" for name, value in metrics.items())
