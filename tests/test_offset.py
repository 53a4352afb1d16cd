import numpy as np
import pytest

from ppocr_lite.geometry import min_area_quad, unclip
from ppocr_lite.offset import grow_quads, offset_polygon


def random_quads(count: int) -> np.ndarray:
    rng = np.random.default_rng(0)
    quads = []
    for _ in range(count):
        w, h, angle = rng.uniform(8, 90), rng.uniform(5, 20), rng.uniform(-0.8, 0.8)
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        box = np.array([[-w, -h], [w, -h], [w, h], [-w, h]]) / 2
        quads.append(box @ turn.T + rng.uniform(60, 200, 2))
    return np.array(quads)


def test_outlines_equal_those_of_clipper():
    pytest.importorskip("pyclipper")
    quads = random_quads(60)
    distances = np.linspace(1.2, 15.0, 60)
    for quad, distance, outline in zip(quads, distances, grow_quads(quads, distances)):
        (want,) = offset_polygon(quad, distance)
        np.testing.assert_array_equal(min_area_quad(outline), min_area_quad(want))


def test_close_to_the_closed_form():
    quads = random_quads(40)
    sides = np.linalg.norm(np.roll(quads, -1, axis=1) - quads, axis=-1)
    distances = sides[:, 0] * sides[:, 1] * 1.5 / sides.sum(axis=1)
    grown = np.stack([min_area_quad(outline) for outline in grow_quads(quads, distances)])
    assert np.abs(grown - unclip(quads, 1.5)).max() < 3.5  # corners are cut to whole pixels before growing


def test_vanishing_polygon():
    pytest.importorskip("pyclipper")
    assert offset_polygon(np.array([[0, 0], [10, 0], [10, 4], [0, 4]]), -3) == []
    assert offset_polygon(np.array([[0, 0], [40, 0], [40, 0.5], [0, 0.5]]), 3) == []
