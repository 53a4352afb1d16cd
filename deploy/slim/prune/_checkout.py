"""Lets the programs run in a checkout where only the requirements are installed, as PaddleOCR's do."""

import importlib.util
import sys
from pathlib import Path

if importlib.util.find_spec("ppocr_lite") is None:
    root = next(p for p in Path(__file__).resolve().parents if (p / "ppocr_lite").is_dir())
    sys.path.insert(0, str(root))
