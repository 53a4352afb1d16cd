"""Heads: features -> dict of outputs, ``forward(x, targets=None)``."""

from ppocr_lite.modeling.heads import attention, cls, ctc, db, encoder_decoder

__all__ = ["attention", "cls", "ctc", "db", "encoder_decoder"]
