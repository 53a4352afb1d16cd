"""Edit distance between texts."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from importlib import import_module


def edit_distance(a: Sequence[str], b: Sequence[str]) -> int:
    """Fewest insertions, deletions and replacements (Levenshtein) that turn ``a`` into ``b``.

    >>> edit_distance("kitten", "sitting")
    3
    """
    return _implementation()(a, b)


@lru_cache(maxsize=1)
def _implementation() -> Callable[[Sequence[str], Sequence[str]], int]:
    """rapidfuzz where it is installed: fast, but a compiled package that is not always there."""
    try:
        return import_module("rapidfuzz.distance").Levenshtein.distance
    except ImportError:
        return plain_edit_distance


def plain_edit_distance(a: Sequence[str], b: Sequence[str]) -> int:
    """The same without any package, row by row."""
    if len(a) < len(b):
        a, b = b, a
    previous = list(range(len(b) + 1))
    for i, left in enumerate(a, 1):
        current = [i]
        for j, right in enumerate(b, 1):
            current.append(min(previous[j] + 1, current[-1] + 1, previous[j - 1] + (left != right)))
        previous = current
    return previous[-1]
