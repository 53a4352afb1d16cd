"""The losses of the DB detector.

All sums run over the whole batch, and nothing is read back to the host: no ``int(tensor)``, no check of a
value.
"""

from collections.abc import Mapping

import paddle
import paddle.nn.functional as F
from paddle import Tensor, nn

from ppocr_lite.errors import ConfigError
from ppocr_lite.parameters import NotNegative, Positive
from ppocr_lite.registry import LOSSES, did_you_mean


class DiceLoss(nn.Layer):
    """1 - 2 * |pred * label| / (|pred| + |label| + eps), over the pixels of the mask; a scalar in 0..1."""

    def __init__(self, eps: float = 1e-6) -> None:
        super().__init__()
        self._eps = eps

    def forward(self, pred: Tensor, label: Tensor, mask: Tensor) -> Tensor:
        pred = pred * mask
        overlap = (pred * label).sum()
        return 1.0 - 2.0 * overlap / (pred.sum() + (label * mask).sum() + self._eps)


class MaskL1Loss(nn.Layer):
    """Mean absolute difference over the pixels of the mask; a scalar."""

    def __init__(self, eps: float = 1e-6) -> None:
        super().__init__()
        self._eps = eps

    def forward(self, pred: Tensor, label: Tensor, mask: Tensor) -> Tensor:
        return ((pred - label).abs() * mask).sum() / (mask.sum() + self._eps)


class BCELoss(nn.Layer):
    """Binary cross-entropy of each pixel, [N, H, W]; the mask is left to the caller."""

    def forward(self, pred: Tensor, label: Tensor, mask: Tensor) -> Tensor:
        return F.binary_cross_entropy(pred, label, reduction="none")


LEAST_BACKGROUND = 0.002
"""Share of the background that counts in a batch with less text."""

MAP_LOSSES: dict[str, type[nn.Layer]] = {
    "DiceLoss": DiceLoss,
    "MaskL1Loss": MaskL1Loss,
    "BCELoss": BCELoss,
}


class BalanceLoss(nn.Layer):
    """A map loss with hard-example mining: all text pixels, and the worst of the others.

    For a base loss that is one number (Dice, MaskL1) every pixel is as hard as any other: the result is that
    number, or 0 for a batch without text, and no pixel need be ranked. Unbalanced BCE is the mean over the
    mask.

    Args:
        negative_ratio: at most so many other pixels for each text pixel.

    Shapes: pred, label, mask [N, H, W] -> scalar.
    """

    def __init__(
        self,
        balance_loss: bool = True,
        main_loss_type: str = "DiceLoss",
        *,
        negative_ratio: float = 3,
        eps: float = 1e-6,
    ) -> None:
        super().__init__()
        if main_loss_type not in MAP_LOSSES:
            raise ConfigError(
                f"DBLoss.main_loss_type: no '{main_loss_type}'.{did_you_mean(main_loss_type, MAP_LOSSES)} "
                f"Known: {', '.join(MAP_LOSSES)}."
            )
        self._base = MAP_LOSSES[main_loss_type]()
        self._by_pixel = main_loss_type == "BCELoss"
        self._balance = balance_loss
        self._ratio = negative_ratio
        self._eps = eps

    def forward(self, pred: Tensor, label: Tensor, mask: Tensor) -> Tensor:
        loss = self._base(pred, label, mask)
        if not self._balance:
            return (loss * mask).sum() / (mask.sum() + self._eps) if self._by_pixel else loss
        positive = label * mask
        negative = (1.0 - label) * mask
        num_positive = positive.sum().floor()
        num_negative = paddle.minimum(negative.sum(), num_positive * self._ratio).floor()
        total = num_positive + num_negative
        if not self._by_pixel:
            return loss * total / (total + self._eps)
        hardest = sum_of_largest(negative * loss, num_negative)
        return ((positive * loss).sum() + hardest) / (total + self._eps)


