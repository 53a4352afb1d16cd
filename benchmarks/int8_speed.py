"""The package's own models in float and in int8: file size, metric on rendered pictures, milliseconds.

usage: benchmarks/int8_speed.py --texts DIR [--fonts DIR] [--tasks det cls rec] [--methods kl ...]
       benchmarks/int8_speed.py --texts DIR --tasks rec --float DIR --int8 DIR

The first form quantizes the embedded models by rendered pictures (seed 3) and measures the metric on others
(seed 7); the second compares two given folders. Float and int8 take turns in one process.
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ppocr_lite.compression import timing
from ppocr_lite.compression.post_training import READERS, StaticOptions, quantize_folder
from ppocr_lite.inference.model_files import EngineOptions, embedded_model
from ppocr_lite.metrics.det import DetMetric
from ppocr_lite.synth import DEFAULT_FONT_DIRS, SynthStream

SHAPES = {**timing.BATCHES, "rec": timing.batch_shape("rec", 1, None)}
"""Batches that are timed; the recognizer takes grey lines."""
CALIBRATION = {"det": 16, "cls": 64, "rec": 64}
TESTED = {"det": 24, "cls": 400, "rec": 400}
METRIC = {"det": "hmean", "cls": "acc", "rec": "line acc"}


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--texts", required=True, nargs="+", help="text files or folders")
    parser.add_argument("--fonts", nargs="+", default=list(DEFAULT_FONT_DIRS))
    parser.add_argument("--font_cache", help="JSON file that keeps the scan of the fonts")
    parser.add_argument("--tasks", nargs="+", default=list(SHAPES), choices=list(SHAPES))
    parser.add_argument("--methods", nargs="+", default=["kl", "percentile", "minmax"])
    parser.add_argument("--keep_float", default="0", help="as in quant_kl.py")
    parser.add_argument("--float", dest="float_folder", type=Path)
    parser.add_argument("--int8", nargs="+", type=Path, default=[], help="ready folders")
    parser.add_argument("--engines", nargs="+", default=["onnxruntime", "openvino"])
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--images", type=int, help="test pictures; by default 24 pages, 400 lines or crops")
    args = parser.parse_args(argv)
    print("load average", " ".join(f"{load:.1f}" for load in os.getloadavg()), flush=True)
    for task in args.tasks:
        with tempfile.TemporaryDirectory() as folder:
            measure(task, args, Path(folder))
    print("load average", " ".join(f"{load:.1f}" for load in os.getloadavg()))
    return 0


def measure(task: str, args: argparse.Namespace, work: Path) -> None:
    """Print the rows of one task."""
    folders = {"float": Path(args.float_folder or embedded_model(task))}
    folders |= {path.name: path for path in args.int8}
    if not args.int8:
        pictures = [sample["image"] for sample in rendered(task, args, seed=3, count=CALIBRATION[task])]
        keep = int(args.keep_float) if args.keep_float.isdigit() else args.keep_float
        for method in args.methods:
            options = StaticOptions(method=method, keep_float=keep, threads=1, report_images=4)
            quantize_folder(folders["float"], work / method, pictures, options)
            folders[method] = work / method
    tests = rendered(task, args, seed=7, count=args.images or TESTED[task])
    print(f"\n{task}: {len(tests)} test pictures, batch {'x'.join(map(str, SHAPES[task]))}", flush=True)
    for name, folder in folders.items():
        size = (folder / "inference.onnx").stat().st_size
        scores = {kind: score(task, folder, tests, kind) for kind in args.engines}
        listed = ", ".join(f"{METRIC[task]} {value:.4f} ({kind})" for kind, value in scores.items())
        print(f"  {name:12} {size:9d} bytes  {listed}", flush=True)
    for kind in args.engines:
        for threads in args.threads:
            print_times(task, folders, kind, threads=threads, rounds=args.rounds)


def rendered(task: str, args: argparse.Namespace, *, seed: int, count: int) -> list[dict[str, Any]]:
    """Rendered samples with the full range of damage."""
    stream = SynthStream(
        task, texts=args.texts, fonts=args.fonts, seed=seed, level=1.0, font_cache=args.font_cache
    )
    return [stream.sample(index) for index in range(count)]


def score(task: str, folder: Path, tests: Sequence[Mapping[str, Any]], kind: str) -> float:
    """The metric of one folder in one engine."""
    reader = READERS[task].open(folder, engine=EngineOptions(engine=kind, threads=1))
    results = reader([sample["image"] for sample in tests])
    if task == "rec":
        return float(np.mean([r.text == s["label"] for r, s in zip(results, tests)]))
    if task == "cls":
        return float(np.mean([r.label == s["label"] for r, s in zip(results, tests)]))
    metric = DetMetric()
    for result, sample in zip(results, tests):
        lines = json.loads(sample["label"])
        polys = [np.array(line["points"], np.float32) for line in lines]
        tags = [line["transcription"] in ("*", "###") for line in lines]
        metric.update([result], {"polys": [polys], "ignore_tags": [tags]})
    return float(metric.compute()["hmean"])


def print_times(task: str, folders: Mapping[str, Path], kind: str, *, threads: int, rounds: int) -> None:
    """Medians, and the median and range of middle half of the ratios to the float run of the same round."""
    files = {name: folder / "inference.onnx" for name, folder in folders.items()}
    found = timing.side_by_side(files, kind, shape=SHAPES[task], threads=threads, rounds=rounds)
    for name, own in found.items():
        print(
            f"  {kind:12} {threads} threads {name:12} {own.milliseconds:8.2f} ms (best {own.best:.2f})"
            f"  ratio {own.ratio:.2f} ({own.low:.2f}..{own.high:.2f})",
            flush=True,
        )


if __name__ == "__main__":
    sys.exit(main())
