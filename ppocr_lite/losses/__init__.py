"""Losses: ``loss(preds, batch) -> dict``; ``loss`` is the scalar to minimise, and all entries are logged."""

from ppocr_lite.losses import cls, ctc, db

__all__ = ["cls", "ctc", "db"]
