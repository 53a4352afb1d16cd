"""Outlines: worked by hand."""

import numpy as np
import pytest

from ppocr_lite.data_tools.polygons import beyond, crosses_itself, mend, read_points, signed_area

SQUARE = np.array([[0, 0], [10, 0], [10, 4], [0, 4]], np.float64)
STAR = np.array([[5, 0], [8, 10], [0, 4], [10, 4], [2, 10]], np.float64)


def test_signed_area():
    assert signed_area(SQUARE) == 40  # clockwise on the screen
    assert signed_area(SQUARE[::-1]) == -40


@pytest.mark.parametrize(
    ("points", "crosses"),
    [
        (SQUARE, False),
        (SQUARE[[0, 1, 3, 2]], True),
        (SQUARE[[0, 2, 1, 3]], True),
        (STAR, True),
        (SQUARE[[0, 1, 2, 2]], False),  # padded with its last point
        ([[0, 0], [10, 0], [5, 2], [10, 4], [0, 4]], False),  # hollow, but simple
        (SQUARE[:3], False),
    ],
)
def test_crossing(points, crosses):
    assert crosses_itself(np.array(points, np.float64)) == crosses


@pytest.mark.parametrize(
    "value", ["x", [[1]], [[1, 2, 3]], [1, 2], [["1", 2]], [[True, 2]], [[float("inf"), 0]], [[1 << 30, 0]]]
)
def test_points_that_are_none(value):
    assert read_points(value) is None


def test_beyond():
    assert beyond(SQUARE, 4, 10) == 0
    assert beyond(SQUARE - [3, 0], 4, 10) == 3
    assert beyond(SQUARE, 4, 8) == 2


def test_mend_does_all_that_is_needed():
    points, done = mend(np.array([[0, 0], [20, 4], [20, 0], [0, 4]], np.float64), 10, 10)
    np.testing.assert_array_equal(points, [[0, 0], [10, 0], [10, 4], [0, 4]])
    assert done == ["self_crossing", "outside_image"]
    assert mend(SQUARE + 50, 10, 10) == (None, ["outside_image", "flat_polygon"])


def test_mend_puts_a_rectangle_around_what_has_more_points():
    points, done = mend(STAR + 20, 60, 60)
    assert points.shape == (4, 2)
    assert not crosses_itself(points)
    assert done == ["self_crossing"]
