import paddle
import pytest
from paddle import nn

from ppocr_lite.errors import ConfigError
from ppocr_lite.modeling.backbones.crnn_resnet import CRNNResNet

pytestmark = pytest.mark.train


@pytest.mark.parametrize("layers", [15, 23])
def test_as_many_layers_as_it_says(layers):
    net = CRNNResNet(1, layers, scale=0.125)
    convolutions = {name: part for name, part in net.named_sublayers() if isinstance(part, nn.Conv2D)}
    assert len([name for name in convolutions if "short" not in name]) == layers
    shortcuts = [name for name in convolutions if "short" in name]
    assert shortcuts == [f"stage{i}.0.short._conv" for i in (0, 1, 2)]
    assert all(part.bias is None for part in convolutions.values())


@pytest.mark.parametrize(("width", "steps"), [(100, 26), (320, 81)])
def test_steps_are_those_of_crnn(width, steps):
    net = CRNNResNet(3, scale=0.125)
    net.eval()
    assert net(paddle.zeros([1, 3, 32, width])).shape == [1, net.out_channels, 1, steps]


def test_wrong_parameters():
    with pytest.raises(ConfigError, match="layers: 18 is not one of 15, 23"):
        CRNNResNet(1, 18)
