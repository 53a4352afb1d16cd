"""Pooling steps that several backbones share."""

import paddle.nn.functional as F
from paddle import Tensor


def halving_pool(x: Tensor) -> Tensor:
    """2x2 maximum, [N, C, H, W] -> [N, C, H // 2, W // 2]; a height of 1 stays 1.

    Paddle's own kernel keeps a height of 1 by rounding toward zero; ONNX Runtime's does not, so that case
    is spelt out.
    """
    window = (1, 2) if x.shape[2] == 1 else (2, 2)
    return F.max_pool2d(x, window, window)


def pool_rows(x: Tensor) -> Tensor:
    """2x2 maximum that moves by one column, [N, C, H, W] -> [N, C, H // 2, W + 1], as in CRNN.

    The windows overlap, and those at both ends reach over the edge.
    """
    return F.max_pool2d(x, 2, (2, 1), padding=(0, 1))
