"""CTC with the two helpers of PP-OCRv2's recognizer.

Du et al., "PP-OCRv2: Bag of Tricks for Ultra Lightweight OCR System", 2021, arXiv:2109.03144, section 2.
"""

from collections.abc import Mapping

from paddle import Tensor, nn

from ppocr_lite.losses.ace import ACELoss
from ppocr_lite.losses.center import CenterLoss
from ppocr_lite.losses.ctc import CTCLoss
from ppocr_lite.registry import LOSSES


@LOSSES.register()
class EnhancedCTCLoss(nn.Layer):
    """CTCLoss, and with their weights CenterLoss and ACELoss.

    compat: PaddleOCR 2.x has the class without a name in configurations, and in 2.7 it fails with the center
    loss. Its one entry, ``enhanced_ctc_loss``, has one value for each sample with ACE; here it is their mean.

    Args:
        use_focal_loss: see CTCLoss.
        use_ace_loss, ace_loss_weight: see ACELoss.
        use_center_loss, center_loss_weight: see CenterLoss.
        num_classes, feat_dim, init_center, center_file_path: of CenterLoss.

    Shapes: preds {"logits": [N, T, K]} and "feats" for the center loss -> {"enhanced_ctc_loss": scalar,
    "loss": the same}.
    """

    def __init__(
        self,
        use_focal_loss: bool = False,
        use_ace_loss: bool = False,
        *,
        ace_loss_weight: float = 0.1,
        use_center_loss: bool = False,
        center_loss_weight: float = 0.05,
        num_classes: int = 6625,
        feat_dim: int = 96,
        init_center: bool | None = None,
        center_file_path: str | None = None,
    ) -> None:
        super().__init__()
        parts: list[tuple[float, nn.Layer]] = [(1.0, CTCLoss(use_focal_loss))]
        if use_center_loss:
            center = CenterLoss(
                num_classes, feat_dim, init_center=init_center, center_file_path=center_file_path
            )
            parts.append((center_loss_weight, center))
        if use_ace_loss:
            parts.append((ace_loss_weight, ACELoss()))
        self._weights = [weight for weight, _ in parts]
        self.parts = nn.LayerList([part for _, part in parts])

    def forward(self, preds: Mapping[str, Tensor], batch: Mapping[str, Tensor]) -> dict[str, Tensor]:
        loss = sum(
            weight * part(preds, batch)["loss"]
            for weight, part in zip(self._weights, self.parts, strict=True)
        )
        return {"enhanced_ctc_loss": loss, "loss": loss}
