"""Inverted residual: widen, filter each channel, narrow."""

from paddle import Tensor, nn

from ppocr_lite.modeling.layers.conv_bn import ConvBN
from ppocr_lite.modeling.layers.squeeze_excite import SqueezeExcite


class InvertedResidual(nn.Layer):
    """1x1 expansion, k x k depthwise convolution, optional SE, linear 1x1 projection.

    The shortcut is added when ``stride`` is the number 1 and the channel count does not change. A stride
    given as a pair never has one, not even (1, 1): PaddleOCR 2.x's weights were trained that way.

    Shapes: [N, in_channels, H, W] -> [N, out_channels, ceil(H / stride), ceil(W / stride)].
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        *,
        expand_channels: int,
        kernel: int,
        stride: int | tuple[int, int],
        use_se: bool,
        act: str,
        se_slope: float = 0.2,
    ) -> None:
        super().__init__()
        wide = expand_channels
        self.expand_conv = ConvBN(in_channels, wide, kernel=1, act=act)
        self.bottleneck_conv = ConvBN(wide, wide, kernel=kernel, stride=stride, groups=wide, act=act)
        if use_se:
            self.mid_se = SqueezeExcite(wide, slope=se_slope)
        self.linear_conv = ConvBN(wide, out_channels, kernel=1)
        self._use_se = use_se
        self._shortcut = stride == 1 and in_channels == out_channels

    def forward(self, x: Tensor) -> Tensor:
        y = self.bottleneck_conv(self.expand_conv(x))
        if self._use_se:
            y = self.mid_se(y)
        y = self.linear_conv(y)
        return x + y if self._shortcut else y
