import numpy as np
import pytest

from ppocr_lite.synth import LineRenderer
from ppocr_lite.synth.ink import TextStyle, draw_text


def test_lines_have_the_height_and_their_text(library, texts):
    renderer = LineRenderer(library, texts, height=32)
    for i in range(60):
        line = renderer.render(np.random.default_rng([1, i]), index=i)
        assert line.image.dtype == np.uint8
        assert line.image.shape[0] == 32
        assert line.image.shape[2] == 3
        assert line.text == " ".join(line.text.split())
        assert library.has_glyphs(0, line.text)
        assert np.ptp(line.image) > 20, line.text


def test_natural_heights_vary(library, texts):
    renderer = LineRenderer(library, texts, height=None)
    heights = {renderer.render(np.random.default_rng([2, i])).image.shape[0] for i in range(60)}
    assert min(heights) < 20
    assert max(heights) > 45


def test_text_in_unknown_glyphs_loses_them(library, texts):
    line = LineRenderer(library, texts).render(np.random.default_rng(0), "café No. 5")
    assert line.text == "caf No. 5"


def test_too_wide_lines_lose_words(library, texts):
    renderer = LineRenderer(library, texts, max_ratio=6)
    for i in range(20):
        line = renderer.render(np.random.default_rng(i), "many words stand in this long line of text")
        assert "many words stand in this long line of text".startswith(line.text)
        assert line.ratio < 13


def test_longer_text_is_wider(library, texts):
    renderer = LineRenderer(library, texts, level=0)
    ratios = [renderer.render(np.random.default_rng(7), "n" * k).ratio for k in (2, 10, 30)]
    assert ratios == sorted(ratios)


def test_wide_gaps_part_the_runs(library):
    style = TextStyle(wide_gap_chance=1.0)
    ink = draw_text(library.load(0, 20), "one two", np.random.default_rng(0), style=style)
    assert ink.texts == ("one", "two")
    (left, end), (start, right) = ink.runs
    assert start - end > 2.5 * library.load(0, 20).getlength(" ") - 1
    assert ink.mask[:, left:end].max() == 255
    assert ink.mask[:, end + 2 : start - 2].max() == 0
    assert ink.mask[:, right + 3 :].max() == 0


@pytest.mark.parametrize("gap", [-1.0, 4.0])
def test_letter_gap_changes_the_width_by_each_gap(library, gap):
    font = library.load(0, 20)
    rng = np.random.default_rng(0)
    plain = sum(font.getlength(c) for c in "abcd")
    ink = draw_text(font, "abcd", rng, style=TextStyle(letter_gap=gap))
    assert ink.right - ink.left == pytest.approx(plain + 3 * gap, abs=1.01)


def test_crops_without_text(library, texts):
    renderer = LineRenderer(library, texts, empty=1.0)
    for i in range(40):
        line = renderer.render(np.random.default_rng([3, i]), index=i)
        assert (line.text, line.font) == ("", "")
        assert line.image.dtype == np.uint8
        assert line.image.shape[0] == 32
        assert 0.5 < line.ratio < 20


def test_share_of_crops_without_text(library, texts):
    renderer = LineRenderer(library, texts, empty=0.25)
    empty = sum(not renderer.render(np.random.default_rng([4, i]), index=i).text for i in range(200))
    assert 30 < empty < 70
    assert renderer.render(np.random.default_rng([4, 0]), "given").text == "given"
