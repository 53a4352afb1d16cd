"""Log lines, the progress bar, and metrics of training batches."""

import logging
import math
import statistics
from collections import deque

from tqdm import tqdm

from ppocr_lite.engine.evaluator import Evaluator
from ppocr_lite.engine.records import Records
from ppocr_lite.engine.trainer import Hook, Trainer

logger = logging.getLogger(__name__)


class LogHook(Hook):
    """A line like PaddleOCR's every ``every`` steps and at each epoch's end; a progress bar on a terminal.

    Args:
        every: steps between two lines (``Global.print_batch_step``).
        window: steps over which the medians are taken (``Global.log_smooth_window``).
        records: where the same numbers go as JSON; None for nowhere.
    """

    def __init__(self, *, every: int = 10, window: int = 20, records: Records | None = None) -> None:
        self.every = max(1, every)
        self.records = records
        self._window = window
        self._values: dict[str, deque[float]] = {}
        self._bar: tqdm | None = None
        self._clear_times()

    def _clear_times(self) -> None:
        self._reader_s = self._batch_s = 0.0
        self._samples = self._steps = 0

    def after_step(self, trainer: Trainer) -> None:
        trainer.times.batch_s = trainer.elapsed()
        self._steps += 1
        self._reader_s += trainer.times.reader_s
        self._batch_s += trainer.times.batch_s
        self._samples += trainer.times.samples
        for name, value in {"lr": trainer.lr, **trainer.stats}.items():
            values = self._values.setdefault(name, deque(maxlen=self._window))
            if math.isfinite(value):  # a step that was left out must not spoil the medians
                values.append(float(value))
        self._advance_bar(trainer)
        last = trainer.state.step_in_epoch == trainer.steps_per_epoch
        if trainer.state.global_step % self.every == 0 or last:
            self._log(trainer)
            self._clear_times()

    def _log(self, trainer: Trainer) -> None:
        medians = {name: statistics.median(values) for name, values in self._values.items() if values}
        lr = self._values["lr"][-1]
        steps = max(1, self._steps)
        batch_s = self._batch_s / steps
        rate = self._samples / max(self._batch_s, 1e-9)
        left = trainer.epochs * trainer.steps_per_epoch - trainer.state.global_step
        eta = time_text(batch_s * max(0, left))
        numbers = ", ".join(f"{k}: {v:.6f}" for k, v in {**medians, "lr": lr}.items())
        epoch, step = trainer.state.epoch + 1, trainer.state.global_step
        logger.info(
            "epoch: [%d/%d], global_step: %d, %s, avg_reader_cost: %.5f s, avg_batch_cost: %.5f s, "
            "avg_samples: %.1f, ips: %.2f samples/s, eta: %s",
            *(epoch, trainer.epochs, step, numbers, self._reader_s / steps, batch_s),
            *(self._samples / steps, rate, eta),
        )
        if self.records:
            record = {"kind": "train", "epoch": epoch, "global_step": step, **medians, "lr": lr}
            costs = {"reader_s": round(self._reader_s / steps, 6), "batch_s": round(batch_s, 6)}
            self.records.write({**record, "ips": round(rate, 2), **costs})

    def _advance_bar(self, trainer: Trainer) -> None:
        if self._bar is None:
            title = f"epoch {trainer.state.epoch + 1}/{trainer.epochs}"
            # disable=None: no bar where the output is not a terminal
            self._bar = tqdm(
                total=trainer.steps_per_epoch,
                initial=trainer.state.step_in_epoch - 1,
                desc=title,
                leave=False,
                disable=None,
            )
        self._bar.update()
        self._bar.set_postfix_str(f"loss {trainer.stats['loss']:.4f}", refresh=False)

    def _close_bar(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def after_epoch(self, trainer: Trainer) -> None:
        self._close_bar()

    def after_fit(self, trainer: Trainer) -> None:
        self._close_bar()


def time_text(seconds: float) -> str:
    """Seconds as days and h:mm:ss.

    >>> time_text(83.6), time_text(90061)
    ('0:01:23', '1 day, 1:01:01')
    """
    days, rest = divmod(int(seconds), 86400)
    clock = f"{rest // 3600}:{rest % 3600 // 60:02d}:{rest % 60:02d}"
    return f"{days} day{'s' if days > 1 else ''}, {clock}" if days else clock


class TrainMetricHook(Hook):
    """Puts the metric of each training batch into the log (``Global.cal_metric_during_train``).

    Args:
        evaluator: gives post-processing and metric; its loader is not used.
        every_epochs: only in epochs divisible by it (``Global.calc_epoch_interval``).
    """

    def __init__(self, evaluator: Evaluator, *, every_epochs: int = 1) -> None:
        self.evaluator = evaluator
        self.every_epochs = max(1, every_epochs)

    def after_step(self, trainer: Trainer) -> None:
        if (trainer.state.epoch + 1) % self.every_epochs == 0:
            trainer.stats.update(self.evaluator.of_batch(trainer.preds, trainer.batches[-1]))


class CloseRecords(Hook):
    """Closes what the other hooks wrote their records to, after all of them."""

    def __init__(self, records: Records) -> None:
        self.records = records

    def after_fit(self, trainer: Trainer) -> None:
        self.records.close()
