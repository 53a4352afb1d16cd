"""Squeeze-and-excitation: weigh channels by what the whole picture holds."""

import paddle.nn.functional as F
from paddle import Tensor, nn


class SqueezeExcite(nn.Layer):
    """x * hardsigmoid(conv2(relu(conv1(mean(x))))), with hardsigmoid(v) = clip(slope * v + 0.5, 0, 1).

    Hu et al., "Squeeze-and-Excitation Networks", CVPR 2018, arXiv:1709.01507.

    Args:
        slope: 0.2 in PaddleOCR's MobileNetV3, 1/6 in its MobileNetV1Enhance.

    Shapes: [N, C, H, W] -> the same.
    """

    def __init__(self, channels: int, *, slope: float, reduction: int = 4) -> None:
        super().__init__()
        self.conv1 = nn.Conv2D(channels, channels // reduction, 1)
        self.conv2 = nn.Conv2D(channels // reduction, channels, 1)
        self._slope = slope

    def forward(self, x: Tensor) -> Tensor:
        gate = F.adaptive_avg_pool2d(x, 1)  # [N, C, 1, 1]
        gate = self.conv2(F.relu(self.conv1(gate)))
        return x * F.hardsigmoid(gate, slope=self._slope, offset=0.5)
