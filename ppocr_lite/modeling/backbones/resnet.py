"""ResNet and ResNet-D ("vd") for detectors (feature maps) and for recognizers (one row of features).

He et al., "Deep Residual Learning for Image Recognition", CVPR 2016, arXiv:1512.03385. "vd" is ResNet-D of
He et al., "Bag of Tricks for Image Classification with Convolutional Neural Networks", CVPR 2019,
arXiv:1812.01187: three 3x3 convolutions as the stem, and shortcuts that average before they project. The
recognizers' strides are vertical only. Parameter names are those of PaddleOCR 2.x: ``conv1_1 .. conv1_3,
bb_0_0 ..`` (vd) and ``conv, res2a ..`` (plain).
"""

import logging
from collections.abc import Callable, Iterable, Sequence

import paddle.nn.functional as F
from paddle import Tensor, nn

from ppocr_lite.errors import ConfigError
from ppocr_lite.modeling.layers import ConvBN, halving_pool
from ppocr_lite.modeling.layers.residual import BASIC, BOTTLENECK, NAMES, Conv, ResidualBlock
from ppocr_lite.registry import BACKBONES

logger = logging.getLogger(__name__)

# layers: (the convolutions of a block, blocks of each stage)
TABLE: dict[int, tuple[tuple[Conv, ...], tuple[int, ...]]] = {
    18: (BASIC, (2, 2, 2, 2)),
    34: (BASIC, (3, 4, 6, 3)),
    50: (BOTTLENECK, (3, 4, 6, 3)),
    101: (BOTTLENECK, (3, 4, 23, 3)),
    152: (BOTTLENECK, (3, 8, 36, 3)),
    200: (BOTTLENECK, (3, 12, 48, 3)),
}
WIDTHS = (64, 128, 256, 512)
STEM_WIDTH = 64
VARIANTS = ("vd", "plain")


class Stages(nn.Layer):
    """The four stages that all variants share; their blocks are sub-layers of the network itself."""

    def _add_stages(
        self,
        layers: int,
        *,
        stride: int | tuple[int, int],
        average: bool,
        block_name: Callable[[int, int], str],
    ) -> list[int]:
        """Add the blocks and give the channels of the stages' outputs.

        Args:
            layers: a row of :data:`TABLE`.
            stride: of the first block of stages 1, 2 and 3.
            average: vd's shortcuts, see ResidualBlock.
            block_name: (stage, block) -> name of the sub-layer, a checkpoint key.
        """
        convs, counts = TABLE[layers]
        self._blocks: list[list[str]] = []
        channels, widths = STEM_WIDTH, []
        for stage, (count, width) in enumerate(zip(counts, WIDTHS)):
            self._blocks.append([block_name(stage, i) for i in range(count)])
            for i, name in enumerate(self._blocks[-1]):
                step = stride if i == 0 and stage > 0 else 1
                block = ResidualBlock(
                    channels, width, convs=convs, stride=step, project=i == 0, average=average
                )
                self.add_sublayer(name, block)
                channels = block.out_channels
            widths.append(channels)
        return widths

    def _run_stages(self, x: Tensor) -> list[Tensor]:
        """[N, 64, H, W] -> outputs of the stages, at 1, 1/2, 1/4 and 1/8 of each side that has a stride."""
        maps = []
        for names in self._blocks:
            for name in names:
                x = getattr(self, name)(x)
            maps.append(x)
        return maps


@BACKBONES.register("ResNet_vd", task="det")
class DetResNetVd(Stages):
    """ResNet-D that gives the feature maps at 1/4, 1/8, 1/16 and 1/32 of the image size.

    Args:
        layers: 18, 34, 50, 101, 152 or 200.
        dcn_stage: deformable convolutions for each stage; they are not available, so all must be False.
        out_indices: stages to give, of 0, 1, 2, 3, in the network's order; all by default.

    Shapes: [N, in_channels, H, W] -> list of [N, out_channels[i], H / 2^(i+2), W / 2^(i+2)], rounded up.
    ``out_channels`` is 64, 128, 256, 512 with 18 and 34 layers, else four times that.
    """

    ignored_params = ("disable_se",)

    def __init__(
        self,
        in_channels: int = 3,
        layers: int = 50,
        *,
        dcn_stage: Sequence[bool] | None = None,
        out_indices: Sequence[int] | None = None,
    ) -> None:
        super().__init__()
        _check_layers(layers, TABLE)
        _check_no_dcn(dcn_stage)
        _add_vd_stem(self, in_channels, stride=2)
        widths = self._add_stages(layers, stride=2, average=True, block_name=_vd_name)
        self._given = _checked_indices(out_indices)
        self.out_channels = [widths[i] for i in self._given]

    def forward(self, x: Tensor) -> list[Tensor]:
        x = self.conv1_3(self.conv1_2(self.conv1_1(x)))  # [N, 64, H/2, W/2]
        maps = self._run_stages(F.max_pool2d(x, 3, 2, padding=1))
        return [maps[i] for i in self._given]


