"""Programs on a page: rows one below the other, numbers before them, and highlights that change no label."""

import numpy as np
import pytest

from ppocr_lite.synth.canvas import Canvas
from ppocr_lite.synth.colours import Colours
from ppocr_lite.synth.listings import listing
from ppocr_lite.synth.patches import highlight
from ppocr_lite.synth.sampling import NoiseTiles
from ppocr_lite.synth.scenes import SCREEN
from ppocr_lite.synth.setter import Setter

PAPER, INK = np.full(3, 250, np.float32), np.full(3, 10, np.float32)


@pytest.fixture(scope="module")
def tiles() -> NoiseTiles:
    return NoiseTiles()


def setter(library, texts, tiles, seed: int) -> Setter:
    rng = np.random.default_rng(seed)
    canvas = Canvas(500, 700, library, rng, np.tile(PAPER, (500, 700, 1)))
    return Setter(canvas, texts, tiles, rng, {"mono": 1.0}, 16.0, margin=20.0, y=40.0)


def test_rows_follow_each_other_within_their_width(library, texts, tiles):
    numbered = 0
    for seed in range(30):
        s = setter(library, texts, tiles, seed)
        listing(s, 40.0, 500.0, rows=9)
        boxes = np.array(s.canvas.boxes)
        assert 5 <= len(boxes) <= 18
        assert boxes[:, 0].min() >= 40 - 4  # a letter may reach out of its cell
        assert boxes[:, 2].max() <= 40 + 500 + 4
        numbers = [int(t.strip("|: ")) for t in s.canvas.texts if t.strip("|: ").isdigit()]
        if len(numbers) > 6:
            numbered += 1
            assert numbers == sorted(numbers)
    assert numbered > 5


def test_a_listing_ends_at_the_foot_of_the_page(library, texts, tiles):
    s = setter(library, texts, tiles, 1)
    listing(s, 40.0, 500.0, rows=400)
    assert max(box[3] for box in s.canvas.boxes) <= 500
    assert s.y > s.bottom


def test_highlights_keep_labels_and_ink(library, texts, tiles):
    moved = 0
    for seed in range(20):
        s = setter(library, texts, tiles, seed)
        listing(s, 40.0, 500.0, rows=9)
        canvas = s.canvas
        boxes, ink = list(canvas.boxes), canvas.layers[0].mask.copy()
        highlight(canvas, SCREEN, Colours(PAPER, INK, grey=True))
        assert canvas.boxes == boxes
        # What left the page's own layer is in that of the other ink.
        assert np.array_equal(np.maximum.reduce([layer.mask for layer in canvas.layers]), ink)
        assert (canvas.paper != PAPER).any()
        moved += len(canvas.layers) == 2
    assert 5 < moved < 18


def test_lines_on_another_ground_are_left_alone(library, texts, tiles):
    s = setter(library, texts, tiles, 2)
    s.canvas.fill((0, 0, 700, 500), np.array([90, 120, 130]))
    listing(s, 40.0, 500.0, rows=9)
    before = s.canvas.paper.copy()
    highlight(s.canvas, SCREEN, Colours(PAPER, INK, grey=True))
    assert np.array_equal(s.canvas.paper, before)


def test_a_page_without_lines_has_nothing_to_highlight(library, texts, tiles):
    canvas = setter(library, texts, tiles, 3).canvas
    highlight(canvas, SCREEN, Colours(PAPER, INK, grey=True))
    assert (canvas.paper == PAPER).all()
