"""Steps whose loss or gradients are not finite: kept for inspection, left out, answered by a lower rate."""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import paddle

from ppocr_lite.engine import checkpoint
from ppocr_lite.engine.hooks.ema import EmaHook
from ppocr_lite.engine.records import Records
from ppocr_lite.engine.trainer import Batch, Hook, Trainer
from ppocr_lite.errors import ConfigError, ModelFileError
from ppocr_lite.optim.schedules import LRSchedule
from ppocr_lite.weights import files

logger = logging.getLogger(__name__)

FOLDER = "nan_batches"
MAX_FILES = 20
"""Batches that are kept; they are large."""
STATISTICS = ("._mean", "._variance")
SOURCES = ("latest", "best_accuracy")
"""Checkpoints to go back to, in this order."""


@dataclass(frozen=True)
class NanOptions:
    """``Global.nan_policy``.

    Args:
        action: ``stop`` the training, or ``skip`` the step and go on.
        rollback_after: steps skipped in a row after which the weights go back to the last good checkpoint; 0
            for never.
        lr_factor: what the learning rate is multiplied by at each such return.
        max_rollbacks: after so many of them the next stops the training.
    """

    action: str = "stop"
    rollback_after: int = 5
    lr_factor: float = 0.5
    max_rollbacks: int = 3

    def __post_init__(self) -> None:
        if self.action not in ("stop", "skip"):
            raise ConfigError(f"Global.nan_policy: expected stop or skip, got {self.action!r}.")
        if not 0 < self.lr_factor <= 1 or self.rollback_after < 0 or self.max_rollbacks < 0:
            raise ConfigError(
                "Global.nan_policy: lr_factor must be above 0 and at most 1, rollback_after and "
                "max_rollbacks at least 0, got "
                f"{self.lr_factor}, {self.rollback_after} and {self.max_rollbacks}."
            )


class NanGuard(Hook):
    """What becomes of a step that has no finite loss or gradients.

    Its batches are written to ``nan_batches/step_N.npz``. A step that is skipped changes nothing: running
    statistics, which the forward pass has changed already, are put back. Step count, schedule and data go on
    after a return to a checkpoint too, so that it cannot meet the same batches again and again.

    Args:
        folder: ``Global.save_model_dir``.
        options: see NanOptions.
        ema: its average goes back with the weights.
        records: where bad steps are noted; None for nowhere.
    """

    def __init__(
        self,
        folder: str | Path,
        options: NanOptions | None = None,
        *,
        ema: EmaHook | None = None,
        records: Records | None = None,
    ) -> None:
        self.folder = Path(folder)
        self.options = options or NanOptions()
        self.ema = ema
        self.records = records
        self.in_a_row = self.rollbacks = 0
        self._buffers: dict[str, paddle.Tensor] = {}
        self._bad = False

    def before_fit(self, trainer: Trainer) -> None:
        self._set_factor(trainer)
        self._keep_buffers(trainer)

    def after_step(self, trainer: Trainer) -> None:
        if not self._bad:
            self.in_a_row = 0
            self._keep_buffers(trainer)
        self._bad = False

    @paddle.no_grad()
    def _keep_buffers(self, trainer: Trainer) -> None:
        if self.options.action == "skip":
            self._buffers = {name: value.clone() for name, value in running(trainer.model).items()}

    def on_bad_step(self, trainer: Trainer, problem: str) -> bool:
        self._bad = True
        self._note(trainer, problem)
        if self.options.action == "stop":
            return False
        for name, tensor in running(trainer.model).items():
            tensor.set_value(self._buffers[name])
        self.in_a_row += 1
        if not self.options.rollback_after or self.in_a_row < self.options.rollback_after:
            logger.warning("%s The step is left out (%d in a row).", problem, self.in_a_row)
            return True
        return self._roll_back(trainer, problem)

    def _note(self, trainer: Trainer, problem: str) -> None:
        step = trainer.state.global_step + 1
        position: Mapping[str, Any] = getattr(trainer.loader, "state_dict", dict)()
        facts = {"global_step": step, "epoch": trainer.state.epoch + 1, "lr": trainer.lr}
        try:
            # Of several processes, whose losses are averaged, each keeps the batches that it had.
            name = f"{FOLDER}/rank_{trainer.ranks.rank}" if trainer.ranks.world_size > 1 else FOLDER
            file = dump(self.folder / name, trainer.batches, {**facts, **_plain(position)})
        except OSError as error:
            logger.warning("The batch of step %d cannot be kept: %s", step, error)
            file = None
        if file:
            logger.warning("The batch of step %d is kept in %s", step, file)
        if self.records:
            self.records.write({"kind": "bad_step", **facts, "problem": problem, "file": str(file or "")})

    def _roll_back(self, trainer: Trainer, problem: str) -> bool:
        """Go back to a checkpoint with a lower rate; False where that is not possible or did not help."""
        if self.rollbacks >= self.options.max_rollbacks:
            logger.error("%d returns to a checkpoint have not helped.", self.rollbacks)
            return False
        prefix = next(filter(_is_good, (self.folder / name for name in SOURCES)), None)
        if prefix is None:
            logger.error("%s: no checkpoint to go back to.", self.folder)
            return False
        schedule = trainer.schedule
        position: dict[str, Any] = schedule.state_dict() if isinstance(schedule, LRSchedule) else {}
        states = checkpoint.load(prefix, trainer.model, trainer.optimizer)
        hooks = states.get(checkpoint.OWN_KEY, {}).get("hooks", {})
        if self.ema and type(self.ema).__name__ in hooks:
            self.ema.load_state(hooks[type(self.ema).__name__])
        if isinstance(schedule, LRSchedule):
            schedule.set_state_dict(position)
        self.rollbacks += 1
        self.in_a_row = 0
        self._set_factor(trainer)
        self._keep_buffers(trainer)
        logger.warning(
            "%s After %d such steps in a row the weights are those of %s again, and the learning rate is "
            "multiplied by %g (return %d of %d).",
            *(problem, self.options.rollback_after, prefix, self.options.lr_factor),
            *(self.rollbacks, self.options.max_rollbacks),
        )
        return True

    def _set_factor(self, trainer: Trainer) -> None:
        if self.rollbacks and isinstance(trainer.schedule, LRSchedule):
            trainer.schedule.set_factor(self.options.lr_factor**self.rollbacks)

    def state(self) -> dict[str, Any]:
        return {"in_a_row": self.in_a_row, "rollbacks": self.rollbacks}

    def load_state(self, state: Mapping[str, Any]) -> None:
        self.in_a_row, self.rollbacks = int(state.get("in_a_row", 0)), int(state.get("rollbacks", 0))


