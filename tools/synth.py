"""Render training data: text lines, pages, classifier crops. See ``python tools/synth.py --help``."""

import logging
import sys

import _checkout  # noqa: F401 - before the package that it finds

from ppocr_lite import console
from ppocr_lite.synth.cli import main

if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    sys.exit(console.guarded(lambda: main(report=print), logging.getLogger("synth").error))
