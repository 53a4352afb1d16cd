import paddle
import pytest

from ppocr_lite.errors import ConfigError
from ppocr_lite.modeling.backbones.mobilenet_v1_enhance import MobileNetV1Enhance

pytestmark = pytest.mark.train


@pytest.mark.parametrize(
    ("params", "image", "expected"),
    [
        ({}, [1, 3, 32, 320], [1, 512, 1, 80]),
        ({}, [1, 3, 23, 320], [1, 512, 1, 80]),
        ({"in_channels": 1}, [1, 1, 32, 100], [1, 512, 1, 25]),
        ({"last_conv_stride": [1, 2], "last_pool_type": "avg"}, [1, 3, 48, 320], [1, 512, 1, 40]),
    ],
)
def test_row_of_features(params, image, expected):
    model = MobileNetV1Enhance(**params)
    model.eval()
    with paddle.no_grad():
        assert model(paddle.zeros(image)).shape == expected
    assert model.out_channels == 512


def test_unknown_pool():
    with pytest.raises(ConfigError, match="last_pool_type: expected max or avg, got 'min'"):
        MobileNetV1Enhance(last_pool_type="min")
