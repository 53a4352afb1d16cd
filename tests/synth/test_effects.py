import numpy as np
import pytest

from ppocr_lite.synth import effects as fx
from ppocr_lite.synth.colours import choose_colours, lay_ink, tint
from ppocr_lite.synth.sampling import NoiseTiles, Weighted
from ppocr_lite.synth.scenes import CLEAN, SCENE_SHARES, age_ink, photometric


@pytest.fixture(scope="module")
def tiles():
    return NoiseTiles()


def test_bilevel_threshold_by_hand(tiles):
    image = np.array([[0, 99, 100, 101, 200]], np.float32)
    found = fx.bilevel(image, np.random.default_rng(0), tiles, dark=0, light=200, shift=0, noise=0)
    assert found.tolist() == [[0, 0, 0, 255, 255]]
    bold = fx.bilevel(image, np.random.default_rng(0), tiles, dark=0, light=200, shift=0.25, noise=0)
    assert bold.tolist() == [[0, 0, 0, 0, 255]]


def test_ink_over_paper_by_hand():
    paper = np.full((1, 2), 200, np.float32)
    mask = np.array([[0.0, 0.5]], np.float32)
    assert lay_ink(paper, mask, np.array([0, 100, 0], np.float32)).tolist() == [[200, 150]]
    coloured = np.full((1, 1, 3), 200, np.float32)
    laid = lay_ink(coloured, np.ones((1, 1), np.float32), np.array([1, 2, 3], np.float32))
    assert laid.tolist() == [[[1, 2, 3]]]


def test_tint_keeps_brightness():
    colour = tint(np.random.default_rng(5), 128, amount=0.5)
    assert colour @ np.array([0.114, 0.587, 0.299]) == pytest.approx(128, abs=0.5)
    assert np.ptp(colour) > 1


def test_contrast_is_never_below_the_scenes_least():
    for scene, _ in SCENE_SHARES:
        for seed in range(60):
            colours = choose_colours(np.random.default_rng(seed), scene, level=1.0)
            if colours.grey:
                assert abs(float(colours.paper[0] - colours.ink[0])) >= min(60, scene.contrast[0]) - 1


@pytest.mark.parametrize("scene", [s for s, _ in SCENE_SHARES], ids=lambda s: s.name)
@pytest.mark.parametrize("shape", [(20, 90), (20, 90, 3), (7, 5)])
def test_damage_keeps_shape_and_is_finite(scene, shape, tiles):
    for seed in range(25):
        rng = np.random.default_rng(seed)
        mask = age_ink(np.zeros(shape[:2], np.float32), rng, tiles, scene, level=1.0, xh=6)
        assert mask.shape == shape[:2]
        image = photometric(np.full(shape, 200, np.float32), rng, tiles, scene, level=1.0, xh=6)
        assert image.shape[:2] == shape[:2]
        assert np.isfinite(image).all()


def test_level_zero_leaves_the_picture_alone(tiles):
    image = np.full((9, 9), 123, np.float32)
    assert photometric(image, np.random.default_rng(0), tiles, SCENE_SHARES[1][0], level=0, xh=8) is image
    assert photometric(image, np.random.default_rng(0), tiles, CLEAN, level=1, xh=8) is image


def test_noise_tiles_are_the_same_everywhere(tiles):
    again = NoiseTiles()
    assert (again.white == tiles.white).all()
    assert (again.photo == tiles.photo).all()
    assert tiles.white.std() == pytest.approx(1, abs=0.01)
    assert tiles.cut(np.random.default_rng(0), tiles.grain, 700, 30).shape == (700, 30)


def test_weighted_draws_in_proportion():
    draw = Weighted([("a", 3.0), ("b", 1.0)])
    rng = np.random.default_rng(0)
    share = sum(draw(rng) == "a" for _ in range(4000)) / 4000
    assert share == pytest.approx(0.75, abs=0.03)


@pytest.mark.parametrize("shape", [(60, 90), (60, 90, 3)])
def test_folds_shadows_and_stripes_are_bounded(shape):
    image = np.full(shape, 128, np.float32)
    for seed in range(20):
        folded = fx.creases(image, np.random.default_rng(seed), count=2, depth=30)
        assert 0 < np.abs(folded - 128).max() <= 30.01  # each of the two takes at most half its depth
        striped = fx.moire(image, np.random.default_rng(seed), depth=20)
        assert 1 < np.abs(striped - 128).max() <= 10.01
        shaded = fx.cast_shadow(image, np.random.default_rng(seed), depth=0.5)
        assert 63.9 <= shaded.min() <= shaded.max() <= 128.01
        assert {folded.shape, striped.shape, shaded.shape} == {shape}


def test_noise_keeps_its_grain_on_large_pages(tiles):
    """Enlarged noise would be blotches; that of photographs may be enlarged."""
    rng = np.random.default_rng(0)
    noise = tiles.cut(rng, tiles.white, 1300, 900)
    assert noise.shape == (1300, 900)
    neighbours = np.corrcoef(noise[:, :-1].ravel()[::7], noise[:, 1:].ravel()[::7])[0, 1]
    assert abs(neighbours) < 0.02
    assert tiles.cut(rng, tiles.photo, 700, 3000).shape == (700, 3000)
