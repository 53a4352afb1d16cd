"""What is done beside the training itself: one file for each theme."""

from ppocr_lite.engine.hooks.ema import EmaHook
from ppocr_lite.engine.hooks.evaluation import EarlyStopHook, EvalHook, metric_text
from ppocr_lite.engine.hooks.guard import NanGuard, NanOptions
from ppocr_lite.engine.hooks.log import LogHook, TrainMetricHook, time_text
from ppocr_lite.engine.hooks.progress import ProgressHook
from ppocr_lite.engine.hooks.report import ReportHook
from ppocr_lite.engine.hooks.saving import CheckpointHook
from ppocr_lite.engine.hooks.signals import StopOnSignal
from ppocr_lite.engine.records import JsonLines

__all__ = [
    "CheckpointHook",
    "EarlyStopHook",
    "EmaHook",
    "EvalHook",
    "JsonLines",
    "LogHook",
    "NanGuard",
    "NanOptions",
    "ProgressHook",
    "ReportHook",
    "StopOnSignal",
    "TrainMetricHook",
    "metric_text",
    "time_text",
]
