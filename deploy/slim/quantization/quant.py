"""Quantization-aware training (PACT) from float weights: -c CONFIG -o Global.pretrained_model=PREFIX"""

import sys

import _checkout  # noqa: F401 - before the package that it finds

from ppocr_lite.config import Config
from ppocr_lite.engine import tool


def train(cfg: Config) -> int:
    """Train the network while it rounds; resumed by Global.checkpoints, which are of such a training."""
    from ppocr_lite.compression.int8_export import prepare  # needs Paddle, which tool.run looks for first
    from ppocr_lite.engine import assemble

    trainer = assemble.train(cfg, prepare=prepare)
    return tool.EXIT_STOPPED if trainer.stop_reason and not trainer.converged else 0


if __name__ == "__main__":
    sys.exit(tool.run(train, __doc__, log_to="Global.save_model_dir"))
