"""Marks of pens: they are ink, and change no label."""

import numpy as np
import pytest

from ppocr_lite.synth.canvas import Canvas
from ppocr_lite.synth.marks import STROKES, _row_of, annotate, draw_stroke, mark_line


@pytest.mark.parametrize("stroke", STROKES, ids=lambda s: s.__name__)
def test_each_stroke_touches_its_line(stroke):
    for seed in range(8):
        rng = np.random.default_rng(seed)
        points = stroke(rng, (100.0, 100.0, 300.0, 130.0))
        assert points.shape[1] == 2
        mask = np.zeros((240, 420), np.uint8)
        draw_stroke(mask, points, rng, thick=2)
        assert mask[85:145, 80:320].max() > 100


def test_a_level_stroke_by_hand():
    mask = np.zeros((20, 60), np.uint8)
    draw_stroke(mask, np.array([[10.0, 10.0], [50.0, 10.0]]), np.random.default_rng(0), thick=1)
    rows, columns = np.nonzero(mask > 60)
    assert set(rows) == {10}
    assert 10 <= columns.min() <= 14  # smoothing takes a little off the ends
    assert 46 <= columns.max() <= 50


def test_a_page_keeps_its_labels(library):
    marked = highlighted = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        canvas = Canvas(120, 400, library, rng, np.full((120, 400, 3), 255, np.float32))
        canvas.put(canvas.sized(0, 30), "Total 12.50", 50, 60)
        before, print_ = list(canvas.boxes), canvas.layers[0].mask.copy()
        annotate(canvas)
        assert canvas.boxes == before
        assert np.array_equal(canvas.layers[0].mask, print_)
        marked += len(canvas.layers) == 2
        highlighted += bool(canvas.paper.min() < 255)
    assert marked > 10
    assert highlighted > 1
    assert marked + highlighted == 20


def test_a_row_is_a_name_with_its_price():
    boxes = [(0, 0, 90, 20), (150, 4, 190, 24), (0, 30, 90, 50)]
    assert _row_of(boxes[0], boxes) == (0, 0, 190, 20)
    assert _row_of(boxes[2], boxes) == boxes[2]


def test_a_page_without_text_is_left_alone(library):
    canvas = Canvas(20, 20, library, np.random.default_rng(0), np.full((20, 20, 3), 255, np.float32))
    annotate(canvas)
    assert canvas.layers == []


@pytest.mark.parametrize("shape", [(30, 200), (30, 200, 3), (6, 5)])
def test_a_line_stays_mostly_as_it_was(shape):
    image = np.full(shape, 220, np.float32)
    changed = []
    for seed in range(20):
        found = mark_line(image, np.random.default_rng(seed))
        assert found.shape == shape
        assert np.isfinite(found).all()
        changed.append((np.abs(found - 220) > 5).reshape(*shape[:2], -1).any(axis=2).mean())
    if shape[1] > 5:
        assert 0.005 < np.mean(changed) < 0.3
