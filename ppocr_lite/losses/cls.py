"""The loss of the direction classifier.

Du et al., "PP-OCR: A Practical Ultra Lightweight OCR System", 2020, arXiv:2009.09941, section 2.2.
"""

from collections.abc import Mapping

import paddle.nn.functional as F
from paddle import Tensor, nn

from ppocr_lite.registry import LOSSES


@LOSSES.register()
class ClsLoss(nn.Layer):
    """Mean cross-entropy: preds {"logits": [N, K]}, batch {"label": int [N]} -> {"loss": scalar}."""

    def forward(self, preds: Mapping[str, Tensor], batch: Mapping[str, Tensor]) -> dict[str, Tensor]:
        label = batch["label"].astype("int64").flatten()
        return {"loss": F.cross_entropy(preds["logits"], label)}
