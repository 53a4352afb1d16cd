"""Aggregation cross-entropy: a text's characters are counted, their order is left to CTC."""

from collections.abc import Mapping

import paddle
import paddle.nn.functional as F
from paddle import Tensor, nn

from ppocr_lite.errors import ConfigError
from ppocr_lite.losses.outputs import pick
from ppocr_lite.registry import LOSSES


@LOSSES.register()
class ACELoss(nn.Layer):
    """How well the classes' shares in the time steps agree with the characters' counts.

    Xie et al., "Aggregation Cross-Entropy for Sequence Recognition", CVPR 2019, arXiv:1904.08364. As in
    PaddleOCR, a softmax is taken of the mean probabilities once more, which differs from the paper. The
    gradient holds for counts that sum up to the length, as CTCLabelEncode's do.

    compat: PaddleOCR gives one value for each sample, [N, 1]; here it is their mean.

    Shapes: preds {"logits": [N, T, K]}, batch {"label_ace": [N, K], how often each class occurs; "length":
    int [N]} -> {"loss_ace": scalar, "loss": the same}.
    """

    def forward(self, preds: Mapping[str, Tensor], batch: Mapping[str, Tensor]) -> dict[str, Tensor]:
        logits = pick(preds, None).astype("float32")
        if "label_ace" not in batch:
            raise ConfigError(
                "label_ace: ACELoss needs it in the batch. Add 'label_ace' to the KeepKeys of "
                "Train.dataset.transforms."
            )
        counts = batch["label_ace"].astype("float32")  # [N, K]
        steps, classes = logits.shape[1:]
        if counts.shape[1] != classes:
            raise ConfigError(
                f"label_ace: counts of {counts.shape[1]} classes, the model has {classes}. "
                "Both must come from one Global.character_dict_path."
            )
        blanks = steps - batch["length"].astype("float32").reshape([-1, 1])
        shares = paddle.concat([blanks, counts[:, 1:]], axis=1) / steps
        mean = F.softmax(logits, axis=2).mean(axis=1)  # [N, K]
        loss = F.cross_entropy(mean, shares, soft_label=True)
        return {"loss_ace": loss, "loss": loss}
