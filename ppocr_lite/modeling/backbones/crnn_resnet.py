"""Residual networks in the place of CRNN's plain convolutions: 15 or 23 layers.

He et al., "Deep Residual Learning for Image Recognition", CVPR 2016, arXiv:1512.03385, with the pooling of
Shi et al., "An End-to-End Trainable Neural Network for Image-based Sequence Recognition and Its Application
to Scene Text Recognition", TPAMI 2017, arXiv:1507.05717, so that all of them give as many steps.
"""

from itertools import pairwise

import paddle.nn.functional as F
from paddle import Tensor, nn

from ppocr_lite.errors import ConfigError
from ppocr_lite.modeling.layers import ConvBN, make_divisible, pool_rows
from ppocr_lite.modeling.layers.residual import BASIC, ResidualBlock
from ppocr_lite.parameters import Positive
from ppocr_lite.registry import BACKBONES

TABLE: dict[int, tuple[int, ...]] = {15: (1, 1, 2, 2), 23: (2, 2, 3, 3)}
"""Layers: the blocks of each stage."""
STEM_WIDTHS = (32, 64)
WIDTHS = (128, 256, 512, 512)
ROWS_HALVED_FROM = 2
"""The stage from which on the height alone is halved."""


@BACKBONES.register("ResNet_CRNN", task="rec")
class CRNNResNet(nn.Layer):
    """Two 3x3 convolutions, four stages of basic blocks, and a 2x2 convolution without padding.

    ``layers`` counts the convolutions along the way, each with a batch norm: 2 of the stem, 2 in every block
    and the last one; the 1x1 convolutions of shortcuts that change the width do not count. Stages have
    1, 1, 2, 2 blocks with 15 layers and 2, 2, 3, 3 with 23. Before each stage there is a maximum over 2x2
    windows, which in the last two moves by one column.

    Args:
        layers: 15 or 23.
        scale: width of all layers, 1.0 for 32, 64 (stem) and 128-256-512-512 channels; rounded to multiples
            of 8.

    Shapes: [N, in_channels, 32, W] -> [N, out_channels, 1, W // 4 + 1]; 26 steps for 100 pixels.
    """

    def __init__(self, in_channels: int = 1, layers: int = 15, *, scale: Positive = 1.0) -> None:
        super().__init__()
        if layers not in TABLE:
            raise ConfigError(f"layers: {layers} is not one of {', '.join(map(str, TABLE))}.")
        first, second = (make_divisible(width * scale) for width in STEM_WIDTHS)
        self.stem = nn.Sequential(
            ConvBN(in_channels, first, kernel=3, act="relu"), ConvBN(first, second, kernel=3, act="relu")
        )
        channels = second
        for number, (count, width) in enumerate(zip(TABLE[layers], WIDTHS)):
            out = make_divisible(width * scale)
            widths = [channels, *[out] * count]
            blocks = [ResidualBlock(a, b, convs=BASIC, project=a != b) for a, b in pairwise(widths)]
            self.add_sublayer(f"stage{number}", nn.Sequential(*blocks))
            channels = out
        self.last = ConvBN(channels, channels, kernel=2, act="relu")
        self.out_channels = channels

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)  # [N, 64, 32, W]
        for number in range(len(WIDTHS)):
            x = pool_rows(x) if number >= ROWS_HALVED_FROM else F.max_pool2d(x, 2, 2)
            x = getattr(self, f"stage{number}")(x)  # heights 16, 8, 4, 2
        return self.last(x)  # [N, 512, 2, W/4 + 2] -> [N, 512, 1, W/4 + 1]
