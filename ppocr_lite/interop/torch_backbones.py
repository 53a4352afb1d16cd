"""PyTorch twins of the backbones; parameter names are those of the Paddle networks."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import nn

from ppocr_lite.interop.torch_blocks import ConvBN, DepthwiseSeparable, InvertedResidual
from ppocr_lite.mobilenet import SEPARABLE_ROWS, STEM_WIDTH, TABLES, Row, make_divisible


class DetBackbone(nn.Module):
    """MobileNetV3 of the detector: [N, C, H, W] -> four maps at 1/4, 1/8, 1/16 and 1/32."""

    def __init__(
        self, in_channels: int = 3, model_name: str = "large", scale: float = 0.5, disable_se: bool = False
    ) -> None:
        super().__init__()
        table = TABLES[model_name]
        channels = make_divisible(STEM_WIDTH * scale)
        self.conv = ConvBN(in_channels, channels, kernel=3, stride=2, act="hardswish")
        stages: list[list[nn.Module]] = [[]]
        self.out_channels: list[int] = []
        for index, row in enumerate(table.rows):
            if row.stride == 2 and index >= table.first_cut:
                self.out_channels.append(channels)
                stages.append([])
            stages[-1].append(_unit(channels, row, row.stride, scale, disable_se))
            channels = make_divisible(row.out * scale)
        last = make_divisible(table.last_width * scale)
        stages[-1].append(ConvBN(channels, last, kernel=1, act="hardswish"))
        self.out_channels.append(last)
        for i, stage in enumerate(stages):
            self.add_module(f"stage{i}", nn.Sequential(*stage))

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        x = self.conv(x)
        maps = []
        for i in range(len(self.out_channels)):
            x = getattr(self, f"stage{i}")(x)
            maps.append(x)
        return maps


class RecBackbone(nn.Module):
    """MobileNetV3 of recognizer and classifier: [N, C, 32, W] -> [N, K, 1, W/4] with strides [1, 2, 2, 2]."""

    def __init__(
        self,
        in_channels: int = 3,
        model_name: str = "small",
        scale: float = 0.5,
        large_stride: Sequence[int] = (1, 2, 2, 2),
        small_stride: Sequence[int] = (2, 2, 2, 2),
        disable_se: bool = False,
    ) -> None:
        super().__init__()
        table, large = TABLES[model_name], model_name == "large"
        vertical = large_stride if large else small_stride
        strides: dict[int, int | tuple[int, int]] = {r: (s, 1) for r, s in zip(table.stride_rows, vertical)}
        if large:
            strides[0] = vertical[0]  # horizontal too
        channels = make_divisible(STEM_WIDTH * scale)
        self.conv1 = ConvBN(in_channels, channels, kernel=3, stride=2, act="hardswish")
        units = []
        for index, row in enumerate(table.rows):
            units.append(_unit(channels, row, strides.get(index, 1), scale, disable_se))
            channels = make_divisible(row.out * scale)
        self.blocks = nn.Sequential(*units)
        self.out_channels = make_divisible(table.last_width * scale)
        self.conv2 = ConvBN(channels, self.out_channels, kernel=1, act="hardswish")

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return _halved(self.conv2(self.blocks(self.conv1(x))))


def _unit(
    channels: int, row: Row, stride: int | tuple[int, int], scale: float, disable_se: bool
) -> InvertedResidual:
    return InvertedResidual(
        channels,
        make_divisible(row.expand * scale),
        make_divisible(row.out * scale),
        kernel=row.kernel,
        stride=stride,
        se=row.use_se and not disable_se,
        act=row.act,
    )


class EnhanceBackbone(nn.Module):
    """MobileNetV1Enhance, the recognizer's backbone of PP-OCRv2: [N, C, 32, W] -> [N, K, 1, W/4].

    With ``last_pool_type`` avg and a kernel of [3, 2] lines are 48 pixels high.
    """

    def __init__(
        self,
        in_channels: int = 3,
        scale: float = 0.5,
        last_conv_stride: int | Sequence[int] = 1,
        last_pool_type: str = "max",
        last_pool_kernel_size: Sequence[int] = (3, 2),
    ) -> None:
        super().__init__()
        last = last_conv_stride if isinstance(last_conv_stride, int) else tuple(last_conv_stride)
        rows = (*SEPARABLE_ROWS[:-1], SEPARABLE_ROWS[-1]._replace(stride=last))  # type: ignore[arg-type]
        names = ("_conv", "_batch_norm")
        self.conv1 = ConvBN(in_channels, int(32 * scale), kernel=3, stride=2, act="hardswish", names=names)
        self.block_list = nn.Sequential(
            *[
                DepthwiseSeparable(
                    int(row.in_width * scale),
                    int(row.out_width * scale),
                    kernel=row.kernel,
                    stride=row.stride,
                    se=row.use_se,
                )
                for row in rows
            ]
        )
        self.out_channels = int(SEPARABLE_ROWS[-1].out_width * scale)
        self.average = tuple(last_pool_kernel_size) if last_pool_type == "avg" else None
        for part in self.modules():
            if isinstance(part, nn.Conv2d):
                nn.init.kaiming_normal_(part.weight)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.block_list(self.conv1(x))
        return _halved(x) if self.average is None else F.avg_pool2d(x, self.average, self.average)


def _halved(x: torch.Tensor) -> torch.Tensor:
    # Paddle's pooling keeps a height of 1; PyTorch's would refuse it.
    return F.max_pool2d(x, (min(2, x.shape[2]), 2), 2)
