import paddle
import pytest
from paddle import nn

from ppocr_lite.errors import ConfigError
from ppocr_lite.modeling.backbones.resnet_aster import ResNetASTER
from ppocr_lite.modeling.necks.sequence import SequenceEncoder

pytestmark = pytest.mark.train


def test_a_row_for_a_neck_or_a_sequence():
    image = paddle.zeros([1, 3, 32, 100])
    row = ResNetASTER(with_lstm=False, scale=0.25)
    row.eval()
    assert row(image).shape == [1, row.out_channels, 1, 25]
    sequence = ResNetASTER(scale=0.25)
    sequence.eval()
    assert sequence(image).shape == [1, 25, sequence.out_channels]
    with pytest.raises(ConfigError, match=r"needs features \[N, C, 1, W\], got 3 sizes.*with_lstm: false"):
        SequenceEncoder(sequence.out_channels, "reshape")(sequence(image))


def test_layers_widths_and_names_are_published_ones():
    net = ResNetASTER()
    convolutions = [name for name, part in net.named_sublayers() if isinstance(part, nn.Conv2D)]
    assert len([name for name in convolutions if "downsample" not in name]) == 45
    state = {name: tensor.shape for name, tensor in net.state_dict().items()}
    assert state["layer0.0.weight"] == [32, 3, 3, 3]
    assert state["layer0.1._mean"] == [32]
    assert state["layer3.0.downsample.0.weight"] == [128, 64, 1, 1]
    assert state["layer5.2.conv2.weight"] == [512, 512, 3, 3]
    assert "layer5.2.downsample.0.weight" not in state
    assert state["rnn.weight_ih_l0"] == [1024, 512]
    assert net.out_channels == 512
