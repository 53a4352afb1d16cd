"""Times of things that take turns, so that whatever else the machine does falls on all of them alike."""

import time
from collections.abc import Callable, Mapping
from statistics import median
from typing import Any, NamedTuple

LEAST_ROUNDS = 3


class Milliseconds(NamedTuple):
    """Medians of a call: by the clock, and of processor time, to which waiting does not add."""

    wall: float
    cpu: float


def take_turns(
    calls: Mapping[str, Callable[[], Any]], *, rounds: int, seconds: float = 60.0
) -> dict[str, Milliseconds]:
    """Times of each call over the rounds, after one that does not count; the order turns round every time.

    No round begins after ``seconds``, but for the first three.
    """
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in calls}
    for call in calls.values():
        call()
    begun = time.perf_counter()
    for number in range(rounds):
        if number >= LEAST_ROUNDS and time.perf_counter() - begun > seconds:
            break
        for name in list(calls) if number % 2 else reversed(list(calls)):
            wall, cpu = time.perf_counter(), time.process_time()
            calls[name]()
            found[name].append((time.perf_counter() - wall, time.process_time() - cpu))
    return {name: Milliseconds(*(1000 * median(v) for v in zip(*own))) for name, own in found.items()}
