import numpy as np
import paddle
import pytest

from ppocr_lite.errors import ConfigError
from ppocr_lite.modeling.backbones.staff_cnn import StaffCNN

pytestmark = pytest.mark.train


@pytest.mark.parametrize(
    ("params", "image", "expected"),
    [
        ({}, [1, 1, 128, 800], [1, 2048, 1, 50]),
        ({"pool_widths": [2, 2, 2, 1]}, [2, 1, 128, 800], [2, 2048, 1, 100]),
        ({"widths": [4, 8], "pool_widths": [2, 1], "in_height": 64}, [1, 1, 64, 33], [1, 128, 1, 16]),
        ({"in_channels": 3, "widths": [4], "pool_widths": [1], "in_height": 8}, [1, 3, 8, 5], [1, 16, 1, 5]),
    ],
)
def test_row_of_features(params, image, expected):
    model = StaffCNN(**params)
    model.eval()
    with paddle.no_grad():
        assert model(paddle.zeros(image)).shape == expected
    assert model.out_channels == expected[1]
    assert image[3] // model.pixels_per_step == expected[3]


def test_rows_become_channels():
    """A bright spot in the lower half shows in the second feature of each channel alone."""
    model = StaffCNN(1, widths=[1], pool_widths=[1], in_height=4)
    model.eval()
    model.blocks[0].conv.weight.set_value(np.eye(9, dtype=np.float32)[4].reshape(1, 1, 3, 3))
    image = np.zeros((1, 1, 4, 3), np.float32)
    image[0, 0, 3, 1] = 1
    features = model(paddle.to_tensor(image)).numpy()  # [1, 2, 1, 3]
    assert features[0, 0, 0].tolist() == [0, 0, 0]
    assert features[0, 1, 0] == pytest.approx([0, 1, 0], abs=1e-4)


def test_parameter_names():
    names = set(StaffCNN(widths=[2, 3], pool_widths=[1, 1], in_height=4).state_dict())
    parts = ("conv.weight", "bn.weight", "bn.bias", "bn._mean", "bn._variance")
    assert names == {f"blocks.{block}.{part}" for block in (0, 1) for part in parts}


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"widths": [8, 8]}, "4 poolings do not fit 2 blocks"),
        ({"in_height": 120}, "in_height: 120 px cannot be halved by 4 blocks. Take a multiple of 16"),
        ({"widths": [], "pool_widths": []}, "0 poolings do not fit 0 blocks"),
    ],
)
def test_errors(params, message):
    with pytest.raises(ConfigError, match=message):
        StaffCNN(**params)


def test_pictures_of_another_height():
    with pytest.raises(ConfigError, match="in_height: 128, but the pictures are 64 px high"):
        StaffCNN()(paddle.zeros([1, 1, 64, 32]))
