"""A compact trainer for the PyTorch twins: the same configuration, renderer, transforms and metrics.

On a CPU PyTorch trains these depthwise networks faster than Paddle: with bfloat16, on a processor that has
it, the recognizer 2.9 times and the detector 4.2 times (benchmarks/train_speed.py). A GPU with PyTorch alone
is enough for it. Checkpoints are ``.pdparams`` that ``tools/eval.py``, ``tools/export_model.py`` and
``tools/train.py`` read.
"""

import logging
import math
import threading
import time
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from ppocr_lite.charset import Charset
from ppocr_lite.config import Config
from ppocr_lite.data import build_dataloader
from ppocr_lite.engine.records import JsonLines
from ppocr_lite.errors import ConfigError, PPOCRError
from ppocr_lite.interop.torch_average import MovingAverage
from ppocr_lite.interop.torch_depthwise import use_compiled_depthwise
from ppocr_lite.interop.torch_eval import TwinEvaluator, write_report
from ppocr_lite.interop.torch_feed import Fed, Feed
from ppocr_lite.interop.torch_losses import LOSSES, make_loss
from ppocr_lite.interop.torch_nets import build_torch_model
from ppocr_lite.interop.torch_options import Progress, TwinOptions
from ppocr_lite.interop.torch_pack import PackedDataset
from ppocr_lite.interop.torch_state import find_file, read_state, write_state
from ppocr_lite.interop.torch_weights import from_paddle, to_paddle
from ppocr_lite.weights.files import read_weights, write_weights

logger = logging.getLogger(__name__)

OVER = 0.999
"""Share of the schedule at which it counts as over."""
MAX_BAD_STEPS = 20
"""Steps in a row that may be left out because a gradient is not finite."""


