"""The scores of whole systems on rendered pages."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from ppocr_lite.structures import TextLine
from ppocr_lite.synth.page import PageSample

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "rendered_pages.py"


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("rendered_pages", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def quad(x, y):
    return np.array([[x, y], [x + 100, y], [x + 100, y + 20], [x, y + 20]], np.float32)


def test_words_lines_and_false_alarms(script):
    page = PageSample(
        np.zeros((200, 400, 3), np.uint8),
        np.stack([quad(0, 0), quad(0, 50), quad(0, 100)]),
        ["Total: 9", "Two words", "###"],
        "receipt",
        "scan",
    )
    lines = [
        TextLine(quad(0, 0), "Total 9", 0.9),  # the colon is at a word's end, but the line is not whole
        TextLine(quad(2, 51), "Two words", 0.9),
        TextLine(quad(0, 101), "nobody can read it", 0.9),
        TextLine(quad(250, 150), "window", 0.9),
    ]
    assert script.judge(page, lines).tolist() == [1, 4, 5, 4, 2, 1, 1]
    assert script.row(np.array([2, 4, 5, 4, 2, 1, 1])) == ["2", "0.889", "0.800", "1.000", "0.500", "0.5"]


def test_pages_that_bow_keep_their_labels_on_the_ink(script):
    image = np.full((200, 400, 3), 255, np.uint8)
    image[50:60] = 0  # a line across the page
    corners = np.array([[0, 50], [399, 50], [399, 60], [0, 60]], np.float32)
    page = script.bowed_by(PageSample(image, corners[None], ["line"], "letter", "scan"), 0.05)
    assert page.image.shape == (200 + 2 * 21, 400, 3)
    tops = (page.image[:, :, 0] < 128).argmax(axis=0)
    assert tops[0] == pytest.approx(50 + 21 + 20, abs=1)  # 5 % of the width at the left
    assert tops[200] == pytest.approx(50 + 21, abs=1)
    assert tops[399] == pytest.approx(50 + 21 + 6, abs=1)  # three tenths of that at the right
    np.testing.assert_allclose(page.quads[0, :2, 1], tops[[0, 399]], atol=1)
