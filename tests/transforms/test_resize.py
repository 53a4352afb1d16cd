import numpy as np
import pytest

from ppocr_lite.errors import ConfigError, DataError
from ppocr_lite.transforms.resize import (
    ClsResizeImg,
    DetResizeForTest,
    RecResizeImg,
    bucket_width,
    resize_norm,
)


def grey(height: int, width: int, value: int = 255) -> np.ndarray:
    return np.full((height, width, 3), value, np.uint8)


def test_resize_norm_pads_with_mid_grey():
    out, ratio = resize_norm(grey(16, 20), (3, 32, 100))
    assert out.shape == (3, 32, 100)
    assert (out[:, :, :40] == 1.0).all()
    assert (out[:, :, 40:] == 0.0).all()
    assert ratio == pytest.approx(0.4)


@pytest.mark.parametrize(("fill", "expected"), [(255, 1.0), (0, -1.0), (51, -0.6), (None, 0.0)])
def test_padding_of_another_brightness(fill, expected):
    sample = RecResizeImg([1, 32, 200], fill=fill)({"image": grey(16, 20, 102)})
    np.testing.assert_allclose(sample["image"][:, :, :40], 102 / 127.5 - 1, atol=1e-6)
    np.testing.assert_allclose(sample["image"][:, :, 40:], expected, atol=1e-6)
    assert sample["valid_ratio"] == pytest.approx(0.2)
    own = RecResizeImg([1, 32, 20], fill=fill, width_bucket=64, eval_mode=True)({"image": grey(32, 70, 102)})
    assert own["image"][0, 0, 127] == pytest.approx(expected)


def test_resize_norm_without_padding_stretches():
    out, ratio = resize_norm(grey(16, 20, 0), (3, 32, 100), padding=False)
    assert (out == -1.0).all()
    assert ratio == 1.0


@pytest.mark.parametrize("height", [32, 48, 40])
def test_one_channel_is_the_luma(height):
    image = grey(height, 50)
    image[:] = (255, 0, 0)  # blue, whose share of the luma is 0.114
    out, _ = resize_norm(image, (1, height, 50))
    assert out.shape == (1, height, 50)
    assert out.mean() == pytest.approx(29 / 127.5 - 1, abs=1e-3)
    from_grey, _ = resize_norm(np.full((height, 50), 29, np.uint8), (1, height, 50))
    np.testing.assert_allclose(out, from_grey)


def test_extreme_crops():
    assert resize_norm(grey(1, 1), (3, 32, 64))[0].shape == (3, 32, 64)
    assert resize_norm(grey(400, 1), (3, 32, 64))[1] == pytest.approx(1 / 64)
    assert resize_norm(grey(1, 30000), (3, 32, 64))[1] == 1.0
    with pytest.raises(DataError, match="0 x 5 pixels cannot be resized"):
        resize_norm(np.zeros((5, 0, 3), np.uint8), (3, 32, 64))


def test_widths_of_buckets():
    assert [bucket_width(w, 64) for w in (1, 64, 65, 900)] == [64, 64, 128, 960]
    assert bucket_width(900, 64, max_width=640) == 640
    train = RecResizeImg([1, 32, 640], width_bucket=64)
    assert train({"image": grey(32, 100)})["image"].shape == (1, 32, 128)
    assert train({"image": grey(32, 5000)})["image"].shape == (1, 32, 640)
    evaluate = RecResizeImg([1, 32, 640], eval_mode=True, width_bucket=64)
    assert evaluate({"image": grey(32, 1000)})["image"].shape == (1, 32, 1024)


def test_own_width_at_inference_only_with_a_dictionary():
    image = grey(32, 1000)
    assert RecResizeImg([3, 32, 320], True)({"image": image})["image"].shape == (3, 32, 1000)
    fixed = RecResizeImg([3, 32, 320], True, character_dict_path=None)
    assert fixed({"image": image})["image"].shape == (3, 32, 320)
    assert RecResizeImg([3, 48, 320], eval_mode=True)({"image": grey(48, 20)})["image"].shape == (3, 48, 320)


def test_cls():
    assert ClsResizeImg([3, 48, 192])({"image": grey(20, 300)})["image"].shape == (3, 48, 192)


@pytest.mark.parametrize(
    ("params", "size"),
    [
        ({}, (736, 1472)),
        ({"limit_side_len": 960, "limit_type": "max"}, (96, 192)),
        ({"resize_long": 960}, (512, 1024)),
        ({"limit_side_len": 960, "limit_type": "resize_long"}, (480, 960)),
        ({"image_shape": [64, 96]}, (64, 96)),
        ({"image_shape": [64, 96], "keep_ratio": True}, (64, 128)),
    ],
)
def test_det_rules(params, size):
    sample = DetResizeForTest(**params)({"image": grey(100, 200)})
    assert sample["image"].shape[:2] == size
    np.testing.assert_allclose(sample["shape"], [100, 200, size[0] / 100, size[1] / 200])
    assert sample["shape"].dtype == np.float64


def test_tiny_page_is_padded_first():
    sample = DetResizeForTest(limit_side_len=32)({"image": grey(1, 1)})
    assert sample["image"].shape[:2] == (32, 32)
    assert sample["shape"].tolist() == [1, 1, 1, 1]
    assert sample["image"].sum() == 3 * 255


def test_wrong_parameters():
    with pytest.raises(ConfigError, match=r"RecResizeImg\.image_shape"):
        RecResizeImg([2, 32, 320])
    with pytest.raises(ConfigError, match="width_bucket"):
        RecResizeImg([3, 32, 320], width_bucket=0)
    with pytest.raises(ConfigError, match="limit_type"):
        DetResizeForTest(limit_type="mid")
    with pytest.raises(ConfigError, match=r"DetResizeForTest\.image_shape"):
        DetResizeForTest(image_shape=[3, 32, 32])


def test_cls_resize_takes_the_middle_of_a_long_line():
    image = np.zeros((10, 200, 3), np.uint8)
    image[:, 80:120] = 255  # the middle 4 : 1 of a 20 : 1 line
    cut = ClsResizeImg([3, 48, 192], cut_long=True)({"image": image})["image"]
    assert cut.min() == 1.0
    squeezed = ClsResizeImg([3, 48, 192])({"image": image})["image"]
    assert squeezed.min() == -1.0
    short = np.full((10, 20, 3), 255, np.uint8)
    assert ClsResizeImg([3, 48, 192], cut_long=True)({"image": short})["image"][0, 0, 96:].max() == 0.0
