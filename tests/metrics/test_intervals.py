import numpy as np
import pytest

from ppocr_lite.metrics.intervals import RatioSums, Z, paired_difference, wilson_interval


@pytest.mark.parametrize(
    ("successes", "count", "wanted"),
    [
        # numbers of Wilson's formula in the literature (Newcombe, 1998)
        (81, 263, (0.2553, 0.3662)),
        (15, 148, (0.0624, 0.1605)),
        (0, 20, (0.0, 0.1611)),
        (29, 29, (0.8830, 1.0)),
        (0, 0, (0.0, 1.0)),
    ],
)
def test_wilson(successes, count, wanted):
    assert wilson_interval(successes, count) == pytest.approx(wanted, abs=5e-5)


def test_a_mean_by_hand():
    sums = RatioSums()
    sums.add(np.array([1.0, 2.0]))
    sums.add(np.array([3.0, 6.0]))
    # mean 3; variance (4 + 1 + 0 + 9) / 3
    reach = 1.959964 * (14 / 3 / 4) ** 0.5
    assert (sums.ratio, sums.units) == (3, 4)
    assert sums.interval() == pytest.approx((3 - reach, 3 + reach))


def test_a_ratio_counts_units_not_what_is_in_them():
    # errors that come in whole lines: ten times as many characters tell nothing more
    small, large = RatioSums(), RatioSums()
    errors = np.array([0, 0, 1, 0, 1, 0, 0, 1])
    small.add(errors, 1.0)
    large.add(errors * 10, 10.0)
    assert large.interval() == pytest.approx(small.interval())


def test_the_interval_holds_in_95_percent_of_samples():
    rng = np.random.default_rng(0)
    lengths = np.arange(1, 21)
    hits = 0
    for _ in range(1000):
        wholes = rng.choice(lengths, 200)
        rate = rng.choice([0.0, 0.3], 200)  # lines are all good, or bad as a whole
        sums = RatioSums()
        sums.add(rng.binomial(wholes, rate), wholes)
        low, high = sums.interval()
        hits += low <= 0.15 <= high
    assert 925 <= hits <= 975


@pytest.mark.parametrize(
    ("part", "units", "wanted"),
    [(0.0, 20, (0.0, 0.1611)), (1.0, 29, (0.8830, 1.0)), (0.5, 1, (0.1033, 0.8967))],
)
def test_units_that_do_not_scatter(part, units, wanted):
    sums = RatioSums(most=1.0)
    sums.add(np.full(units, part * 4), 4.0)
    assert sums.interval() == pytest.approx(wanted, abs=5e-5)


def test_limits():
    sums, empty = RatioSums(most=1.0), RatioSums()
    sums.add(np.array([1.0, 1.0, 0.0]))
    assert sums.interval()[1] == 1.0
    assert sums.interval()[0] > 0
    assert (empty.ratio, empty.interval()) == (0.0, (0.0, 1.0))


def test_paired_differences_by_hand():
    """Units add 1, 0, 0 and 0 to the difference of 1/4; they scatter by sqrt(0.75 / (4 * 3)) = 0.25."""
    first, second, ones = np.array([1.0, 1, 0, 1]), np.array([0.0, 1, 0, 1]), np.ones(4)
    found = paired_difference((first, ones), (second, ones))
    assert found == pytest.approx((0.25, 0.25 - Z * 0.25, 0.25 + Z * 0.25))


def test_what_is_hard_for_both_cancels_out():
    """Of ratios too: pages of very different difficulty, and a system that always finds one box less."""
    rng = np.random.default_rng(3)
    wholes = rng.integers(20, 60, 200).astype(float)
    parts = np.floor(wholes * rng.uniform(0.2, 1.0, 200))
    difference, low, high = paired_difference((parts, wholes), (parts - 1, wholes))
    assert difference == pytest.approx(200 / wholes.sum())
    assert high - low < 0.01


def test_equal_systems_are_known_to_be_equal_by_their_number_only():
    same = (np.array([1.0, 0, 1]), np.ones(3))
    assert paired_difference(same, same) == pytest.approx((0.0, -0.5615, 0.5615), abs=1e-4)
