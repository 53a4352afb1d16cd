"""Names of parameters: a recurrent layer's two sets, and the entry that keeps Paddle's own names."""

import re
from collections.abc import Mapping

import numpy as np

NAMES_KEY = "StructuredToParameterName@@"
"""Entry in which ``paddle.save`` keeps {state_dict name: name of the Paddle parameter}."""

_CELL_NAME = re.compile(r"^(.*)\.(\d+)\.cell(?:_(fw|bw))?\.((?:weight|bias)_[ih]h)$")
_FLAT_NAME = re.compile(r"^(.*)\.((?:weight|bias)_[ih]h)_l(\d+)(_reverse)?$")


def alias(name: str) -> str | None:
    """The other name of a recurrent layer's tensor; Paddle lists each of them twice.

    >>> alias("neck.encoder.lstm.weight_ih_l0_reverse")
    'neck.encoder.lstm.0.cell_bw.weight_ih'
    >>> alias("neck.encoder.lstm.1.cell_fw.bias_hh")
    'neck.encoder.lstm.bias_hh_l1'
    """
    flat = _FLAT_NAME.match(name)
    if flat:
        prefix, kind, layer, backward = flat.groups()
        return f"{prefix}.{layer}.cell_{'bw' if backward else 'fw'}.{kind}"
    cell = _CELL_NAME.match(name)
    if cell:
        prefix, layer, direction, kind = cell.groups()
        return f"{prefix}.{kind}_l{layer}{'_reverse' if direction == 'bw' else ''}"
    return None


def find_array(arrays: Mapping[str, np.ndarray], name: str) -> np.ndarray | None:
    """``arrays[name]``, or the entry under its alias."""
    if name in arrays:
        return arrays[name]
    other = alias(name)
    return arrays.get(other) if other else None
