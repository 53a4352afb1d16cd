import numpy as np
import pytest

from ppocr_lite.transforms.det_targets import MakeBorderMap, MakeShrinkMap, edge_distance

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


def test_edge_distance_by_hand():
    square = np.array([[2, 2], [12, 2], [12, 12], [2, 12]], np.float32)
    distance = edge_distance(square, np.arange(15), np.arange(15), limit=4.0)
    assert distance[2, 7] == 0  # on the edge
    assert distance[4, 7] == pytest.approx(2)  # seen under an obtuse angle: the line counts
    assert distance[0, 0] == pytest.approx(np.sqrt(8))  # the corner counts
    assert distance[7, 7] == 4.0  # 5 away, cut at the limit


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


def distance_by_formula(polygon: np.ndarray, width: int, height: int, limit: float) -> np.ndarray:
    """The angle formula of PaddleOCR in float64, edge by edge; NaN where its rounding loses the distance."""
    x, y = np.meshgrid(np.arange(width, dtype=np.float64), np.arange(height, dtype=np.float64))
    found = []
    for first, second in zip(polygon, np.roll(polygon, -1, axis=0)):
        a = (x - float(first[0])) ** 2 + (y - float(first[1])) ** 2
        b = (x - float(second[0])) ** 2 + (y - float(second[1])) ** 2
        c = float(np.square(first[0] - second[0]) + np.square(first[1] - second[1]))  # rounded to float32
        with np.errstate(divide="ignore", invalid="ignore"):
            cosine = (c - a - b) / (2 * np.sqrt(a * b))
            line = np.sqrt(a * b * np.nan_to_num(1 - cosine**2) / c)
        found.append(np.minimum(np.where(cosine < 0, np.sqrt(np.minimum(a, b)), line), limit))
    return np.min(found, axis=0)


@pytest.mark.parametrize("corners", [3, 4, 9])
def test_edge_distance_is_that_of_the_formula(corners):
    rng = np.random.default_rng(corners)
    differing = []
    for _ in range(5):
        polygon = rng.uniform(-20, 150, (corners, 2)).astype(np.float32)
        want = distance_by_formula(polygon, 130, 90, 12.0)
        have = edge_distance(polygon, np.arange(130), np.arange(90), limit=12.0)
        differing.append(np.abs(have - np.nan_to_num(want, nan=12.0)) > 1e-3)
    assert np.mean(differing) < 1e-4


def test_repeated_points_change_nothing():
    polygon = np.array([[3, 4], [50.5, 6], [48, 30.25], [2, 28]], np.float32)
    xs, ys = np.arange(-5, 60), np.arange(-5, 40)
    once = edge_distance(polygon, xs, ys, limit=7.5)
    again = edge_distance(polygon[[0, 1, 1, 2, 3, 3, 3]], xs, ys, limit=7.5)
    np.testing.assert_array_equal(once, again)


def test_border_of_a_region_that_lies_outside_or_vanishes():
    outside = [[300, 300], [340, 300], [340, 320], [300, 320]]
    thin = [[20, 50.1], [60, 50.1], [60, 50.4], [20, 50.4]]  # no area once its corners are cut
    sample = MakeBorderMap()(page(outside, thin))
    assert (sample["threshold_map"] == np.float32(0.3)).all()
    assert not sample["threshold_mask"].any()
    all_of_it = MakeBorderMap(shrink_ratio=1.0)(page(QUAD))  # a band without width
    assert (all_of_it["threshold_map"] == np.float32(0.3)).all()
