"""The CTC head of text recognizers.

Graves et al., "Connectionist Temporal Classification", ICML 2006; on text lines Shi et al., "An End-to-End
Trainable Neural Network for Image-based Sequence Recognition and Its Application to Scene Text Recognition",
TPAMI 2017, arXiv:1507.05717.
"""

from collections.abc import Mapping

import paddle.nn.functional as F
from paddle import Tensor, nn

from ppocr_lite.modeling.layers import uniform_attr
from ppocr_lite.parameters import Count, NotNegative
from ppocr_lite.registry import HEADS


@HEADS.register()
class CTCHead(nn.Layer):
    """One linear layer for each time step, or two without an activation between them.

    Parameter names (fc.*, or fc1.* and fc2.*) are those of PaddleOCR 2.x.

    Args:
        out_channels: classes, the blank at index 0 among them; comes from the charset where there is one.
        fc_decay: weight decay of the linear layers, in place of the optimizer's.
        mid_channels: width between two layers; one layer when it is None.
        return_feats: in training, also give ``feats``: the input of the last layer when there are two, else
            the head's input.

    Shapes: [N, T, in_channels] -> {"logits": [N, T, K]} in training (and "feats" [N, T, C]),
    {"probs": [N, T, K]} otherwise.
    """

    charset_size = "ctc_size"

    def __init__(
        self,
        in_channels: int,
        out_channels: Count,
        *,
        fc_decay: NotNegative = 0.0004,
        mid_channels: Count | None = None,
        return_feats: bool = False,
    ) -> None:
        super().__init__()
        if mid_channels is None:
            self.fc = _linear(in_channels, out_channels, fc_decay)
        else:
            self.fc1 = _linear(in_channels, mid_channels, fc_decay)
            self.fc2 = _linear(mid_channels, out_channels, fc_decay)
        self.out_channels = out_channels
        self._two_layers = mid_channels is not None
        self._return_feats = return_feats

    @property
    def last_layer(self) -> nn.Linear:
        """The layer whose input is ``feats``."""
        return self.fc2 if self._two_layers else self.fc

    def forward(self, x: Tensor, targets: Mapping[str, Tensor] | None = None) -> dict[str, Tensor]:
        if self._two_layers:
            x = self.fc1(x)  # [N, T, mid_channels]
            logits = self.fc2(x)  # [N, T, K]
        else:
            logits = self.fc(x)
        if not self.training:
            return {"probs": F.softmax(logits, axis=2)}
        return {"logits": logits, "feats": x} if self._return_feats else {"logits": logits}


def _linear(in_channels: int, out_channels: int, decay: float) -> nn.Linear:
    return nn.Linear(
        in_channels,
        out_channels,
        weight_attr=uniform_attr(in_channels, l2=decay),
        bias_attr=uniform_attr(in_channels, l2=decay),
    )
