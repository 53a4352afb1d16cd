"""Convolution, batch norm, activation: the block that every backbone is made of."""

from collections.abc import Callable

import paddle.nn.functional as F
from paddle import ParamAttr, Tensor, nn

ACTIVATIONS: dict[str | None, Callable[[Tensor], Tensor]] = {
    None: lambda x: x,
    "relu": F.relu,
    "hardswish": F.hardswish,
}


class BatchNorm(nn.BatchNorm2D):
    """Batch norm whose tensors are called ``batch_norm_N.*``, as in PaddleOCR 2.x.

    Paddle derives a tensor's name from its layer's class, and optimizer states (.pdopt) use these names.
    """

    def forward(self, x: Tensor) -> Tensor:
        # The parent's forward is this call and a warning, in every training, that statistics are tracked.
        return F.batch_norm(
            x,
            self._mean,
            self._variance,
            weight=self.weight,
            bias=self.bias,
            training=self.training,
            momentum=self._momentum,
            epsilon=self._epsilon,
            data_format=self._data_format,
            use_global_stats=self._use_global_stats,
        )


class ConvBN(nn.Layer):
    """Bias-free k x k convolution, padded by (k - 1) / 2, then batch norm and an activation.

    Args:
        stride: one number, or (vertical, horizontal).
        act: ``relu``, ``hardswish`` or None.
        names: attribute names of the two layers. They are checkpoint keys, and PaddleOCR 2.x's backbones
            do not agree on them.

    Shapes: [N, in_channels, H, W] -> [N, out_channels, ceil(H / stride), ceil(W / stride)] for odd k.
    """

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
        weight_attr: ParamAttr | None = None,
        norm_attr: Callable[[], ParamAttr | None] = lambda: None,
    ) -> None:
        super().__init__()
        conv = nn.Conv2D(
            in_channels,
            out_channels,
            kernel,
            stride=stride,
            padding=(kernel - 1) // 2,
            groups=groups,
            weight_attr=weight_attr,
            bias_attr=False,
        )
        norm = BatchNorm(out_channels, weight_attr=norm_attr(), bias_attr=norm_attr())
        self.add_sublayer(names[0], conv)
        self.add_sublayer(names[1], norm)
        self._names = names
        self._act = ACTIVATIONS[act]

    def forward(self, x: Tensor) -> Tensor:
        # By name on every call, so that a tool that swaps a layer (quantization, pruning) takes effect.
        conv, norm = (getattr(self, name) for name in self._names)
        return self._act(norm(conv(x)))
