import json
import re

import cv2
import numpy as np
import pytest

from ppocr_lite.synth import PageRenderer
from ppocr_lite.synth.canvas import Canvas
from ppocr_lite.synth.page import LAYOUTS, PageSample
from ppocr_lite.synth.placing import place
from ppocr_lite.synth.sampling import NoiseTiles
from ppocr_lite.synth.stream import det_label


@pytest.fixture
def canvas(library):
    return Canvas(120, 400, library, np.random.default_rng(0), np.full((120, 400, 3), 255, np.float32))


def test_box_is_tight_around_the_ink(canvas):
    canvas.put(canvas.sized(0, 30), "Hxg", 50, 60)
    rows, columns = np.nonzero(canvas.layers[0].mask > 70)
    assert canvas.texts == ["Hxg"]
    expected = (columns.min() - 1, rows.min() - 1, columns.max() + 2, rows.max() + 2)
    assert canvas.boxes[0] == pytest.approx(expected, abs=1.01)


def test_flat_signs_get_a_box_of_letter_height(canvas):
    canvas.put(canvas.sized(0, 30), "-", 50, 60)
    _, top, _, bottom = canvas.boxes[0]
    assert bottom - top >= 0.45 * 30


def test_text_beyond_the_page_is_neither_drawn_nor_labelled(canvas):
    canvas.put(canvas.sized(0, 30), "far too long for this page, much too long", 50, 60)
    canvas.put(canvas.sized(0, 30), "low", 50, 140)
    assert canvas.boxes == []


def test_alignment(canvas):
    face = canvas.sized(0, 20)
    canvas.put(face, "HHH", 200, 30, align="right")
    canvas.put(face, "HHH", 200, 60, align="centre")
    canvas.put(face, "HHH", 200, 90)
    right, centre, left = canvas.boxes
    assert right[2] == pytest.approx(200, abs=4)
    assert (centre[0] + centre[2]) / 2 == pytest.approx(200, abs=3)
    assert left[0] == pytest.approx(200, abs=4)


def test_wrapped_lines_fit_the_width(canvas):
    face = canvas.sized(0, 16)
    lines = canvas.wrap(face, ["the", "quick", "brown", "fox", "jumps", "over"], 100)
    assert " ".join(lines) == "the quick brown fox jumps over"
    assert all(face.font.getlength(line) <= 100 for line in lines)


@pytest.mark.parametrize(("layout", "share"), LAYOUTS, ids=lambda v: getattr(v, "name", ""))
def test_each_layout_gives_labelled_lines(layout, share, library, texts):
    renderer = PageRenderer(library, texts, kinds=[(layout, share)], side=(320, 420))
    for seed in range(3):
        page = renderer.render(np.random.default_rng(seed))
        assert page.image.dtype == np.uint8
        assert page.image.ndim == 3
        assert page.quads.shape == (len(page.texts), 4, 2)
        assert page.quads.dtype == np.float32
        assert len(page.texts) > 0
        assert all(page.texts)


def test_quads_lie_on_their_ink(library, texts):
    """What differs from the paper lies in the quads; pictures and signatures outside are the rest."""
    letter = [pair for pair in LAYOUTS if pair[0].name == "letter"]
    renderer = PageRenderer(library, texts, kinds=letter, side=(500, 600), level=0, turned=1.0)
    for seed in range(4):
        page = renderer.render(np.random.default_rng(seed))
        grey = cv2.cvtColor(page.image, cv2.COLOR_BGR2GRAY).astype(np.float32)
        inside = np.zeros(grey.shape, np.uint8)
        cv2.fillPoly(inside, [np.round(q).astype(np.int32) for q in page.quads], 1)
        ink = np.abs(grey - np.median(grey))
        assert ink[inside == 1].mean() > 3 * ink[inside == 0].mean() + 3


def test_placing_moves_boxes_with_the_picture():
    image = np.full((200, 300), 255, np.float32)
    image[80:100, 100:160] = 0
    lines = np.array([[[100, 80], [160, 80], [160, 100], [100, 100]]], np.float32)
    for seed in range(6):
        rng = np.random.default_rng(seed)
        warped, quads, seen = place(image, lines, rng, NoiseTiles(), level=1.0, desk=False, photographed=True)
        rows, columns = np.nonzero(warped < 128)
        middle = quads[0].mean(axis=0)
        assert seen[0] > 0.99
        assert abs(columns.mean() - middle[0]) < 2
        assert abs(rows.mean() - middle[1]) < 2


