"""The head of the DB detector."""

from collections.abc import Mapping, Sequence

import paddle
import paddle.nn.functional as F
from paddle import ParamAttr, Tensor, nn

from ppocr_lite.modeling.layers import BatchNorm, uniform_attr
from ppocr_lite.parameters import Count, Positive
from ppocr_lite.registry import HEADS

NORM_BIAS = 1e-4
"""Initial bias of the head's batch norms, as in the authors' code."""


@HEADS.register()
class DBHead(nn.Layer):
    """Differentiable-binarization head: text probability, threshold and binary maps.

    Liao et al., "Real-time Scene Text Detection with Differentiable Binarization", AAAI 2020,
    arXiv:1911.08947. Parameter names (binarize.*, thresh.*) are those of PaddleOCR 2.x.

    Args:
        in_channels: channels of the neck's output, at 1/4 of the image size.
        k: steepness of the binarization; 50 in the paper.
        kernel_list: sides of the three kernels; the last two are also the factors of enlargement.

    Shapes: [N, C, H/4, W/4] -> {"maps": [N, 3, H, W]} in training, [N, 1, H, W] otherwise; values in 0..1.
    """

    def __init__(
        self, in_channels: int, k: Positive = 50, *, kernel_list: tuple[Count, Count, Count] = (3, 2, 2)
    ) -> None:
        super().__init__()
        self.binarize = MapBranch(in_channels, kernel_list)
        self.thresh = MapBranch(in_channels, kernel_list)
        self._k = k

    def forward(self, x: Tensor, targets: Mapping[str, Tensor] | None = None) -> dict[str, Tensor]:
        shrink = self.binarize(x)  # [N, 1, H, W]
        if not self.training:
            return {"maps": shrink}
        threshold = self.thresh(x)
        binary = F.sigmoid(self._k * (shrink - threshold))
        return {"maps": paddle.concat([shrink, threshold, binary], axis=1)}


class MapBranch(nn.Layer):
    """One map at the image's size: [N, C, H/4, W/4] -> [N, 1, H, W], values in 0..1."""

    def __init__(self, in_channels: int, kernel_list: Sequence[int]) -> None:
        super().__init__()
        width = in_channels // 4
        first, second, third = kernel_list
        self.conv1 = nn.Conv2D(in_channels, width, first, padding=first // 2, bias_attr=False)
        self.conv_bn1 = _norm(width)
        self.conv2 = _enlarging_conv(width, width, second)
        self.conv_bn2 = _norm(width)
        self.conv3 = _enlarging_conv(width, 1, third)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.conv_bn1(self.conv1(x)))
        x = F.relu(self.conv_bn2(self.conv2(x)))  # [N, C/4, H/2, W/2]
        return F.sigmoid(self.conv3(x))


def _norm(channels: int) -> BatchNorm:
    return BatchNorm(channels, bias_attr=ParamAttr(initializer=nn.initializer.Constant(NORM_BIAS)))


def _enlarging_conv(in_channels: int, out_channels: int, kernel: int) -> nn.Conv2DTranspose:
    return nn.Conv2DTranspose(
        in_channels,
        out_channels,
        kernel,
        stride=kernel,
        weight_attr=ParamAttr(initializer=nn.initializer.KaimingUniform()),
        bias_attr=uniform_attr(in_channels),
    )
