"""Does the memory of a long training grow? Resident memory while batches of random widths go by.

usage: benchmarks/soak.py [-c CONFIG] [--steps 1000] [--batch 8] [--widths 32 640] [--every-px 1]
Trains a recognizer by the real trainer on random pictures, each batch of a width of its own, and prints the
resident memory every 50 steps; at the end its slope after the first 200 steps, when caches are filled.
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import paddle

from ppocr_lite.config import Config
from ppocr_lite.engine import assemble
from ppocr_lite.engine.trainer import Hook, Trainer
from ppocr_lite.optim import build_optimizer
from ppocr_lite.registry import LOSSES

CONFIG = "configs/rec/rec_mv3_none_bilstm_ctc.yml"
EVERY = 50
FILLING = 200
"""Steps before the slope is taken."""
FLAT_MB = 50.0
"""Growth in 1,000 steps that counts as flat: less than what single steps differ by."""
CLASSES = 37


class RandomWidths:
    """Batches of noise, [batch, 3, 32, W] with another W each, and labels of up to 8 characters."""

    def __init__(self, steps: int, batch: int, widths: range) -> None:
        self.steps, self.batch, self.widths = steps, batch, widths

    def __len__(self) -> int:
        return self.steps

    def set_epoch(self, epoch: int) -> None:
        """There is one epoch."""

    def __iter__(self) -> Iterator[dict[str, paddle.Tensor]]:
        rng = np.random.default_rng(0)
        for _ in range(self.steps):
            image = rng.standard_normal((self.batch, 3, 32, int(rng.choice(self.widths))), np.float32)
            length = np.minimum(rng.integers(1, 9, self.batch), image.shape[-1] // 8)
            label = rng.integers(1, CLASSES, (self.batch, 25))
            label[np.arange(25) >= length[:, None]] = 0
            batch = {"image": image, "label": label.astype(np.int64), "length": length.astype(np.int64)}
            yield {key: paddle.to_tensor(value) for key, value in batch.items()}


class Memory(Hook):
    """Notes and prints the resident memory."""

    def __init__(self) -> None:
        self.points: list[tuple[int, float]] = []

    def after_step(self, trainer: Trainer) -> None:
        step = trainer.state.global_step
        if step % EVERY == 0:
            self.points.append((step, resident_mb()))
            print(
                f"step {step:5d}  {self.points[-1][1]:8.1f} MB  loss {trainer.stats['loss']:.3f}", flush=True
            )


def resident_mb() -> float:
    """Resident memory of this process, in 10^6 bytes."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6


def slope(points: list[tuple[int, float]]) -> float:
    """MB in 1,000 steps, by least squares after the first steps."""
    late = np.array([point for point in points if point[0] >= FILLING])
    return float(np.polyfit(late[:, 0], late[:, 1], 1)[0]) * 1000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-c", "--config", default=CONFIG)
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--widths", type=int, nargs=2, default=(32, 640), metavar=("LEAST", "MOST"))
    parser.add_argument("--every-px", type=int, default=1, help="widths are multiples of this")
    args = parser.parse_args()
    if args.steps < FILLING + 2 * EVERY:
        parser.error(f"--steps: at least {FILLING + 2 * EVERY}")
    cfg = Config.load(args.config).replace({"Global.character_dict_path": None, "Global.use_gpu": False})
    model = assemble.parts(cfg).model
    optimizer, schedule = build_optimizer(cfg.section("Optimizer"), 1, args.steps, model)
    memory = Memory()
    Trainer(
        model,
        LOSSES.build(cfg.section("Loss")),
        optimizer=optimizer,
        schedule=schedule,
        loader=RandomWidths(args.steps, args.batch, range(args.widths[0], args.widths[1] + 1, args.every_px)),
        hooks=(memory,),
    ).fit(1)
    growth = slope(memory.points)
    verdict = "flat" if growth < FLAT_MB else "grows"
    print(f"{args.config}: {verdict}, {growth:+.1f} MB in 1,000 steps after the first {FILLING}")
    return 0 if verdict == "flat" else 1


if __name__ == "__main__":
    sys.exit(main())
