"""Train a model: python tools/train.py -c configs/....yml -o Global.epoch_num=10"""

import sys

import _checkout  # noqa: F401 - before the package that it finds

from ppocr_lite.config import Config
from ppocr_lite.engine import tool


def train(cfg: Config) -> int:
    """Train; a run that was stopped by a signal has an exit status of its own."""
    from ppocr_lite.engine import assemble  # needs Paddle, which tool.run looks for first

    return tool.EXIT_STOPPED if assemble.train(cfg).stop_reason else 0


if __name__ == "__main__":
    sys.exit(tool.run(train, __doc__, log_to="Global.save_model_dir"))
