"""Some words of a line on another ground: they stay legible, and the rest of the line stays as it was."""

import numpy as np
import pytest

from ppocr_lite.synth.colours import Colours, lay_ink
from ppocr_lite.synth.patches import _middles_of_gaps, patched
from ppocr_lite.synth.scenes import SCAN, SCREEN


def words(count: int = 3) -> np.ndarray:
    """A mask, 24 high: words of three bars 6 px wide, 2 apart, with 14 px between the words."""
    mask = np.zeros((24, 10 + count * 36), np.float32)
    for word in range(count):
        for bar in range(3):
            left = 10 + word * 36 + bar * 8
            mask[4:20, left : left + 6] = 1.0
    return mask


def line(mask: np.ndarray, *, grey: bool) -> tuple[np.ndarray, Colours]:
    colours = Colours(np.full(3, 240, np.float32), np.full(3, 20, np.float32), grey=grey)
    shape = mask.shape if grey else (*mask.shape, 3)
    return lay_ink(np.full(shape, 240, np.float32), mask, colours.ink), colours


def test_gaps_are_between_words_alone():
    # A word is 22 px wide; the gap after it, from 32 to 46.
    assert _middles_of_gaps(words()) == [5, 39, 75, 111]


@pytest.mark.parametrize("grey", [True, False])
@pytest.mark.parametrize("scene", [SCAN, SCREEN], ids=lambda s: s.name)
def test_ink_stands_out_from_its_ground_and_the_rest_stays(scene, grey):
    mask = words()
    image, colours = line(mask, grey=grey)
    changed = 0
    for seed in range(60):
        drawn = patched(np.random.default_rng(seed), image.copy(), mask, scene, colours)
        assert drawn.shape[:2] == mask.shape
        assert 0 <= drawn.min() <= drawn.max() <= 255
        as_drawn = drawn if drawn.ndim == 3 else np.dstack([drawn] * 3)
        before = image if image.ndim == 3 else np.dstack([image] * 3)
        columns = np.flatnonzero((np.abs(as_drawn - before) > 0.5).any(axis=(0, 2)))
        if not len(columns):
            continue
        changed += 1
        inside = slice(int(columns[0]), int(columns[-1]) + 1)
        middle = as_drawn[10:14, inside]
        if 0 < mask[12, inside].mean() < 1:
            ink, ground = middle[:, mask[12, inside] == 1], middle[:, mask[12, inside] == 0]
            assert np.abs(ink.mean(axis=(0, 1)) - ground.mean(axis=(0, 1))).max() > 40
    assert changed > 45


def test_most_patches_hold_whole_words():
    mask = words()
    image, colours = line(mask, grey=False)
    places = {0, *_middles_of_gaps(mask), mask.shape[1]}
    whole = 0
    for seed in range(200):
        drawn = patched(np.random.default_rng(seed), image, mask, SCREEN, colours)
        columns = np.flatnonzero(np.abs(drawn[12] - image[12]).max(axis=1) > 0.5)
        whole += len(columns) > 0 and {int(columns[0]), int(columns[-1]) + 1} <= places
    assert whole > 140


def test_a_line_too_narrow_for_a_patch_is_left_alone():
    mask = np.ones((24, 2), np.float32)
    image, colours = line(mask, grey=True)
    assert patched(np.random.default_rng(0), image, mask, SCAN, colours) is image
