"""Blocks that several networks share."""

from ppocr_lite.mobilenet import make_divisible
from ppocr_lite.modeling.layers.conv_bn import ACTIVATIONS, BatchNorm, ConvBN
from ppocr_lite.modeling.layers.init import uniform_attr
from ppocr_lite.modeling.layers.inverted_residual import InvertedResidual
from ppocr_lite.modeling.layers.pooling import halving_pool, pool_rows
from ppocr_lite.modeling.layers.squeeze_excite import SqueezeExcite

__all__ = [
    "ACTIVATIONS",
    "BatchNorm",
    "ConvBN",
    "InvertedResidual",
    "SqueezeExcite",
    "halving_pool",
    "make_divisible",
    "pool_rows",
    "uniform_attr",
]
