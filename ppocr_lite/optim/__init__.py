"""Optimizers and learning-rate schedules, by PaddleOCR 2.x's names."""

from ppocr_lite.optim.build import build_lr_scheduler, build_optimizer
from ppocr_lite.optim.preview import preview
from ppocr_lite.optim.schedules import SCHEDULES, LRSchedule
from ppocr_lite.optim.selection import freeze, scale_learning_rates

__all__ = [
    "SCHEDULES",
    "LRSchedule",
    "build_lr_scheduler",
    "build_optimizer",
    "freeze",
    "preview",
    "scale_learning_rates",
]
