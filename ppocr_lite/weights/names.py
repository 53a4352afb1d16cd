"""Names in files of weights: second names, wrappers, sub-models, and Paddle's own names."""

import re
from collections.abc import Iterable, Mapping
from typing import TypeVar

import numpy as np

Value = TypeVar("Value")

NAMES_KEY = "StructuredToParameterName@@"
"""Entry in which ``paddle.save`` keeps {state_dict name: name of the Paddle parameter}."""
WRAPPERS = ("module.", "_layers.")
"""What PyTorch's and Paddle's DataParallel put before every name, if the wrapper itself was saved."""
PARTS = ("transform", "backbone", "neck", "head")
"""First words of the names of a model that is not made of sub-models."""

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


def unwrap(values: Mapping[str, Value]) -> tuple[dict[str, Value], str]:
    """``values`` without the wrappers' prefix that every name has, and that prefix ("" if there is none).

    >>> unwrap({"module.head.fc.weight": 1, "module.head.fc.bias": 2})
    ({'head.fc.weight': 1, 'head.fc.bias': 2}, 'module.')
    """
    plain, prefix = dict(values), ""
    while plain:
        first = next((w for w in WRAPPERS if all(name.startswith(w) for name in plain)), None)
        if first is None:
            break
        plain = {name[len(first) :]: value for name, value in plain.items()}
        prefix += first
    return plain, prefix


def within(values: Mapping[str, Value], prefix: str) -> dict[str, Value]:
    """The entries whose names begin with ``prefix``, under the rest of the name.

    >>> within({"Student.head.fc.bias": 1, "Teacher.head.fc.bias": 2}, "Student.")
    {'head.fc.bias': 1}
    """
    return {name[len(prefix) :]: value for name, value in values.items() if name.startswith(prefix)}


def sub_models(found: Iterable[str]) -> list[str]:
    """Prefixes of whole models within a distillation checkpoint, in order.

    >>> sub_models(["Student.backbone.conv.weight", "Teacher.head.fc.bias", "extra.weight"])
    ['Student.', 'Teacher.']
    """
    prefixes = {}
    for name in found:
        first, _, rest = name.partition(".")
        if first not in PARTS and rest.split(".")[0] in PARTS:
            prefixes[f"{first}."] = True
    return list(prefixes)


def first_words(found: Iterable[str]) -> list[str]:
    """Prefixes that the names begin with, in order.

    >>> first_words(["head.fc.weight", "head.fc.bias", "scale"])
    ['head.']
    """
    return list({name.partition(".")[0] + ".": True for name in found if "." in name})


def second_names(found: Iterable[str]) -> list[str]:
    """Names whose tensor also stands under its other name, one of each such pair."""
    found = list(found)
    known = set(found)
    return [name for name in found if _CELL_NAME.match(name) and alias(name) in known]


def from_bfloat16(array: np.ndarray) -> np.ndarray:
    """float32 where the array is a bfloat16, which Paddle keeps as uint16: the upper half of a float32."""
    if array.dtype != np.uint16:
        return array
    return (array.astype(np.uint32) << 16).view(np.float32)
