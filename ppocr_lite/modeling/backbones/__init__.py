"""Backbones: [N, in_channels, H, W] -> features; ``out_channels`` is an int, or a list for detectors."""

from ppocr_lite.modeling.backbones import (
    crnn_resnet,
    crnn_vgg,
    mobilenet_v1_enhance,
    mobilenet_v3,
    resnet,
    resnet_aster,
    staff_cnn,
)

__all__ = [
    "crnn_resnet",
    "crnn_vgg",
    "mobilenet_v1_enhance",
    "mobilenet_v3",
    "resnet",
    "resnet_aster",
    "staff_cnn",
]
