import cv2
import numpy as np
import pytest

from ppocr_lite.errors import ConfigError, DataError
from ppocr_lite.transforms.image import DecodeImage, KeepKeys, NormalizeImage, ToCHWImage, parse_fraction


@pytest.fixture
def picture() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (5, 7, 3), np.uint8)


def test_decode_bytes_and_channel_orders(picture):
    data = cv2.imencode(".png", picture)[1].tobytes()
    np.testing.assert_array_equal(DecodeImage("BGR")({"image": data})["image"], picture)
    np.testing.assert_array_equal(DecodeImage()({"image": data})["image"], picture[:, :, ::-1])
    assert DecodeImage("BGR", True)({"image": data})["image"].shape == (3, 5, 7)
    grey = DecodeImage("GRAY")({"image": data})["image"]
    assert (grey[..., 0] == grey[..., 2]).all()
    ignoring = DecodeImage("BGR", ignore_orientation=True)({"image": data})["image"]
    np.testing.assert_array_equal(ignoring, picture)


def test_decoded_image_passes_through(picture):
    assert DecodeImage("BGR")({"image": picture})["image"] is picture


@pytest.mark.parametrize("ignore", [False, True])
def test_undecodable_bytes_name_the_file(ignore):
    with pytest.raises(DataError, match=r"bad\.png"):
        DecodeImage("BGR", ignore_orientation=ignore)({"image": b"nothing", "img_path": "bad.png"})


def test_normalize_by_hand():
    image = np.full((1, 1, 3), 255, np.uint8)
    out = NormalizeImage("1./255.", [0.5, 0.5, 0.0], std=[0.5, 0.25, 2.0], order="hwc")({"image": image})[
        "image"
    ]
    assert out.dtype == np.float32
    np.testing.assert_allclose(out[0, 0], [1.0, 2.0, 0.5], rtol=1e-6)


def test_chw(picture):
    out = ToCHWImage()({"image": picture})["image"]
    assert out.shape == (3, 5, 7)
    assert out.flags.c_contiguous


@pytest.mark.parametrize(
    ("text", "value"), [("1./255.", 1 / 255), ("1/4", 0.25), ("0.5", 0.5), (2, 2.0), ("1e-2 / .5", 0.02)]
)
def test_fraction(text, value):
    assert parse_fraction(text) == value


@pytest.mark.parametrize("text", ["__import__('os')", "1/0", "", "1/2/3"])
def test_fraction_refuses_all_else(text):
    with pytest.raises(ConfigError, match="expected a number or a fraction"):
        parse_fraction(text)


@pytest.mark.parametrize(("order", "shape"), [("hwc", (5, 7, 3)), ("chw", (3, 5, 7)), ("hwc", (1, 1, 3))])
def test_bytes_are_normalized_as_floats_are(order, shape):
    """Bytes take a table, in which every value is that of the formula."""
    image = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    normalize = NormalizeImage(order=order)
    found, expected = (normalize({"image": kind})["image"] for kind in (image, image.astype(np.float32)))
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, expected)


def test_wrong_modes():
    with pytest.raises(ConfigError, match=r"DecodeImage\.img_mode"):
        DecodeImage("CMYK")
    with pytest.raises(ConfigError, match=r"NormalizeImage\.order"):
        NormalizeImage(order="nchw")
    with pytest.raises(ConfigError, match=r"NormalizeImage\.mean: expected three numbers, got \[0\.5\]"):
        NormalizeImage(mean=[0.5])
    with pytest.raises(ConfigError, match=r"NormalizeImage\.std: images cannot be divided by 0"):
        NormalizeImage(std=[1, 0, 1])
    with pytest.raises(ConfigError, match=r"KeepKeys\.keep_keys: nothing would be left"):
        KeepKeys([])
