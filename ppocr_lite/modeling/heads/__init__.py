"""Heads: features -> dict of outputs, ``forward(x, targets=None)``."""

from ppocr_lite.modeling.heads import cls, ctc, db

__all__ = ["cls", "ctc", "db"]
