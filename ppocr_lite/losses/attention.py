"""Cross-entropy of recognizers that spell their text class by class.

Shi et al., "Robust Scene Text Recognition with Automatic Rectification", CVPR 2016, arXiv:1603.03915.
"""

from collections.abc import Mapping

import paddle
import paddle.nn.functional as F
from paddle import Tensor, nn

from ppocr_lite.errors import ConfigError
from ppocr_lite.registry import LOSSES


@LOSSES.register()
class AttentionLoss(nn.Layer):
    """Cross-entropy of step i with entry i of the label ``[sos, characters, eos, padding]``.

    Summed over all entries of the batch, as in PaddleOCR 2.x: larger batches and longer labels give larger
    values. The padding counts as well, so that a network ends in ``sos``, which PaddleOCR's decoder needs: it
    does not stop at ``eos``, and drops what is ``sos``.

    Args:
        ignore_padding: entries after ``eos`` do not count; for networks that are decoded up to ``eos`` only.

    Shapes: preds {"logits": [N, S, K]}, batch {"label": int [N, S]} (and "length": int [N], the number of
    characters, for ``ignore_padding``) -> {"loss": scalar}.
    """

    def __init__(self, ignore_padding: bool = False) -> None:
        super().__init__()
        self._ignore_padding = ignore_padding

    def forward(self, preds: Mapping[str, Tensor], batch: Mapping[str, Tensor]) -> dict[str, Tensor]:
        logits = preds["logits"].astype("float32")
        label = batch["label"].astype("int64")
        if label.shape != logits.shape[:2]:
            raise ConfigError(
                f"AttentionLoss: labels {label.shape} do not fit logits {logits.shape}. It needs "
                "AttnLabelEncode among the transforms, and Global.max_text_length for it and for the head."
            )
        each = F.cross_entropy(logits, label.unsqueeze(2), reduction="none").squeeze(2)  # [N, S]
        if self._ignore_padding:
            position = paddle.arange(label.shape[1], dtype="int64")
            last = batch["length"].astype("int64").reshape([-1, 1]) + 1  # of eos
            each = each * (position <= last).astype("float32")
        return {"loss": each.sum()}
