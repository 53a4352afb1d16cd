"""Ratios of layers, chosen by their costs."""

import pytest

from ppocr_lite.compression import ratios
from ppocr_lite.errors import ConfigError


def test_largest_ratio_within_the_loss():
    """Layer a: 0.2 costs 0.01, 0.3 costs 0.05; 0.02 is a quarter of the way between."""
    losses = {"a": {0.3: 0.05, 0.1: 0.0, 0.2: 0.01}, "b": {0.1: -0.01, 0.2: 0.005}, "c": {0.1: 0.5}}
    assert ratios.within_loss(losses, 0.02) == {"a": 0.225, "b": 0.2, "c": 0.004}
    assert ratios.within_loss(losses, 0.0) == {"a": 0.1, "b": 0.166667}


def test_levels_below_zero_take_a_share_of_what_costs_nothing():
    losses = {"a": {0.4: 0.0, 0.8: 0.1}, "b": {0.4: 0.1}}
    assert ratios.at_level(losses, -1) == {"a": 0.0}
    assert ratios.at_level(losses, -0.5) == {"a": 0.2}
    assert ratios.at_level(losses, 0) == {"a": 0.4}
    assert ratios.at_level(losses, 0.05) == {"a": 0.6, "b": 0.2}


def test_a_dip_behind_a_peak_counts():
    assert ratios.within_loss({"a": {0.1: 0.5, 0.2: 0.01, 0.3: 0.9}}, 0.01) == {"a": 0.2}


def test_small_layers_keep_a_channel():
    assert ratios.uniform({"a": 2, "b": 100}, 0.9) == {"a": 0.5, "b": 0.9}


def test_least_level_that_reaches_the_target():
    level, found = ratios.for_target(
        lambda level: {"a": level}, lambda r: 100 * (1 - r["a"]), 55, levels=(0.0, 0.9)
    )
    assert level == pytest.approx(0.45, abs=1e-3)
    assert 100 * (1 - found["a"]) <= 55


def test_leaps_are_divided():
    """At level 0.5 the ratio goes from nothing to 0.8 at once."""
    _, found = ratios.for_target(
        lambda level: {"a": 0.8 if level > 0.5 else 0.0}, lambda r: 1 - r["a"], 0.7, levels=(0.0, 1.0)
    )
    assert found["a"] == pytest.approx(0.3, abs=0.01)


def test_targets_out_of_reach_are_refused():
    with pytest.raises(ConfigError, match="Pruning leaves 10 at least, more than the 5 that are wanted"):
        ratios.for_target(lambda level: {"a": level}, lambda r: 100 * (1 - r["a"]), 5, levels=(0.0, 0.9))


def test_changes_in_percent():
    assert ratios.share_left("-45%") == 0.55
    for text in ("45%", "-0.45", "-100%", "less"):
        with pytest.raises(ConfigError, match=f"'{text}': expected a change such as -45%"):
            ratios.share_left(text)
