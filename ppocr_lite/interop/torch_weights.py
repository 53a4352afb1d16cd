"""Weights between the Paddle networks' names and layouts and their PyTorch twins."""

from collections.abc import Mapping

import numpy as np
import torch
from torch import nn

from ppocr_lite.errors import ModelFileError

_STATISTICS = {"running_mean": "_mean", "running_var": "_variance"}


def to_paddle(model: nn.Module) -> dict[str, np.ndarray]:
    """State of a twin under the Paddle names, float32: linear weights turned, LSTM weights under one name."""
    linear = {name for name, part in model.named_modules() if isinstance(part, nn.Linear)}
    out = {}
    for name, tensor in model.state_dict().items():
        owner, _, last = name.rpartition(".")
        if last == "num_batches_tracked":
            continue
        value = tensor.detach().float().cpu().numpy()
        if owner in linear and last == "weight":
            value = value.T
        # A copy: the array would otherwise change with the model.
        out[f"{owner}.{_STATISTICS.get(last, last)}"] = np.array(value, order="C")
    return out


def from_paddle(model: nn.Module, weights: Mapping[str, np.ndarray]) -> None:
    """Load weights with Paddle names into a twin, all of them.

    Raises:
        ModelFileError: an entry is missing or has another shape.
    """
    state = {}
    for name, expected in to_paddle(model).items():
        value = weights.get(name)
        if value is None or value.shape != expected.shape:
            found = "is missing" if value is None else f"has shape {value.shape}, expected {expected.shape}"
            raise ModelFileError(f"{name} {found}. Was the checkpoint made with this configuration?")
        state[name] = torch.from_numpy(np.asarray(value, np.float32))
    linear = {name for name, part in model.named_modules() if isinstance(part, nn.Linear)}
    own = model.state_dict()
    for name in own:
        owner, _, last = name.rpartition(".")
        if last == "num_batches_tracked":
            continue
        value = state[f"{owner}.{_STATISTICS.get(last, last)}"]
        own[name] = value.T.contiguous() if owner in linear and last == "weight" else value
    model.load_state_dict(own)
