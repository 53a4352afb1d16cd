"""A compact trainer for the PyTorch twins: the same configuration, renderer, transforms and metrics.

It exists because PyTorch trains these depthwise networks faster on a CPU than Paddle does, the recognizer 1.7
times and the detector 3.1 times on the machine that trained them (benchmarks/train_speed.py).
Checkpoints are ``.pdparams`` that ``tools/eval.py``, ``tools/export_model.py`` and ``tools/train.py`` read.
"""

import json
import logging
import math
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

import ppocr_lite.metrics
import ppocr_lite.postprocess  # noqa: F401 - both register their parts
from ppocr_lite.charset import Charset
from ppocr_lite.config import Config
from ppocr_lite.data import DataLoader, build_dataloader
from ppocr_lite.errors import ConfigError, PPOCRError
from ppocr_lite.interop.torch_losses import LOSSES
from ppocr_lite.interop.torch_nets import build_torch_model
from ppocr_lite.interop.torch_weights import from_paddle, to_paddle
from ppocr_lite.registry import METRICS, POSTPROCESSES
from ppocr_lite.weights.files import read_weights, write_weights

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class TwinOptions:
    """What the configuration does not say.

    Args:
        out_dir: for ``latest.*``, ``best_accuracy.pdparams`` and ``log.jsonl``.
        budget_s: seconds after which the schedule has reached 0, if not by its steps; None: no limit.
        save_every_s: seconds between checkpoints.
        eval_every: steps between evaluations.
        ema: share of the old value in the moving average of the weights; the average is what is saved.
        clip_norm: global norm that gradients are clipped to.
        log_every: steps between log lines.
        bfloat16: autocast of the forward pass; worth it for the detector, not for the recognizer.
    """

    out_dir: Path
    budget_s: float | None = None
    save_every_s: float = 180.0
    eval_every: int = 1000
    ema: float = 0.999
    clip_norm: float = 5.0
    log_every: int = 20
    bfloat16: bool = False


