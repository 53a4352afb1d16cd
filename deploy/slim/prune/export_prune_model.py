"""Export a pruned model: -c CONFIG -o Global.pretrained_model=PREFIX Global.save_inference_dir=DIR"""

import sys

import _checkout  # noqa: F401 - before the package that it finds

from ppocr_lite.config import Config
from ppocr_lite.engine import tool


def export(cfg: Config) -> None:
    """Write Paddle files, ONNX and inference.yml of the smaller network."""
    from ppocr_lite.compression import prune_job  # needs Paddle, which tool.run looks for first

    prune_job.export(cfg)


if __name__ == "__main__":
    sys.exit(tool.run(export, __doc__))
