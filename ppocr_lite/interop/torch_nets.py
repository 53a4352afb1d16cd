"""PyTorch twins of the networks that ship: same parts, same parameter names, same results.

Built from the same ``Architecture`` section as the Paddle networks. Covered: detector DB (MobileNetV3, DBFPN,
DBHead), recognizer CRNN (MobileNetV3 or MobileNetV1Enhance, SequenceEncoder rnn, CTCHead without middle
layer) and the classifier (the same backbones, ClsHead). :mod:`ppocr_lite.interop.torch_weights` moves weights
both ways.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from ppocr_lite.errors import ConfigError
from ppocr_lite.interop.torch_backbones import DetBackbone, EnhanceBackbone, RecBackbone
from ppocr_lite.interop.torch_blocks import BN_EPS, BN_MOMENTUM


class DBFPN(nn.Module):
    """Feature pyramid of DB: four maps -> [N, out_channels, H/4, W/4], coarse maps first."""

    def __init__(self, in_channels: Sequence[int], out_channels: int) -> None:
        super().__init__()
        for level, channels in zip((2, 3, 4, 5), in_channels):
            self.add_module(f"in{level}_conv", nn.Conv2d(channels, out_channels, 1, bias=False))
        for level in (5, 4, 3, 2):
            self.add_module(
                f"p{level}_conv", nn.Conv2d(out_channels, out_channels // 4, 3, padding=1, bias=False)
            )
        self.out_channels = out_channels

    def forward(self, maps: list[torch.Tensor]) -> torch.Tensor:
        c2, c3, c4, c5 = maps
        in5 = self.in5_conv(c5)
        out4 = self.in4_conv(c4) + F.interpolate(in5, scale_factor=2.0)
        out3 = self.in3_conv(c3) + F.interpolate(out4, scale_factor=2.0)
        out2 = self.in2_conv(c2) + F.interpolate(out3, scale_factor=2.0)
        p5 = F.interpolate(self.p5_conv(in5), scale_factor=8.0)
        p4 = F.interpolate(self.p4_conv(out4), scale_factor=4.0)
        p3 = F.interpolate(self.p3_conv(out3), scale_factor=2.0)
        return torch.cat([p5, p4, p3, self.p2_conv(out2)], 1)


class MapHead(nn.Module):
    """One map of DB: [N, C, H/4, W/4] -> logits [N, 1, H, W]."""

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        mid = in_channels // 4
        self.conv1 = nn.Conv2d(in_channels, mid, 3, padding=1, bias=False)
        self.conv_bn1 = nn.BatchNorm2d(mid, eps=BN_EPS, momentum=BN_MOMENTUM)
        self.conv2 = nn.ConvTranspose2d(mid, mid, 2, 2)
        self.conv_bn2 = nn.BatchNorm2d(mid, eps=BN_EPS, momentum=BN_MOMENTUM)
        self.conv3 = nn.ConvTranspose2d(mid, 1, 2, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.relu(self.conv_bn1(self.conv1(x)))
        x = F.relu(self.conv_bn2(self.conv2(x)))
        return self.conv3(x)


class DBHead(nn.Module):
    """``maps`` [N, 1, H, W]; in training [N, 3, H, W]: text, threshold, binary map."""

    def __init__(self, in_channels: int, k: float = 50) -> None:
        super().__init__()
        self.binarize, self.thresh, self.k = MapHead(in_channels), MapHead(in_channels), k

    def forward(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
        text = torch.sigmoid(self.binarize(x))
        if not self.training:
            return {"maps": text}
        threshold = torch.sigmoid(self.thresh(x))
        return {"maps": torch.cat([text, threshold, torch.sigmoid(self.k * (text - threshold))], 1)}


class SequenceEncoder(nn.Module):
    """Two layers of bidirectional LSTM over the columns: [N, C, 1, W] -> [N, W, 2 * hidden_size]."""

    def __init__(self, in_channels: int, encoder_type: str = "rnn", hidden_size: int = 48) -> None:
        super().__init__()
        if encoder_type != "rnn":
            raise ConfigError(
                f"Architecture.Neck.encoder_type: the PyTorch twin has 'rnn' only, got {encoder_type}."
            )
        self.encoder = nn.Module()
        self.encoder.lstm = nn.LSTM(in_channels, hidden_size, 2, bidirectional=True, batch_first=True)
        self.out_channels = 2 * hidden_size

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x.squeeze(2).transpose(1, 2)  # [N, W, C]
        return self.encoder.lstm(x)[0]


class CTCHead(nn.Module):
    """[N, T, C] -> ``logits`` [N, T, classes] in training, ``probs`` otherwise."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.fc = nn.Linear(in_channels, out_channels)
        nn.init.uniform_(self.fc.weight, -1 / math.sqrt(in_channels), 1 / math.sqrt(in_channels))

    def forward(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
        x = self.fc(x)
        return {"logits": x} if self.training else {"probs": x.softmax(-1)}


class ClsHead(nn.Module):
    """[N, C, h, w] -> ``logits`` [N, classes] in training, ``probs`` otherwise."""

    def __init__(self, in_channels: int, class_dim: int) -> None:
        super().__init__()
        self.fc = nn.Linear(in_channels, class_dim)

    def forward(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
        x = self.fc(x.mean((2, 3)))
        return {"logits": x} if self.training else {"probs": x.softmax(-1)}


class TwinModel(nn.Module):
    """Backbone, neck and head, as the Paddle ``BaseModel``; the forward pass gives the head's dict."""

    def __init__(self, backbone: nn.Module, neck: nn.Module | None, head: nn.Module) -> None:
        super().__init__()
        self.backbone, self.neck, self.head = backbone, neck, head

    def forward(self, image: torch.Tensor) -> dict[str, torch.Tensor]:
        x = self.backbone(image)
        return self.head(x if self.neck is None else self.neck(x))


def build_torch_model(arch: Mapping[str, Any], classes: int | None = None) -> TwinModel:
    """Build the twin of an ``Architecture`` section.

    Args:
        arch: the section, as read from the YAML.
        classes: of the CTC head (``charset.ctc_size``).

    Raises:
        ConfigError: a part without a twin.
    """
    task, channels = arch.get("model_type"), int(arch.get("in_channels") or 3)
    head = dict(arch["Head"])
    if task == "det":
        det = DetBackbone(channels, **_parameters(arch, "Backbone", "MobileNetV3"))
        fpn = DBFPN(det.out_channels, int(_parameters(arch, "Neck", "DBFPN")["out_channels"]))
        _expect(head, "Head", "DBHead")
        return TwinModel(det, fpn, DBHead(fpn.out_channels, float(head.get("k", 50))))
    kinds: dict[str, type[RecBackbone] | type[EnhanceBackbone]] = {
        "MobileNetV3": RecBackbone,
        "MobileNetV1Enhance": EnhanceBackbone,
    }
    name = str(arch["Backbone"].get("name"))
    rec = kinds.get(name, RecBackbone)(channels, **_parameters(arch, "Backbone", *kinds))
    if task == "cls":
        _expect(head, "Head", "ClsHead")
        return TwinModel(rec, None, ClsHead(rec.out_channels, int(head["class_dim"])))
    neck = SequenceEncoder(rec.out_channels, **_parameters(arch, "Neck", "SequenceEncoder"))
    _expect(head, "Head", "CTCHead")
    if head.get("mid_channels") or classes is None:
        raise ConfigError(
            "Architecture.Head: the PyTorch twin of CTCHead needs a charset and no mid_channels."
        )
    return TwinModel(rec, neck, CTCHead(neck.out_channels, classes))


def _parameters(arch: Mapping[str, Any], key: str, *names: str) -> dict[str, Any]:
    section = dict(arch[key])
    _expect(section, key, *names)
    del section["name"]
    return section


def _expect(section: Mapping[str, Any], key: str, *names: str) -> None:
    if section.get("name") not in names:
        known = " and ".join(names)
        raise ConfigError(
            f"Architecture.{key}: the PyTorch twin has {known} only, not {section.get('name')}."
        )
