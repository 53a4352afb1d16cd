"""Drawings: right places, right sizes, with and without Pillow."""

import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from ppocr_lite.errors import DataError
from ppocr_lite.structures import OCRResult, TextLine, TextSpan
from ppocr_lite.visualize import draw, draw_boxes, write_image

QUAD = np.array([[40, 30], [200, 30], [200, 60], [40, 60]], np.float32)
TALL = np.array([[240, 20], [260, 20], [260, 110], [240, 110]], np.float32)


@pytest.fixture
def result() -> OCRResult:
    return OCRResult((TextLine(QUAD, "Hello Ähre", 0.9), TextLine(TALL, "down", 0.9)), (120, 300))


@pytest.mark.parametrize("with_pillow", [True, False])
def test_text_stands_in_its_box_on_the_right(
    result: OCRResult, with_pillow: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if with_pillow:
        pytest.importorskip("PIL")
    else:
        monkeypatch.setitem(sys.modules, "PIL", None)
    drawn = draw(np.full((120, 300, 3), 100, np.uint8), result)
    assert drawn.shape == (120, 600, 3)
    page = drawn[:, 300:]
    black = (page < 90).all(axis=2)
    assert black[32:59, 42:199].sum() > 100
    assert black[22:109, 242:259].sum() > 50
    black[30:61, 40:201] = black[20:111, 240:261] = False
    assert not black.any()
    assert (drawn[:25, :30] == 100).all()  # beside the boxes the photograph is as it was
    assert not (drawn[45, 120] == 100).all()


def test_wide_pictures_are_stacked_and_text_can_be_left_out(result: OCRResult) -> None:
    image = np.zeros((60, 400, 3), np.uint8)
    assert draw(image, result).shape == (120, 400, 3)
    assert draw(image, result, text=False).shape == (60, 400, 3)
    assert draw(np.zeros((120, 300, 3), np.uint8), OCRResult((), (120, 300))).shape == (120, 600, 3)


def test_words_are_outlined(result: OCRResult) -> None:
    word = TextSpan("Ähre", 0.9, np.array([[120, 32], [196, 32], [196, 58], [120, 58]], np.float32))
    with_word = replace(result, lines=(replace(result.lines[0], words=(word,)), *result.lines[1:]))
    image = np.full((120, 300, 3), 100, np.uint8)
    changed = (draw(image, with_word) != draw(image, result)).any(axis=2)
    rows, columns = np.nonzero(changed[:, :300])
    found = [rows.min(), rows.max(), columns.min(), columns.max()]
    np.testing.assert_allclose(found, [32, 58, 120, 196], atol=1)
    assert not changed[34:56, 122:194].any()
    assert changed[:, 300:].any()


def test_boxes_do_not_change_the_picture() -> None:
    image = np.zeros((120, 300, 3), np.uint8)
    drawn = draw_boxes(image, QUAD[None])
    assert image.max() == 0
    assert drawn[30, 100].tolist() == [255, 255, 0]
    assert drawn[45, 100].tolist() == [0, 0, 0]
    assert draw_boxes(image, np.zeros((0, 4, 2))).max() == 0


def test_write_image(tmp_path: Path) -> None:
    image = np.full((4, 5, 3), 9, np.uint8)
    assert write_image(tmp_path / "ä.jpg", image) == tmp_path / "ä.jpg"
    assert write_image(tmp_path / "a.gif", image).name == "a.png"
    assert write_image(tmp_path / "a.pdf_3", image).name == "a.pdf_3.png"
    assert cv2.imread(str(tmp_path / "a.png")).shape == (4, 5, 3)
    with pytest.raises(DataError, match="cannot be encoded"):
        write_image(tmp_path / "b.jpg", np.zeros((1, 70_000, 3), np.uint8))
