"""Colours change, points do not."""

import numpy as np
import pytest

from ppocr_lite.errors import ConfigError
from ppocr_lite.transforms.augmenters import AUGMENTERS, build_augmenter
from ppocr_lite.transforms.augmenters.base import PixelAugmenter

PIXELS = [name for name, _, item in AUGMENTERS.items() if issubclass(item, PixelAugmenter)]
POINTS = np.arange(16, dtype=np.float32).reshape(2, 4, 2)


def rng(seed=0):
    return np.random.default_rng(seed)


def run(name, image, seed=0, **args):
    out, points = build_augmenter({"type": name, "args": args}, "x")(image, POINTS, rng(seed))
    assert points is POINTS
    return out


def picture(height=40, width=60):
    return rng(5).integers(0, 256, (height, width, 3), np.uint8)


@pytest.mark.parametrize("name", PIXELS)
def test_shape_and_type_stay_and_the_picture_given_is_not_touched(name):
    image, before = picture(), picture()
    outs = [run(name, image, seed) for seed in range(12)]
    assert all(out.shape == image.shape and out.dtype == np.uint8 for out in outs)
    np.testing.assert_array_equal(image, before)
    if name != "Grayscale":
        assert any((out != image).any() for out in outs)
    assert run(name, np.zeros((1, 1, 3), np.uint8)).shape == (1, 1, 3)


def grey(value):
    return np.full((4, 4, 3), value, np.uint8)


@pytest.mark.parametrize(
    ("name", "args", "before", "after"),
    [
        ("Multiply", {"mul": 1.5}, 100, 150),
        ("Multiply", {"mul": 3}, 100, 255),
        ("Add", {"value": -30}, 100, 70),
        ("LinearContrast", {"alpha": 0.5}, 227, 177),
        ("ContrastNormalization", {"alpha": 2}, 137, 147),
        ("GammaContrast", {"gamma": 2}, 51, 10),  # 255 * (1 / 5) ** 2 = 10.2
        ("Invert", {}, 100, 155),
        ("Sharpen", {"alpha": 1, "lightness": 1.5}, 100, 150),  # the picture and half of it
        ("GaussianBlur", {"sigma": 2}, 100, 100),
        ("AverageBlur", {"k": 3}, 100, 100),
        ("MedianBlur", {"k": 4}, 100, 100),
        ("MotionBlur", {"k": 5}, 100, 100),
    ],
)
def test_even_grey(name, args, before, after):
    assert (run(name, grey(before), **args) == after).all()


def test_colours():
    blue = np.zeros((2, 2, 3), np.uint8)
    blue[..., 0] = 255
    assert (run("Grayscale", blue) == 29).all()  # the luma of blue is 0.114
    assert run("Grayscale", blue, alpha=0.0)[0, 0].tolist() == [255, 0, 0]
    turned = run("AddToHueAndSaturation", blue, value=85)  # a third of a turn: 120 degrees
    assert turned[0, 0].tolist() == [0, 0, 255]
    apart = run("Add", grey(100), value=[-50, 50], per_channel=True)
    assert len(set(apart[0, 0].tolist())) == 3


def test_motion_blur_smears_along_its_angle():
    image = np.zeros((21, 21, 3), np.uint8)
    image[10, 10] = 255
    upright = run("MotionBlur", image, k=7, angle=0, direction=0) > 0
    assert upright[..., 0].sum(axis=0).tolist() == [0] * 10 + [7] + [0] * 10
    level = run("MotionBlur", image, k=7, angle=90, direction=0) > 0
    assert level[..., 0].any(axis=0).sum() >= 7


def test_noise_has_the_strength_it_is_told():
    image = np.full((200, 200, 3), 128, np.uint8)
    out = run("AdditiveGaussianNoise", image, scale=10).astype(float) - 128
    assert out.std() == pytest.approx(10, rel=0.05)
    assert (out[..., 0] == out[..., 1]).all()
    colour = run("AdditiveGaussianNoise", image, scale=10, per_channel=True)
    assert (colour[..., 0] != colour[..., 1]).any()
    salted = run("SaltAndPepper", image, p=0.2)
    assert ((salted == 0) | (salted == 255)).mean() == pytest.approx(0.2, abs=0.02)
    holes = run("CoarseDropout", image, p=0.3, size_percent=0.1)
    assert (holes == 0).mean() == pytest.approx(0.3, abs=0.08)


def test_cutout_fills_a_square():
    out = run("Cutout", np.zeros((50, 100, 3), np.uint8), seed=1, size=0.4, cval=9)
    rows, columns = np.nonzero(out[..., 0] == 9)
    assert 0 < len(rows) == (np.ptp(rows) + 1) * (np.ptp(columns) + 1) <= 20 * 20


def test_wrong_parameters():
    with pytest.raises(ConfigError, match=r"Cutout\.cval: expected a grey level"):
        run("Cutout", grey(1), cval=300)
    with pytest.raises(ConfigError, match=r"MotionBlur\.k: expected values in 3\.\.inf"):
        run("MotionBlur", grey(1), k=1)
    with pytest.raises(ConfigError, match=r"Multiply\.per_channel: expected values in 0\.\.1"):
        run("Multiply", grey(1), per_channel=2)
