"""The convolutional stack of CRNN: seven plain convolutions.

Shi et al., "An End-to-End Trainable Neural Network for Image-based Sequence Recognition and Its Application
to Scene Text Recognition", TPAMI 2017, arXiv:1507.05717, table 1.
"""

from collections.abc import Sequence
from typing import Annotated

import paddle.nn.functional as F
from paddle import Tensor, nn

from ppocr_lite.modeling.layers import BatchNorm, make_divisible, pool_rows
from ppocr_lite.parameters import Positive, Range
from ppocr_lite.registry import BACKBONES

WIDTHS = (64, 128, 256, 256, 512, 512, 512)
HALVED_AFTER = (1, 2)
"""Convolutions after which both sides are halved."""
ROWS_HALVED_AFTER = (4, 6)
"""Convolutions after which the height alone is."""


@BACKBONES.register("VGG_CRNN", task="rec")
class CRNNVGG(nn.Layer):
    """Seven convolutions with ReLUs that turn a text line into one row of features.

    Convolutions with a batch norm have no bias. The last one is 2x2 without padding.

    Args:
        scale: width of all layers, 1.0 for 64-128-256-256-512-512-512 channels; rounded to multiples of 8.
        norms: which convolutions, of 1 to 7, have a batch norm: 3, 5 and 7 as in the public
            reproductions. In the paper's table these are 5 and 6.

    Shapes: [N, in_channels, 32, W] -> [N, out_channels, 1, W // 4 + 1]; 26 steps for 100 pixels.
    """

    def __init__(
        self,
        in_channels: int = 1,
        *,
        scale: Positive = 1.0,
        norms: Sequence[Annotated[int, Range(1, len(WIDTHS))]] = (3, 5, 7),
    ) -> None:
        super().__init__()
        channels = in_channels
        for number, width in enumerate(WIDTHS, 1):
            out = make_divisible(width * scale)
            kernel, padding = (2, 0) if number == len(WIDTHS) else (3, 1)
            bias = False if number in norms else None  # None: Paddle's own initial values
            conv = nn.Conv2D(channels, out, kernel, padding=padding, bias_attr=bias)
            self.add_sublayer(f"conv{number}", conv)
            if number in norms:
                self.add_sublayer(f"norm{number}", BatchNorm(out))
            channels = out
        self.out_channels = channels
        self._norms = frozenset(norms)

    def forward(self, x: Tensor) -> Tensor:
        for number in range(1, len(WIDTHS) + 1):
            x = getattr(self, f"conv{number}")(x)
            if number in self._norms:
                x = getattr(self, f"norm{number}")(x)
            x = F.relu(x)
            if number in HALVED_AFTER:
                x = F.max_pool2d(x, 2, 2)  # [N, 64, 16, W/2], [N, 128, 8, W/4]
            elif number in ROWS_HALVED_AFTER:
                x = pool_rows(x)  # [N, 256, 4, W/4 + 1], [N, 512, 2, W/4 + 2]
        return x
