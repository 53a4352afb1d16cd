"""What ``.states`` holds: where a training stands, so that another process goes on as if it were the same."""

import logging
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from ppocr_lite.engine.checkpoint import OWN_KEY
from ppocr_lite.engine.randomness import random_states, set_random_states
from ppocr_lite.engine.types import PlacedLoader, TrainState
from ppocr_lite.optim.schedules import LRSchedule

if TYPE_CHECKING:
    from ppocr_lite.engine.trainer import Trainer

logger = logging.getLogger(__name__)


def collect(trainer: "Trainer") -> dict[str, Any]:
    """PaddleOCR's three entries, and one with all that an exact resume needs. All ranks must call this."""
    own = {
        "format": 1,
        "seed": trainer.seed,
        "step_in_epoch": trainer.state.step_in_epoch,
        "steps_per_epoch": trainer.steps_per_epoch,
        "loader": _place(trainer),
        "random": random_states(),
        "precision": trainer.precision.state(),
        "hooks": {type(hook).__name__: hook.state() for hook in trainer.hooks},
    }
    state = asdict(trainer.state)
    return {
        "best_model_dict": state["best"],
        "epoch": state["epoch"],
        "global_step": state["global_step"],
        OWN_KEY: own,
    }


def _place(trainer: "Trainer") -> dict[str, Any]:
    """Position of the loader; of those of all ranks where there are several."""
    own = trainer.loader.state_dict() if isinstance(trainer.loader, PlacedLoader) else {}
    places = trainer.ranks.gather(own)
    return places[0] if len(places) == 1 else {"ranks": places}


def restore(trainer: "Trainer", states: Mapping[str, Any]) -> None:
    """Take back what :func:`collect` gave, or what PaddleOCR wrote."""
    own = states.get(OWN_KEY, {})
    trainer.state = TrainState(
        epoch=int(states.get("epoch", 0)),
        step_in_epoch=int(own.get("step_in_epoch", 0)),
        global_step=int(states.get("global_step", 0)),
        best=dict(states.get("best_model_dict", {})),
    )
    if trainer.state.step_in_epoch:
        trainer.place = dict(own.get("loader", {}))
    _convert_steps(trainer, int(own.get("steps_per_epoch", trainer.steps_per_epoch)))
    set_random_states(own.get("random", {}))
    trainer.precision.load_state(own.get("precision", {}))
    for hook in trainer.hooks:
        hook.load_state(own.get("hooks", {}).get(type(hook).__name__, {}))


def _convert_steps(trainer: "Trainer", before: int) -> None:
    """Go to the same place of epochs that had ``before`` steps; schedules count in epochs."""
    now = trainer.steps_per_epoch
    if before == now:
        return
    state = trainer.state
    state.global_step = round((state.epoch + state.step_in_epoch / before) * now)
    logger.warning(
        "An epoch has %d steps now and had %d (other processes, batches or data): going on at step %d, with "
        "the learning rate of that place.",
        *(now, before, state.global_step),
    )
    if isinstance(trainer.schedule, LRSchedule):
        position = trainer.schedule.state_dict()
        trainer.schedule.set_state_dict({**position, "last_epoch": state.global_step})
