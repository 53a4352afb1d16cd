"""Residual blocks: a few convolutions beside a shortcut."""

from collections.abc import Sequence
from typing import NamedTuple

import paddle.nn.functional as F
from paddle import Tensor, nn

from ppocr_lite.modeling.layers.conv_bn import ConvBN

NAMES = ("_conv", "_batch_norm")
"""What PaddleOCR 2.x's residual networks call the two layers of a ConvBN."""


class Conv(NamedTuple):
    """One convolution of a block: kernel, output channels in block widths, whether it takes the stride."""

    kernel: int
    widths: int = 1
    strided: bool = False


BASIC = (Conv(3, strided=True), Conv(3))
BOTTLENECK = (Conv(1), Conv(3, strided=True), Conv(1, widths=4))


class ResidualBlock(nn.Layer):
    """relu(convolutions(x) + shortcut(x)); sub-layers ``conv0, conv1[, conv2][, short]``.

    He et al., "Deep Residual Learning for Image Recognition", CVPR 2016, arXiv:1512.03385; the stride is
    at the 3 x 3 convolution and the shortcut may average (He et al., "Bag of Tricks for Image
    Classification with Convolutional Neural Networks", CVPR 2019, arXiv:1812.01187, figure 2, B and D).

    Args:
        width: channels between the convolutions.
        convs: :data:`BASIC` or :data:`BOTTLENECK`.
        stride: one number, or (vertical, horizontal).
        project: the shortcut is a 1x1 convolution instead of x itself; needed where the shape changes.
        average: a projection with a stride averages over the stride's window first, instead of skipping.

    Shapes: [N, in_channels, H, W] -> [N, out_channels, ceil(H / stride), ceil(W / stride)], where
    ``out_channels`` is ``width`` times that of the last convolution.
    """

    def __init__(
        self,
        in_channels: int,
        width: int,
        *,
        convs: Sequence[Conv],
        stride: int | tuple[int, int] = 1,
        project: bool = False,
        average: bool = False,
    ) -> None:
        super().__init__()
        self._convs = [f"conv{i}" for i in range(len(convs))]
        channels = in_channels
        for name, conv in zip(self._convs, convs):
            out = width * conv.widths
            step = stride if conv.strided else 1
            act = None if name == self._convs[-1] else "relu"
            self.add_sublayer(
                name, ConvBN(channels, out, kernel=conv.kernel, stride=step, act=act, names=NAMES)
            )
            channels = out
        self.out_channels = channels
        self._window = stride if average and stride != 1 else None
        if project:
            step = 1 if self._window else stride
            self.short = ConvBN(in_channels, channels, kernel=1, stride=step, names=NAMES)
        self._project = project

    def forward(self, x: Tensor) -> Tensor:
        y = x
        for name in self._convs:
            y = getattr(self, name)(y)
        return F.relu(y + self._shortcut(x))

    def _shortcut(self, x: Tensor) -> Tensor:
        if not self._project:
            return x
        if self._window:
            # Rounded up, as the convolutions with their padding do; an incomplete window is averaged over
            # the pixels that it has.
            x = F.avg_pool2d(x, self._window, self._window, ceil_mode=True)
        return self.short(x)
