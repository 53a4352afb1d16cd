"""Losses: ``loss(preds, batch) -> dict``; ``loss`` is the scalar to minimise, and all entries are logged."""

from ppocr_lite.losses import (
    ace,
    attention,
    center,
    cls,
    combined,
    ctc,
    db,
    distillation,
    enhanced_ctc,
)

__all__ = [
    "ace",
    "attention",
    "center",
    "cls",
    "combined",
    "ctc",
    "db",
    "distillation",
    "enhanced_ctc",
]
