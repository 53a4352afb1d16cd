import numpy as np
import pytest

from ppocr_lite.transforms import edge_distance as module
from ppocr_lite.transforms.edge_distance import draw_borders, edge_distance


def test_edge_distance_by_hand():
    square = np.array([[2, 2], [12, 2], [12, 12], [2, 12]], np.float32)
    distance = edge_distance(square, (15, 15), limit=4.0)
    assert distance[2, 7] == 0  # on the edge
    assert distance[4, 7] == pytest.approx(2)  # seen under an obtuse angle: the line counts
    assert distance[0, 0] == pytest.approx(np.sqrt(8))  # the corner counts
    assert distance[7, 7] == 4.0  # 5 away, cut at the limit


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
        have = edge_distance(polygon, (90, 130), limit=12.0)
        differing.append(np.abs(have - np.nan_to_num(want, nan=12.0)) > 1e-3)
    assert np.mean(differing) < 1e-4


def test_repeated_points_change_nothing():
    polygon = np.array([[3, 4], [50.5, 6], [48, 30.25], [2, 28]], np.float32)
    once = edge_distance(polygon, (40, 60), limit=7.5)
    again = edge_distance(polygon[[0, 1, 1, 2, 3, 3, 3]], (40, 60), limit=7.5)
    np.testing.assert_array_equal(once, again)


def test_work_in_groups_and_blocks_changes_nothing(monkeypatch):
    pytest.importorskip("pyclipper")
    rng = np.random.default_rng(5)
    polys = rng.uniform(0, 60, (12, 1, 2)) + rng.uniform(-30, 30, (12, 5, 2))
    limits = rng.uniform(2, 9, 12)

    def drawn() -> list[np.ndarray]:
        maps = [np.ones((64, 80), np.float32), np.zeros((64, 80), np.float32)]
        draw_borders(polys, limits, *maps)
        return maps

    together = drawn()
    monkeypatch.setattr(module, "BLOCK_SIZE", 1000)  # a few rows of one polygon at a time
    for one, other in zip(drawn(), together):
        np.testing.assert_array_equal(one, other)
    assert together[0].min() < 0.01
    assert together[1].any()
