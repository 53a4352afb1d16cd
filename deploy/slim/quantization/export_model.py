"""Export what quant.py trained: -c CONFIG -o Global.checkpoints=PREFIX Global.save_inference_dir=DIR"""

import sys

import _checkout  # noqa: F401 - before the package that it finds

from ppocr_lite.config import Config
from ppocr_lite.engine import tool


def export(cfg: Config) -> None:
    """Write an int8 ONNX file and inference.yml."""
    from ppocr_lite.compression import int8_export  # needs Paddle, which tool.run looks for first

    int8_export.export(cfg)


if __name__ == "__main__":
    sys.exit(tool.run(export, __doc__))
