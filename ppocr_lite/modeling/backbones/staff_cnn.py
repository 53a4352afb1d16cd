"""StaffCNN: a few plain convolution blocks over a staff of music.

Calvo-Zaragoza and Rizo, "End-to-End Neural Optical Music Recognition of Monophonic Scores", Applied Sciences
2018: four blocks on a picture of 128 pixels in height. Widths, poolings and the slope of the activation are
those of the code that the authors published with it. Parameter names are our own: ``blocks.N.conv, .bn``.
"""

import math
from collections.abc import Sequence

import paddle.nn.functional as F
from paddle import Tensor, nn

from ppocr_lite.errors import ConfigError
from ppocr_lite.modeling.layers import ConvBN
from ppocr_lite.parameters import Count
from ppocr_lite.registry import BACKBONES

SLOPE = 0.2
"""Of leaky ReLU below 0."""


@BACKBONES.register("StaffCNN", task="rec")
class StaffCNN(nn.Layer):
    """Turns a staff into one row of features: 3x3 convolutions, each with leaky ReLU and max pooling.

    Every block halves the height. What is left of it goes into the channels, since how high a note stands is
    its pitch.

    Args:
        widths: channels of each block.
        pool_widths: by how much each block divides the width; their product is the number of pixels that
            make one step.
        in_height: height of the pictures in pixels, a multiple of 2 to the power of the number of blocks.

    Shapes: [N, in_channels, in_height, W] -> [N, out_channels, 1, W / product of pool_widths], where
    ``out_channels`` is the last of ``widths`` times the height that is left: 256 * 8 by default.
    """

    def __init__(
        self,
        in_channels: int = 1,
        *,
        widths: Sequence[Count] = (32, 64, 128, 256),
        pool_widths: Sequence[Count] = (2, 2, 2, 2),
        in_height: Count = 128,
    ) -> None:
        super().__init__()
        if not widths or len(widths) != len(pool_widths):
            raise ConfigError(
                f"pool_widths: {len(pool_widths)} poolings do not fit {len(widths)} blocks. Give one for "
                "each of 'widths'."
            )
        rest, missing = divmod(in_height, 2 ** len(widths))
        if missing:
            raise ConfigError(
                f"in_height: {in_height} px cannot be halved by {len(widths)} blocks. Take a multiple of "
                f"{2 ** len(widths)}."
            )
        channels = [in_channels, *widths]
        self.blocks = nn.LayerList([ConvBN(a, b, kernel=3) for a, b in zip(channels, widths)])
        self.out_channels = channels[-1] * rest
        self.pixels_per_step = math.prod(pool_widths)
        self._windows = [(2, width) for width in pool_widths]
        self._in_height = in_height

    def forward(self, x: Tensor) -> Tensor:
        height = x.shape[2]
        if height not in (self._in_height, -1):  # -1: not known yet, while a static graph is built
            raise ConfigError(
                f"Architecture.Backbone.in_height: {self._in_height}, but the pictures are {height} px high. "
                "Give the height of RecResizeImg's image_shape."
            )
        for block, window in zip(self.blocks, self._windows):
            x = F.max_pool2d(F.leaky_relu(block(x), SLOPE), window, window)
        return x.flatten(1, 2).unsqueeze(2)  # [N, C, h, w] -> [N, C * h, 1, w]
