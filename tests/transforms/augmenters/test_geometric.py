"""Pictures and points move together."""

import cv2
import numpy as np
import pytest

from ppocr_lite.errors import ConfigError
from ppocr_lite.transforms.augmenters import AUGMENTERS, build_augmenter


def rng(seed=0):
    return np.random.default_rng(seed)


def build(name, **args):
    return build_augmenter({"type": name, "args": args}, "augmenter_args[0]")


def spot_page(height=90, width=140):
    """A black page with a white disc, and the centre of the disc."""
    image = np.zeros((height, width, 3), np.uint8)
    cv2.circle(image, (85, 35), 9, (255, 255, 255), -1)
    return image, np.array([[[85.5, 35.5]]], np.float32)  # the disc's middle pixel is 85, its centre 85.5


def disc_centre(image):
    rows, columns = np.nonzero(image[..., 0] > 127)
    return np.array([columns.mean() + 0.5, rows.mean() + 0.5])


MOVES = {
    "Fliplr": {},
    "Flipud": {},
    "HorizontalFlip": {"p": 1},
    "VerticalFlip": {"p": 1},
    "Affine": {
        "rotate": [10, 20],
        "scale": {"x": [0.9, 1.1], "y": 0.8},
        "shear": {"x": 12, "y": -5},
        "translate_percent": {"x": 0.1, "y": [-0.1, 0.1]},
        "translate_px": 3,
    },
    "Rotate": {"rotate": -25, "fit_output": True},
    "ShearX": {"shear": 20, "fit_output": True},
    "Resize": {"size": [0.6, 1.4]},
    "RandomScale": {"scale_limit": 0.7},
    "Rot90": {"k": [1, 3], "keep_size": False},
    "Crop": {"percent": [0.02, 0.1]},
    "Pad": {"px": [5, 30], "keep_size": False},
    "PerspectiveTransform": {"scale": 0.08},
}


@pytest.mark.parametrize("name", sorted(MOVES))
def test_points_stay_on_what_they_mark(name):
    augmenter = build(name, **MOVES[name])
    moved = False
    for seed in range(6):
        image, points = spot_page()
        out, new = augmenter(image, points, rng(seed))
        np.testing.assert_allclose(disc_centre(out), new[0, 0], atol=0.75)
        assert new.dtype == np.float32
        assert points[0, 0].tolist() == [85.5, 35.5]
        moved = moved or not np.allclose(new, points)
    assert moved


def test_all_that_move_points_are_covered():
    geometric = {
        name for name, _, item in AUGMENTERS.items() if item.__module__.endswith(("geometric", "sizes"))
    }
    assert geometric == set(MOVES)


def test_affine_by_hand():
    """Lean by 45 degrees: a stroke's upper end goes right by as much as it is above the middle."""
    image = np.zeros((100, 200, 3), np.uint8)
    points = np.array([[100, 50], [100, 20], [130, 80]], np.float32)
    _, leaning = build("Affine", shear=45)(image, points, rng())
    np.testing.assert_allclose(leaning, [[100, 50], [130, 20], [100, 80]], atol=1e-4)
    _, shifted = build("Affine", translate_percent={"x": 0.1, "y": -0.2})(image, points, rng())
    np.testing.assert_allclose(shifted - points, [[20, -20]] * 3, atol=1e-4)
    _, scaled = build("Affine", scale={"x": 2, "y": 0.5})(image, points, rng())
    np.testing.assert_allclose(scaled, [[100, 50], [100, 35], [160, 65]], atol=1e-4)


def test_fit_output_keeps_all_of_the_page():
    image = np.full((40, 100, 3), 255, np.uint8)
    corners = np.array([[0, 0], [100, 0], [100, 40], [0, 40]], np.float32)
    out, moved = build("Affine", rotate=90, fit_output=True)(image, corners, rng())
    assert out.shape == (100, 40, 3)
    np.testing.assert_allclose(moved, [[40, 0], [40, 100], [0, 100], [0, 0]], atol=1e-3)
    assert out.min() == 255
    kept, _ = build("Affine", rotate=90, cval=7)(image, corners, rng())
    assert kept.shape == image.shape
    assert (kept[:, :20] == 7).all()


def test_edge_mode_repeats_the_border():
    image = np.full((30, 30, 3), 90, np.uint8)
    out, _ = build("Affine", translate_px={"x": 10}, mode="edge")(image, np.zeros((1, 2), np.float32), rng())
    assert (out == 90).all()


@pytest.mark.parametrize(
    ("size", "shape"),
    [
        (0.5, (15, 20)),
        (20, (20, 20)),
        ({"height": 60, "width": "keep-aspect-ratio"}, (60, 80)),
        ({"height": 2.0, "width": 10}, (60, 10)),
    ],
)
def test_sizes_as_factors_pixels_or_by_side(size, shape):
    out, points = build("Resize", size=size)(
        np.zeros((30, 40, 3), np.uint8), np.array([[40, 30]], np.float32), rng()
    )
    assert out.shape[:2] == shape
    np.testing.assert_allclose(points, [shape[::-1]])


def test_two_axes_share_a_draw_unless_told_otherwise():
    image, points = np.zeros((100, 100, 3), np.uint8), np.array([[0.0, 0.0]], np.float32)
    _, together = build("Affine", translate_percent=[0, 0.5])(image, points, rng(3))
    assert together[0, 0] == pytest.approx(together[0, 1])
    _, apart = build("Affine", translate_percent={"x": [0, 0.5], "y": [0, 0.5]})(image, points, rng(3))
    assert abs(apart[0, 0] - apart[0, 1]) > 1


def test_tiny_pictures_and_no_points():
    for name, args in MOVES.items():
        out, points = build(name, **args)(
            np.zeros((1, 2, 3), np.uint8), np.zeros((0, 4, 2), np.float32), rng(1)
        )
        assert min(out.shape[:2]) >= 1
        assert points.shape == (0, 4, 2)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"type": "Flipup"}, r"augmenter_args\[0\]: no augmenter named 'Flipup'.*Did you mean 'Flipud'"),
        ({"args": {}}, r"augmenter_args\[0\]: expected \{type: NAME"),
        ({"type": "Fliplr", "p": 0.5}, r"no key 'p'.* Parameters go to args"),
        ({"type": "Fliplr", "args": {"p": 2}}, r"Fliplr\.p: expected values in 0\.\.1, got 2"),
        ({"type": "Affine", "args": {"scale": 0}}, r"Affine\.scale: factors must be above 0"),
        ({"type": "Affine", "args": {"mode": "wrap"}}, r"Affine: expected order .* mode constant"),
        ({"type": "Affine", "args": {"shear": {"z": 1}}}, r"Affine\.shear: expected the keys x and y"),
        (
            {"type": "Affine", "args": {"rotate": [5, -5]}},
            r"Affine\.rotate: expected a number or \[low, high",
        ),
        ({"type": "Resize", "args": {"size": 2}}, r"whole numbers are pixels.*Write a factor .* 2\.0"),
        ({"type": "Resize", "args": {"size": {"height": 9}}}, r"Resize\.size: expected height and width"),
        ({"type": "Resize", "args": {"interpolation": "lanczos"}}, r"Resize\.interpolation: expected near"),
        ({"type": "Crop", "args": {}}, r"Crop: give either percent .* or px"),
        ({"type": "Crop", "args": {"percent": 0.6}}, r"Crop\.percent: expected values in 0\.\.0\.49"),
    ],
)
def test_wrong_parameters(spec, message):
    with pytest.raises(ConfigError, match=message):
        build_augmenter(spec, "augmenter_args[0]")
