"""Scores of filters, by hand."""

import numpy as np
import pytest

from ppocr_lite.errors import ConfigError

pytest.importorskip("paddle")

from ppocr_lite.compression import fpgm
from ppocr_lite.compression.channels import Group

pytestmark = pytest.mark.train
# Four filters of two weights: a triangle with sides 3, 4, 5, and a filter far away.
FILTERS = np.array([[0.0, 0.0], [3.0, 0.0], [0.0, 4.0], [30.0, 40.0]])


def test_four_filters_by_hand():
    far = [50.0, np.hypot(27, 40), np.hypot(30, 36)]
    expected = [0 + 3 + 4 + far[0], 3 + 0 + 5 + far[1], 4 + 5 + 0 + far[2], sum(far)]
    np.testing.assert_allclose(fpgm.distance_sums(FILTERS), expected)
    assert np.argsort(expected).tolist() == [2, 1, 0, 3]  # the middle one goes, not the one with least norm


def test_axes_behind_the_first_are_one():
    filters = np.random.default_rng(0).standard_normal((5, 3, 2, 2))
    np.testing.assert_allclose(fpgm.distance_sums(filters), fpgm.distance_sums(filters.reshape(5, 12)))


def test_equal_filters_score_nothing():
    np.testing.assert_array_equal(fpgm.distance_sums(np.full((3, 4), 0.1)), 0)


def test_coupled_layers_count_alike_whatever_their_scale():
    places = {("a", 0): np.arange(4), ("b", 1): np.array([3, 2, 1, 0])}
    group = Group("a", (("a", 0), ("b", 1)), places, 4)
    found = fpgm.scores(group, {"a": FILTERS, "b": 1000 * FILTERS.T})
    one = fpgm.distance_sums(FILTERS)
    np.testing.assert_allclose(found, (one + one[::-1]) / one.mean())


@pytest.mark.parametrize(
    ("size", "ratio", "multiple", "gone"),
    [(16, 0.1, 1, 2), (16, 0.3, 8, 0), (16, 0.5, 8, 8), (24, 0.5, 8, 8), (6, 0.5, 8, 0), (3, 0.5, 1, 2)],
)
def test_number_of_channels_that_go(size, ratio, multiple, gone):
    assert fpgm.removed_count(size, ratio, name="a", multiple=multiple) == gone


def test_ratios_that_leave_nothing_are_refused():
    with pytest.raises(ConfigError, match=r"a: ratio 0.9 would remove all of its 4 channels. Give it 0.75"):
        fpgm.removed_count(4, 0.9, name="a")
    with pytest.raises(ConfigError, match="a: a pruning ratio is from 0 to below 1, not 1"):
        fpgm.removed_count(4, 1, name="a")
