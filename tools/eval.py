"""Evaluate a trained model: python tools/eval.py -c CONFIG -o Global.pretrained_model=.../best_accuracy"""

import logging
import sys

import _checkout  # noqa: F401 - before the package that it finds

from ppocr_lite.config import Config
from ppocr_lite.engine import tool

logger = logging.getLogger("ppocr_lite.tools.eval")


def evaluate(cfg: Config) -> None:
    """Log each metric in a line of its own."""
    from ppocr_lite.engine import assemble  # needs Paddle, which tool.run looks for first

    evaluator, model = assemble.evaluator(cfg)
    metrics = evaluator(model)
    logger.info("metric eval ***************")
    for name, value in metrics.items():
        logger.info("%s:%s", name, value)


if __name__ == "__main__":
    sys.exit(tool.run(evaluate, __doc__))
