import numpy as np
import pytest

from ppocr_lite.transforms.det_targets import MakeBorderMap, MakeShrinkMap

pytest.importorskip("pyclipper")

QUAD = [[10, 10], [110, 12], [108, 42], [9, 40]]


def page(*polys, ignored=(), size=(64, 128)) -> dict:
    return {
        "image": np.zeros((*size, 3), np.uint8),
        "polys": np.array(polys, np.float32),
        "ignore_tags": np.array([i in ignored for i in range(len(polys))]),
    }


def test_sums_of_a_known_page():
    sample = MakeShrinkMap()(MakeBorderMap()(page(QUAD)))
    assert sample["threshold_mask"].sum() == pytest.approx(6022, abs=6)
    assert sample["shrink_map"].sum() == pytest.approx(886, abs=2)
    assert sample["shrink_mask"].sum() == 8192
    assert sample["threshold_map"].sum() == pytest.approx(3450.681, abs=0.2)


def test_ignored_small_and_flat_regions():
    flat = [[20, 50], [60, 50], [60, 50.4], [20, 50.4]]
    small = [[80, 50], [100, 50], [100, 55], [80, 55]]
    sample = MakeShrinkMap()(MakeBorderMap()(page(QUAD, flat, small, ignored=(0,))))
    assert sample["ignore_tags"].tolist() == [True, True, True]
    assert sample["shrink_map"].sum() == 0
    assert sample["shrink_mask"][25, 60] == 0
    assert sample["shrink_mask"][52, 90] == 0
    assert sample["threshold_mask"][25, 60] == 0  # ignored
    assert sample["threshold_mask"][52, 90] == 1  # small regions still have a border


def test_polygons_are_cut_to_the_image_and_turned_clockwise():
    outside = [[-20, -20], [-20, 30], [40, 30], [40, -20]]
    sample = MakeShrinkMap()(page(outside))
    poly = sample["polys"][0]
    assert poly.min() == 0
    x, y = poly[:, 0], poly[:, 1]
    assert np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1)) > 0


def test_schedule_grows_the_ratio():
    plain = MakeShrinkMap()(page(QUAD))["shrink_map"].sum()
    late = MakeShrinkMap(total_epoch=10)({**page(QUAD), "epoch": 10})["shrink_map"].sum()
    fixed = MakeShrinkMap(shrink_ratio=0.6)(page(QUAD))["shrink_map"].sum()
    assert late == fixed > plain


def test_no_regions():
    sample = MakeShrinkMap()(MakeBorderMap()({**page(QUAD), "polys": np.zeros((0, 4, 2)), "ignore_tags": []}))
    assert (sample["threshold_map"] == np.float32(0.3)).all()
    assert sample["shrink_mask"].all()


def test_border_of_a_region_that_lies_outside_or_vanishes():
    outside = [[300, 300], [340, 300], [340, 320], [300, 320]]
    thin = [[20, 50.1], [60, 50.1], [60, 50.4], [20, 50.4]]  # no area once its corners are cut
    sample = MakeBorderMap()(page(outside, thin))
    assert (sample["threshold_map"] == np.float32(0.3)).all()
    assert not sample["threshold_mask"].any()
    all_of_it = MakeBorderMap(shrink_ratio=1.0)(page(QUAD))  # a band without width
    assert (all_of_it["threshold_map"] == np.float32(0.3)).all()
