"""Engines that run an exported network; each is imported only when it is chosen."""

from ppocr_lite.inference.engines.base import KINDS, Engine, open_engine

__all__ = ["KINDS", "Engine", "open_engine"]
