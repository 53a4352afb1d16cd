"""Checkpoints of a run."""

import logging
from pathlib import Path
from typing import Any

from ppocr_lite.engine.trainer import Hook, Trainer

logger = logging.getLogger(__name__)


def finished(trainer: Trainer) -> bool:
    """Whether all epochs are done and nothing has gone wrong."""
    return 0 < trainer.epochs <= trainer.state.epoch and not trainer.failed


class CheckpointHook(Hook):
    """Writes ``latest`` after each epoch and when stopped, ``iter_epoch_E`` every ``every`` epochs.

    Args:
        folder: ``Global.save_model_dir``.
        every: epochs between two ``iter_epoch_E`` (``Global.save_epoch_step``); 0 for none.
    """

    def __init__(self, folder: str | Path, *, every: int = 0) -> None:
        self.folder = Path(folder)
        self.every = every
        self._saved_best: dict[str, Any] = {}

    def after_epoch(self, trainer: Trainer) -> None:
        self._save(trainer, "latest")
        if self.every > 0 and trainer.state.epoch % self.every == 0:
            self._save(trainer, f"iter_epoch_{trainer.state.epoch}")

    def after_fit(self, trainer: Trainer) -> None:
        # The evaluation at the end may have found a new best, which a continued run must know.
        if trainer.stop_reason or (finished(trainer) and trainer.state.best != self._saved_best):
            self._save(trainer, "latest")

    def _save(self, trainer: Trainer, name: str) -> None:
        trainer.save(str(self.folder / name))
        self._saved_best = dict(trainer.state.best)
        logger.info("save model in %s", self.folder / name)
