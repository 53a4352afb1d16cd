"""Names of an optimizer's values (moments and so on), which begin with Paddle's running parameter names."""

import re
from collections.abc import Mapping
from typing import Any

import paddle

from ppocr_lite.weights import names


def rename_slots(
    values: Mapping[str, Any], old_names: Mapping[str, str], model: paddle.nn.Layer
) -> dict[str, Any]:
    """Give optimizer entries the names that this process gave to the parameters.

    The keys of a ``.pdopt`` begin with Paddle's running names (``conv2d_0.w_0_moment1_0``), which depend on
    what was built before in the process. ``old_names`` ({state_dict name: old name}, from the
    ``.pdparams`` beside it) says which parameter each one is.
    """
    now = {name: tensor.name for name, tensor in model.state_dict().items()}
    renamed_params: dict[str, str] = {}
    for name, old in old_names.items():
        new = now.get(name) or now.get(names.alias(name) or "")
        if new:
            renamed_params[old] = new
    renamed: dict[str, Any] = {}
    for key, value in values.items():
        old = max((p for p in _heads(key) if p in renamed_params), key=len, default="")
        renamed[renamed_params[old] + key[len(old) :] if old else key] = value
    return renamed


def _heads(key: str) -> list[str]:
    """Beginnings of ``key`` that end before an underscore, and ``key`` itself, as float32 masters are called.

    >>> _heads("a.w_0_moment1_0")
    ['a.w', 'a.w_0', 'a.w_0_moment1', 'a.w_0_moment1_0']
    """
    return [*(key[: match.start()] for match in re.finditer("_", key)), key]
