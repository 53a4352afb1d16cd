"""Post-training quantization of an exported model, by the pictures of the configuration's training data:

-c CONFIG -o Global.inference_model=DIR Global.save_inference_dir=DIR [--calibration_dir DIR]
"""

import argparse
import sys

import _checkout  # noqa: F401 - before the package that it finds

from ppocr_lite.compression import static_job
from ppocr_lite.config import Config
from ppocr_lite.engine import tool


def quantize(cfg: Config, args: argparse.Namespace) -> None:
    """Write an int8 model folder and print its table of layers."""
    print(static_job.run(cfg, args), end="")


if __name__ == "__main__":
    sys.exit(tool.run(quantize, __doc__, add_flags=static_job.add_flags, needs_paddle=False))
