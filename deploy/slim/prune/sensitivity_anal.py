"""FPGM pruning and fine-tuning: -c CONFIG -o Global.pretrained_model=PREFIX Global.save_model_dir=DIR"""

import argparse
import sys

import _checkout  # noqa: F401 - before the package that it finds

from ppocr_lite.compression.prune_options import add_flags, from_flags
from ppocr_lite.config import Config
from ppocr_lite.engine import tool


def prune(cfg: Config, args: argparse.Namespace) -> int:
    """Prune, and train what is left; resumed by Global.checkpoints."""
    from ppocr_lite.compression import prune_job  # needs Paddle, which tool.run looks for first

    trainer = prune_job.run(cfg, from_flags(args))
    return tool.EXIT_STOPPED if trainer and trainer.stop_reason and not trainer.converged else 0


if __name__ == "__main__":
    sys.exit(tool.run(prune, __doc__, log_to="Global.save_model_dir", add_flags=add_flags))
