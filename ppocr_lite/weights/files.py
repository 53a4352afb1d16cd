"""Files of named arrays: reading, and writing that never leaves half a file behind."""

import logging
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ppocr_lite.errors import ModelFileError
from ppocr_lite.weights.names import NAMES_KEY
from ppocr_lite.weights.pickles import read_pickle, to_bytes

logger = logging.getLogger(__name__)


def write_atomic(path: str | Path, data: bytes) -> None:
    """Write a file so that at any moment either the old or the new content is whole on the disk."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)  # mkstemp makes files that nobody else can read
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def read_params(path: str | Path) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Read a ``.pdparams`` or ``.pdopt`` file.

    Returns:
        Arrays by name (16-bit floats widened to float32; entries that are not arrays stay as they are),
        and {state_dict name: Paddle parameter name} as far as the file tells.
    """
    values = read_pickle(path)
    if not isinstance(values, Mapping):
        raise ModelFileError(f"{path}: expected named arrays, got a {type(values).__name__}.")
    names = values.get(NAMES_KEY)
    arrays = {str(key): _plain(value) for key, value in values.items() if key != NAMES_KEY}
    return arrays, dict(names) if isinstance(names, Mapping) else {}


def read_weights(path: str | Path) -> dict[str, np.ndarray]:
    """Read the arrays of a ``.pdparams`` file; other entries are left out with a warning."""
    values, _ = read_params(path)
    weights = {key: value for key, value in values.items() if isinstance(value, np.ndarray)}
    if len(weights) < len(values):
        logger.warning("%s: entries that are no arrays: %s.", path, sorted(set(values) - set(weights))[:5])
    if not weights:
        raise ModelFileError(f"{path}: holds no arrays.")
    return weights


def _plain(value: Any) -> Any:
    """An array as float32 where it was a 16-bit float; (name, array) pairs lose the name."""
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[1], np.ndarray):
        value = value[1]
    if not isinstance(value, np.ndarray):
        return value
    if value.dtype == np.uint16:  # how Paddle stores bfloat16: the upper half of a float32
        return (value.astype(np.uint32) << 16).view(np.float32)
    return value.astype(np.float32) if value.dtype == np.float16 else value


def write_weights(
    path: str | Path, arrays: Mapping[str, np.ndarray], names: Mapping[str, str] | None = None
) -> None:
    """Write named arrays atomically as a ``.pdparams`` file that PaddleOCR 2.x reads.

    Args:
        names: {state_dict name: name of the Paddle parameter}, which an optimizer's file refers to.
    """
    values: dict[str, Any] = dict(arrays)
    if names:
        values[NAMES_KEY] = dict(names)
    write_atomic(path, to_bytes(values))
