"""Program of test_distributed.py and test_killed.py: launched.py JOB CONFIG [-o ...]; imported there too."""

import json
import os
import signal
import sys
import types
from pathlib import Path

import paddle

from ppocr_lite.engine import assemble, tool
from ppocr_lite.engine.trainer import Hook
from ppocr_lite.registry import BACKBONES
from ppocr_lite.weights import together


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


def train(cfg, hooks=(), until=None):
    """Train ``until`` an epoch, by default the last."""
    trainer = assemble.trainer(cfg)
    trainer.hooks = (*hooks, *trainer.hooks)
    if cfg.get("Global.checkpoints"):
        trainer.resume(cfg.get("Global.checkpoints"))  # once more, for the hooks that are new
    trainer.fit(until or int(cfg.get("Global.epoch_num")))
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


def die_at(number):
    """Kill this process, as from outside, before its ``number``-th operation on the files of checkpoints."""
    steps = iter(range(1, 10**6))

    def before(operation):
        def run(*arguments):
            if next(steps) == number:
                os.kill(os.getpid(), signal.SIGKILL)
            return operation(*arguments)

        return run

    write = together._write
    second_half = before(lambda path, data: write(path, data))

    def in_halves(path, data):
        path.write_bytes(data[: len(data) // 2])
        second_half(path, data)

    together._write = before(in_halves)
    together.os = types.SimpleNamespace(**{**vars(os), "replace": before(os.replace)})


JOBS = {"train": train, "stop": lambda cfg: train(cfg, [StopOnRankOne()])}


def run(cfg):
    job, _, number = sys.argv[1].partition(":")
    if number:
        die_at(int(number))
    JOBS[job](cfg)


if __name__ == "__main__":
    sys.exit(tool.run(run, "", argv=["-c", *sys.argv[2:]], log_to="Global.save_model_dir"))
