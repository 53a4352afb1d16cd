"""What the launcher runs in test_distributed.py: usage launched.py JOB CONFIG. Also imported by the test."""

import json
import sys
from pathlib import Path

import paddle

from ppocr_lite.engine import assemble, tool
from ppocr_lite.engine.trainer import Hook
from ppocr_lite.registry import BACKBONES


@BACKBONES.register("SmallConv", task="rec")
class SmallConv(paddle.nn.Layer):
    """[N, C, 32, W] -> [N, 8, 1, W / 4]; without a norm, several processes do what one does."""

    def __init__(self, in_channels: int = 3, *, norm: bool = False) -> None:
        super().__init__()
        self.conv1 = paddle.nn.Conv2D(in_channels, 4, 3, stride=(4, 2), padding=1)
        self.norm = paddle.nn.BatchNorm2D(4) if norm else paddle.nn.Identity()
        self.conv2 = paddle.nn.Conv2D(4, 8, (8, 3), stride=(8, 2), padding=(0, 1))
        self.unused = paddle.nn.Linear(2, 2)  # as the layers of an output that no loss looks at
        self.out_channels = 8

    def forward(self, x: paddle.Tensor) -> paddle.Tensor:
        return self.conv2(paddle.nn.functional.relu(self.norm(self.conv1(x))))


class StopOnRankOne(Hook):
    """As a signal that reaches one process only."""

    def after_step(self, trainer):
        if trainer.ranks.rank == 1 and trainer.state.global_step == 3:
            trainer.stop("test")


def train(cfg, hooks=()):
    trainer = assemble.trainer(cfg)
    trainer.hooks = (*hooks, *trainer.hooks)
    trainer.fit(int(cfg.get("Global.epoch_num")))
    facts = {
        "world_size": trainer.ranks.world_size,
        "global_step": trainer.state.global_step,
        "best": trainer.state.best,
        "stop_reason": trainer.stop_reason,
        "bad": trainer.loader.bad,
        "stats": trainer.stats,
        "weight": trainer.model.state_dict()["backbone.conv1.weight"].numpy().ravel().tolist(),
    }
    file = Path(cfg.get("Global.save_model_dir")) / f"rank_{trainer.ranks.rank}.json"
    file.write_text(json.dumps(facts))
    return trainer


JOBS = {"train": train, "stop": lambda cfg: train(cfg, [StopOnRankOne()])}


def run(cfg):
    JOBS[sys.argv[1]](cfg)


if __name__ == "__main__":
    sys.exit(tool.run(run, "", argv=["-c", sys.argv[2]], log_to="Global.save_model_dir"))
