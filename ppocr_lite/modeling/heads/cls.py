"""The head of the direction classifier.

Du et al., "PP-OCR: A Practical Ultra Lightweight OCR System", 2020, arXiv:2009.09941, section 2.2.
"""

from collections.abc import Mapping

import paddle.nn.functional as F
from paddle import Tensor, nn

from ppocr_lite.modeling.layers import uniform_attr
from ppocr_lite.parameters import Count
from ppocr_lite.registry import HEADS


@HEADS.register()
class ClsHead(nn.Layer):
    """Mean over the picture, then one linear layer. Parameter names (fc.*) are those of PaddleOCR 2.x.

    Shapes: [N, in_channels, H, W] -> {"logits": [N, class_dim]} in training, {"probs": [N, class_dim]}
    otherwise.
    """

    def __init__(self, in_channels: int, class_dim: Count) -> None:
        super().__init__()
        self.fc = nn.Linear(in_channels, class_dim, weight_attr=uniform_attr(in_channels))

    def forward(self, x: Tensor, targets: Mapping[str, Tensor] | None = None) -> dict[str, Tensor]:
        x = F.adaptive_avg_pool2d(x, 1).squeeze([2, 3])  # [N, C]
        logits = self.fc(x)
        return {"logits": logits} if self.training else {"probs": F.softmax(logits, axis=1)}
