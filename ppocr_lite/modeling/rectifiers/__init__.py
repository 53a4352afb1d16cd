"""Rectifiers (``Architecture.Transform``): a picture of a bent line -> a picture of a straight one."""

from ppocr_lite.modeling.rectifiers import tps

__all__ = ["tps"]