class TwinTrainer:
    """Trains one twin; ``fit`` goes on where ``latest`` in ``out_dir`` ended.

    Args:
        cfg: the configuration, of which Architecture, Train, Eval, PostProcess, Metric, and of the optimizer
            ``learning_rate``, ``warmup_epoch`` and ``weight_decay`` are used (AdamW, cosine to zero).
        options: see TwinOptions.
    """

    def __init__(self, cfg: Config, options: TwinOptions) -> None:
        self.cfg, self.options = cfg, options
        arch = cfg.section("Architecture")
        self.task = str(arch["model_type"])
        if self.task not in LOSSES:
            raise ConfigError(
                f"Architecture.model_type: no twin for '{self.task}'. Known: {', '.join(LOSSES)}."
            )
        self.charset = (
            Charset.load(
                cfg.get("Global.character_dict_path"),
                use_space_char=cfg.get("Global.use_space_char", False),
                token_separator=cfg.get("Global.token_separator") or "",
            )
            if self.task == "rec"
            else None
        )
        classes = self.charset.ctc_size if self.charset else None
        torch.manual_seed(int(cfg.get("Global.seed", 1024)))
        self.model = build_torch_model(arch, classes).to(memory_format=torch.channels_last)
        self.loader = build_dataloader(cfg, "Train", charset=self.charset)
        self.evaluator = TwinEvaluator(cfg, self.task, self.charset)
        lr = cfg.section("Optimizer.lr")
        self.peak = float(lr["learning_rate"])
        self.epochs = int(cfg.get("Global.epoch_num", 1))
        self.steps = self.epochs * len(self.loader)
        self.warmup = round(float(lr.get("warmup_epoch", 0)) * len(self.loader))
        decay = float(cfg.get("Optimizer.weight_decay", 0.01))
        # Decaying norms, biases and gates helps nothing; matrices and filters alone are decayed.
        groups = [
            {"params": [p for p in self.model.parameters() if p.ndim > 1], "weight_decay": decay},
            {"params": [p for p in self.model.parameters() if p.ndim < 2], "weight_decay": 0.0},
        ]
        self.optimizer = torch.optim.AdamW(groups, lr=self.peak, betas=(0.9, 0.999))
        self.average = {k: v.clone() for k, v in self.model.state_dict().items()}
        self.step, self.samples, self.elapsed, self.best = 0, 0, 0.0, -1.0
        self._resume_state: Mapping[str, Any] | None = None

    def fit(self) -> None:
        """Train to the end of the steps or of the budget; saves and evaluates on the way."""
        self._resume()
        self.model.train()
        started, saved = time.monotonic() - self.elapsed, time.monotonic()
        window: list[float] = []
        for batch in self._batches():
            self.elapsed = time.monotonic() - started
            if self._progress() >= 1:
                break
            window.append(self._train_step(batch))
            if self.step % self.options.log_every == 0:
                self._log({"loss": float(np.median(window)), "lr": self._rate()})
                window.clear()
            if self.step % self.options.eval_every == 0:
                self._evaluate()
            if time.monotonic() - saved > self.options.save_every_s:
                self._save()
                saved = time.monotonic()
        self._save()
        self._evaluate()

    def _train_step(self, batch: Mapping[str, np.ndarray]) -> float:
        tensors = {k: torch.from_numpy(v) for k, v in batch.items() if isinstance(v, np.ndarray)}
        for group in self.optimizer.param_groups:
            group["lr"] = self._rate()
        image = tensors["image"].to(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16, enabled=self.options.bfloat16):
            preds = self.model(image)
        loss = LOSSES[self.task](preds, tensors)["loss"]
        self.optimizer.zero_grad()
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.options.clip_norm)
        if not math.isfinite(float(norm)):
            raise PPOCRError(
                f"step {self.step}: the gradient is not finite. Lower Optimizer.lr.learning_rate."
            )
        self.optimizer.step()
        self.step += 1
        self.samples += len(image)
        self._update_average()
        return float(loss.detach())

    @torch.no_grad()
    def _update_average(self) -> None:
        keep = min(self.options.ema, (1 + self.step) / (10 + self.step))
        for name, value in self.model.state_dict().items():
            if value.is_floating_point():
                self.average[name].lerp_(value, 1 - keep)
            else:
                self.average[name].copy_(value)

    def _progress(self) -> float:
        """Share of the schedule that is over, by steps or by time, whichever is further."""
        share = self.step / self.steps
        return share if self.options.budget_s is None else max(share, self.elapsed / self.options.budget_s)

    def _rate(self) -> float:
        warm = min(1.0, (self.step + 1) / max(1, self.warmup))
        return warm * self.peak * 0.5 * (1 + math.cos(math.pi * min(1.0, self._progress())))

    def _batches(self) -> Iterator[Mapping[str, np.ndarray]]:
        first = self.step // len(self.loader) + 1
        if self.step % len(self.loader) == 0:
            self._resume_state = None  # the epoch was over: the next begins at its start
        if self._resume_state:
            self.loader.load_state_dict(self._resume_state)
        for epoch in range(first, self.epochs + 1):
            if not self._resume_state:
                self.loader.set_epoch(epoch)
            self._resume_state = None
            yield from self.loader.numpy_batches()

    def _evaluate(self) -> None:
        own = {k: v.clone() for k, v in self.model.state_dict().items()}
        self.model.load_state_dict(self.average)
        metric = self.evaluator.run(self.model)
        self.model.load_state_dict(own)
        self.model.train()
        value = metric[self.evaluator.main_indicator]
        if value >= self.best:
            self.best = value
            write_weights(self.options.out_dir / "best_accuracy.pdparams", self._averaged())
        self._log({f"eval_{k}": v for k, v in metric.items()})

    def _averaged(self) -> dict[str, np.ndarray]:
        own = {k: v.clone() for k, v in self.model.state_dict().items()}
        self.model.load_state_dict(self.average)
        weights = to_paddle(self.model)
        self.model.load_state_dict(own)
        return weights

    def _log(self, values: Mapping[str, float]) -> None:
        row = {
            "step": self.step,
            "samples": self.samples,
            "seconds": round(self.elapsed, 1),
            **{k: round(float(v), 6) for k, v in values.items()},
        }
        logger.info("%s", "  ".join(f"{k}: {v}" for k, v in row.items()))
        with (self.options.out_dir / "log.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")

    def _save(self) -> None:
        write_weights(self.options.out_dir / "latest.pdparams", self._averaged())
        state = {
            "model": self.model.state_dict(),
            "average": self.average,
            "optimizer": self.optimizer.state_dict(),
            "counters": [self.step, self.samples, self.elapsed, self.best],
            "loader": json.dumps(self.loader.state_dict(), default=int),
        }
        temporary = self.options.out_dir / "latest.pt.tmp"
        torch.save(state, temporary)
        temporary.replace(self.options.out_dir / "latest.pt")

    def _resume(self) -> None:
        self.options.out_dir.mkdir(parents=True, exist_ok=True)
        path = self.options.out_dir / "latest.pt"
        pretrained = self.cfg.get("Global.pretrained_model")
        if path.is_file():
            state = torch.load(path, weights_only=True)
            self.model.load_state_dict(state["model"])
            self.average = state["average"]
            self.optimizer.load_state_dict(state["optimizer"])
            self.step, self.samples, self.elapsed, self.best = state["counters"]
            self.step, self.samples = int(self.step), int(self.samples)
            self._resume_state = json.loads(state["loader"])
            logger.info("resumed from %s at step %d", path, self.step)
        elif pretrained:
            from_paddle(self.model, read_weights(find_file(pretrained)))
            self.average = {k: v.clone() for k, v in self.model.state_dict().items()}
            logger.info("load pretrain successful from %s", pretrained)


class TwinEvaluator:
    """Runs the ``Eval`` data through a twin with the project's own post-processing and metric."""

    def __init__(self, cfg: Config, task: str, charset: Charset | None) -> None:
        self.loader: DataLoader = build_dataloader(cfg, "Eval", charset=charset)
        self.postprocess = POSTPROCESSES.build(cfg.section("PostProcess"), task=task, charset=charset)
        self.metric = METRICS.build(cfg.section("Metric"), task=task, charset=charset)
        self.main_indicator: str = self.metric.main_indicator

    @torch.no_grad()
    def run(self, model: torch.nn.Module) -> dict[str, float]:
        """Metric of the model on the evaluation data."""
        model.eval()
        self.metric.reset()
        for batch in self.loader.numpy_batches():
            image = torch.from_numpy(batch["image"]).to(memory_format=torch.channels_last)
            outputs = {k: v.float().numpy() for k, v in model(image).items()}
            self.metric.update(self.postprocess(outputs, batch.get("shape")), batch)
        return dict(self.metric.compute())


def find_file(path: str) -> Path:
    """A checkpoint given with or without ``.pdparams``."""
    file = Path(path)
    return file if file.is_file() else file.with_name(file.name + ".pdparams")
