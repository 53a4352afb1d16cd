"""MobileNetV1Enhance: PP-OCRv2's recognition backbone, a MobileNetV1 in the manner of PP-LCNet.

Cui et al., "PP-LCNet: A Lightweight CPU Convolutional Neural Network", 2021, arXiv:2109.15099. Parameter
names are those of PaddleOCR 2.x: ``conv1, block_list.N._depthwise_conv, ._se, ._pointwise_conv``.
"""

from collections.abc import Sequence

import paddle.nn.functional as F
from paddle import ParamAttr, Tensor, nn
from paddle.regularizer import L2Decay

from ppocr_lite.errors import ConfigError
from ppocr_lite.mobilenet import SEPARABLE_ROWS, SeparableRow
from ppocr_lite.modeling.layers import ConvBN, SqueezeExcite, halving_pool
from ppocr_lite.parameters import Count, Positive
from ppocr_lite.registry import BACKBONES

SE_SLOPE = 1.0 / 6.0


@BACKBONES.register("MobileNetV1Enhance", task="rec")
@BACKBONES.register("MobileNetV1Enhance", task="cls")
class MobileNetV1Enhance(nn.Layer):
    """Turns a text line into one row of features, 1/4 as wide as the image.

    Args:
        scale: width of all layers; widths are cut to integers, not rounded to multiples of 8.
        last_conv_stride: stride of the last block; one number or (vertical, horizontal).
        last_pool_type: ``max`` (2x2) or ``avg`` (``last_pool_kernel_size``).
        last_pool_kernel_size: window and stride of the ``avg`` pool, (vertical, horizontal).

    Shapes: [N, in_channels, 32, W] -> [N, out_channels, 1, W / 4].
    """

    def __init__(
        self,
        in_channels: int = 3,
        *,
        scale: Positive = 0.5,
        last_conv_stride: Count | tuple[Count, Count] = 1,
        last_pool_type: str = "max",
        last_pool_kernel_size: tuple[Count, Count] = (3, 2),
    ) -> None:
        super().__init__()
        if last_pool_type not in ("max", "avg"):
            raise ConfigError(f"last_pool_type: expected max or avg, got {last_pool_type!r}.")
        last_stride = _pair(last_conv_stride)
        rows = (*SEPARABLE_ROWS[:-1], SEPARABLE_ROWS[-1]._replace(stride=last_stride))
        self.conv1 = _conv_bn(in_channels, int(32 * scale), kernel=3, stride=2)
        self.block_list = nn.Sequential(*[DepthwiseSeparable(row, scale) for row in rows])
        self.out_channels = int(SEPARABLE_ROWS[-1].out_width * scale)
        self._average = tuple(last_pool_kernel_size) if last_pool_type == "avg" else None

    def forward(self, x: Tensor) -> Tensor:
        x = self.block_list(self.conv1(x))
        if self._average is None:
            return halving_pool(x)
        return F.avg_pool2d(x, self._average, self._average)


class DepthwiseSeparable(nn.Layer):
    """Depthwise convolution, optional SE, 1x1 convolution; hardswish after both."""

    def __init__(self, row: SeparableRow, scale: float) -> None:
        super().__init__()
        width = int(row.in_width * scale)
        self._depthwise_conv = _conv_bn(width, width, kernel=row.kernel, stride=row.stride, groups=width)
        if row.use_se:
            self._se = SqueezeExcite(width, slope=SE_SLOPE)
        self._pointwise_conv = _conv_bn(width, int(row.out_width * scale), kernel=1)
        self._use_se = row.use_se

    def forward(self, x: Tensor) -> Tensor:
        x = self._depthwise_conv(x)
        if self._use_se:
            x = self._se(x)
        return self._pointwise_conv(x)


def _pair(stride: int | Sequence[int]) -> int | tuple[int, int]:
    if isinstance(stride, int):
        return stride
    vertical, horizontal = stride
    return vertical, horizontal


def _conv_bn(
    in_channels: int,
    out_channels: int,
    *,
    kernel: int,
    stride: int | tuple[int, int] = 1,
    groups: int = 1,
) -> ConvBN:
    return ConvBN(
        in_channels,
        out_channels,
        kernel=kernel,
        stride=stride,
        groups=groups,
        act="hardswish",
        names=("_conv", "_batch_norm"),
        weight_attr=ParamAttr(initializer=nn.initializer.KaimingNormal()),
        norm_attr=lambda: ParamAttr(regularizer=L2Decay(0.0)),
    )
