"""PyTorch counterparts of the shared convolution blocks; parameter names are those of the Paddle networks."""

import torch
import torch.nn.functional as F
from torch import nn

BN_EPS = 1e-5
# Paddle's momentum 0.9 keeps nine tenths of the running value; PyTorch counts the other share.
BN_MOMENTUM = 0.1


def make_divisible(value: float, divisor: int = 8) -> int:
    """Nearest multiple of ``divisor``, at least ``divisor`` and never under 90 % of ``value``."""
    rounded = max(divisor, int(value + divisor / 2) // divisor * divisor)
    return rounded + divisor if rounded < 0.9 * value else rounded


class ConvBN(nn.Module):
    """Bias-free convolution and batch norm, then an activation: ``relu``, ``hardswish`` or None."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        *,
        kernel: int,
        stride: int | tuple[int, int] = 1,
        groups: int = 1,
        act: str | None = None,
    ) -> None:
        super().__init__()
        padding = (kernel - 1) // 2
        self.conv = nn.Conv2d(in_channels, out_channels, kernel, stride, padding, groups=groups, bias=False)
        self.bn = nn.BatchNorm2d(out_channels, eps=BN_EPS, momentum=BN_MOMENTUM)
        self.act = act

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.bn(self.conv(x))
        if self.act == "relu":
            return F.relu(x, inplace=True)
        return F.hardswish(x, inplace=True) if self.act == "hardswish" else x


class SqueezeExcite(nn.Module):
    """Channel gate: global mean, 1x1 to a quarter, relu, 1x1 back, hard sigmoid of slope 0.2."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels // 4, 1)
        self.conv2 = nn.Conv2d(channels // 4, channels, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        gate = self.conv2(F.relu(self.conv1(x.mean((2, 3), keepdim=True))))
        return x * (0.2 * gate + 0.5).clamp(0, 1)


class InvertedResidual(nn.Module):
    """Expand, depthwise, optional gate, project; a shortcut where shape and ``shortcut`` allow it."""

    def __init__(
        self,
        in_channels: int,
        mid_channels: int,
        out_channels: int,
        *,
        kernel: int,
        stride: int | tuple[int, int],
        se: bool,
        act: str,
    ) -> None:
        super().__init__()
        # PaddleOCR compares the stride with the integer 1: a pair (1, 1) never has a shortcut.
        self.shortcut = stride == 1 and in_channels == out_channels
        self.expand_conv = ConvBN(in_channels, mid_channels, kernel=1, act=act)
        self.bottleneck_conv = ConvBN(
            mid_channels, mid_channels, kernel=kernel, stride=stride, groups=mid_channels, act=act
        )
        self.mid_se = SqueezeExcite(mid_channels) if se else None
        self.linear_conv = ConvBN(mid_channels, out_channels, kernel=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.bottleneck_conv(self.expand_conv(x))
        if self.mid_se is not None:
            y = self.mid_se(y)
        y = self.linear_conv(y)
        return x + y if self.shortcut else y


# kernel, expanded width, output width, squeeze-excite, activation, stride (detector); widths at scale 1.
LARGE = (
    (3, 16, 16, False, "relu", 1),
    (3, 64, 24, False, "relu", 2),
    (3, 72, 24, False, "relu", 1),
    (5, 72, 40, True, "relu", 2),
    (5, 120, 40, True, "relu", 1),
    (5, 120, 40, True, "relu", 1),
    (3, 240, 80, False, "hardswish", 2),
    (3, 200, 80, False, "hardswish", 1),
    (3, 184, 80, False, "hardswish", 1),
    (3, 184, 80, False, "hardswish", 1),
    (3, 480, 112, True, "hardswish", 1),
    (3, 672, 112, True, "hardswish", 1),
    (5, 672, 160, True, "hardswish", 2),
    (5, 960, 160, True, "hardswish", 1),
    (5, 960, 160, True, "hardswish", 1),
)
SMALL = (
    (3, 16, 16, True, "relu", 2),
    (3, 72, 24, False, "relu", 2),
    (3, 88, 24, False, "relu", 1),
    (5, 96, 40, True, "hardswish", 2),
    (5, 240, 40, True, "hardswish", 1),
    (5, 240, 40, True, "hardswish", 1),
    (5, 120, 48, True, "hardswish", 1),
    (5, 144, 48, True, "hardswish", 1),
    (5, 288, 96, True, "hardswish", 2),
    (5, 576, 96, True, "hardswish", 1),
    (5, 576, 96, True, "hardswish", 1),
)
LAST_WIDTH = {"large": 960, "small": 576}
