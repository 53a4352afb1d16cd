import paddle
import pytest

from ppocr_lite.errors import ConfigError
from ppocr_lite.modeling.backbones.mobilenet_v3 import DetMobileNetV3, RecMobileNetV3
from ppocr_lite.registry import BACKBONES

pytestmark = pytest.mark.train


def test_det_without_se():
    model = DetMobileNetV3(disable_se=True)
    model.eval()
    with paddle.no_grad():
        maps = model(paddle.zeros([1, 3, 64, 96]))
    assert [m.shape for m in maps] == [[1, 16, 16, 24], [1, 24, 8, 12], [1, 56, 4, 6], [1, 480, 2, 3]]
    assert not [name for name in model.state_dict() if "mid_se" in name]


@pytest.mark.parametrize(
    ("params", "image", "expected"),
    [
        ({"small_stride": [1, 2, 2, 2], "in_channels": 1}, [1, 1, 32, 320], [1, 288, 1, 80]),
        ({"model_name": "large"}, [2, 3, 32, 100], [2, 480, 1, 25]),
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
