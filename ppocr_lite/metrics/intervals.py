"""How far a measured share may lie from the true one: 95 % confidence intervals, in closed form.

Nothing is drawn at random, so the same data gives the same interval, and nothing but sums is kept.
"""

import math

import numpy as np

Z = 1.959963984540054
"""Two-sided 95 % of the normal distribution."""
SAME = 1e-9
"""Spread, relative to the sums, below which all units count as alike."""


def wilson_interval(successes: float, count: float) -> tuple[float, float]:
    """Wilson's score interval of ``successes`` in ``count`` independent trials; (0, 1) for none.

    Wilson, "Probable Inference, the Law of Succession, and Statistical Inference", JASA 1927. Unlike the
    normal approximation it stays inside 0..1 and has a width at 0 and at ``count`` as well.

    >>> [round(bound, 4) for bound in wilson_interval(8, 10)]
    [0.4902, 0.9433]
    """
    if count <= 0:
        return 0.0, 1.0
    share, excess = successes / count, Z * Z / count
    middle = share + excess / 2
    reach = Z * math.sqrt(share * (1 - share) / count + excess / (4 * count))
    return max(0.0, (middle - reach) / (1 + excess)), min(1.0, (middle + reach) / (1 + excess))


class RatioSums:
    """A ratio of two sums over independent units (lines, images), such as edits over characters.

    The interval is that of a ratio estimator (Cochran, "Sampling Techniques", chapter 6): units scatter about
    the ratio, and the characters of one line, or the boxes of one image, are not taken as independent. It is
    symmetric, good for some 30 units and more. Where units do not scatter at all (none has an error, or there
    is one unit only) their number alone bounds it, as in Wilson's interval.

    Args:
        most: the largest value that the ratio can have.
    """

    def __init__(self, most: float = math.inf) -> None:
        self._most = most
        self._sums = np.zeros(6)

    def add(self, parts: np.ndarray, wholes: np.ndarray | float = 1.0) -> None:
        """Count units: what is above and below the line of each, [n]; ``wholes`` of 1 make it a mean."""
        x = np.asarray(parts, np.float64).reshape(-1)
        y = np.broadcast_to(np.asarray(wholes, np.float64), x.shape)
        self._sums += [len(x), x.sum(), y.sum(), x @ x, x @ y, y @ y]

    @property
    def parts(self) -> float:
        """Sum above the line."""
        return float(self._sums[1])

    @property
    def wholes(self) -> float:
        """Sum below the line."""
        return float(self._sums[2])

    @property
    def units(self) -> int:
        """Units counted."""
        return int(self._sums[0])

    @property
    def ratio(self) -> float:
        """The ratio of the sums; 0 for nothing counted."""
        return float(self._sums[1] / self._sums[2]) if self._sums[2] else 0.0

    def interval(self) -> tuple[float, float]:
        """The bounds within which the ratio lies in 95 % of all samples; (0, 1) for nothing counted."""
        units, _, wholes, xx, xy, yy = (float(v) for v in self._sums)
        ratio = self.ratio
        if wholes == 0:
            return 0.0, 1.0
        spread = xx - 2 * ratio * xy + ratio * ratio * yy
        if units > 1 and spread > SAME * (xx + ratio * ratio * yy):
            reach = Z * math.sqrt(units / (units - 1) * spread) / wholes
            return max(0.0, ratio - reach), min(self._most, ratio + reach)
        all_right, none_right = wilson_interval(units, units), wilson_interval(0, units)
        return ratio * all_right[0], ratio + abs(1 - ratio) * none_right[1]


def paired_difference(
    first: tuple[np.ndarray, np.ndarray], second: tuple[np.ndarray, np.ndarray]
) -> tuple[float, float, float]:
    """How much a ratio of sums differs between two systems that saw the same units: (difference, low, high).

    Each unit counts with what it adds to the difference, so that what is hard for both of them cancels out:
    the interval is much narrower than the two systems' own. With wholes of 1 it is the paired interval of a
    difference of means.

    Args:
        first, second: what is above and below the line of each unit, [n] each, in the same order.

    >>> ones = np.ones(4)
    >>> paired_difference((np.array([1, 1, 1, 0]), ones), (np.array([1, 0, 0, 0]), ones))[0]
    0.5
    """
    residuals, ratios = [], []
    for parts, wholes in (first, second):
        ratios.append(float(parts.sum() / max(wholes.sum(), SAME)))
        residuals.append((parts - ratios[-1] * wholes) / max(float(wholes.mean()), SAME))
    units, difference = len(residuals[0]), ratios[0] - ratios[1]
    apart = residuals[0] - residuals[1]
    spread = float(apart @ apart)
    if units > 1 and spread > SAME:
        reach = Z * math.sqrt(spread / (units * (units - 1)))
    else:  # no unit differs: their number alone bounds the difference
        reach = wilson_interval(0, units)[1]
    return difference, difference - reach, difference + reach


def bounds(name: str, interval: tuple[float, float]) -> dict[str, float]:
    """``{name}_low`` and ``{name}_high``."""
    return {f"{name}_low": interval[0], f"{name}_high": interval[1]}
