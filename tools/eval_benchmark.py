"""Measure a recognizer on all LMDB test sets of a folder: -c CONFIG or --rec_model_dir MODEL, --data DIR"""

import sys

import _checkout  # noqa: F401 - before the package that it finds

from ppocr_lite.benchmark import cli
from ppocr_lite.benchmark.readers import Reader
from ppocr_lite.config import Config


def trained_reader(cfg: Config, batch_size: int) -> Reader:
    """The recognizer of a configuration's weights; only this needs Paddle."""
    from ppocr_lite.engine import tool

    tool.require_paddle()
    from ppocr_lite.engine import benchmark

    return benchmark.reader(cfg, batch_size=batch_size)


if __name__ == "__main__":
    sys.exit(cli.run(__doc__, trained_reader))
