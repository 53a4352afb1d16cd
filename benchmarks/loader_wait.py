"""Share of the time that the trainer waits for its data, with lines from files and with rendered lines.

usage: benchmarks/loader_wait.py [-c CONFIG] [--workers 1] [--steps 20] [--rounds 3] [--fonts FOLDER]

Trains the configuration for some steps. Its data is written for the benchmark: rendered lines as PNG files,
read with RecAug on top, and the renderer itself. The first steps, which fill the queues, do not count.
"""

import argparse
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import cv2

from ppocr_lite.config import Config
from ppocr_lite.engine import assemble
from ppocr_lite.engine.trainer import Hook, Trainer
from ppocr_lite.synth import SynthStream

REPO = Path(__file__).resolve().parents[1]
WARM_UP = 4
TARGET = 0.05


class Waiting(Hook):
    """Adds up the seconds of the steps after the first ones, and what of them was spent on waiting."""

    def __init__(self, steps: int) -> None:
        self.steps, self.waited, self.whole, self.samples = steps, 0.0, 0.0, 0

    def after_step(self, trainer: Trainer) -> None:
        if trainer.state.global_step > WARM_UP:
            self.waited += trainer.times.reader_s
            self.whole += trainer.elapsed()
            self.samples += trainer.times.samples
        if trainer.state.global_step >= WARM_UP + self.steps:
            trainer.stop("measured")


def write_texts(folder: Path) -> Path:
    """The project's documents as one text file."""
    texts = [file.read_text(encoding="utf-8") for file in sorted((REPO / "doc").glob("*.md"))]
    path = folder / "texts.txt"
    path.write_text("\n".join(texts), encoding="utf-8")
    return path


def write_lines(folder: Path, count: int, *, fonts: str, texts: Path) -> dict[str, Any]:
    """Rendered lines as files; gives the ``dataset`` keys that read them."""
    stream = SynthStream(kind="rec", texts=[str(texts)], fonts=[fonts], seed=1)
    rows = []
    for i in range(count):
        sample = stream.sample(i, 1)
        cv2.imwrite(str(folder / f"{i}.png"), sample["image"])
        rows.append(f"{i}.png\t{sample['label']}")
    (folder / "labels.txt").write_text("\n".join(rows), encoding="utf-8")
    return {
        "name": "SimpleDataSet",
        "data_dir": str(folder),
        "label_file_list": [str(folder / "labels.txt")],
        "ratio_list": [100.0],  # an epoch that is longer than the benchmark
    }


def sources(cfg: Config, folder: Path, fonts: str, lines: int) -> dict[str, dict[str, Any]]:
    """The ``Train.dataset`` sections that are measured, by name."""
    texts = write_texts(folder)
    steps = list(cfg.get("Train.dataset.transforms"))
    augmented = [steps[0], {"RecAug": None}, *steps[1:]]
    rendered = {"name": "SynthDataSet", "kind": "rec", "length": 100_000, "texts": [str(texts)]}
    return {
        "files with RecAug": {
            **write_lines(folder, lines, fonts=fonts, texts=texts),
            "transforms": augmented,
        },
        "rendered": {**rendered, "fonts": [fonts], "transforms": steps},
    }


def measure(cfg: Config, steps: int) -> tuple[float, float]:
    """(share of the time spent on waiting, samples per second)."""
    trainer = assemble.trainer(cfg)
    waiting = Waiting(steps)
    trainer.hooks = (waiting,)
    trainer.fit(1)
    return waiting.waited / waiting.whole, waiting.samples / waiting.whole


@contextmanager
def in_folder(folder: str) -> Iterator[None]:
    """What a run writes goes there."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-c", "--config", default=str(REPO / "configs/rec/en/en_rec_mv3_crnn.yml"))
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--lines", type=int, default=600, help="files that are written")
    parser.add_argument("--fonts", default="/usr/share/fonts")
    args = parser.parse_args()
    cfg = Config.load(args.config)
    found: dict[str, list[tuple[float, float]]] = {}
    with tempfile.TemporaryDirectory() as folder, in_folder(folder):
        data = sources(cfg, Path(folder), args.fonts, args.lines)
        for _ in range(args.rounds):
            for name, dataset in data.items():
                changes = {"Train.dataset": dataset, "Train.loader.num_workers": args.workers}
                run = cfg.replace({**changes, "Eval": {}, "Train.loader.max_bad_share": 0.5})
                found.setdefault(name, []).append(measure(run, args.steps))
    print(f"{args.config}: {args.workers} workers, {args.rounds} rounds of {args.steps} steps, medians")
    for name, rounds in found.items():
        share, rate = (median(values) for values in zip(*rounds))
        verdict = "within" if share <= TARGET else "above"
        print(f"  {name:18s} waits {share:6.2%} of the time ({verdict} {TARGET:.0%})   {rate:7.1f} samples/s")


if __name__ == "__main__":
    main()
