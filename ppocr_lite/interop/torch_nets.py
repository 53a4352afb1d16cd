"""PyTorch twins of the networks that ship: same parts, same parameter names, same results.

Built from the same ``Architecture`` section as the Paddle networks. Covered: detector DB (MobileNetV3, DBFPN,
DBHead), recognizer CRNN (MobileNetV3, SequenceEncoder rnn, CTCHead without middle layer) and the classifier
(MobileNetV3, ClsHead). :mod:`ppocr_lite.interop.torch_weights` moves weights both ways.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from ppocr_lite.errors import ConfigError
from ppocr_lite.interop.torch_blocks import BN_EPS, BN_MOMENTUM, ConvBN, InvertedResidual
from ppocr_lite.mobilenet import STEM_WIDTH, TABLES, Row, make_divisible


class DetBackbone(nn.Module):
    """MobileNetV3 of the detector: [N, C, H, W] -> four maps at 1/4, 1/8, 1/16 and 1/32."""

    def __init__(
        self, in_channels: int = 3, model_name: str = "large", scale: float = 0.5, disable_se: bool = False
    ) -> None:
        super().__init__()
        table = TABLES[model_name]
        channels = make_divisible(STEM_WIDTH * scale)
        self.conv = ConvBN(in_channels, channels, kernel=3, stride=2, act="hardswish")
        stages: list[list[nn.Module]] = [[]]
        self.out_channels: list[int] = []
        for index, row in enumerate(table.rows):
            if row.stride == 2 and index >= table.first_cut:
                self.out_channels.append(channels)
                stages.append([])
            stages[-1].append(_unit(channels, row, row.stride, scale, disable_se))
            channels = make_divisible(row.out * scale)
        last = make_divisible(table.last_width * scale)
        stages[-1].append(ConvBN(channels, last, kernel=1, act="hardswish"))
        self.out_channels.append(last)
        for i, stage in enumerate(stages):
            self.add_module(f"stage{i}", nn.Sequential(*stage))

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        x = self.conv(x)
        maps = []
        for i in range(len(self.out_channels)):
            x = getattr(self, f"stage{i}")(x)
            maps.append(x)
        return maps


class RecBackbone(nn.Module):
    """MobileNetV3 of recognizer and classifier: [N, C, 32, W] -> [N, K, 1, W/4] with strides [1, 2, 2, 2]."""

    def __init__(
        self,
        in_channels: int = 3,
        model_name: str = "small",
        scale: float = 0.5,
        large_stride: Sequence[int] = (1, 2, 2, 2),
        small_stride: Sequence[int] = (2, 2, 2, 2),
        disable_se: bool = False,
    ) -> None:
        super().__init__()
        table, large = TABLES[model_name], model_name == "large"
        vertical = large_stride if large else small_stride
        strides: dict[int, int | tuple[int, int]] = {r: (s, 1) for r, s in zip(table.stride_rows, vertical)}
        if large:
            strides[0] = vertical[0]  # horizontal too
        channels = make_divisible(STEM_WIDTH * scale)
        self.conv1 = ConvBN(in_channels, channels, kernel=3, stride=2, act="hardswish")
        units = []
        for index, row in enumerate(table.rows):
            units.append(_unit(channels, row, strides.get(index, 1), scale, disable_se))
            channels = make_divisible(row.out * scale)
        self.blocks = nn.Sequential(*units)
        self.out_channels = make_divisible(table.last_width * scale)
        self.conv2 = ConvBN(channels, self.out_channels, kernel=1, act="hardswish")

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.conv2(self.blocks(self.conv1(x)))
        # Paddle's pooling keeps a height of 1; PyTorch's would refuse it.
        return F.max_pool2d(x, (min(2, x.shape[2]), 2), 2)


def _unit(
    channels: int, row: Row, stride: int | tuple[int, int], scale: float, disable_se: bool
) -> InvertedResidual:
    return InvertedResidual(
        channels,
        make_divisible(row.expand * scale),
        make_divisible(row.out * scale),
        kernel=row.kernel,
        stride=stride,
        se=row.use_se and not disable_se,
        act=row.act,
    )


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
    backbone = _parameters(arch, "Backbone", "MobileNetV3")
    head = dict(arch["Head"])
    if task == "det":
        det = DetBackbone(channels, **backbone)
        fpn = DBFPN(det.out_channels, int(_parameters(arch, "Neck", "DBFPN")["out_channels"]))
        _expect(head, "Head", "DBHead")
        return TwinModel(det, fpn, DBHead(fpn.out_channels, float(head.get("k", 50))))
    rec = RecBackbone(channels, **backbone)
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


def _parameters(arch: Mapping[str, Any], key: str, name: str) -> dict[str, Any]:
    section = dict(arch[key])
    _expect(section, key, name)
    del section["name"]
    return section


def _expect(section: Mapping[str, Any], key: str, name: str) -> None:
    if section.get("name") != name:
        raise ConfigError(f"Architecture.{key}: the PyTorch twin has {name} only, not {section.get('name')}.")
