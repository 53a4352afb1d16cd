"""Hooks of the trainer: log lines, metrics of training batches, evaluation, checkpoints, averaged weights."""

import json
import logging
import os
import signal
import statistics
import time
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import paddle
from tqdm import tqdm

from ppocr_lite.engine import checkpoint
from ppocr_lite.engine.evaluator import Evaluator
from ppocr_lite.engine.trainer import Hook, Trainer

logger = logging.getLogger(__name__)


class JsonLines:
    """A file to which each record is appended as one line of JSON."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)

    def write(self, record: Mapping[str, Any]) -> None:
        """Append a record and the time."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({**record, "time": round(time.time(), 3)}) + "\n")


class LogHook(Hook):
    """A line like PaddleOCR's every ``every`` steps and at each epoch's end; a progress bar on a terminal.

    Args:
        every: steps between two lines (``Global.print_batch_step``).
        window: steps over which the medians are taken (``Global.log_smooth_window``).
        records: where the same numbers go as JSON; None for nowhere.
    """

    def __init__(self, *, every: int = 10, window: int = 20, records: JsonLines | None = None) -> None:
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
            self._values.setdefault(name, deque(maxlen=self._window)).append(float(value))
        self._advance_bar(trainer)
        last = trainer.state.step_in_epoch == len(trainer.loader)
        if trainer.state.global_step % self.every == 0 or last:
            self._log(trainer)
            self._clear_times()

    def _log(self, trainer: Trainer) -> None:
        medians = {name: statistics.median(values) for name, values in self._values.items()}
        lr = self._values["lr"][-1]
        steps = max(1, self._steps)
        batch_s = self._batch_s / steps
        rate = self._samples / max(self._batch_s, 1e-9)
        left = trainer.epochs * len(trainer.loader) - trainer.state.global_step
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
            self.records.write({**record, "ips": round(rate, 2)})

    def _advance_bar(self, trainer: Trainer) -> None:
        if self._bar is None:
            title = f"epoch {trainer.state.epoch + 1}/{trainer.epochs}"
            # disable=None: no bar where the output is not a terminal
            self._bar = tqdm(
                total=len(trainer.loader),
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
            trainer.stats.update(self.evaluator.of_batch(trainer.preds, trainer.batch))


class EmaHook(Hook):
    """Keeps a moving average of the weights; evaluation and ``best_accuracy`` use it.

    Args:
        decay: weight of the old average at each step; near the start it grows as (1 + n) / (10 + n).
    """

    def __init__(self, decay: float = 0.999) -> None:
        self.decay = decay
        self._average: dict[str, paddle.Tensor] = {}

    def before_fit(self, trainer: Trainer) -> None:
        if not self._average:
            self._average = {k: v.detach().clone() for k, v in trainer.model.state_dict().items()}

    @paddle.no_grad()
    def after_step(self, trainer: Trainer) -> None:
        step = trainer.state.global_step
        decay = min(self.decay, (1 + step) / (10 + step))
        for name, value in trainer.model.state_dict().items():
            average = self._average[name]
            # In this form, what does not change (a frozen teacher) stays exactly as it is.
            self._average[name] = average + (value - average) * (1 - decay)

    @contextmanager
    def applied(self, model: paddle.nn.Layer) -> Iterator[None]:
        """Inside, ``model`` has the averaged weights."""
        own = {name: value.detach().clone() for name, value in model.state_dict().items()}
        checkpoint.load_weights(model, {name: value.numpy() for name, value in self._average.items()})
        try:
            yield
        finally:
            checkpoint.load_weights(model, {name: value.numpy() for name, value in own.items()})

    def state(self) -> dict[str, Any]:
        return {name: value.numpy() for name, value in self._average.items()}

    def load_state(self, state: Mapping[str, Any]) -> None:
        self._average = {name: paddle.to_tensor(value) for name, value in state.items()}


def _finished(trainer: Trainer) -> bool:
    return 0 < trainer.epochs <= trainer.state.epoch


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
        if trainer.stop_reason or (_finished(trainer) and trainer.state.best != self._saved_best):
            self._save(trainer, "latest")

    def _save(self, trainer: Trainer, name: str) -> None:
        trainer.save(str(self.folder / name))
        self._saved_best = dict(trainer.state.best)
        logger.info("save model in %s", self.folder / name)


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
        if _finished(trainer) and self._evaluated_step != trainer.state.global_step:
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


class StopOnSignal(Hook):
    """On SIGTERM or Ctrl-C, finish the step, save ``latest`` (by the hooks' ``after_fit``) and end.

    A second Ctrl-C ends the program at once.
    """

    def __init__(self) -> None:
        self._old: dict[int, Any] = {}

    def before_fit(self, trainer: Trainer) -> None:
        owner = os.getpid()

        def on_signal(number: int, _frame: Any) -> None:
            if os.getpid() != owner:  # a worker of the data loader, forked with this handler
                signal.signal(number, signal.SIG_DFL)
                os.kill(os.getpid(), number)
                return
            name = signal.Signals(number).name
            logger.warning("%s: stopping after this step.", name)
            trainer.stop(name)
            signal.signal(number, self._old[number])

        for number in (signal.SIGTERM, signal.SIGINT):
            try:
                self._old[number] = signal.signal(number, on_signal)
            except ValueError:  # not in the main thread: the caller handles signals
                return

    def after_fit(self, trainer: Trainer) -> None:
        for number, handler in self._old.items():
            signal.signal(number, handler)
        self._old.clear()