class DetResNet(Stages):
    """The plain ResNet with a 7x7 stem; feature maps as those of :class:`DetResNetVd`.

    Args:
        layers: 18, 34, 50, 101 or 152.
        dcn_stage, out_indices: see DetResNetVd.
    """

    def __init__(
        self,
        in_channels: int = 3,
        layers: int = 50,
        *,
        dcn_stage: Sequence[bool] | None = None,
        out_indices: Sequence[int] | None = None,
    ) -> None:
        super().__init__()
        _check_layers(layers, [n for n in TABLE if n != 200])
        _check_no_dcn(dcn_stage)

        def block_name(stage: int, i: int) -> str:
            if stage == 2 and i > 0 and layers > 50:  # more blocks than letters in the deepest stage
                return f"res4b{i}"
            return f"res{stage + 2}{'abcdefgh'[i]}"

        self.conv = ConvBN(in_channels, STEM_WIDTH, kernel=7, stride=2, act="relu", names=NAMES)
        widths = self._add_stages(layers, stride=2, average=False, block_name=block_name)
        self._given = _checked_indices(out_indices)
        self.out_channels = [widths[i] for i in self._given]

    def forward(self, x: Tensor) -> list[Tensor]:
        x = self.conv(x)  # [N, 64, H/2, W/2]
        maps = self._run_stages(F.max_pool2d(x, 3, 2, padding=1))
        return [maps[i] for i in self._given]


@BACKBONES.register("ResNet", task="det")
def resnet(
    in_channels: int = 3,
    layers: int = 50,
    *,
    variant: str | None = None,
    dcn_stage: Sequence[bool] | None = None,
    out_indices: Sequence[int] | None = None,
    disable_se: bool | None = None,
) -> DetResNetVd | DetResNet:
    """Detector's ``ResNet``: the vd network in PaddleOCR 2.0 to 2.4, the plain one since 2.5.

    Args:
        variant: ``vd`` or ``plain``. Without it, ``vd`` where the configuration looks like one of 2.4 (18
            layers, or a ``disable_se``, which means nothing here), else ``plain``; a log line says so.
        layers, dcn_stage, out_indices: see DetResNetVd.
    """
    if variant is None:
        variant = "vd" if layers == 18 or disable_se is not None else "plain"
        logger.warning(
            "Backbone ResNet, %s layers: taken as the %s network. The name meant ResNet_vd before PaddleOCR "
            "2.5 and means the plain one since. To choose: name: ResNet_vd, or variant: %s.",
            layers,
            variant,
            " or ".join(VARIANTS),
        )
    elif variant not in VARIANTS:
        raise ConfigError(f"ResNet.variant: '{variant}' is not one of {', '.join(VARIANTS)}.")
    network = DetResNetVd if variant == "vd" else DetResNet
    return network(in_channels, layers, dcn_stage=dcn_stage, out_indices=out_indices)


@BACKBONES.register("ResNet", task="rec")
@BACKBONES.register("ResNet", task="cls")
class RecResNetVd(Stages):
    """ResNet-D that turns a text line into one row of features, 1/4 as wide as the image.

    Args:
        layers: 18, 34, 50, 101, 152 or 200.

    Shapes: [N, in_channels, 32, W] -> [N, out_channels, 1, W / 4]; ``out_channels`` is 512 with 18 and 34
    layers, else 2048.
    """

    ignored_params = ("disable_se",)

    def __init__(self, in_channels: int = 3, layers: int = 50) -> None:
        super().__init__()
        _check_layers(layers, TABLE)
        _add_vd_stem(self, in_channels, stride=1)
        *_, self.out_channels = self._add_stages(layers, stride=(2, 1), average=True, block_name=_vd_name)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv1_3(self.conv1_2(self.conv1_1(x)))  # [N, 64, 32, W]
        x = F.max_pool2d(x, 3, 2, padding=1)  # [N, 64, 16, W/2]
        return halving_pool(self._run_stages(x)[-1])  # [N, C, 2, W/2] -> [N, C, 1, W/4]


def _add_vd_stem(network: nn.Layer, in_channels: int, *, stride: int) -> None:
    narrow = STEM_WIDTH // 2
    network.conv1_1 = ConvBN(in_channels, narrow, kernel=3, stride=stride, act="relu", names=NAMES)
    network.conv1_2 = ConvBN(narrow, narrow, kernel=3, act="relu", names=NAMES)
    network.conv1_3 = ConvBN(narrow, STEM_WIDTH, kernel=3, act="relu", names=NAMES)


def _vd_name(stage: int, block: int) -> str:
    return f"bb_{stage}_{block}"


def _check_layers(layers: int, known: Iterable[int]) -> None:
    if layers not in known:
        raise ConfigError(f"ResNet.layers: {layers} is not one of {', '.join(map(str, known))}.")


def _check_no_dcn(dcn_stage: Sequence[bool] | None) -> None:
    if dcn_stage is not None and any(dcn_stage):
        raise ConfigError(
            f"ResNet.dcn_stage: deformable convolutions are not available; remove {list(dcn_stage)}."
        )


def _checked_indices(out_indices: Sequence[int] | None) -> list[int]:
    if out_indices is None:
        return list(range(len(WIDTHS)))
    given = isinstance(out_indices, (list, tuple)) and out_indices
    if not given or any(i not in range(len(WIDTHS)) for i in out_indices):
        raise ConfigError(f"ResNet.out_indices: expected a list of stages 0 to 3, got {out_indices!r}.")
    return sorted(set(out_indices))
