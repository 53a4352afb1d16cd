"""PyTorch counterparts of the shared convolution blocks; parameter names are those of the Paddle networks."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import nn

BN_EPS = 1e-5
# Paddle's momentum 0.9 keeps nine tenths of the running value; PyTorch counts the other share.
BN_MOMENTUM = 0.1

Depthwise = Callable[[nn.Conv2d, torch.Tensor], torch.Tensor]
"""How a depthwise convolution is computed, see :mod:`ppocr_lite.interop.torch_depthwise`."""


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
        names: tuple[str, str] = ("conv", "bn"),
    ) -> None:
        super().__init__()
        padding = (kernel - 1) // 2
        conv = nn.Conv2d(in_channels, out_channels, kernel, stride, padding, groups=groups, bias=False)
        self.names, self.act = names, act
        self.depthwise: Depthwise = _depthwise
        self.add_module(names[0], conv)
        self.add_module(names[1], nn.BatchNorm2d(out_channels, eps=BN_EPS, momentum=BN_MOMENTUM))

    @property
    def conv_layer(self) -> nn.Conv2d:
        """The convolution, whatever its name."""
        layer = getattr(self, self.names[0])
        assert isinstance(layer, nn.Conv2d)
        return layer

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        conv, norm = self.conv_layer, getattr(self, self.names[1])
        x = norm(self.depthwise(conv, x) if conv.groups > 1 else conv(x))
        if self.act == "relu":
            return F.relu(x, inplace=True)
        return F.hardswish(x, inplace=True) if self.act == "hardswish" else x


def _depthwise(conv: nn.Conv2d, x: torch.Tensor) -> torch.Tensor:
    """``conv(x)``, on a CPU in float32 also where the rest is in bfloat16.

    oneDNN's gradients of depthwise convolutions are slow in bfloat16; the casts cost less.
    """
    if x.device.type != "cpu" or not torch.is_autocast_enabled("cpu"):
        return conv(x)
    dtype = torch.get_autocast_dtype("cpu")
    with torch.autocast("cpu", enabled=False):
        return conv(x.float()).to(dtype)


class SqueezeExcite(nn.Module):
    """Channel gate: global mean, 1x1 to a quarter, relu, 1x1 back, hard sigmoid of ``slope``."""

    def __init__(self, channels: int, slope: float = 0.2) -> None:
        super().__init__()
        self.slope = slope
        self.conv1 = nn.Conv2d(channels, channels // 4, 1)
        self.conv2 = nn.Conv2d(channels // 4, channels, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        gate = self.conv2(F.relu(self.conv1(x.mean((2, 3), keepdim=True))))
        return x * (self.slope * gate + 0.5).clamp(0, 1)


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


class DepthwiseSeparable(nn.Module):
    """Depthwise convolution, optional gate, 1x1 convolution; hardswish after both."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        *,
        kernel: int,
        stride: int | tuple[int, int],
        se: bool,
    ) -> None:
        super().__init__()
        names = ("_conv", "_batch_norm")
        self._depthwise_conv = ConvBN(
            in_channels,
            in_channels,
            kernel=kernel,
            stride=stride,
            groups=in_channels,
            act="hardswish",
            names=names,
        )
        self._se = SqueezeExcite(in_channels, slope=1 / 6) if se else None
        self._pointwise_conv = ConvBN(in_channels, out_channels, kernel=1, act="hardswish", names=names)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self._depthwise_conv(x)
        if self._se is not None:
            x = self._se(x)
        return self._pointwise_conv(x)
