"""From a trained model to a folder for the runtime: Paddle inference files, ONNX, ``inference.yml``."""

from ppocr_lite.export.bundle import export_model

__all__ = ["export_model"]