class TwinTrainer:
    """Trains one twin; ``fit`` goes on where ``latest`` in ``out_dir`` ended.

    Args:
        cfg: the configuration, of which Architecture, Train, Eval, PostProcess, Metric, and of the optimizer
            ``learning_rate``, ``warmup_epoch`` and ``weight_decay`` are used (AdamW, cosine to zero).
        options: see TwinOptions.
        stop: when set, the run saves and ends after its step.
    """

    def __init__(self, cfg: Config, options: TwinOptions, stop: threading.Event | None = None) -> None:
        self.cfg, self.options = cfg, options
        self.stop = stop or threading.Event()
        arch = cfg.section("Architecture")
        self.task = str(arch["model_type"])
        if self.task not in LOSSES:
            raise ConfigError(
                f"Architecture.model_type: no twin for '{self.task}'. Known: {', '.join(LOSSES)}."
            )
        self.charset = _charset(cfg) if self.task == "rec" else None
        self.seed = int(cfg.get("Global.seed", 1024))
        torch.manual_seed(self.seed)
        self.device = torch.device(options.device or ("cuda" if torch.cuda.is_available() else "cpu"))
        model = build_torch_model(arch, self.charset.ctc_size if self.charset else None)
        self.model = model.to(self.device, memory_format=torch.channels_last)
        if options.compiled and self.device.type == "cpu":
            layers = use_compiled_depthwise(self.model)
            logger.info("gradients of %d depthwise convolutions by the compiled library", layers)
        self.loader = build_dataloader(cfg, "Train", charset=self.charset)
        self.loader.dataset = PackedDataset(self.loader.dataset)
        self.evaluator = TwinEvaluator(cfg, self.task, self.charset)
        self.loss = make_loss(self.task, cfg.get("Loss") or {})
        self.optimizer = self._optimizer()
        self.average = MovingAverage(self.model, options.ema)
        self.epochs = int(cfg.get("Global.epoch_num", 1))
        self.steps = self.epochs * len(self.loader)
        self.warmup = round(float(cfg.get("Optimizer.lr.warmup_epoch", 0)) * len(self.loader))
        self.peak = float(cfg.get("Optimizer.lr.learning_rate"))
        self.at = Progress()
        self.records = JsonLines(options.out_dir / "train.jsonl")
        self._window: list[tuple[float, float, float, int]] = []  # loss, waited, whole, samples
        self._bad_steps = 0
        self._loader_state: Mapping[str, Any] = {}
        # Kept free for the last evaluation, until one has shown what it takes.
        self._first_s, self._eval_s = 0.0, 8 + 0.04 * (options.limit_s or 0)

    def fit(self) -> None:
        """Train to the end of the steps, the plan or the time; saves and evaluates on the way."""
        self._resume()
        self.model.train()
        self._plan()
        self._record_run()
        feed = Feed(self.loader, self.device, replay=self.options.replay)
        try:
            self._loop(feed)
        finally:
            feed.close()
            self._save()
        if not self.stop.is_set() and self._left() > 0.7 * self._eval_s:
            self._evaluate()
        self.evaluator.close()

    def _loop(self, feed: Feed) -> None:
        first = self.at.fresh // len(self.loader) + 1
        rng = np.random.default_rng([self.seed, self.at.step])
        saved = evaluated = asked = time.monotonic()
        for fed in feed.batches(range(first, self.epochs + 1), rng):
            now = time.monotonic()
            self.at.elapsed = now - self._first_s
            if self._share() >= OVER or self.stop.is_set() or self._left() <= self._eval_s:
                return
            loss = self._train_step(fed)
            self._window.append((loss, now - asked, time.monotonic() - asked, fed.size))
            step, every = self.at.step, self.options.eval_every
            if step % self.options.log_every == 0:
                self._log_training()
            if (every and step % every == 0) or 0 < self.options.eval_every_s < now - evaluated:
                self._evaluate()
                evaluated = time.monotonic()
            if now - saved > self.options.save_every_s:
                self._save()
                saved = time.monotonic()
            asked = time.monotonic()

    def _train_step(self, fed: Fed) -> float:
        for group in self.optimizer.param_groups:
            group["lr"] = self._rate()
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.options.bfloat16):
            preds = self.model(fed.tensors["image"])
        loss = self.loss(preds, fed.tensors)["loss"]
        self.optimizer.zero_grad()
        loss.backward()
        norm = float(torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.options.clip_norm))
        self._bad_steps = 0 if math.isfinite(norm) else self._bad_steps + 1
        if self._bad_steps > MAX_BAD_STEPS:
            raise PPOCRError(
                f"step {self.at.step}: the gradient was not finite {self._bad_steps} times in a row. Lower "
                "Optimizer.lr.learning_rate."
            )
        if not self._bad_steps:
            self.optimizer.step()
        self.at.step += 1
        self.at.samples += fed.size
        if fed.state is not None:
            self.at.fresh += 1
            self._loader_state = fed.state
        self.average.update(self.model, self.at.step)
        return float(loss.detach())

    def _optimizer(self) -> torch.optim.Optimizer:
        decay = float(self.cfg.get("Optimizer.weight_decay", 0.01))
        # Decaying norms, biases and gates helps nothing; matrices and filters alone are decayed.
        groups = [
            {"params": [p for p in self.model.parameters() if p.ndim > 1], "weight_decay": decay},
            {"params": [p for p in self.model.parameters() if p.ndim < 2], "weight_decay": 0.0},
        ]
        return torch.optim.AdamW(groups, lr=0.0, betas=(0.9, 0.999))

    def _plan(self) -> None:
        """Fix over how many seconds the schedule runs, and start the clock."""
        self._first_s = time.monotonic() - self.at.elapsed
        self._own_plan = self.options.plan_s is None and self.at.plan_s is None
        if self.options.plan_s is not None:
            self.at.plan_s = self.options.plan_s
        self._fit_plan()

    def _fit_plan(self) -> None:
        """A plan that this call has made for itself ends where its time for training does."""
        if self._own_plan and self.options.limit_s is not None:
            self.at.plan_s = self.at.elapsed + max(1.0, self._left() - self._eval_s)

    def _left(self) -> float:
        """Seconds that this call still has."""
        if self.options.limit_s is None:
            return math.inf
        return self.options.started + self.options.limit_s - time.monotonic()

    def _share(self) -> float:
        """Share of the schedule that is over, by steps or by time, whichever is further."""
        share = self.at.fresh / self.steps
        return share if self.at.plan_s is None else max(share, self.at.elapsed / self.at.plan_s)

    def _rate(self) -> float:
        warm = min(1.0, (self.at.step + 1) / max(1, self.warmup))
        return warm * self.peak * 0.5 * (1 + math.cos(math.pi * min(1.0, self._share())))

    def _evaluate(self) -> None:
        started = time.monotonic()
        with self.average.applied(self.model):
            metric = self.evaluator.run(self.model)
        self.model.train()
        value = metric[self.evaluator.main_indicator]
        if value >= self.at.best:
            self.at.best = value
            self._write_weights("best_accuracy")
        seconds = time.monotonic() - started
        self._eval_s = 1.3 * seconds + 3  # the last one comes when the machine may be busier
        self.at.elapsed = time.monotonic() - self._first_s
        self._fit_plan()
        self._record("eval", {**metric, "seconds": seconds})
        self._report()

    def _write_weights(self, name: str) -> None:
        with self.average.applied(self.model):
            weights = to_paddle(self.model)
        write_weights(self.options.out_dir / f"{name}.pdparams", weights)

    def _log_training(self) -> None:
        losses, waited, whole, samples = (list(column) for column in zip(*self._window))
        self._window.clear()
        values = {
            "loss": float(np.median(losses)),
            "lr": self._rate(),
            "reader_s": sum(waited) / len(waited),
            "batch_s": sum(whole) / len(whole),
            "ips": sum(samples) / max(1e-9, sum(whole)),
        }
        self._record("train", values)

    def _record(self, kind: str, values: Mapping[str, float]) -> None:
        place = {"kind": kind, "epoch": self.at.fresh // len(self.loader) + 1, "global_step": self.at.step}
        counts = {"samples": self.at.samples, "fresh": self.at.fresh, "elapsed": round(self.at.elapsed, 1)}
        shown = {k: round(float(v), 6) for k, v in values.items()}
        self.records.write({**place, **counts, **shown})
        text = "  ".join(f"{k}: {v}" for k, v in {"step": self.at.step, **counts, **shown}.items())
        logger.info("%s %s", kind, text)

    def _record_run(self) -> None:
        """What this call runs on, for the model card."""
        cpu = f"CPU ({torch.get_num_threads()} threads)"
        facts = {
            "kind": "run",
            "global_step": self.at.step,
            "config": self.cfg.get("Global.model_name") or self.options.out_dir.name,
            "device": torch.cuda.get_device_name(self.device) if self.device.type == "cuda" else cpu,
            "bfloat16": self.options.bfloat16,
            "torch": torch.__version__,
            "seed": self.seed,
            "rate": self.peak,
            "batch": self.loader.options.batch_size_per_card,
            "workers": self.loader.options.num_workers,
            "pretrained": self.cfg.get("Global.pretrained_model"),
        }
        self.records.write(facts)

    def _report(self) -> None:
        rows = {
            "Steps": f"{self.at.step}, {self.at.fresh} of them on new batches; {self.at.samples} samples",
            "Device": f"{self.device}, bfloat16 {'on' if self.options.bfloat16 else 'off'}",
            f"Best {self.evaluator.main_indicator}": f"{self.at.best:.5g}",
        }
        status = f"After {self.at.elapsed:.0f} s of training, {min(1, self._share()):.0%} of the schedule."
        try:
            write_report(
                self.options.out_dir,
                self.cfg,
                status=status,
                indicator=self.evaluator.main_indicator,
                rows=rows,
                examples=self.evaluator.worst.examples(),
            )
        except OSError as error:  # a full disk must not end the training
            logger.warning("report.html cannot be written: %s", error)

    def _save(self) -> None:
        self._write_weights("latest")
        write_state(
            self.options.out_dir / "latest.pt",
            {"model": self.model, "optimizer": self.optimizer},
            average=self.average,
            at=self.at,
            loader=self._loader_state,
        )

    def _resume(self) -> None:
        self.options.out_dir.mkdir(parents=True, exist_ok=True)
        path = self.options.out_dir / "latest.pt"
        pretrained = self.cfg.get("Global.pretrained_model")
        if path.is_file():
            parts = {"model": self.model, "optimizer": self.optimizer}
            self.at, self._loader_state = read_state(path, parts, average=self.average, device=self.device)
            if self._loader_state and self.at.fresh % len(self.loader):
                self.loader.load_state_dict(self._loader_state)
            logger.info("resumed from %s at step %d", path, self.at.step)
        elif pretrained:
            from_paddle(self.model, read_weights(find_file(pretrained)))
            self.average.load(self.model.state_dict())
            logger.info("load pretrain successful from %s", pretrained)


def evaluate_weights(cfg: Config, *, device: str = "") -> dict[str, float]:
    """Metrics of ``Global.pretrained_model`` on the ``Eval`` data, by the twin on ``device`` (the CPU).

    Raises:
        ConfigError: no weights are named, or there is no twin of the network.
    """
    path = cfg.get("Global.pretrained_model")
    if not path:
        raise ConfigError("Global.pretrained_model: name the weights that are to be evaluated.")
    arch = cfg.to_dict()["Architecture"]
    charset = _charset(cfg) if arch["model_type"] == "rec" else None
    model = build_torch_model(arch, charset.ctc_size if charset else None)
    from_paddle(model, read_weights(find_file(path)))
    evaluator = TwinEvaluator(cfg, arch["model_type"], charset)
    try:
        return evaluator.run(model.to(device or "cpu", memory_format=torch.channels_last))
    finally:
        evaluator.close()


def _charset(cfg: Config) -> Charset:
    return Charset.load(
        cfg.get("Global.character_dict_path"),
        use_space_char=cfg.get("Global.use_space_char", False),
        token_separator=cfg.get("Global.token_separator") or "",
    )
