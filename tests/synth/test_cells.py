"""Print in cells: every character has the same room, and printers without rows below the line."""

import cv2
import numpy as np
import pytest

from ppocr_lite.synth.cells import CellFont, Needles, in_cells
from ppocr_lite.synth.font_scan import open_font
from ppocr_lite.synth.ink import draw_text, glyph_of


@pytest.fixture(scope="module")
def font(font_file):
    return open_font(font_file, 40)


def ink_of(font, text):
    """Rows above and below the baseline, and columns, that have ink."""
    ink = draw_text(font, text, np.random.default_rng(0), pad=10)
    rows, columns = np.flatnonzero((ink.mask > 60).any(axis=1)), np.flatnonzero((ink.mask > 60).any(axis=0))
    return rows - ink.baseline, columns - ink.left


def test_each_character_has_its_cell(font):
    cells = CellFont(font, 30)
    ink = draw_text(cells, "i1 MW", np.random.default_rng(0), pad=10)
    assert ink.right - ink.left == 5 * 30 == cells.getlength("i1 MW")
    drawn = [(ink.mask[:, ink.left + 30 * i : ink.left + 30 * (i + 1)] > 60).any(axis=0) for i in range(5)]
    assert [bool(cell.any()) for cell in drawn] == [True, True, False, True, True]
    for cell in (drawn[0], drawn[1], drawn[3], drawn[4]):
        columns = np.flatnonzero(cell)
        assert abs((columns[0] + columns[-1]) / 2 - 14.5) <= 2  # in the middle
        assert columns[-1] - columns[0] < 0.95 * 30  # wide letters are narrowed


def test_descenders(font):
    kept, squeezed = CellFont(font, 30), CellFont(font, 30, squeezed=True)
    assert ink_of(kept, "p")[0].max() > 5
    assert ink_of(squeezed, "p")[0].max() <= 0
    assert abs(ink_of(squeezed, "p")[0].min() - ink_of(kept, "p")[0].min()) <= 1  # as high as it was
    np.testing.assert_array_equal(ink_of(squeezed, "x")[0], ink_of(kept, "x")[0])  # it stood on the line


def test_pitches_differ(font):
    rng = np.random.default_rng(0)
    pitches = {in_cells(font, rng).pitch for _ in range(30)}
    assert len(pitches) > 8
    assert min(pitches) >= 0.9 * font.getlength("0")


def test_needles_print_dots_where_the_small_typeface_has_pixels(font):
    rows = 10
    small = font.font_variant(size=rows)
    mask, _ = small.getmask2("E", mode="1", anchor="ls")
    pins = np.array(mask, np.uint8).reshape(mask.size[1], mask.size[0]) > 0
    drawn, _, top = Needles(small, rows, dot=0.6).glyph("E", 80)  # 8 pixels from dot to dot, 5 wide
    ends = np.diff(np.concatenate(([0], (drawn > 127).any(axis=1), [0])).astype(int))
    assert (ends == 1).sum() == len(pins)  # each row of dots stands alone
    count, _ = cv2.connectedComponents((drawn > 127).astype(np.uint8))
    assert count - 1 == pins.sum()
    plain, _, plain_top = glyph_of(open_font(font.path, 80), "E")
    lit = np.flatnonzero((drawn > 127).any(axis=1)) + top
    assert abs(lit[0] - plain_top) <= 8  # as high as the letter, but for a row
    assert abs(lit[-1] + 1 - (plain_top + len(plain))) <= 8


def test_needles_are_drawn_for_some_printers_only(font):
    rng = np.random.default_rng(0)
    heads = [in_cells(font, rng, needles=True).needles for _ in range(40)]
    assert 8 < sum(head is None for head in heads) < 32
    assert len({head.rows for head in heads if head}) > 3
    assert all(in_cells(font, rng).needles is None for _ in range(10))
    assert all(in_cells(open_font(font.path, 11), rng, needles=True).needles is None for _ in range(10))
