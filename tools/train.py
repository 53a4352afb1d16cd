"""Train a model: python tools/train.py -c configs/....yml -o Global.epoch_num=10"""

import sys

import _checkout  # noqa: F401 - before the package that it finds

from ppocr_lite.config import Config
from ppocr_lite.engine import tool


def train(cfg: Config) -> int:
    """Train; a run that was stopped before its end has an exit status of its own."""
    from ppocr_lite.engine import assemble  # needs Paddle, which tool.run looks for first

    trainer = assemble.train(cfg)
    return tool.EXIT_STOPPED if trainer.stop_reason and not trainer.converged else 0


def dry_run(cfg: Config, random_data: bool) -> None:
    """Run one batch, without a step, and print what it says about the training."""
    from ppocr_lite.engine import dry_run as trial

    print("\n".join(trial.dry_run(cfg, random_data=random_data)))


if __name__ == "__main__":
    sys.exit(tool.run(train, __doc__, log_to="Global.save_model_dir", dry_run=dry_run))
