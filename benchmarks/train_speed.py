"""Training samples per second of a configuration: Paddle, and its PyTorch twin where torch is installed.

usage: benchmarks/train_speed.py -c configs/rec/en/en_rec_mv3_crnn.yml [--batch 32] [--steps 5]
One random batch, forward, loss, backward and optimizer; both frameworks in turn in one run, after warm-up.
"""

import argparse
import importlib.util
import itertools
import os
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from ppocr_lite.config import Config
from ppocr_lite.engine import assemble

WARM_UP = 2


def random_batch(task: str, size: int, classes: int) -> dict[str, np.ndarray]:
    """A batch of the task's usual shape with labels that fit."""
    rng = np.random.default_rng(0)
    if task == "det":
        maps = (rng.random((size, 640, 640)) > 0.8).astype(np.float32)
        names = ("threshold_map", "threshold_mask", "shrink_map", "shrink_mask")
        return {"image": noise(rng, size, 3, 640, 640), **dict.fromkeys(names, maps)}
    if task == "cls":
        return {"image": noise(rng, size, 3, 48, 192), "label": rng.integers(0, 2, size)}
    label = rng.integers(1, classes, (size, 25)).astype(np.int32)
    return {"image": noise(rng, size, 1, 32, 320), "label": label, "length": np.full(size, 25)}


def noise(rng: np.random.Generator, *shape: int) -> np.ndarray:
    return rng.standard_normal(shape).astype(np.float32)


def paddle_step(cfg: Config, batch: dict[str, np.ndarray]) -> Callable[[], Any]:
    import paddle

    from ppocr_lite.registry import LOSSES

    found = assemble.parts(cfg)
    found.model.train()
    loss = LOSSES.build(cfg.section("Loss"))
    optimizer = paddle.optimizer.AdamW(1e-3, parameters=found.model.parameters())
    tensors = {k: paddle.to_tensor(v) for k, v in batch.items()}

    def step() -> float:
        total = loss(found.model(tensors["image"], targets=tensors), tensors)["loss"]
        total.backward()
        optimizer.step()
        optimizer.clear_grad()
        return float(total)

    return step


def torch_step(
    cfg: Config, batch: dict[str, np.ndarray], threads: int, *, bfloat16: bool, compiled: bool
) -> Callable[[], Any]:
    import torch

    from ppocr_lite.interop.torch_depthwise import use_compiled_depthwise
    from ppocr_lite.interop.torch_losses import LOSSES
    from ppocr_lite.interop.torch_nets import build_torch_model

    torch.set_num_threads(threads)
    charset = assemble.charset(cfg)
    model = build_torch_model(cfg.section("Architecture"), charset.ctc_size if charset else None)
    model = model.to(memory_format=torch.channels_last).train()
    if compiled:
        use_compiled_depthwise(model)
    optimizer = torch.optim.AdamW(model.parameters(), 1e-3)
    tensors = {k: torch.from_numpy(v) for k, v in batch.items()}
    image = tensors["image"].to(memory_format=torch.channels_last)
    loss = LOSSES[str(cfg.get("Architecture.model_type"))]

    def step() -> float:
        optimizer.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
            preds = model(image)
        total = loss(preds, tensors)["loss"]
        total.backward()
        optimizer.step()
        return float(total.detach())

    return step


def rate(step: Callable[[], Any], size: int, steps: int) -> float:
    for _ in range(WARM_UP):
        step()
    started = time.perf_counter()
    for _ in range(steps):
        step()
    return size * steps / (time.perf_counter() - started)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-c", "--config", required=True)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--steps", type=int, default=5)
    args = parser.parse_args()
    cfg = Config.load(args.config)
    charset = assemble.charset(cfg)
    task = str(cfg.get("Architecture.model_type"))
    batch = random_batch(task, args.batch, charset.ctc_size if charset else 2)
    threads = int(os.environ.get("OMP_NUM_THREADS", os.cpu_count() or 1))
    rates = {"Paddle": rate(paddle_step(cfg, batch), args.batch, args.steps)}
    if importlib.util.find_spec("torch") is not None:
        for bfloat16, compiled in itertools.product((False, True), repeat=2):
            name = "PyTorch" + ", bfloat16" * bfloat16 + ", compiled" * compiled
            step = torch_step(cfg, batch, threads, bfloat16=bfloat16, compiled=compiled)
            rates[name] = rate(step, args.batch, args.steps)
    print(f"{args.config}: batch {args.batch} of {batch['image'].shape[1:]}, {threads} threads")
    for name, value in rates.items():
        print(f"  {name:27s} {value:8.1f} samples/s   {value / rates['Paddle']:.2f} x Paddle")
    return 0


if __name__ == "__main__":
    sys.exit(main())
