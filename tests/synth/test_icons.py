"""Icons: each is drawn, stays within its square, and is cut out with a line without a label."""

import numpy as np
import pytest

from ppocr_lite.synth import TextSource
from ppocr_lite.synth import line as line_module
from ppocr_lite.synth.icons import ICONS, SIDE, draw_icon
from ppocr_lite.synth.line import LineRenderer
from ppocr_lite.synth.scenes import CLEAN


@pytest.mark.parametrize("icon", ICONS, ids=lambda i: i.__name__)
def test_each_icon_leaves_ink_and_ground(icon):
    for seed in range(10):
        mask = np.zeros((SIDE, SIDE), np.uint8)
        icon(mask, np.random.default_rng(seed), 5)
        assert 0.05 < (mask > 127).mean() < 0.9


def test_an_icon_stays_in_its_square():
    mask = np.zeros((60, 90), np.uint8)
    draw_icon(np.random.default_rng(0), mask, 40, 20, 24, strength=200)
    rows, columns = np.nonzero(mask)
    assert 20 <= rows.min() <= rows.max() < 44
    assert 40 <= columns.min() <= columns.max() < 64
    assert mask.max() <= 200


@pytest.mark.parametrize("place", [(-12, -12), (80, 50), (200, 200)])
def test_an_icon_is_cut_at_the_edge(place):
    mask = np.zeros((60, 90), np.uint8)
    draw_icon(np.random.default_rng(1), mask, *place, 24)
    assert mask.any() == (place != (200, 200))


def test_a_line_with_an_icon_is_longer_and_says_the_same(library, texts: TextSource, monkeypatch):
    renderer = LineRenderer(library, texts, level=0.0, scenes=[(CLEAN, 1.0)])
    ratios = {}
    for share in (0.0, 1.0):
        monkeypatch.setattr(line_module, "_WITH_ICON", {CLEAN.name: share})
        samples = [renderer.render(np.random.default_rng(seed), "Inbox") for seed in range(40)]
        assert {sample.text for sample in samples} == {"Inbox"}
        ratios[share] = np.median([sample.ratio for sample in samples])
    assert ratios[1.0] > ratios[0.0] + 0.6
