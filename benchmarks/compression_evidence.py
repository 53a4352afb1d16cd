"""What compression does to the three `en` models: the data, `ppocr-lite compress`, and the tables.

usage: benchmarks/compression_evidence.py --texts DIR [--fonts DIR] [--out DIR] [--tasks det cls rec]
                                          [--scale 1] [--quick] [--doc doc/compression.md]

The detector is pruned (FPGM, -46 % of its parameters), fine-tuned and trained in 8 bits (PACT); classifier
and recognizer are trained in 8 bits. Each is compared with the float model that it comes from, and with that
model after as many steps more on the same pictures; these trainings come last, after a first table. Data is
rendered once. The same command again goes on; --scale 0.3 makes 0.3 of the training pictures and steps.
"""

import argparse
import json
import logging
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2

from ppocr_lite.compression import pipeline, summary
from ppocr_lite.compression.pipeline_options import CALIBRATED, PACT, CompressOptions
from ppocr_lite.config import Config
from ppocr_lite.console import EXIT_STOPPED
from ppocr_lite.engine import tool
from ppocr_lite.synth import DEFAULT_FONT_DIRS, SynthStream
from ppocr_lite.synth.writers import FolderWriter

REPO = Path(__file__).resolve().parents[1]
DONE = "done.json"
TRAIN_SEED, EVAL_SEED = 41, 7_000_001
BEGIN = "<!-- evidence: written by benchmarks/compression_evidence.py -->"
END = "<!-- end of evidence -->"
MOST_BYTES = 3_500_000


@dataclass(frozen=True)
class Plan:
    """How one model is compressed.

    Attributes:
        config, weights: of the float model.
        pictures: rendered for (training, evaluation).
        batch: of the training.
        steps: of (fine-tuning, PACT).
        allowed: points of the metric that may be lost.
        least: share of the file that pruning (det) or rounding (others) has to save.
        rendering: of the pictures.
        options: for CompressOptions.
    """

    config: str
    weights: str
    pictures: tuple[int, int]
    batch: int
    steps: tuple[int, int]
    allowed: float
    least: float
    rendering: Mapping[str, Any]
    options: Mapping[str, Any]


PLANS = {
    "det": Plan(
        *("configs/det/en/en_det_mv3_db.yml", "pretrain_models/en_det_mv3_db"),
        pictures=(1200, 158),
        batch=4,
        steps=(500, 150),
        allowed=1.0,
        least=0.45,
        rendering={"side": (400, 720)},
        options={"size": "-46%", "samples": 8, "step": 0.25, "teacher": True},
    ),
    "cls": Plan(
        *("configs/cls/en/en_cls_mv3.yml", "pretrain_models/en_cls_mv3"),
        pictures=(6400, 4000),
        batch=32,
        steps=(200, 200),
        allowed=0.5,
        least=0.67,
        rendering={},
        options={},
    ),
    "rec": Plan(
        *("configs/rec/en/en_rec_mv3_crnn.yml", "pretrain_models/en_rec_mv3_crnn"),
        pictures=(6400, 3000),
        batch=32,
        steps=(200, 200),
        allowed=0.5,
        least=0.67,
        rendering={},
        options={"teacher": True},
    ),
}
QUICK = {"pictures": 24, "steps": (2, 2), "samples": 2, "step": 0.4, "rounds": 5}
"""For a look at whether everything runs; its numbers mean nothing."""
CROP = 320
"""Side of the detector's training crops; the configuration's 640 takes four times as long."""


def main(argv: Sequence[str] | None = None) -> int:
    args = parse(argv)
    tool.log_to_console(logging.INFO)
    found: dict[str, dict[str, Any]] = {}
    for train_float in (False, True):
        for task in args.tasks:
            options = replace(options_of(task, args), train_float=train_float)
            try:
                found[task] = pipeline.run(config_of(task, args), options)
            except pipeline.Stopped as error:
                print(error)
                return EXIT_STOPPED
            text = "\n".join(report(found))
            (args.out / "evidence.md").write_text(text + "\n", encoding="utf-8")
    if args.doc:
        write_into(args.doc, text)
    print(text)
    return 0


