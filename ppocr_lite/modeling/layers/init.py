"""Parameter attributes that several heads and necks share."""

import math

from paddle import ParamAttr, nn
from paddle.regularizer import L2Decay


def uniform_attr(fan_in: int, *, l2: float | None = None) -> ParamAttr:
    """Uniform(±1/sqrt(fan_in)) initial values; with ``l2``, the parameter's own weight decay.

    A decay given here replaces the optimizer's, also where it is 0.
    """
    bound = 1.0 / math.sqrt(fan_in)
    return ParamAttr(
        initializer=nn.initializer.Uniform(-bound, bound),
        regularizer=None if l2 is None else L2Decay(l2),
    )
