"""Rounding to 8 bits that gradients pass through, and the ranges that are learned for it.

PACT: Choi et al., "PACT: Parameterized Clipping Activation for Quantized Neural Networks", 2018,
arXiv:1805.06085, in the two-sided form that hard-swish needs. Gradients pass rounding unchanged
(straight-through estimator: Bengio et al., 2013, arXiv:1308.3432).
"""

import paddle
import paddle.nn.functional as F
from paddle import ParamAttr, Tensor, nn
from paddle.regularizer import L2Decay

from ppocr_lite.compression.qdq import LEVELS, SMALLEST_SCALE, Grid
from ppocr_lite.optim.optimizers import OWN_DECAY_ONLY

ALPHA = 20.0
"""Least initial bound of PACT; where the first batch goes beyond, the bound begins there."""
ALPHA_DECAY = 2e-5
MOVING_RATE = 0.9
SMALLEST_BOUND = 1e-3
"""Training cannot push a bound to zero or below."""


def round_through(x: Tensor) -> Tensor:
    """Round half to even; the gradient is that of ``x``."""
    return x + (paddle.round(x) - x).detach()


def pact(x: Tensor, alpha: Tensor) -> Tensor:
    """clip(x, -alpha, alpha). The gradient of ``alpha`` is 1 where x > alpha, -1 where x < -alpha, else 0."""
    return x - F.relu(x - alpha) + F.relu(-alpha - x)


def fake_quantize(x: Tensor, scale: Tensor | float, zero_point: Tensor | int) -> Tensor:
    """x rounded to the uint8 grid (see :class:`~ppocr_lite.compression.qdq.Grid`) and back to real numbers.

    The gradient is that of ``x``, also where the grid ends: what lies beyond was clipped before.
    """
    q = paddle.clip(paddle.round(x / scale) + zero_point, 0, LEVELS) - zero_point
    return x + (q * scale - x).detach()


def fake_quantize_weight(weight: Tensor, axis: int, *, bits: int = 8) -> Tensor:
    """Weight rounded to int8, with one step for each channel of ``axis``: its largest value / 127.

    A batch norm that follows multiplies whole channels. Folded into the weight it multiplies the steps and
    leaves the integers as they are (all with the other sign for a negative factor, which the symmetric range
    allows). So rounding the weight as it is equals rounding the folded one, as Jacob et al. (2018,
    arXiv:1712.05877, section 3.2) do, and no statistics of the batch get into the weights.
    """
    others = [i for i in range(weight.ndim) if i != axis % weight.ndim]
    limit = 2 ** (bits - 1) - 1
    with paddle.no_grad():
        steps = paddle.clip(weight.abs().max(axis=others, keepdim=True) / limit, min=SMALLEST_SCALE)
        rounded = paddle.clip(paddle.round(weight / steps), -limit, limit) * steps
    return weight + (rounded - weight).detach()


class ActivationQuantizer(nn.Layer):
    """Rounds a tensor to 8 bits, with a range that is followed while training.

    The range is from the moving average of each batch's least value to that of the largest, as they are
    after PACT's clipping, and never beyond -alpha..alpha. So hard-swish, which goes no lower than -0.375,
    has nearly all 255 steps for what is above. Before the first training batch there is no range and values
    pass unchanged.

    Args:
        with_pact: clip with a learned bound first.
        name: name of the alpha tensor, by which optimizer states know it.
        alpha, decay: initial value of alpha, unless the first training batch has larger ones, and its own L2.
        rate: weight of the past in the moving averages.

    Buffers ``lowest``, ``highest`` and ``count``: decayed sums of least values, of largest, and of ones; the
    averages are their ratios.

    Shapes: any -> the same.
    """

    def __init__(
        self,
        *,
        with_pact: bool = True,
        name: str | None = None,
        alpha: float = ALPHA,
        decay: float = ALPHA_DECAY,
        rate: float = MOVING_RATE,
    ) -> None:
        super().__init__()
        self.rate = rate
        self.active = True
        self.fixed: Grid | None = None
        if with_pact:
            attr = ParamAttr(
                name=name, initializer=nn.initializer.Constant(float(alpha)), regularizer=L2Decay(decay)
            )
            self.alpha = self.create_parameter([1], attr=attr)
            setattr(self.alpha, OWN_DECAY_ONLY, True)
        self._with_pact = with_pact
        for buffer in ("lowest", "highest", "count"):
            self.register_buffer(buffer, paddle.zeros([1], "float32"))

    def forward(self, x: Tensor) -> Tensor:
        if not self.active:
            return x
        if self.fixed is not None:
            return fake_quantize(x, self.fixed.scale, self.fixed.zero_point)
        if self._with_pact and self.training:
            if not self.seen:
                self._widen(x)
            x = pact(x, self._bound())
        if self.training:
            self._follow(x)
        elif not self.seen:
            return x
        with paddle.no_grad():
            low, high = self._range()
            scale = paddle.clip((high - low) / LEVELS, min=SMALLEST_SCALE)
            zero_point = paddle.clip(paddle.round(-low / scale), 0, LEVELS)
        return fake_quantize(x, scale.astype(x.dtype), zero_point.astype(x.dtype))

    @property
    def seen(self) -> bool:
        """Whether there is a range."""
        return self.count.item() > 0

    @property
    def grid(self) -> Grid:
        """The grid that evaluation uses."""
        low, high = self._range()
        return Grid.between(low.item(), high.item())

    @paddle.no_grad()
    def _range(self) -> tuple[Tensor, Tensor]:
        """0 is in it: it has to be on the grid."""
        low = paddle.clip(self.lowest / self.count, max=0.0)
        high = paddle.clip(self.highest / self.count, min=0.0)
        if not self._with_pact:
            return low, high
        bound = self._bound()
        return paddle.maximum(low, -bound), paddle.minimum(high, bound)

    def _bound(self) -> Tensor:
        return paddle.clip(self.alpha, min=SMALLEST_BOUND)

    @paddle.no_grad()
    def _widen(self, x: Tensor) -> None:
        """Begin without clipping: a network that has learned to use such values would be broken by it."""
        self.alpha.set_value(paddle.maximum(self.alpha, x.detach().abs().max().reshape([1])))

    @paddle.no_grad()
    def _follow(self, x: Tensor) -> None:
        values = x.detach().astype("float32")
        self.lowest.set_value(self.lowest * self.rate + values.min().reshape([1]))
        self.highest.set_value(self.highest * self.rate + values.max().reshape([1]))
        self.count.set_value(self.count * self.rate + 1)
