"""Parts of a configuration that each are right and do not go together: told in words where that shows."""

import logging
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import paddle

from ppocr_lite.errors import ConfigError

logger = logging.getLogger(__name__)

MISFITS = (LookupError, ValueError, TypeError, AttributeError)
"""What a part raises that gets something else than it expects; of Paddle's operators too."""


@contextmanager
def told(part: str, hint: str, **given: Any) -> Iterator[None]:
    """Inside, what a part stumbles over is a ConfigError with the shapes of what it was given.

    Args:
        part: the section of the configuration that describes it.
        hint: what to look at.
        given: name and value of what the part works on.
    """
    try:
        yield
    except MISFITS as error:
        logger.debug("%s", part, exc_info=True)
        shapes = "; ".join(f"{name.replace('_', ' ')}: {describe(value)}" for name, value in given.items())
        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{Path(place.filename).name}:{place.lineno}"
        raise ConfigError(
            f"{part}: does not go with what it is given ({shapes:.400}). {hint} "
            f"({type(error).__name__}: {' '.join(str(error).split()):.300}; {where})"
        ) from error


def describe(value: Any) -> str:
    """Types and shapes of tensors and arrays, also in lists and mappings.

    >>> describe([paddle.zeros([2, 3])]), describe({"label": "a"})
    ('float32 [2, 3]', 'label str')
    """
    if isinstance(value, (paddle.Tensor, np.ndarray)):
        return f"{str(value.dtype).removeprefix('paddle.')} {list(value.shape)}"
    if isinstance(value, Mapping):
        return "; ".join(f"{key} {describe(item)}" for key, item in value.items())
    if isinstance(value, (list, tuple)) and value and isinstance(value[0], paddle.Tensor):
        return ", ".join(describe(item) for item in value)
    if isinstance(value, (list, tuple)):
        return f"{type(value).__name__} of {len(value)}"
    return type(value).__name__
