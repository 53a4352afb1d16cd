"""Find text by a trained model: -c CONFIG -o Global.infer_img=PATH Global.save_res_path=boxes.txt"""

import sys

import _checkout  # noqa: F401 - before the package that it finds

from ppocr_lite.config import Config
from ppocr_lite.engine import tool


def infer(cfg: Config) -> int:
    """Run the trained model on ``Global.infer_img``."""
    from ppocr_lite.engine import infer as runs  # needs Paddle, which tool.run looks for first

    return runs.infer_det(cfg)


if __name__ == "__main__":
    sys.exit(tool.run(infer, __doc__))