def test_slanted_lines_keep_their_corners(canvas):
    quad = np.array([[50, 40], [90, 20], [95, 40], [55, 60]], np.float32)
    canvas.put(canvas.sized(0, 20), "H", 200, 100)
    canvas.add_quad(quad, "Exit")
    assert canvas.boxes[1] == (50, 20, 95, 60)
    quads = canvas.quads()
    assert quads[1].tolist() == quad.tolist()
    left, top, right, bottom = canvas.boxes[0]
    assert quads[0].ravel().tolist() == pytest.approx([left, top, right, top, right, bottom, left, bottom])


def test_boards_in_a_street_carry_their_text(library, texts):
    """The ink of a board lies in its quad, whatever way the board is turned."""
    layout = [pair for pair in LAYOUTS if pair[0].name == "street"]
    renderer = PageRenderer(library, texts, kinds=layout, side=(500, 640), level=0)
    for seed in range(4):
        page = renderer.render(np.random.default_rng(seed))
        tilted = np.abs(page.quads[:, 1, 1] - page.quads[:, 0, 1]) > 1
        assert tilted.any()
        for quad, text in zip(page.quads, page.texts):
            if text != "###":
                size = (80, 24)
                flat = np.array([[0, 0], [80, 0], [80, 24], [0, 24]], np.float32)
                crop = cv2.warpPerspective(page.image, cv2.getPerspectiveTransform(quad, flat), size)
                assert crop.astype(np.float32).std() > 8  # ink and ground, not ground alone


def test_signs_side_by_side_are_boxes_of_their_own(library, texts):
    """Columns of a board share a row and do not touch; no two boxes of a street lie on each other."""
    layout = [pair for pair in LAYOUTS if pair[0].name == "street"]
    renderer = PageRenderer(library, texts, kinds=layout, side=(700, 800), level=0)
    beside = 0
    for seed in range(16):
        quads = renderer.render(np.random.default_rng(seed)).quads
        for i, first in enumerate(quads):
            height = np.linalg.norm(first[3] - first[0])
            for second in quads[i + 1 :]:
                shared, _ = cv2.intersectConvexConvex(first, second)
                assert shared < 0.1 * min(cv2.contourArea(first), cv2.contourArea(second))
                step = (second[[0, 3]] - first[[1, 2]]).mean(axis=0)
                along = (first[1] - first[0]) / np.linalg.norm(first[1] - first[0])
                across = abs(float(step @ (-along[1], along[0])))
                beside += 0.5 * height < float(step @ along) < 6 * height and across < 0.2 * height
    assert beside >= 5


def test_receipts_have_rows_with_deductions(library, texts):
    layout = [pair for pair in LAYOUTS if pair[0].name == "receipt"]
    renderer = PageRenderer(library, texts, kinds=layout, side=(700, 800), level=0)
    deductions = 0
    for seed in range(24):
        page = renderer.render(np.random.default_rng(seed))
        found = [text for text in page.texts if re.fullmatch(r"\d*\.\d\d-|-\d*\.\d\d", text)]
        deductions += len(found)
    assert deductions >= 8


def test_rows_of_signs_are_no_text(library, texts):
    layout = [pair for pair in LAYOUTS if pair[0].name == "receipt"]
    renderer = PageRenderer(library, texts, kinds=layout, side=(500, 600))
    found = [t for seed in range(12) for t in renderer.render(np.random.default_rng(seed)).texts]
    assert not [t for t in found if len(t) > 6 and len(set(t) - {" "}) == 1 and not t.strip("-=*_~#. ")]


def test_det_label_as_paddleocr_writes_it():
    quad = np.array([[[1.26, 2], [9, 2], [9, 5], [1, 5]]], np.float32)
    page = PageSample(np.zeros((8, 12, 3), np.uint8), quad, ['say "½"'], "letter", "scan")
    label = det_label(page)
    assert json.loads(label) == [
        {"transcription": 'say "½"', "points": [[1.3, 2.0], [9.0, 2.0], [9.0, 5.0], [1.0, 5.0]]}
    ]
    assert "½" in label
