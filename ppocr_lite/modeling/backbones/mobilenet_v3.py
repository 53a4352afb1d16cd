"""MobileNetV3 for detectors (four feature maps) and for recognizers and classifiers (one row of features).

Howard et al., "Searching for MobileNetV3", ICCV 2019, arXiv:1905.02244. What differs from the paper: the
widths of every layer scale, the SE gate has slope 0.2, and the recognizers' strides are vertical only.
Parameter names are those of PaddleOCR 2.x: ``conv, stage0..stage3`` in detectors; ``conv1, blocks, conv2``
in recognizers.
"""

from collections.abc import Sequence

from paddle import Tensor, nn

from ppocr_lite.errors import ConfigError
from ppocr_lite.mobilenet import HS, SCALES, STEM_WIDTH, TABLES, Row, Table, make_divisible
from ppocr_lite.modeling.layers import ConvBN, InvertedResidual, halving_pool
from ppocr_lite.parameters import Positive
from ppocr_lite.registry import BACKBONES, did_you_mean


@BACKBONES.register("MobileNetV3", task="det")
class DetMobileNetV3(nn.Layer):
    """MobileNetV3 that gives the feature maps at 1/4, 1/8, 1/16 and 1/32 of the image size.

    Args:
        model_name: ``large`` or ``small``.
        scale: width of all layers; one of 0.35, 0.5, 0.75, 1.0, 1.25.
        disable_se: leave the SE gates out.

    Shapes: [N, in_channels, H, W] -> list of [N, out_channels[i], H / 2^(i+2), W / 2^(i+2)], i = 0..3.
    """

    def __init__(
        self,
        in_channels: int = 3,
        model_name: str = "large",
        *,
        scale: Positive = 0.5,
        disable_se: bool = False,
    ) -> None:
        super().__init__()
        table = _table(model_name, scale)
        width = make_divisible(STEM_WIDTH * scale)
        self.conv = ConvBN(in_channels, width, kernel=3, stride=2, act=HS)
        stages: list[list[nn.Layer]] = [[]]
        self.out_channels: list[int] = []
        for index, row in enumerate(table.rows):
            if row.stride == 2 and index >= table.first_cut:
                stages.append([])
                self.out_channels.append(width)
            stages[-1].append(_unit(width, row, row.stride, scale, disable_se))
            width = make_divisible(scale * row.out)
        last = make_divisible(scale * table.last_width)
        stages[-1].append(ConvBN(width, last, kernel=1, act=HS))
        self.out_channels.append(last)
        self._stages = [f"stage{i}" for i in range(len(stages))]
        for name, layers in zip(self._stages, stages):
            self.add_sublayer(name, nn.Sequential(*layers))

    def forward(self, x: Tensor) -> list[Tensor]:
        x = self.conv(x)
        maps = []
        for name in self._stages:
            x = getattr(self, name)(x)
            maps.append(x)
        return maps


@BACKBONES.register("MobileNetV3", task="rec")
@BACKBONES.register("MobileNetV3", task="cls")
class RecMobileNetV3(nn.Layer):
    """MobileNetV3 that turns a text line into one row of features, 1/4 as wide as the image.

    Args:
        model_name: ``small`` or ``large``.
        scale: width of all layers; one of 0.35, 0.5, 0.75, 1.0, 1.25.
        large_stride: vertical strides at four rows of the large network; the first one is horizontal too.
        small_stride: vertical strides at four rows of the small network.
        disable_se: leave the SE gates out.

    Shapes: [N, in_channels, 32, W] -> [N, out_channels, 1, W / 4].
    """

    def __init__(
        self,
        in_channels: int = 3,
        model_name: str = "small",
        *,
        scale: Positive = 0.5,
        large_stride: Sequence[int] = (1, 2, 2, 2),
        small_stride: Sequence[int] = (2, 2, 2, 2),
        disable_se: bool = False,
    ) -> None:
        super().__init__()
        table = _table(model_name, scale)
        vertical = _strides("large_stride", large_stride), _strides("small_stride", small_stride)
        strides: dict[int, int | tuple[int, int]]
        if model_name == "large":
            strides = {row: (s, 1) for row, s in zip(table.stride_rows, vertical[0])}
            strides[0] = vertical[0][0]
        else:
            strides = {row: (s, 1) for row, s in zip(table.stride_rows, vertical[1])}
        width = make_divisible(STEM_WIDTH * scale)
        self.conv1 = ConvBN(in_channels, width, kernel=3, stride=2, act=HS)
        units = []
        for index, row in enumerate(table.rows):
            units.append(_unit(width, row, strides.get(index, 1), scale, disable_se))
            width = make_divisible(scale * row.out)
        self.blocks = nn.Sequential(*units)
        self.out_channels = make_divisible(scale * table.last_width)
        self.conv2 = ConvBN(width, self.out_channels, kernel=1, act=HS)

    def forward(self, x: Tensor) -> Tensor:
        return halving_pool(self.conv2(self.blocks(self.conv1(x))))


def _table(model_name: str, scale: float) -> Table:
    if model_name not in TABLES:
        raise ConfigError(
            f"MobileNetV3: no model_name '{model_name}'.{did_you_mean(model_name, TABLES)} "
            f"Known: {', '.join(TABLES)}."
        )
    if scale not in SCALES:
        raise ConfigError(f"MobileNetV3: scale {scale} is not one of {', '.join(map(str, SCALES))}.")
    return TABLES[model_name]


def _strides(name: str, values: Sequence[int]) -> Sequence[int]:
    if not isinstance(values, (list, tuple)) or len(values) != 4:
        raise ConfigError(f"MobileNetV3.{name}: expected a list of 4 numbers, got {values!r}.")
    return values


def _unit(
    width: int, row: Row, stride: int | tuple[int, int], scale: float, disable_se: bool
) -> InvertedResidual:
    return InvertedResidual(
        width,
        make_divisible(scale * row.out),
        expand_channels=make_divisible(scale * row.expand),
        kernel=row.kernel,
        stride=stride,
        use_se=row.use_se and not disable_se,
        act=row.act,
    )
