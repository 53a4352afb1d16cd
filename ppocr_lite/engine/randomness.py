"""Seeds of steps, and the states of the process's generators."""

import random
from collections.abc import Mapping
from typing import Any

import numpy as np
import paddle


def step_seed(seed: int, step: int, rank: int = 0) -> int:
    """Seed of step ``step`` in one of several processes; far-apart numbers for neighbouring steps."""
    numbers = [seed, step, rank] if rank else [seed, step]
    return int(np.random.SeedSequence(numbers).generate_state(1)[0])


def seed_generators(seed: int) -> None:
    """Seed the global generators of Python, NumPy and Paddle, as PaddleOCR does."""
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002
    paddle.seed(seed)


def random_states() -> dict[str, Any]:
    """States of the global generators. The toolkit draws from none of them; a user's own part may."""
    kind, keys, position, has_gauss, cached = np.random.get_state()  # noqa: NPY002
    version, internal, gauss_next = random.getstate()
    return {
        "numpy": [str(kind), np.asarray(keys), int(position), int(has_gauss), float(cached)],
        "python": [version, list(internal), gauss_next],
    }


def set_random_states(states: Mapping[str, Any]) -> None:
    """Take back what :func:`random_states` gave."""
    if "numpy" in states:
        np.random.set_state(tuple(states["numpy"]))  # noqa: NPY002
    if "python" in states:
        version, internal, gauss_next = states["python"]
        random.setstate((version, tuple(internal), gauss_next))
