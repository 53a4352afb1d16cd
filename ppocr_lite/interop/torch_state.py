"""The state of a twin's training on the disk, beside the weights that Paddle reads."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from ppocr_lite.interop.torch_average import MovingAverage
from ppocr_lite.interop.torch_options import Progress


def write_state(
    path: Path,
    parts: Mapping[str, Any],
    *,
    average: MovingAverage,
    at: Progress,
    loader: Mapping[str, Any],
) -> None:
    """Write the state of all ``parts`` (model, optimizer), whole or not at all."""
    state = {
        **{name: part.state_dict() for name, part in parts.items()},
        "average": average.state,
        "progress": json.dumps(vars(at)),
        "loader": json.dumps(loader, default=int),
    }
    temporary = path.with_name(path.name + ".tmp")
    torch.save(state, temporary)
    temporary.replace(path)


def read_state(
    path: Path, parts: Mapping[str, Any], *, average: MovingAverage, device: torch.device
) -> tuple[Progress, Mapping[str, Any]]:
    """Load what :func:`write_state` wrote into the parts; returns (progress, state of the loader)."""
    state = torch.load(path, weights_only=True, map_location=device)
    for name, part in parts.items():
        part.load_state_dict(state[name])
    average.load(state["average"])
    if "counters" in state:  # written before batches could come again
        step, samples, elapsed, best = state["counters"]
        at = Progress(int(step), int(step), int(samples), float(elapsed), float(best))
    else:
        at = Progress(**json.loads(state["progress"]))
    return at, json.loads(state["loader"])


def find_file(path: str) -> Path:
    """A checkpoint given with or without ``.pdparams``."""
    file = Path(path)
    return file if file.is_file() else file.with_name(file.name + ".pdparams")
