"""How much of each layer to prune: from what it costs, and for how small a network is wanted."""

from collections.abc import Callable, Mapping

from ppocr_lite.errors import ConfigError

Losses = Mapping[str, Mapping[float, float]]
"""{group of channels: {ratio: relative loss of the metric when this group alone is pruned}}."""
Ratios = dict[str, float]

STEPS = 10
"""Halvings of the search: levels are told apart to 1/1024 of their range, mixtures of two of them too."""
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


def at_level(losses: Losses, level: float) -> Ratios:
    """More and more pruning from level -1, which is none.

    From 0 on, the level is the loss that each group may cost (:func:`within_loss`); below 0, it is the share
    that is taken off the ratios that cost nothing.

    >>> at_level({"a": {0.1: 0.0, 0.2: 0.04}}, -0.75), at_level({"a": {0.1: 0.0, 0.2: 0.04}}, 0.02)
    ({'a': 0.025}, {'a': 0.15})
    """
    if level >= 0:
        return within_loss(losses, level)
    return {name: round(ratio * (1 + level), 6) for name, ratio in within_loss(losses, 0.0).items()}


def uniform(sizes: Mapping[str, int], ratio: float) -> Ratios:
    """The same ratio for all groups; less for those of so few channels that none would be left."""
    return {name: min(ratio, (size - 1) / size) for name, size in sizes.items()}


def for_target(
    ratios_at: Callable[[float], Ratios],
    cost_of: Callable[[Ratios], float],
    target: float,
    *,
    levels: tuple[float, float],
) -> tuple[float, Ratios]:
    """The least pruning that costs no more than ``target``, found by halving.

    Args:
        ratios_at: ratios of a level; the higher, the more is pruned.
        cost_of: what is left with these ratios, such as multiply-adds.
        levels: the lowest and the highest one.

    Returns:
        The level and its ratios.

    Raises:
        ConfigError: not even the highest level reaches the target.
    """
    low, high = levels
    too_few, enough = {}, ratios_at(high)
    least = cost_of(enough)
    if least > target:
        raise ConfigError(
            f"Pruning leaves {least:,.0f} at least, more than the {target:,.0f} that are wanted. Ask for "
            "less, or measure higher ratios."
        )
    for _ in range(STEPS):
        middle = (low + high) / 2
        ratios = ratios_at(middle)
        if cost_of(ratios) <= target:
            high, enough = middle, ratios
        else:
            low, too_few = middle, ratios
    for _ in range(STEPS):  # where ratios leap at one level, a mixture of those before and after
        ratios = _between(too_few, enough)
        if cost_of(ratios) <= target:
            enough = ratios
        else:
            too_few = ratios
    return high, enough


def _between(first: Ratios, second: Ratios) -> Ratios:
    return {name: (first.get(name, 0.0) + ratio) / 2 for name, ratio in second.items()}


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