def sum_of_largest(values: Tensor, count: Tensor) -> Tensor:
    """Sum of the ``count`` largest of ``values`` (none negative), without sorting them.

    Non-negative floats are ordered as their bit patterns are, so 31 halvings find the smallest value that
    still belongs to the sum, exactly and whatever the count: 31 comparisons with all values. (A top-k would
    need the count, or a bound of it, as a number on the host.) Values equal to it share what is left of the
    count.

    Shapes: values float32, any; count float32 scalar holding a whole number -> scalar.
    """
    with paddle.no_grad():
        bits = values.detach().view("int32")
        whole = count.astype("int64")
        limit = paddle.zeros([], dtype="int32")
        for bit in range(30, -1, -1):
            higher = limit + (1 << bit)
            enough = (bits >= higher).astype("int64").sum() >= whole
            limit = paddle.where(enough, higher, limit)
        above = (bits > limit).astype(values.dtype)
        equal = (bits == limit).astype(values.dtype)
        # With a count of 0 no value is above the limit, which has every bit set.
        share = (count - above.sum()) / equal.sum().clip(min=1.0)
        weight = above + equal * share
    return (values * weight).sum()


def background_loss(pred: Tensor, batch: Mapping[str, Tensor]) -> Tensor:
    """Cross-entropy of what is taken for text far from any: as many of the worst pixels as text has.

    Of a false alarm that the network is sure of, Dice has hardly a gradient; and in the mining of BalanceLoss
    the pixels around text, of which nobody can be sure, leave no room for it. Here only pixels count that no
    border of a text reaches.

    Shapes: pred [N, H, W]; batch threshold_mask, shrink_map, shrink_mask [N, H, W] -> scalar.
    """
    away = batch["shrink_mask"] * (1.0 - batch["threshold_mask"]) * (1.0 - batch["shrink_map"])
    text = (batch["shrink_map"] * batch["shrink_mask"]).sum()
    count = paddle.maximum(text, away.sum() * LEAST_BACKGROUND).floor().clip(min=1.0)
    entropy = F.binary_cross_entropy(pred, paddle.zeros_like(pred), reduction="none")
    return sum_of_largest(away * entropy, count) / count


@LOSSES.register()
class DBLoss(nn.Layer):
    """alpha * BalanceLoss(shrink map) + beta * MaskL1(threshold map) + Dice(binary map) + gamma * background.

    Liao et al., "Real-time Scene Text Detection with Differentiable Binarization", AAAI 2020,
    arXiv:1911.08947.

    Args:
        balance_loss: mine hard examples for the shrink map; without effect on DiceLoss and MaskL1Loss.
        main_loss_type: loss of the shrink map: ``DiceLoss``, ``BCELoss`` or ``MaskL1Loss``.
        ohem_ratio: other pixels for each text pixel, in the mining.
        gamma: weight of :func:`background_loss` of the shrink map, which PaddleOCR has not: against false
            alarms.
        eps: keeps the divisions of the threshold and binary maps finite.

    Shapes: preds {"maps": [N, 3, H, W]}; batch threshold_map, threshold_mask, shrink_map, shrink_mask [N, H,
    W].
    """

    def __init__(
        self,
        balance_loss: bool = True,
        main_loss_type: str = "DiceLoss",
        *,
        alpha: NotNegative = 5,
        beta: NotNegative = 10,
        ohem_ratio: NotNegative = 3,
        gamma: NotNegative = 0,
        eps: Positive = 1e-6,
    ) -> None:
        super().__init__()
        self._alpha = alpha
        self._beta = beta
        self._gamma = gamma
        self._shrink_loss = BalanceLoss(balance_loss, main_loss_type, negative_ratio=ohem_ratio)
        self._threshold_loss = MaskL1Loss(eps)
        self._binary_loss = DiceLoss(eps)

    def forward(self, preds: Mapping[str, Tensor], batch: Mapping[str, Tensor]) -> dict[str, Tensor]:
        maps = preds["maps"].astype("float32")
        label, mask = batch["shrink_map"], batch["shrink_mask"]
        shrink = self._alpha * self._shrink_loss(maps[:, 0], label, mask)
        threshold = self._beta * self._threshold_loss(
            maps[:, 1], batch["threshold_map"], batch["threshold_mask"]
        )
        binary = self._binary_loss(maps[:, 2], label, mask)
        parts = {
            "loss_shrink_maps": shrink,
            "loss_threshold_maps": threshold,
            "loss_binary_maps": binary,
        }
        if self._gamma:
            parts["loss_background"] = self._gamma * background_loss(maps[:, 0], batch)
        return {"loss": sum(parts.values(), paddle.zeros([])), **parts}
