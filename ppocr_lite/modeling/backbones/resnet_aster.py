"""The residual network of ASTER, with rectangular strides.

Shi et al., "ASTER: An Attentional Scene Text Recognizer with Flexible Rectification", TPAMI 2019, table 1.
Parameter names are those of PaddleOCR 2.x: ``layer0 .. layer5`` and ``rnn``.
"""

import paddle.nn.functional as F
from paddle import Tensor, nn

from ppocr_lite.modeling.layers import BatchNorm, make_divisible
from ppocr_lite.parameters import Positive
from ppocr_lite.registry import BACKBONES

STEM_WIDTH = 32
STAGES = ((32, 3, (2, 2)), (64, 4, (2, 2)), (128, 6, (2, 1)), (256, 6, (2, 1)), (512, 3, (2, 1)))
"""Channels, blocks, and the (vertical, horizontal) stride of the first block."""
RNN_WIDTH = 256


@BACKBONES.register("ResNet_ASTER", task="rec")
class ResNetASTER(nn.Layer):
    """A 3x3 convolution and 22 blocks of a 1x1 and a 3x3 convolution: 45 layers, and 5 in shortcuts.

    This is the network that is called ResNet-50 where ASTER is reproduced.

    Args:
        with_lstm: two bidirectional LSTM layers behind it, as PaddleOCR 2.x has them in its backbone. False
            leaves them to the neck (PaddleOCR gives [N, W / 4, C] then, too).
        scale: width of all layers, 1.0 for 32, then 32-64-128-256-512 channels; rounded to multiples of 8.

    Shapes: [N, in_channels, 32, W] -> [N, W / 4, out_channels] with the LSTMs, [N, out_channels, 1, W / 4]
    without; W / 4 rounded up, 25 steps for 100 pixels.
    """

    ignored_params = ("n_group",)

    def __init__(self, in_channels: int = 3, *, with_lstm: bool = True, scale: Positive = 1.0) -> None:
        super().__init__()
        channels = make_divisible(STEM_WIDTH * scale)
        self.layer0 = nn.Sequential(
            nn.Conv2D(in_channels, channels, 3, padding=1, bias_attr=False), BatchNorm(channels), nn.ReLU()
        )
        for number, (width, count, stride) in enumerate(STAGES, 1):
            out = make_divisible(width * scale)
            blocks = [AsterBlock(channels, out, stride=stride)]
            blocks += [AsterBlock(out, out) for _ in range(1, count)]
            self.add_sublayer(f"layer{number}", nn.Sequential(*blocks))
            channels = out
        self.out_channels = channels
        if with_lstm:
            width = make_divisible(RNN_WIDTH * scale)
            self.rnn = nn.LSTM(channels, width, num_layers=2, direction="bidirectional")
            self.out_channels = 2 * width
        self._with_lstm = with_lstm

    def forward(self, x: Tensor) -> Tensor:
        for number in range(len(STAGES) + 1):
            x = getattr(self, f"layer{number}")(x)  # heights 32, 16, 8, 4, 2, 1
        if not self._with_lstm:
            return x
        return self.rnn(x.squeeze(2).transpose([0, 2, 1]))[0]  # [N, W/4, C]


class AsterBlock(nn.Layer):
    """relu(3x3(relu(1x1(x))) + shortcut(x)); the stride is at the 1x1 convolution.

    Attribute names are checkpoint keys. ``downsample`` is there in the first block of a stage.

    Shapes: [N, in_channels, H, W] -> [N, out_channels, ceil(H / stride), ceil(W / stride)].
    """

    def __init__(self, in_channels: int, out_channels: int, *, stride: tuple[int, int] = (1, 1)) -> None:
        super().__init__()
        self.conv1 = nn.Conv2D(in_channels, out_channels, 1, stride=stride, bias_attr=False)
        self.bn1 = BatchNorm(out_channels)
        self.conv2 = nn.Conv2D(out_channels, out_channels, 3, padding=1, bias_attr=False)
        self.bn2 = BatchNorm(out_channels)
        self.downsample = None
        if stride != (1, 1) or in_channels != out_channels:
            self.downsample = nn.Sequential(
                nn.Conv2D(in_channels, out_channels, 1, stride=stride, bias_attr=False),
                BatchNorm(out_channels),
            )

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        return F.relu(y + (x if self.downsample is None else self.downsample(x)))
