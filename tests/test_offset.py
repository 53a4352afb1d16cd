import cv2
import numpy as np
import pytest

from ppocr_lite import offset
from ppocr_lite.errors import MissingDependency
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


@pytest.mark.parametrize("distance", [-4.0, -1.5, 3.0])
def test_convex_polygons_do_without_clipper(monkeypatch, distance):
    pytest.importorskip("pyclipper")
    rng = np.random.default_rng(3)
    centres = rng.uniform(40, 200, (40, 2))
    sizes, angles = rng.uniform(14, 60, (40, 2)), rng.uniform(-20, 20, 40)
    quads = [cv2.boxPoints((c, s, a)) for c, s, a in zip(centres.tolist(), sizes.tolist(), angles.tolist())]
    theirs = [offset_polygon(quad, distance) for quad in quads]
    monkeypatch.setattr(offset, "_pyclipper", lambda: None)
    ours = [offset_polygon(quad[::-1], distance) for quad in quads]  # either way round
    for found, expected in zip(ours, theirs):
        pictures = [np.zeros((300, 300), np.uint8), np.zeros((300, 300), np.uint8)]
        for picture, pieces in zip(pictures, (found, expected)):
            cv2.fillPoly(picture, pieces, 1)
        wrong = pictures[0] != pictures[1]
        assert cv2.erode(wrong.astype(np.uint8), np.ones((2, 2))).sum() == 0  # a pixel at the edge at most


def test_other_polygons_need_clipper(monkeypatch):
    monkeypatch.setattr(offset, "_pyclipper", lambda: None)
    arrow = np.array([[0, 0], [40, 0], [12, 12], [0, 40]], np.float32)
    with pytest.raises(MissingDependency, match="not convex needs pyclipper"):
        offset_polygon(arrow, -2.0)
    assert offset_polygon(np.zeros((4, 2), np.float32), 2.0) == []
    assert offset_polygon(arrow[[0, 1, 2]], -30.0) == []
