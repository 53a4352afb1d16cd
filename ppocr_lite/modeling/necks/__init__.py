"""Necks: backbone features -> what the head reads; each has ``out_channels``."""

from ppocr_lite.modeling.necks import db_fpn, sequence

__all__ = ["db_fpn", "sequence"]
