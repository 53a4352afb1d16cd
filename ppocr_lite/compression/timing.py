"""Milliseconds of several networks side by side in one process. Needs no Paddle."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles

import numpy as np

from ppocr_lite.inference.engines.base import Engine, open_engine

BATCHES = {"det": (1, 3, 736, 992), "cls": (6, 3, 48, 192), "rec": (6, 3, 32, 320)}
"""What is timed: a page, and what TextSystem hands to the other two at once."""


@dataclass(frozen=True)
class Times:
    """Of one network in one engine.

    Attributes:
        milliseconds: median over the rounds.
        best: the fastest round.
        ratio: median over the rounds of its time to the reference's in the same round.
        low, high: the middle half of these ratios.
    """

    milliseconds: float
    best: float
    ratio: float
    low: float
    high: float


def batch_shape(task: str, channels: int, height: int | None) -> tuple[int, int, int, int]:
    """:data:`BATCHES` with the channels and, where it is fixed, the height of a network."""
    count, _, usual, width = BATCHES[task]
    return count, channels, height or usual, width


def side_by_side(
    files: Mapping[str, Path],
    kind: str,
    *,
    shape: tuple[int, int, int, int],
    threads: int,
    rounds: int,
) -> dict[str, Times]:
    """Run all files in turn, ``rounds`` times, so that what else the machine does falls on all of them.

    The order is turned round from one round to the next.

    Args:
        files: networks by name; the first is the reference of the ratios.
        kind: of the engine.
        shape: of the batch, noise.
    """
    batch = np.random.default_rng(0).uniform(-1, 1, shape).astype(np.float32)
    engines: dict[str, Engine] = {}
    try:
        for name, file in files.items():
            engines[name] = open_engine(file, kind=kind, threads=threads)
            engines[name].run(batch)  # the first run prepares buffers
        found = _rounds(engines, batch, rounds)
    finally:
        for engine in engines.values():
            engine.close()
    reference = found[next(iter(files))]
    return {name: _times(own, reference) for name, own in found.items()}


def _rounds(engines: Mapping[str, Engine], batch: np.ndarray, rounds: int) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {name: [] for name in engines}
    for turn in range(rounds):
        for name in list(engines) if turn % 2 else reversed(list(engines)):
            start = time.perf_counter()
            engines[name].run(batch)
            found[name].append(1000 * (time.perf_counter() - start))
    return found


def _times(own: list[float], reference: list[float]) -> Times:
    """
    >>> _times([2.0, 4.0, 6.0], [2.0, 2.0, 2.0]).ratio
    2.0
    """
    ratios = [a / b for a, b in zip(own, reference, strict=True)]
    low, _, high = quantiles(ratios, n=4, method="inclusive") if len(ratios) > 1 else ratios * 3
    return Times(median(own), min(own), median(ratios), low, high)
