"""YAML configurations: loading, ``_BASE_`` files, ``-o`` overrides, read-only sections, dumping.

YAML 1.1 by the safe loader, with anchors; of duplicate keys the last one wins, because PaddleOCR 2.x's own
files hold some. Unlike YAML 1.1, ``1e-4`` is a number. Every value knows the line, or the override, that it
comes from.
"""

from ppocr_lite.config.config import Config, Section
from ppocr_lite.config.files import BASE_KEY
from ppocr_lite.config.origins import DEFAULT, Origins
from ppocr_lite.config.overrides import TOP_LEVEL, apply_override
from ppocr_lite.config.yaml_text import parse_yaml

__all__ = [
    "BASE_KEY",
    "DEFAULT",
    "TOP_LEVEL",
    "Config",
    "Origins",
    "Section",
    "apply_override",
    "parse_yaml",
]
