"""Checkpoints of a run."""

import logging
import re
import time
from pathlib import Path
from typing import Any

from ppocr_lite.engine.checkpoint import SUFFIXES
from ppocr_lite.engine.trainer import Hook, Trainer

logger = logging.getLogger(__name__)

EPOCH_FILE = re.compile(r"iter_epoch_(\d+)\.(pdparams|pdopt|states)")


def finished(trainer: Trainer) -> bool:
    """Whether all epochs are done and nothing has gone wrong."""
    return 0 < trainer.epochs <= trainer.state.epoch and not trainer.failed


class CheckpointHook(Hook):
    """Writes ``latest`` after each epoch and when stopped, ``iter_epoch_E`` every ``every`` epochs.

    Args:
        folder: ``Global.save_model_dir``.
        every: epochs between two ``iter_epoch_E`` (``Global.save_epoch_step``); 0 for none.
        minutes: time after which ``latest`` is written within an epoch too; 0 for never.
        keep_last: how many ``iter_epoch_E`` stay, the newest; 0 for all. Those of later epochs than the
            present one, of another run in this folder, are left alone.
    """

    def __init__(
        self, folder: str | Path, *, every: int = 0, minutes: float = 0.0, keep_last: int = 0
    ) -> None:
        self.folder = Path(folder)
        self.every = every
        self.minutes = minutes
        self.keep_last = keep_last
        self._saved_best: dict[str, Any] = {}
        self._saved_at = 0.0

    def before_fit(self, trainer: Trainer) -> None:
        self._saved_at = time.monotonic()

    def after_step(self, trainer: Trainer) -> None:
        if self.minutes:
            due = time.monotonic() - self._saved_at >= 60 * self.minutes
            if trainer.ranks.any(due and trainer.ranks.is_main):  # all must take part in it
                self._save(trainer, "latest")

    def after_epoch(self, trainer: Trainer) -> None:
        self._save(trainer, "latest")
        if self.every > 0 and trainer.state.epoch % self.every == 0:
            self._save(trainer, f"iter_epoch_{trainer.state.epoch}")
            if self.keep_last and trainer.ranks.is_main:
                self._remove_old(trainer.state.epoch)

    def after_fit(self, trainer: Trainer) -> None:
        # The evaluation at the end may have found a new best, which a continued run must know.
        if trainer.stop_reason or (finished(trainer) and trainer.state.best != self._saved_best):
            self._save(trainer, "latest")

    def _save(self, trainer: Trainer, name: str) -> None:
        trainer.save(str(self.folder / name))
        self._saved_best = dict(trainer.state.best)
        self._saved_at = time.monotonic()
        logger.info("save model in %s", self.folder / name)

    def _remove_old(self, epoch: int) -> None:
        found = [EPOCH_FILE.fullmatch(path.name) for path in self.folder.iterdir()]
        epochs = {int(match[1]) for match in found if match and int(match[1]) <= epoch}
        for old in sorted(epochs)[: -self.keep_last]:
            for suffix in SUFFIXES:  # the weights first: without them nobody takes the rest for a checkpoint
                (self.folder / f"iter_epoch_{old}{suffix}").unlink(missing_ok=True)