def running(model: paddle.nn.Layer) -> dict[str, paddle.Tensor]:
    """What a forward pass in training mode may change: buffers and the statistics of norms."""
    buffers = {name for name, _ in model.named_buffers()}
    state = model.state_dict().items()
    # Paddle keeps running means as parameters that are not trained.
    return {name: t for name, t in state if name in buffers or name.endswith(STATISTICS)}


def _is_good(prefix: Path) -> bool:
    """Whether a checkpoint is there, whole, and its weights are finite."""
    try:
        weights = files.read_weights(checkpoint.find_params(prefix))
    except ModelFileError:
        return False
    return all(np.isfinite(array).all() for array in weights.values() if array.dtype.kind == "f")


def dump(folder: Path, batches: Sequence[Batch], facts: Mapping[str, float]) -> Path | None:
    """Write the batches of a step and ``facts`` to ``step_N.npz``; None where there are enough files already.

    Keys of the batch keep their names (from the second batch on, ``name.1`` and so on); texts are arrays of
    texts, other objects their JSON.
    """
    if len(list(folder.glob("step_*.npz"))) >= MAX_FILES:
        return None
    arrays: dict[str, np.ndarray] = {f"fact.{name}": np.asarray(value) for name, value in facts.items()}
    for number, batch in enumerate(batches):
        for key, value in batch.items():
            arrays[f"{key}.{number}" if number else key] = _to_array(value)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"step_{int(facts['global_step'])}.npz"
    with path.open("wb") as file:
        np.savez_compressed(file, **arrays)  # type: ignore[arg-type]
    return path


def _to_array(value: Any) -> np.ndarray:
    if isinstance(value, paddle.Tensor):
        return np.asarray(value.numpy())
    if isinstance(value, np.ndarray) and value.dtype != object:
        return value
    if isinstance(value, (list, tuple)) and all(isinstance(item, str) for item in value):
        return np.asarray(value, dtype=str)
    return np.asarray(json.dumps(value, default=str))


def _plain(values: Mapping[str, Any]) -> dict[str, float]:
    return {key: value for key, value in values.items() if isinstance(value, (int, float))}
