"""How much of each layer to prune: from what it costs, and for how small a network is wanted."""

from collections.abc import Callable, Mapping

from ppocr_lite.errors import ConfigError

Losses = Mapping[str, Mapping[float, float]]
"""{group of channels: {ratio: relative loss of the metric when this group alone is pruned}}."""
Ratios = dict[str, float]

STEPS = 16
"""Halvings of the search: levels are told apart to 1/65536 of their range."""
HIGHEST = 0.9


def within_loss(losses: Losses, allowed: float) -> Ratios:
    """For each group the largest ratio that costs no more than ``allowed``.

    That is the largest measured one, and between it and the next one the place where a straight line
    reaches ``allowed``; groups that cost more at once are left out.

    >>> within_loss({"a": {0.1: 0.0, 0.2: 0.04, 0.3: 0.5}, "b": {0.1: 0.5}}, 0.02)
    {'a': 0.15, 'b': 0.004}
    """
    found = {}
    for name, measured in losses.items():
        points = [(0.0, 0.0), *sorted(measured.items())]
        last = max(i for i, (_, loss) in enumerate(points) if loss <= max(allowed, 0.0))
        ratio, loss = points[last]
        if last + 1 < len(points):
            further, more = points[last + 1]
            ratio += (further - ratio) * (max(allowed, 0.0) - loss) / (more - loss)
        if ratio > 0:
            found[name] = round(ratio, 6)
    return found


def uniform(sizes: Mapping[str, int], ratio: float) -> Ratios:
    """The same ratio for all groups; less for those of so few channels that none would be left."""
    return {name: min(ratio, (size - 1) / size) for name, size in sizes.items()}


def for_target(
    ratios_at: Callable[[float], Ratios],
    cost_of: Callable[[Ratios], float],
    target: float,
    *,
    highest: float,
) -> tuple[float, Ratios]:
    """The least level whose ratios cost no more than ``target``, found by halving.

    Args:
        ratios_at: ratios of a level from 0 to ``highest``; the higher, the more is pruned.
        cost_of: what is left with these ratios, such as multiply-adds.

    Returns:
        The level and its ratios.

    Raises:
        ConfigError: not even ``highest`` reaches the target.
    """
    low, high = 0.0, highest
    best = ratios_at(high)
    least = cost_of(best)
    if least > target:
        raise ConfigError(
            f"Pruning leaves {least:,.0f} at least, more than the {target:,.0f} that are wanted. Ask for "
            "less, or measure higher ratios."
        )
    for _ in range(STEPS):
        middle = (low + high) / 2
        ratios = ratios_at(middle)
        if cost_of(ratios) <= target:
            high, best = middle, ratios
        else:
            low = middle
    return high, best


def share_left(text: str) -> float:
    """What is left of the whole after a change such as ``-45%``.

    >>> share_left("-45%")
    0.55
    """
    try:
        change = float(text.strip().removesuffix("%"))
    except ValueError:
        change = 0.0
    if not text.strip().endswith("%") or not -100 < change < 0:
        raise ConfigError(f"'{text}': expected a change such as -45%, between -100% and 0%.")
    return round(1 + change / 100, 6)
