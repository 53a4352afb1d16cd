"""Columns within lines: texts with tabs, gaps in the picture, labels."""

import re

import numpy as np
import pytest

from ppocr_lite.charset import Charset
from ppocr_lite.synth import LineRenderer, TextSource
from ppocr_lite.synth.ink import TextStyle, draw_text, lay_out
from ppocr_lite.synth.rows import TAX_LETTERS, goods_name, row, till_line
from ppocr_lite.synth.text import single_spaced, without_last_word

COLUMNS = Charset.load("en_columns.txt").characters


@pytest.fixture(scope="module")
def column_texts(text_dir):
    return TextSource([text_dir], COLUMNS)


def test_rows_have_tabs_between_columns_and_single_spaces_within(column_texts):
    rng = np.random.default_rng(0)
    rows = [column_texts.clean(row(rng, column_texts)) for _ in range(300)]
    assert sum("\t" in r for r in rows) > 200
    for text in rows:
        assert text == text.strip()
        assert not re.search(r"[ \t]{2}|\n", text)


def test_letters_of_tax_classes_are_columns_of_their_own(column_texts):
    rng = np.random.default_rng(1)
    lines = [till_line(rng, column_texts) for _ in range(400)]
    flagged = [line for line in lines if re.search(r"\d\t[A-Z]{1,2}$", line)]
    assert len(flagged) > 60
    assert {line.rpartition("\t")[2] for line in flagged} <= set("".join(TAX_LETTERS)) | {"TF"}


def test_a_charset_without_the_tab_gets_spaces(texts, column_texts):
    assert texts.clean("3.99\tB") == "3.99 B"
    assert column_texts.clean(" 3.99 \t\t B ") == "3.99\tB"
    assert not any("\t" in texts.sample(np.random.default_rng(i), i) for i in range(300))


def test_words_are_taken_off_at_spaces_and_tabs():
    assert single_spaced("\t a  b\t \tc\t") == "a b\tc"
    assert without_last_word("a b\tc") == "a b"
    assert without_last_word("a\tb c") == "a\tb"
    assert without_last_word("abc") == ""


def test_the_balance_of_characters_includes_the_tab(column_texts):
    rng = np.random.default_rng(0)
    turns = range(-(-len(COLUMNS) // 4))
    assert any("\t" in column_texts.balanced(rng, turn) for turn in turns)


def test_gaps_between_columns_are_wide_but_before_a_letter(library):
    font = library.load(0, 20)
    space, rng = font.getlength(" "), np.random.default_rng(0)
    wide = [_gap(font, "left\tright", rng) / space for _ in range(100)]
    near = [_gap(font, "3.99\tB", rng) / space for _ in range(100)]
    assert min(wide) > 1.5
    assert np.median(wide) > 2.5
    assert min(near) == pytest.approx(1)
    assert np.median(near) <= 2


def _gap(font, text, rng):
    _, _, runs = lay_out(font, text, TextStyle(), rng)
    assert [r[2] for r in runs] == text.split("\t")
    return runs[1][0] - runs[0][1]


def test_nothing_is_drawn_between_columns(library):
    ink = draw_text(library.load(0, 20), "3.99\tright", np.random.default_rng(3))
    (_, end), (start, _) = ink.runs
    assert ink.texts == ("3.99", "right")
    assert ink.mask[:, end + 2 : start - 2].max(initial=0) == 0


def test_labels_of_lines_tell_where_columns_end(library, texts, column_texts):
    with_tabs = LineRenderer(library, column_texts)
    without = LineRenderer(library, texts)
    for i in range(30):
        line = with_tabs.render(np.random.default_rng(i), "ab cd\t12.50")
        assert line.text.replace("\t", " ") == "ab cd 12.50"
        assert "\t12.50" in line.text
        assert without.render(np.random.default_rng(i), "ab cd 12.50").text == "ab cd 12.50"


def test_tills_leave_vowels_out():
    class Words:
        def word(self, rng):
            return "biscuit"

        def name(self, rng):
            return "Bob"

    rng = np.random.default_rng(0)
    names = {goods_name(rng, Words(), upper=1.0) for _ in range(100)}
    assert {"BISCUIT", "BSCT", "BIS"} <= names


def test_long_rows_are_shortened_even_if_their_first_column_is_one_sign(library, column_texts):
    renderer = LineRenderer(library, column_texts, max_ratio=8.0)
    for i in range(10):
        line = renderer.render(np.random.default_rng(i), "1\t" + "many words in one row " * 6)
        assert line.text.startswith("1")
        assert len(line.text) < 40
