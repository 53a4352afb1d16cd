"""The model that is trained and exported: rectifier, backbone, neck, head."""

from collections.abc import Mapping

from paddle import Tensor, nn


class BaseModel(nn.Layer):
    """Four parts in a row; ``transform`` (a rectifier) and ``neck`` may be absent.

    Attribute names are checkpoint keys (``transform. backbone. neck. head.``), those of PaddleOCR 2.x.

    Args:
        task: ``det``, ``rec`` or ``cls``.
        in_channels: channels of the image.
        return_all_feats: in training, add ``backbone_out`` and ``neck_out`` to the outputs.

    Shapes: image [N, in_channels, H, W] -> the head's dict: det {"maps"}; rec and cls {"logits"} in training,
    {"probs"} otherwise.
    """

    def __init__(
        self,
        backbone: nn.Layer,
        head: nn.Layer,
        *,
        neck: nn.Layer | None = None,
        transform: nn.Layer | None = None,
        task: str = "rec",
        in_channels: int = 3,
        return_all_feats: bool = False,
    ) -> None:
        super().__init__()
        if transform is not None:
            self.transform = transform
        self.backbone = backbone
        if neck is not None:
            self.neck = neck
        self.head = head
        self.task = task
        self.in_channels = in_channels
        self._has_transform = transform is not None
        self._has_neck = neck is not None
        self._return_all_feats = return_all_feats

    def forward(self, image: Tensor, targets: Mapping[str, Tensor] | None = None) -> dict[str, Tensor]:
        """Run the parts; ``targets`` goes to the head, which ignores it unless it needs teacher forcing."""
        feats = {}
        x = self.transform(image) if self._has_transform else image
        x = feats["backbone_out"] = self.backbone(x)
        if self._has_neck:
            x = feats["neck_out"] = self.neck(x)
        outputs: dict[str, Tensor] = self.head(x, targets)
        return {**feats, **outputs} if self._return_all_feats and self.training else outputs
