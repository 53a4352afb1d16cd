"""How far two tensors are apart: the building blocks of distillation, not registered for themselves.

Zhang et al., "Deep Mutual Learning", CVPR 2018, arXiv:1706.00384. The small constants inside the logarithms
are those of PaddleOCR 2.x, so that the numbers of a training run agree. Both sides get gradients.
"""

import paddle
import paddle.nn.functional as F
from paddle import Tensor, nn

from ppocr_lite.errors import ConfigError
from ppocr_lite.registry import did_you_mean

ACTIVATIONS = ("softmax", "sigmoid")
DISTANCES = {"l1": F.l1_loss, "l2": F.mse_loss, "smooth_l1": F.smooth_l1_loss}

_TINY = 1e-10
_SMALL = 1e-5


class KLJSLoss(nn.Layer):
    """Symmetric Kullback-Leibler (``kl``) or Jensen-Shannon (``js``) divergence, element by element.

    Args:
        mode: ``kl`` compares each side with the other, ``js`` each side with the mean of both.
        reduction: over all axes but the first: ``mean`` or ``sum``.

    Shapes: p1, p2 [N, ...], values above 0 -> [N].
    """

    def __init__(self, mode: str = "kl", reduction: str = "mean") -> None:
        super().__init__()
        if mode not in ("kl", "js"):
            raise ConfigError(f"KLJSLoss.mode: expected kl or js, got {mode!r}.")
        if reduction not in ("mean", "sum"):
            raise ConfigError(f"KLJSLoss.reduction: expected mean or sum, got {reduction!r}.")
        self._symmetric_kl = mode == "kl"
        self._mean = reduction == "mean"

    def forward(self, p1: Tensor, p2: Tensor) -> Tensor:
        if self._symmetric_kl:
            first, second = (p2 + _SMALL) / (p1 + _SMALL), (p1 + _SMALL) / (p2 + _SMALL)
        else:
            both = p1 + p2 + _SMALL
            first, second = (2.0 * p2 + _SMALL) / both, (2.0 * p1 + _SMALL) / both
        loss = 0.5 * (p2 * paddle.log(first + _SMALL) + p1 * paddle.log(second + _SMALL))
        loss = loss.flatten(1)
        return loss.mean(axis=1) if self._mean else loss.sum(axis=1)


class DMLLoss(nn.Layer):
    """Mutual learning: how much two outputs differ, seen from both sides; a scalar.

    compat: without ``use_log`` PaddleOCR gives one value for each image, and the total with it; the mean over
    the images stands here, so that the batch size does not scale gradients.

    Args:
        act: ``softmax`` (over the last axis) or ``sigmoid`` of both sides first; None takes the outputs as
            probabilities.
        use_log: KL divergence summed over all but the batch, mean over the batch (recognition); otherwise
            KLJSLoss, mean over the elements (maps of a detector).

    Shapes: out1, out2 [N, ...], alike -> scalar.
    """

    def __init__(self, act: str | None = None, use_log: bool = False) -> None:
        super().__init__()
        if act is not None and act not in ACTIVATIONS:
            raise ConfigError(
                f"act: no '{act}'.{did_you_mean(act, ACTIVATIONS)} Known: {', '.join(ACTIVATIONS)}, or empty."
            )
        self._act = act
        self._use_log = use_log
        self._divergence = KLJSLoss("kl")

    def forward(self, out1: Tensor, out2: Tensor) -> Tensor:
        p1, p2 = self._probabilities(out1), self._probabilities(out2)
        if not self._use_log:
            return self._divergence(p1, p2).mean()
        return 0.5 * (kl_divergence(paddle.log(p1), p2) + kl_divergence(paddle.log(p2), p1))

    def _probabilities(self, out: Tensor) -> Tensor:
        out = out.astype("float32")
        if self._act is None:
            return out
        return (F.softmax(out, axis=-1) if self._act == "softmax" else F.sigmoid(out)) + _TINY


def kl_divergence(log_prob: Tensor, target: Tensor) -> Tensor:
    """KL(target || exp(log_prob)), summed over all but the batch, mean over the batch.

    Shapes: both [N, ...] -> scalar.
    """
    return (target * (paddle.log(target + _TINY) - log_prob)).sum() / target.shape[0]


class CELoss(nn.Layer):
    """Cross-entropy with classes, or with what another model makes of the same input; a scalar.

    Args:
        epsilon: label smoothing (Szegedy et al., CVPR 2016, arXiv:1512.00567): this share of the target is
            spread evenly over all classes. None for targets as they are.

    Shapes: x [N, K]; label int [N], or the logits [N, K] of the other model, whose softmax is the target.
    """

    def __init__(self, epsilon: float | None = None) -> None:
        super().__init__()
        if epsilon is not None and not 0.0 < epsilon < 1.0:
            raise ConfigError(f"CELoss.epsilon: expected a share between 0 and 1, or none, got {epsilon!r}.")
        self._epsilon = epsilon

    def forward(self, x: Tensor, label: Tensor) -> Tensor:
        x = x.astype("float32")
        target = F.softmax(label.astype("float32")) if label.shape == x.shape else None
        if self._epsilon is None:
            return F.cross_entropy(x, label if target is None else target, soft_label=target is not None)
        if target is None:
            target = F.one_hot(label.flatten(), x.shape[-1])
        target = target * (1.0 - self._epsilon) + self._epsilon / x.shape[-1]
        return F.cross_entropy(x, target, soft_label=True)


class DistanceLoss(nn.Layer):
    """Distance of two features.

    Args:
        mode: ``l1``, ``l2`` (squared difference) or ``smooth_l1``.
        reduction: ``mean``, ``sum`` or ``none``.
        delta: where ``smooth_l1`` turns from a parabola into a line.

    Shapes: x, y [...], alike -> scalar, or [...] unreduced.
    """

    def __init__(self, mode: str = "l2", *, reduction: str = "mean", delta: float = 1.0) -> None:
        super().__init__()
        if mode not in DISTANCES:
            raise ConfigError(
                f"mode: no '{mode}'.{did_you_mean(mode, DISTANCES)} Known: {', '.join(DISTANCES)}."
            )
        self._distance = DISTANCES[mode]
        self._options = {"reduction": reduction, **({"delta": delta} if mode == "smooth_l1" else {})}

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        return self._distance(x.astype("float32"), y.astype("float32"), **self._options)
