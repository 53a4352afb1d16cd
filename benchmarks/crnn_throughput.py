"""Images per second of CRNN at batch 128 on crops of 32 x 100: four frameworks, the same graph, by turns.

usage: OMP_NUM_THREADS=1 benchmarks/crnn_throughput.py [--batch 128] [--rounds 5] [--scale 1.0]

The network is configs/rec/crnn/crnn_vgg_bilstm_ctc.yml with fresh weights, exported; PyTorch, where it is
installed, runs a copy of the exported ONNX file (onnx_to_torch.py). Before, the outputs of all are compared.
Greedy decoding of a batch is timed as well, on outputs where a third of the steps are characters.
"""

import argparse
import importlib.util
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import paddle
from taking_turns import take_turns

from ppocr_lite.config import Config
from ppocr_lite.engine import assemble, trial
from ppocr_lite.inference.engines.base import open_engine

CONFIG = Path(__file__).resolve().parents[1] / "configs/rec/crnn/crnn_vgg_bilstm_ctc.yml"
SHAPE = (1, 32, 100)
TOLERANCE = 1e-4
DECIDED = 40.0
"""Times the weights of the head: fresh ones would give all classes about the same probability."""
CHARACTERS = 1 / 3
"""Share of steps that are no blank: more than words of 7 letters have."""
Run = Callable[[np.ndarray], np.ndarray]


def runs(found: assemble.Parts, folder: Path, *, threads: int) -> dict[str, Run]:
    """The network in each framework: float32 [N, 1, 32, 100] -> probabilities [N, T, K]."""

    def dynamic(batch: np.ndarray) -> np.ndarray:
        with paddle.no_grad():
            return found.model(paddle.to_tensor(batch))["probs"].numpy()

    made: dict[str, Run] = {"Paddle, dynamic": dynamic}
    files = {"paddle": "inference.json", "onnxruntime": "inference.onnx", "openvino": "inference.onnx"}
    titles = {"paddle": "Paddle Inference", "onnxruntime": "ONNX Runtime", "openvino": "OpenVINO"}
    for kind, file in files.items():
        if kind == "openvino" and importlib.util.find_spec("openvino") is None:
            continue
        engine = open_engine(folder / file, kind=kind, threads=threads)
        made[titles[kind]] = lambda batch, engine=engine: engine.run(batch)[0]
    if importlib.util.find_spec("torch") is not None:
        made |= torch_runs(folder / "inference.onnx", threads)
    return made


def torch_runs(file: Path, threads: int) -> dict[str, Run]:
    """PyTorch with both of its memory layouts."""
    import torch
    from onnx_to_torch import TorchGraph

    torch.set_num_threads(threads)
    plain, last = TorchGraph(file), TorchGraph(file).to(memory_format=torch.channels_last)

    @torch.inference_mode()
    def run(batch: np.ndarray) -> np.ndarray:
        return plain(torch.from_numpy(batch)).numpy()

    @torch.inference_mode()
    def run_last(batch: np.ndarray) -> np.ndarray:
        return last(torch.from_numpy(batch).to(memory_format=torch.channels_last)).numpy()

    return {"PyTorch": run, "PyTorch, channels last": run_last}


def some_probabilities(batch: int, steps: int, classes: int) -> np.ndarray:
    """[N, T, K] as a trained network gives them: sure of a class, mostly of the blank."""
    rng = np.random.default_rng(0)
    said = np.where(rng.random((batch, steps)) < CHARACTERS, rng.integers(1, classes, (batch, steps)), 0)
    logits = 8 * np.eye(classes, dtype=np.float32)[said] + rng.standard_normal((batch, steps, classes))
    powers = np.exp(logits)
    return np.asarray(powers / powers.sum(axis=2, keepdims=True), np.float32)


def compare(made: dict[str, Run], batch: np.ndarray) -> tuple[int, int]:
    """(T, K), once all agree with the first.

    Raises:
        SystemExit: they do not.
    """
    (first, run), *others = made.items()
    wanted = run(batch)
    for name, other in others:
        difference = float(np.abs(other(batch) - wanted).max())
        print(f"  {name}: differs from {first} by {difference:.1e} at most")
        if not difference < TOLERANCE:
            sys.exit(f"{name} gives something else than {first}; there is nothing to compare.")
    return wanted.shape[1], wanted.shape[2]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--scale", type=float, default=1.0, help="width of the convolutions")
    args = parser.parse_args()
    if "OMP_NUM_THREADS" not in os.environ:
        parser.error("set OMP_NUM_THREADS, to 1 say: Paddle reads it when it starts")
    threads = int(os.environ["OMP_NUM_THREADS"])
    print("load average", " ".join(f"{load:.1f}" for load in os.getloadavg()), flush=True)
    paddle.seed(0)
    found = assemble.parts(Config.load(CONFIG).replace({"Architecture.Backbone.scale": args.scale}))
    trial.settle_statistics(found.model, SHAPE)
    found.model.head.fc.weight.set_value(found.model.head.fc.weight * DECIDED)
    found.model.eval()
    with tempfile.TemporaryDirectory() as folder:
        assemble.export_parts(found, Path(folder))
        measure(found, Path(folder), args, threads)
    print("load average", " ".join(f"{load:.1f}" for load in os.getloadavg()))
    return 0


def measure(found: assemble.Parts, folder: Path, args: argparse.Namespace, threads: int) -> None:
    """Compare, take turns, print."""
    batch = np.random.default_rng(0).uniform(-1, 1, (args.batch, *SHAPE)).astype(np.float32)
    made = runs(found, folder, threads=threads)
    probs = some_probabilities(args.batch, *compare(made, batch))
    calls: dict[str, Callable[[], Any]] = {name: lambda run=run: run(batch) for name, run in made.items()}
    calls["decoding"] = lambda: found.postprocess({"probs": probs}, None)
    times = take_turns(calls, rounds=args.rounds, seconds=600)
    decoding = times.pop("decoding")
    print(f"\n{trial.machine()}; batch {args.batch}, {threads} thread(s), median of {args.rounds} rounds")
    print("| framework | images/s | images/s of processor time | greedy decoding |\n|---|---|---|---|")
    for name, ms in times.items():
        share = 100 * decoding.wall / (ms.wall + decoding.wall)
        rates = " | ".join(f"{1000 * args.batch / value:.1f}" for value in ms)
        print(f"| {name} | {rates} | {decoding.wall:.1f} ms, {share:.2f} % |")


if __name__ == "__main__":
    sys.exit(main())
