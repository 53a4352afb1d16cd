import paddle
import pytest

from ppocr_lite.errors import ConfigError
from ppocr_lite.modeling.backbones.mobilenet_v3 import SCALES, DetMobileNetV3, RecMobileNetV3
from ppocr_lite.registry import BACKBONES

pytestmark = pytest.mark.train

WIDTHS = {
    "large": {
        0.35: [8, 16, 40, 336],
        0.5: [16, 24, 56, 480],
        0.75: [24, 32, 88, 720],
        1.0: [24, 40, 112, 960],
        1.25: [32, 48, 144, 1200],
    },
    "small": {
        0.35: [8, 8, 16, 200],
        0.5: [8, 16, 24, 288],
        0.75: [16, 24, 40, 432],
        1.0: [16, 24, 48, 576],
        1.25: [24, 32, 64, 720],
    },
}


@pytest.mark.parametrize("model_name", ["large", "small"])
@pytest.mark.parametrize("scale", SCALES)
def test_published_widths(model_name, scale):
    expected = WIDTHS[model_name][scale]
    assert DetMobileNetV3(model_name=model_name, scale=scale).out_channels == expected
    assert RecMobileNetV3(model_name=model_name, scale=scale).out_channels == expected[-1]


def test_det_feature_maps():
    model = DetMobileNetV3(disable_se=True)
    model.eval()
    with paddle.no_grad():
        maps = model(paddle.zeros([1, 3, 640, 640]))
    assert [m.shape for m in maps] == [
        [1, 16, 160, 160],
        [1, 24, 80, 80],
        [1, 56, 40, 40],
        [1, 480, 20, 20],
    ]
    assert not [name for name in model.state_dict() if "mid_se" in name]


@pytest.mark.parametrize(
    ("params", "image", "expected"),
    [
        ({"small_stride": [1, 2, 2, 2]}, [1, 3, 32, 320], [1, 288, 1, 80]),
        ({}, [1, 3, 32, 320], [1, 288, 1, 80]),
        ({"small_stride": [1, 2, 2, 2], "in_channels": 1}, [1, 1, 32, 320], [1, 288, 1, 80]),
        ({"model_name": "large"}, [2, 3, 32, 100], [2, 480, 1, 25]),
        ({"scale": 0.35}, [1, 3, 48, 192], [1, 200, 1, 48]),
        ({"disable_se": True}, [1, 3, 32, 64], [1, 288, 1, 16]),
    ],
)
def test_rec_row_of_features(params, image, expected):
    model = RecMobileNetV3(**params)
    model.eval()
    with paddle.no_grad():
        assert model(paddle.zeros(image)).shape == expected


def test_tasks_have_their_own_class():
    assert BACKBONES.get("MobileNetV3", task="det") is DetMobileNetV3
    assert BACKBONES.get("MobileNetV3", task="rec") is RecMobileNetV3
    assert BACKBONES.get("MobileNetV3", task="cls") is RecMobileNetV3


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"scale": 0.6}, "scale 0.6 is not one of 0.35, 0.5"),
        ({"model_name": "larg"}, "no model_name 'larg'. Did you mean 'large'?"),
        ({"small_stride": 2}, "small_stride: expected a list of 4 numbers, got 2"),
        ({"large_stride": [1, 2]}, "large_stride: expected a list of 4"),
    ],
)
def test_wrong_parameters(params, message):
    with pytest.raises(ConfigError, match=message.replace("?", r"\?")):
        RecMobileNetV3(**params)
