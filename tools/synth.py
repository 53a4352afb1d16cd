"""Render training data: text lines, pages, classifier crops. See ``python tools/synth.py --help``."""

import logging
import sys

import _checkout  # noqa: F401 - before the package that it finds

from ppocr_lite.errors import PPOCRError
from ppocr_lite.synth.cli import main

if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    try:
        sys.exit(main(report=print))
    except PPOCRError as error:
        sys.exit(f"{type(error).__name__}: {error}")
