"""What the makers of strings share: where words come from, a choice of one, some digits."""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from ppocr_lite.synth.sampling import Rng

T = TypeVar("T")


class WordSupply(Protocol):
    """What the items need of a text source."""

    def word(self, rng: Rng) -> str: ...

    def name(self, rng: Rng) -> str: ...


Item = Callable[[Rng, WordSupply], str]


def split_names(names: str) -> tuple[str, ...]:
    """The names between the bars of ``names``."""
    return tuple(names.split("|"))


def pick(rng: Rng, options: Sequence[T]) -> T:
    """One of ``options``, all alike."""
    return options[int(rng.random() * len(options))]


def digits(rng: Rng, low: int, high: int) -> str:
    """``low`` to ``high`` decimal digits."""
    count = int(rng.integers(low, high + 1))
    return "".join(map(str, rng.integers(0, 10, count)))
