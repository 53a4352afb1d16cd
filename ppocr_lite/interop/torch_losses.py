"""The three losses of the twins, equal to DBLoss (Dice), CTCLoss and ClsLoss at their defaults."""

from collections.abc import Callable, Mapping

import torch
import torch.nn.functional as F

Batch = Mapping[str, torch.Tensor]
Loss = Callable[[Mapping[str, torch.Tensor], Batch], dict[str, torch.Tensor]]

ALPHA, BETA, EPS = 5.0, 10.0, 1e-6


def _dice(pred: torch.Tensor, target: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    overlap = (pred * target * mask).sum()
    return 1 - 2 * overlap / ((pred * mask).sum() + (target * mask).sum() + EPS)


def db_loss(preds: Mapping[str, torch.Tensor], batch: Batch) -> dict[str, torch.Tensor]:
    """Liao et al., AAAI 2020, section 3.3 with Dice as the main loss; see ppocr_lite.losses.DBLoss."""
    text, threshold, binary = preds["maps"].float().unbind(1)
    mask = batch["threshold_mask"]
    shrink = ALPHA * _dice(text, batch["shrink_map"], batch["shrink_mask"])
    border = BETA * ((threshold - batch["threshold_map"]).abs() * mask).sum() / (mask.sum() + EPS)
    dice = _dice(binary, batch["shrink_map"], batch["shrink_mask"])
    return {
        "loss": shrink + border + dice,
        "loss_shrink_maps": shrink,
        "loss_threshold_maps": border,
        "loss_binary_maps": dice,
    }


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


LOSSES: dict[str, Loss] = {"det": db_loss, "rec": ctc_loss, "cls": cls_loss}
