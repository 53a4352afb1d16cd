"""Texts set out as they stand on the page, however it lies."""

import numpy as np
import pytest

from ppocr_lite.geometry import order_quad
from ppocr_lite.structures import OCRResult, TextLine

SIZE = (300, 400)
TEXTS = {
    (20, 20): "BREAD",
    (220, 20): "3.99",
    (270, 20): "B",
    (20, 50): "MILK, WHOLE",
    (220, 50): "10.49",
    (20, 140): "TOTAL",
    (220, 140): "14.48",
}
LAYOUT = """\
BREAD               3.99 B
MILK, WHOLE         10.49

TOTAL               14.48"""


def quad(x: float, y: float, text: str) -> np.ndarray:
    width = 10 * len(text)
    return np.array([[x, y], [x + width, y], [x + width, y + 20], [x, y + 20]], np.float32)


def lying(quads: list[np.ndarray], angle: int) -> list[np.ndarray]:
    """The quads in the picture of a page that is turned clockwise by ``angle``."""
    height, width = SIZE
    for _ in range(angle // 90):
        quads = [np.stack((height - q[:, 1], q[:, 0]), axis=1) for q in quads]
        height, width = width, height
    return [order_quad(q) for q in quads]


@pytest.mark.parametrize("angle", [0, 90, 180, 270])
def test_rows_and_columns_stay(angle: int) -> None:
    quads = lying([quad(*place, text) for place, text in TEXTS.items()], angle)
    lines = tuple(TextLine(q, text, 0.9) for q, text in zip(quads, TEXTS.values()))
    result = OCRResult(lines, SIZE if angle % 180 == 0 else SIZE[::-1], angle=angle)
    assert result.layout_text == LAYOUT
    assert [[line.text for line in row] for row in result.rows] == [
        ["BREAD", "3.99", "B"],
        ["MILK, WHOLE", "10.49"],
        ["TOTAL", "14.48"],
    ]


def test_rows_of_a_skewed_page_stay_together() -> None:
    turn = np.deg2rad(6)
    matrix = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]], np.float32)
    lines = tuple(TextLine(quad(*place, text) @ matrix, text, 0.9) for place, text in TEXTS.items())
    assert OCRResult(lines, SIZE).layout_text == LAYOUT


def test_long_texts_push_those_behind_them() -> None:
    lines = (
        TextLine(np.array([[0, 0], [30, 0], [30, 20], [0, 20]], np.float32), "narrow", 0.9),  # 5 px a letter
        TextLine(np.array([[40, 0], [60, 0], [60, 20], [40, 20]], np.float32), "ab", 0.9),
        TextLine(np.array([[0, 30], [200, 30], [200, 50], [0, 50]], np.float32), "twenty letters in it", 0.9),
    )
    assert OCRResult(lines, SIZE).layout_text == "narrow ab\ntwenty letters in it"


def test_nothing_read() -> None:
    empty = OCRResult((), SIZE)
    assert empty.layout_text == ""
    assert empty.rows == ()
    blank = TextLine(quad(0, 0, "x"), "", 0.1)
    assert OCRResult((blank,), SIZE).layout_text == ""
