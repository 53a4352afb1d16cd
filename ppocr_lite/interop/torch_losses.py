"""The three losses of the twins, equal to DBLoss (Dice, with any gamma), CTCLoss and ClsLoss."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F

Batch = Mapping[str, torch.Tensor]
Loss = Callable[[Mapping[str, torch.Tensor], Batch], dict[str, torch.Tensor]]

ALPHA, BETA, EPS = 5.0, 10.0, 1e-6
LEAST_BACKGROUND = 0.002


def _dice(pred: torch.Tensor, target: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    overlap = (pred * target * mask).sum()
    return 1 - 2 * overlap / ((pred * mask).sum() + (target * mask).sum() + EPS)


def _background(pred: torch.Tensor, batch: Batch) -> torch.Tensor:
    """See ppocr_lite.losses.db.background_loss."""
    label, mask = batch["shrink_map"], batch["shrink_mask"]
    away = mask * (1 - batch["threshold_mask"]) * (1 - label)
    count = max(1, int(torch.maximum((label * mask).sum(), away.sum() * LEAST_BACKGROUND)))
    entropy = F.binary_cross_entropy(pred, torch.zeros_like(pred), reduction="none")
    return (away * entropy).flatten().topk(count).values.sum() / count


def db_loss(
    preds: Mapping[str, torch.Tensor], batch: Batch, *, gamma: float = 0.0
) -> dict[str, torch.Tensor]:
    """Liao et al., AAAI 2020, section 3.3 with Dice as the main loss; see ppocr_lite.losses.DBLoss."""
    text, threshold, binary = preds["maps"].float().unbind(1)
    mask = batch["threshold_mask"]
    shrink = ALPHA * _dice(text, batch["shrink_map"], batch["shrink_mask"])
    border = BETA * ((threshold - batch["threshold_map"]).abs() * mask).sum() / (mask.sum() + EPS)
    dice = _dice(binary, batch["shrink_map"], batch["shrink_mask"])
    parts = {"loss_shrink_maps": shrink, "loss_threshold_maps": border, "loss_binary_maps": dice}
    if gamma:
        parts["loss_background"] = gamma * _background(text, batch)
    return {"loss": torch.stack(list(parts.values())).sum(), **parts}


def ctc_loss(preds: Mapping[str, torch.Tensor], batch: Batch) -> dict[str, torch.Tensor]:
    """Mean over the batch of the negative log-likelihood; a label that cannot fit counts 0."""
    log_probs = preds["logits"].float().log_softmax(-1).transpose(0, 1)  # [T, N, K]
    steps = torch.full((log_probs.shape[1],), log_probs.shape[0])
    lengths = batch["length"].reshape(-1)
    each = F.ctc_loss(log_probs, batch["label"], steps, lengths, reduction="none", zero_infinity=True)
    return {"loss": each.mean()}


def cls_loss(preds: Mapping[str, torch.Tensor], batch: Batch) -> dict[str, torch.Tensor]:
    """Cross entropy."""
    return {"loss": F.cross_entropy(preds["logits"].float(), batch["label"].reshape(-1).long())}


def make_loss(task: str, section: Mapping[str, Any]) -> Loss:
    """The loss of a task by the section ``Loss`` of a configuration."""
    loss = LOSSES[task]
    return partial(loss, gamma=float(section.get("gamma", 0))) if task == "det" else loss


LOSSES: dict[str, Callable[..., dict[str, torch.Tensor]]] = {"det": db_loss, "rec": ctc_loss, "cls": cls_loss}
