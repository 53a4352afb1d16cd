"""The feature pyramid of the DB detector."""

from collections.abc import Sequence

import paddle
import paddle.nn.functional as F
from paddle import ParamAttr, Tensor, nn

from ppocr_lite.errors import ConfigError
from ppocr_lite.parameters import Count
from ppocr_lite.registry import NECKS


@NECKS.register()
class DBFPN(nn.Layer):
    """Feature pyramid network whose four levels are brought to 1/4 of the image size and joined.

    Liao et al., "Real-time Scene Text Detection with Differentiable Binarization", AAAI 2020,
    arXiv:1911.08947. Parameter names (in2_conv .. in5_conv, p5_conv .. p2_conv) are those of PaddleOCR 2.x.

    Args:
        in_channels: channels of the backbone's maps at 1/4, 1/8, 1/16 and 1/32.
        out_channels: channels of the result; each level gives a quarter of them.

    Shapes: list of [N, in_channels[i], H / 2^(i+2), W / 2^(i+2)] -> [N, out_channels, H / 4, W / 4], levels
    in the order 1/32, 1/16, 1/8, 1/4. H and W must be multiples of 32.
    """

    def __init__(self, in_channels: Sequence[int], out_channels: Count, *, use_asf: bool = False) -> None:
        super().__init__()
        if use_asf:
            raise ConfigError("DBFPN.use_asf: adaptive scale fusion (DB++) is not available; remove the key.")
        if not isinstance(in_channels, (list, tuple)) or len(in_channels) != 4:
            raise ConfigError(f"DBFPN: expected the channels of 4 feature maps, got {in_channels!r}.")
        if out_channels % 4:
            raise ConfigError(f"DBFPN.out_channels: expected a multiple of 4, got {out_channels}.")
        self.out_channels = out_channels
        c2, c3, c4, c5 = in_channels
        quarter = out_channels // 4
        # The order of creation fixes the tensors' names, which optimizer states (.pdopt) use.
        self.in2_conv = _conv(c2, out_channels, 1)
        self.in3_conv = _conv(c3, out_channels, 1)
        self.in4_conv = _conv(c4, out_channels, 1)
        self.in5_conv = _conv(c5, out_channels, 1)
        self.p5_conv = _conv(out_channels, quarter, 3)
        self.p4_conv = _conv(out_channels, quarter, 3)
        self.p3_conv = _conv(out_channels, quarter, 3)
        self.p2_conv = _conv(out_channels, quarter, 3)

    def forward(self, maps: Sequence[Tensor]) -> Tensor:
        c2, c3, c4, c5 = maps
        in5 = self.in5_conv(c5)
        out4 = self.in4_conv(c4) + _enlarge(in5, 2)  # [N, C, H/16, W/16]
        out3 = self.in3_conv(c3) + _enlarge(out4, 2)  # [N, C, H/8, W/8]
        out2 = self.in2_conv(c2) + _enlarge(out3, 2)  # [N, C, H/4, W/4]
        levels = [
            _enlarge(self.p5_conv(in5), 8),
            _enlarge(self.p4_conv(out4), 4),
            _enlarge(self.p3_conv(out3), 2),
            self.p2_conv(out2),
        ]
        return paddle.concat(levels, axis=1)  # [N, C, H/4, W/4]


def _conv(in_channels: int, out_channels: int, kernel: int) -> nn.Conv2D:
    return nn.Conv2D(
        in_channels,
        out_channels,
        kernel,
        padding=kernel // 2,
        weight_attr=ParamAttr(initializer=nn.initializer.KaimingUniform()),
        bias_attr=False,
    )


def _enlarge(x: Tensor, factor: int) -> Tensor:
    return F.interpolate(x, scale_factor=factor, mode="nearest")
