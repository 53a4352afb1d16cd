"""Backbones: [N, in_channels, H, W] -> features; ``out_channels`` is an int, or a list for detectors."""

from ppocr_lite.modeling.backbones import mobilenet_v1_enhance, mobilenet_v3, resnet

__all__ = ["mobilenet_v1_enhance", "mobilenet_v3", "resnet"]