def parse(argv: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--texts", required=True, nargs="+", help="text files or folders")
    parser.add_argument("--fonts", nargs="+", default=list(DEFAULT_FONT_DIRS))
    parser.add_argument("--out", type=Path, default=REPO / "output/compression_evidence")
    parser.add_argument("--tasks", nargs="+", default=list(PLANS), choices=list(PLANS))
    parser.add_argument(
        "--scale", type=float, default=1.0, help="of training pictures and steps; 1 by default"
    )
    parser.add_argument("--quick", action="store_true", help="a few pictures and steps, to try it out")
    parser.add_argument("--doc", type=Path, help="also put the tables between the marks of this document")
    return parser.parse_args(argv)


def options_of(task: str, args: argparse.Namespace) -> CompressOptions:
    """The flags of ``ppocr-lite compress``."""
    plan = PLANS[task]
    values = {
        "steps": tuple(max(1, round(args.scale * steps)) for steps in plan.steps),
        "int8": (PACT, CALIBRATED),
        **plan.options,
    }
    if args.quick:
        values |= {key: QUICK[key] for key in ("steps", "rounds", "step")}
        values |= {"samples": QUICK["samples"], "pictures": 4}
    return CompressOptions(args.out / task, **values)


def config_of(task: str, args: argparse.Namespace) -> Config:
    """The model's configuration with rendered pictures in folders."""
    plan = PLANS[task]
    cfg = Config.load(REPO / plan.config)
    counts = round(args.scale * plan.pictures[0]), plan.pictures[1]
    if args.quick:
        counts = (QUICK["pictures"],) * 2
    changes: dict[str, Any] = {
        "Global.pretrained_model": str(REPO / plan.weights),
        "Global.print_batch_step": 20,
        "Train.loader.batch_size_per_card": min(plan.batch, counts[0] // 2),
    }
    for mode, count, seed in (("Train", counts[0], TRAIN_SEED), ("Eval", counts[1], EVAL_SEED)):
        folder = args.out / "data" / f"{task}-{mode}"
        write_set(task, folder, count, seed=seed, args=args)
        changes[f"{mode}.dataset"] = {
            "name": "SimpleDataSet",
            "data_dir": str(folder),
            "label_file_list": [str(folder / "label.txt")],
            "transforms": cfg.get(f"{mode}.dataset.transforms"),
        }
        changes[f"{mode}.loader.num_workers"] = 0
    cfg = cfg.replace(changes)
    return cfg.replace({"Train.dataset.transforms.RandomTextCrop.size": [CROP] * 2}) if task == "det" else cfg


def write_set(task: str, out: Path, count: int, *, seed: int, args: argparse.Namespace) -> None:
    """``count`` rendered pictures with the full range of damage and their labels; once."""
    wanted = {"task": task, "count": count, "seed": seed, "options": list(PLANS[task].rendering.items())}
    if (out / DONE).is_file() and json.loads((out / DONE).read_text()) == json.loads(json.dumps(wanted)):
        return
    out.parent.mkdir(parents=True, exist_ok=True)
    stream = SynthStream(
        task,
        texts=args.texts,
        fonts=args.fonts,
        font_cache=out.parent / "fonts.json",
        seed=seed,
        level=1.0,
        **PLANS[task].rendering,
    )
    with FolderWriter(out, task) as writer:
        for index in range(count):
            sample = stream.sample(index)
            writer.add(index, cv2.imencode(".png", sample["image"])[1].tobytes(), sample["label"])
    (out / DONE).write_text(json.dumps(wanted))


def report(found: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The verdicts, then the tables of each model, as Markdown."""
    lines = [*verdicts(found), ""]
    for task, values in found.items():
        lines += [f"### {task}: {Path(str(values['config'])).name}", ""]
        for title, rows, note in summary.tables(values, list(values["models"])):
            lines += [f"**{title}.** {note}", "", *summary.markdown_rows(rows), ""]
    return lines


def verdicts(found: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """What was asked for, what was measured, whether it is reached."""
    rows = [["asked for", "measured", ""]]
    for task, values in found.items():
        plan, stages = PLANS[task], values["stages"]
        name = pipeline.PRUNED if task == "det" else pipeline.INT8
        size, whole = stages[name]["bytes"], stages[pipeline.FLOAT]["bytes"]
        asked = f"{task}: {name} file at least {plan.least:.0%} smaller"
        rows.append([asked, f"{1 - size / whole:.1%}", _said(size <= round((1 - plan.least) * whole))])
        references = [name for name in (pipeline.FLOAT, pipeline.TRAINED_ON) if name in stages]
        for reference in references:
            change, low, high = stages["metrics"][f"minus {reference}"]["onnxruntime"][name]
            asked = f"{task}: {name} loses at most {plan.allowed} points against {reference}"
            said = _said(
                100 * change >= -plan.allowed, sure=100 * low >= -plan.allowed or 100 * high < -plan.allowed
            )
            rows.append([asked, f"{100 * change:+.2f} ({100 * low:+.2f} to {100 * high:+.2f})", said])
    if len(found) == len(PLANS):
        total = sum(values["stages"][pipeline.INT8]["bytes"] for values in found.values())
        rows.append(
            ["the three int8 files, at most 3.5 MB", f"{total / 1e6:.2f} MB", _said(total <= MOST_BYTES)]
        )
    return summary.markdown_rows(rows)


def _said(reached: bool, *, sure: bool = True) -> str:
    return ("reached" if reached else "missed") + ("" if sure else ", the interval allows the opposite")


def write_into(document: Path, text: str) -> None:
    """Put ``text`` between the two marks."""
    whole = document.read_text(encoding="utf-8")
    before, mark, rest = whole.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not mark or not end:
        sys.exit(f"{document}: has no '{BEGIN}' with '{END}' behind it.")
    document.write_text(f"{before}{BEGIN}\n\n{text.rstrip()}\n\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
