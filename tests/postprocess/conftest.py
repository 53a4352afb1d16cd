"""All paths of small CTC outputs, one by one: what decoders are compared with."""

import itertools
from collections import defaultdict
from collections.abc import Callable, Sequence

import numpy as np
import pytest

Text = tuple[int, ...]


def collapse(path: Sequence[int]) -> Text:
    """The text of a path: repeated classes once, blanks out."""
    return tuple(label for label, _ in itertools.groupby(path) if label)


def _paths(probs: np.ndarray) -> list[tuple[float, tuple[int, ...]]]:
    steps, classes = probs.shape
    return [
        (float(np.prod([probs[t, c] for t, c in enumerate(path)])), path)
        for path in itertools.product(range(classes), repeat=steps)
    ]


@pytest.fixture(scope="session")
def all_texts() -> Callable[[np.ndarray], dict[Text, float]]:
    """Probability of every text, summed over its paths."""

    def texts(probs: np.ndarray) -> dict[Text, float]:
        total: dict[Text, float] = defaultdict(float)
        for value, path in _paths(probs):
            total[collapse(path)] += value
        return dict(total)

    return texts


@pytest.fixture(scope="session")
def best_paths() -> Callable[[np.ndarray], dict[Text, tuple[int, ...]]]:
    """The most probable path of every text."""

    def texts(probs: np.ndarray) -> dict[Text, tuple[int, ...]]:
        return {collapse(path): path for _, path in sorted(_paths(probs))}

    return texts


@pytest.fixture(scope="session")
def random_probs() -> Callable[..., np.ndarray]:
    """Distributions [steps, classes], neither flat nor sharp."""

    def probs(steps: int, classes: int, *, seed: int) -> np.ndarray:
        return np.random.default_rng(seed).dirichlet(np.full(classes, 0.7), steps)

    return probs
