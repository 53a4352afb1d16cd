"""Batches of one kind of pictures made into another's."""

import numpy as np
import pytest

paddle = pytest.importorskip("paddle")

from ppocr_lite.engine.teacher_inputs import Pictures, pictures_of  # noqa: E402
from ppocr_lite.errors import ConfigError  # noqa: E402
from ppocr_lite.transforms import build_pipeline  # noqa: E402
from ppocr_lite.transforms.base import ARRAY_SOURCES  # noqa: E402

pytestmark = pytest.mark.train


def det_steps(mode="BGR", **norm):
    return [
        {"DecodeImage": {"img_mode": mode, "channel_first": False}},
        {"NormalizeImage": {"scale": "1./255.", "order": "hwc", **norm}},
        "ToCHWImage",
    ]


def rec_steps(shape, **more):
    return [{"DecodeImage": {"img_mode": "BGR"}}, {"RecResizeImg": {"image_shape": shape, **more}}]


def batch_of(steps, picture):
    """What these steps make of a BGR picture, [1, C, H, W]."""
    mode = steps[0]["DecodeImage"]["img_mode"]
    image = picture[:, :, ::-1].copy() if mode == "RGB" else picture
    pipeline = build_pipeline(steps[1:], sources=ARRAY_SOURCES)
    made = pipeline({"image": image, "img_path": "", "label": "", "ext_data": []})["image"]
    return paddle.to_tensor(made[None])


def picture(height=8, width=16):
    return np.random.default_rng(0).integers(0, 256, (height, width, 3)).astype(np.uint8)


def test_factors_by_hand():
    found = pictures_of(det_steps(mean=[0.5, 0.5, 0.5], std=[0.5, 0.25, 0.5]), "det")
    np.testing.assert_allclose(found.factor, [2 / 255, 4 / 255, 2 / 255])
    np.testing.assert_allclose(found.offset, [-1, -2, -1])
    raw = pictures_of([{"DecodeImage": {"img_mode": "RGB"}}], "det")
    assert (raw.factor, raw.offset, raw.rgb) == ((1.0,), (0.0,), True)
    line = pictures_of(rec_steps([1, 32, 320]), "rec")
    assert (line.channels, line.height, line.offset) == (1, 32, (-1.0,))


def test_nothing_to_do():
    steps = det_steps()
    made = pictures_of(steps, "det").conversion_to(pictures_of(steps, "det"))
    assert made.steps == ()
    image = paddle.ones([1, 3, 4, 4])
    assert made(image) is image


@pytest.mark.parametrize(
    ("ours", "theirs", "words"),
    [
        (
            det_steps(),
            det_steps(mean=[0.5, 0.4, 0.3], std=[0.5, 0.4, 0.3]),
            ("another normalization",),
        ),
        (det_steps("RGB"), det_steps("BGR"), ("RGB and BGR swapped", "another normalization")),
        (
            det_steps("RGB", mean=[0.1, 0.2, 0.3]),
            det_steps("BGR", mean=[0.3, 0.2, 0.1], std=[0.1, 0.2, 0.3]),
            None,
        ),
    ],
)
def test_detectors_batches_are_what_their_own_steps_make(ours, theirs, words):
    made = pictures_of(ours, "det").conversion_to(pictures_of(theirs, "det"))
    if words:
        assert made.steps == words
    np.testing.assert_allclose(
        made(batch_of(ours, picture())).numpy(), batch_of(theirs, picture()).numpy(), atol=1e-5
    )


@pytest.mark.parametrize(
    ("ours", "theirs", "step"),
    [
        ([3, 8, 16], [1, 8, 16], "colours as grey"),
        ([1, 8, 16], [3, 8, 16], "grey as three channels"),
    ],
)
def test_channels_of_lines(ours, theirs, step):
    made = pictures_of(rec_steps(ours), "rec").conversion_to(pictures_of(rec_steps(theirs), "rec"))
    assert made.steps == (step,)
    grey = picture()[:, :, :1].repeat(3, axis=2)
    shown = picture() if theirs[0] == 1 else grey
    found = made(batch_of(rec_steps(ours), shown)).numpy()
    expected = batch_of(rec_steps(theirs), shown).numpy()
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, atol=0.5 / 127.5 + 1e-5)  # a rounded grey level


def test_height_of_lines():
    made = Pictures((1.0,), (0.0,), height=32).conversion_to(Pictures((1.0,), (0.0,), height=48))
    assert made.steps == ("a height of 48 px instead of 32, by bilinear resizing",)
    ramp = paddle.arange(32, dtype="float32").reshape([1, 1, 32, 1]).expand([1, 3, 32, 100])
    found = made(ramp)
    assert found.shape == [1, 3, 48, 150]
    np.testing.assert_allclose(found[0, 0, 24, 75].item(), (24 + 0.5) * 32 / 48 - 0.5, rtol=1e-5)


def test_lines_without_a_shape():
    with pytest.raises(ConfigError, match=r"no step of Train.dataset.transforms has an image_shape"):
        pictures_of([{"DecodeImage": None}], "rec")
