"""Printers that work in dots: which dots come, which never do."""

import numpy as np

from ppocr_lite.synth.printing import needle_print, thermal_print


def test_a_thermal_head_prints_square_dots():
    mask = np.zeros((40, 40), np.float32)
    mask[9:31, 9:31] = 1  # not on the grid of 4 pixels
    found = [thermal_print(mask, np.random.default_rng(seed), pitch=4.0) for seed in range(30)]
    dotted = [f for f in found if not np.array_equal(f > 0, mask > 0)]
    assert 10 < len(dotted) < 30
    for picture in dotted:
        blocks = (picture > 0.01).reshape(10, 4, 10, 4)
        shares = blocks.mean(axis=(1, 3))
        assert set(np.unique(shares)) <= {0.0, 0.25, 0.5, 0.75, 1.0}  # a dead element is a column of a dot


def test_dots_too_small_to_see_are_left_alone():
    mask = np.ones((30, 30), np.float32)
    for seed in range(20):
        found = thermal_print(mask, np.random.default_rng(seed), pitch=1.0)
        assert found.shape == mask.shape
        assert 0 <= found.min() <= found.max() <= 1


def test_paleness_leaves_print_readable():
    mask = np.ones((400, 60), np.float32)
    least = min(np.median(thermal_print(mask, np.random.default_rng(s), pitch=2.0)) for s in range(60))
    assert least > 0.3


def test_needles_print_round_dots_apart():
    corners, middles = [], []
    for seed in range(10):
        found = needle_print(np.ones((60, 60), np.float32), np.random.default_rng(seed), pitch=6.0)
        corners.append(found[::6, ::6].mean())
        middles.append(found[3::6, 3::6].mean())
    assert np.mean(corners) < 0.2 * np.mean(middles)


def test_no_ink_no_dots():
    empty = np.zeros((20, 30), np.float32)
    assert needle_print(empty, np.random.default_rng(0), pitch=3).max() == 0
    assert thermal_print(empty, np.random.default_rng(0), pitch=3).max() == 0
