"""Connectionist temporal classification."""

from collections.abc import Mapping

import paddle
import paddle.nn.functional as F
from paddle import Tensor, nn

from ppocr_lite.losses.outputs import pick
from ppocr_lite.registry import LOSSES

BLANK = 0
"""PaddleOCR's CTC keeps the blank at class 0."""


@LOSSES.register()
class CTCLoss(nn.Layer):
    """Negative log-likelihood of the label, summed over its characters, mean over the batch.

    Graves et al., "Connectionist Temporal Classification", ICML 2006. A label that cannot fit into the T
    time steps (one for each character, and one more between equal neighbours) counts as 0 and gives no
    gradient, so that one long label does not spoil its batch.

    Args:
        use_focal_loss: weigh each sample's loss l by (1 - exp(-l))^2.

    Shapes: preds {"logits": [N, T, K]}, batch {"label": int [N, L], padded; "length": int [N]} -> {"loss":
    scalar}.
    """

    def __init__(self, use_focal_loss: bool = False) -> None:
        super().__init__()
        self._use_focal_loss = use_focal_loss

    def forward(self, preds: Mapping[str, Tensor], batch: Mapping[str, Tensor]) -> dict[str, Tensor]:
        logits = pick(preds, None).astype("float32").transpose([1, 0, 2])  # [T, N, K]
        steps, samples, _ = logits.shape
        label = batch["label"].astype("int32")
        length = batch["length"].astype("int64").flatten()
        fits = steps_needed(label, length) <= steps  # [N]
        # A stand-in of one character keeps the arithmetic of a label that does not fit finite.
        length = paddle.where(fits, length, paddle.ones_like(length))
        loss = _negative_log_likelihood(logits, label, length)[:samples]
        loss = paddle.where(fits, loss, paddle.zeros_like(loss))
        if self._use_focal_loss:
            loss = loss * (1.0 - paddle.exp(-loss)) ** 2
        return {"loss": loss.mean()}


def _negative_log_likelihood(logits: Tensor, label: Tensor, length: Tensor) -> Tensor:
    """Loss of each sample, and of one more at the end.

    Paddle's operator kills the process (a division by zero) when all labels are empty, so a sample of one
    character is added to every batch.

    Shapes: logits [T, N, K], label int32 [N, L], length int64 [N] -> [N + 1].
    """
    steps, samples, classes = logits.shape
    return F.ctc_loss(
        paddle.concat([logits, paddle.zeros([steps, 1, classes])], axis=1),
        paddle.concat([label, paddle.ones([1, label.shape[1]], dtype="int32")]),
        paddle.full([samples + 1], steps, dtype="int64"),
        paddle.concat([length, paddle.ones([1], dtype="int64")]),
        blank=BLANK,
        reduction="none",
    ).flatten()


def steps_needed(label: Tensor, length: Tensor) -> Tensor:
    """Fewest time steps that can carry each label: its length, plus one blank between equal neighbours.

    Shapes: label int [N, L], length int64 [N] -> int64 [N].
    """
    if label.shape[1] < 2:
        return length
    position = paddle.arange(1, label.shape[1], dtype="int64")
    repeats = (label[:, 1:] == label[:, :-1]) & (position < length.unsqueeze(1))  # [N, L - 1]
    return length + repeats.astype("int64").sum(axis=1)
