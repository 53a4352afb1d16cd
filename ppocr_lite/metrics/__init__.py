"""Metrics by their PaddleOCR names; importing the package registers them."""

from ppocr_lite.metrics import cls, det, distillation, intervals, labels, rec, sequence, text

__all__ = ["cls", "det", "distillation", "intervals", "labels", "rec", "sequence", "text"]
