"""Print in cells: every character has the same room, and printers without rows below the line."""

import numpy as np
import pytest

from ppocr_lite.synth.cells import CellFont, in_cells
from ppocr_lite.synth.font_scan import open_font
from ppocr_lite.synth.ink import draw_text


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
