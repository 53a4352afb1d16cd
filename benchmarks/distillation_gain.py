"""What distillation and the losses beside CTC bring: equal steps, several seeds, held-out rendered data.

usage: benchmarks/distillation_gain.py rec [--seeds 1 2 3] [--arms plain udml center focal] [--out DIR]
       benchmarks/distillation_gain.py det [--arms plain dml cml]
       benchmarks/distillation_gain.py rec --table

Every run writes one line to OUT/results.jsonl. The same command again skips what is finished and goes on
with what was interrupted. The data is rendered once for each seed; all arms of a seed see the same pictures
in the same order, and the metrics are those of the last weights. ``center`` takes its centers from the plain
run of its seed, ``cml`` its teacher from a plain run of a larger network, which is trained first and counted
apart (arm ``teacher``).
"""

import argparse
import hashlib
import json
import logging
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gain_configs import ARMS, CLASSES, FEATURES, INDICATORS, NEEDS, config
from gain_data import EVAL_SEED, REPO, score_on_real, word_list, write_set
from training_runs import add_result, hours, results, train

from ppocr_lite.config import Config
from ppocr_lite.console import EXIT_STOPPED
from ppocr_lite.engine import assemble, centers, tool
from ppocr_lite.engine.trainer import Trainer
from ppocr_lite.synth.fonts import DEFAULT_FONT_DIRS

DEFAULTS: dict[str, dict[str, Any]] = {
    "rec": {"steps": 3000, "pictures": 38400, "held_out": 2000, "batch": 64, "lr": 0.003, "level": 0.3},
    "det": {"steps": 1500, "pictures": 1200, "held_out": 100, "batch": 8, "lr": 0.002, "level": 0.3},
}
REAL = "real.txt"


def key_of(task: str, settings: dict[str, Any]) -> str:
    """Short name of the settings: runs of others are neither continued nor compared with."""
    text = json.dumps([task, CLASSES, FEATURES, settings], sort_keys=True)
    return f"{task}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def result_of(
    args: argparse.Namespace, arm: str, seed: int, *, trainer: Trainer, seconds: dict[str, float]
) -> dict[str, Any]:
    """The line of a finished run; the metrics are those of the last weights, on the held-out data."""
    return {
        **{"task": args.task, "key": args.key, "arm": arm, "seed": seed, "steps": trainer.state.global_step},
        **{name: round(float(trainer.metrics[name]), 5) for name in INDICATORS[args.task]},
        **hours(seconds),
        "settings": args.settings,
    }


def config_of(args: argparse.Namespace, arm: str, seed: int) -> Config:
    """The configuration of a run; its data is rendered if it is not there yet."""
    place, needed = args.out / args.key, NEEDS.get((args.task, arm))
    made = {"level": args.settings["level"], "words": args.words, "fonts": args.fonts}
    data = {
        "train": write_set(args.task, place / f"data-{seed}", args.settings["pictures"], seed=seed, **made),
        "eval": write_set(args.task, place / "data-eval", args.settings["held_out"], seed=EVAL_SEED, **made),
    }
    places = {"data": data, "out": place / f"{arm}-{seed}", "before": place / f"{needed}-{seed}"}
    return config(args.task, arm, seed=seed, settings=args.settings, **places)


def run(args: argparse.Namespace, arm: str, seed: int) -> bool:
    """One run, after the one that it needs; False where it was interrupted."""
    if any((r["key"], r["arm"], r["seed"]) == (args.key, arm, seed) for r in results(args.out)):
        return True
    needed = NEEDS.get((args.task, arm))
    if needed and not run(args, needed, seed):
        return False
    folder = args.out / args.key / f"{arm}-{seed}"
    if arm == "center":
        export_centers_once(config_of(args, str(needed), seed), args.out / args.key / f"{needed}-{seed}")
    trainer, seconds = train(config_of(args, arm, seed), folder)
    if trainer.stop_reason:
        return False
    add_result(args.out, result_of(args, arm, seed, trainer=trainer, seconds=seconds))
    return True


def export_centers_once(cfg: Config, folder: Path) -> None:
    """``train_center.npz`` of a finished plain run."""
    if not (folder / "train_center.npz").is_file():
        weights = {"Global.pretrained_model": str(folder / "latest")}
        centers.export_centers(cfg.replace(weights), folder / "train_center.pkl")


def score_real(args: argparse.Namespace, arm: str, seed: int) -> None:
    """Score the student of a finished run on the pictures of ``--real``; once."""
    folder = args.out / args.key / f"{arm}-{seed}"
    if not (folder / REAL).is_file():
        cfg = config_of(args, arm, seed)
        exported = assemble.export(cfg.replace({"Global.pretrained_model": str(folder / "latest")}))
        student = exported / "Student"
        model = student if student.is_dir() else exported
        said = score_on_real(args.task, Path(args.real), model, folder / "real")
        (folder / REAL).write_text(said, encoding="utf-8")


def table(out: Path, task: str) -> list[str]:
    """Markdown with mean (least to most) over the seeds, for each group of runs with equal settings."""
    rows = [row for row in results(out) if row["task"] == task]
    lines = []
    for key in dict.fromkeys(row["key"] for row in rows):
        group = [row for row in rows if row["key"] == key]
        names = INDICATORS[task]
        lines += ["", f"Settings {key}: {json.dumps(group[0]['settings'])}", ""]
        lines += [f"| arm | seeds | {' | '.join(names)} | against plain | processor hours a run |"]
        lines += ["|---|---|" + "---|" * (len(names) + 2)]
        arms = sorted({row["arm"] for row in group}, key=lambda a: [*ARMS[task], a].index(a))
        for arm in arms:
            own = [row for row in group if row["arm"] == arm]
            cells = [spread([100 * row[name] for row in own]) for name in names]
            hours = statistics.mean(row["cpu_hours"] for row in own)
            seeds = " ".join(str(row["seed"]) for row in own)
            lines.append(
                f"| {arm} | {seeds} | {' | '.join(cells)} | {gain(group, arm, names[0])} | {hours:.2f} |"
            )
        for row in group:
            file = out / key / f"{row['arm']}-{row['seed']}" / REAL
            if file.is_file():
                lines += ["", f"{row['arm']}, seed {row['seed']}, pictures that were not rendered:", ""]
                lines += [f"    {said}" for said in file.read_text("utf-8").splitlines()]
    return lines


def gain(group: Sequence[dict[str, Any]], arm: str, name: str) -> str:
    """Points gained over the plain run of the same seed."""
    plain = {row["seed"]: row[name] for row in group if row["arm"] == "plain"}
    gains = [
        100 * (r[name] - plain[r["seed"]]) for r in group if r["arm"] == arm != "plain" and r["seed"] in plain
    ]
    return spread(gains, sign="+") if gains else "-"


def spread(values: Sequence[float], sign: str = "") -> str:
    form = f"{{:{sign}.1f}}"
    low, mean, high = (form.format(f(values)) for f in (min, statistics.mean, max))
    return mean if len(values) == 1 else f"{mean} ({low} to {high})"


def parse(argv: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("task", choices=tuple(ARMS))
    parser.add_argument("--out", type=Path, default=REPO / "output/distillation_gain")
    parser.add_argument("--arms", nargs="+", help="default: all of the task")
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3])
    parser.add_argument("--words", help="text file to take the words from (default: Debian's word list)")
    parser.add_argument("--fonts", nargs="+", default=[d for d in DEFAULT_FONT_DIRS if Path(d).is_dir()])
    parser.add_argument("--real", metavar="DIR", help="also score on the pictures there, with its score.py")
    parser.add_argument("--table", action="store_true", help="print the results so far as Markdown, and end")
    for name, value in DEFAULTS["rec"].items():
        shown = f"default: {value}, det {DEFAULTS['det'][name]}"
        parser.add_argument(f"--{name.replace('_', '-')}", type=type(value), help=shown)
    args = parser.parse_args(argv)
    known = ARMS[args.task]
    args.arms = args.arms or list(known)
    wrong = [arm for arm in args.arms if arm not in (*known, *NEEDS.values())]
    if wrong:
        parser.error(f"--arms: {wrong[0]} is none of {', '.join(known)}")
    given = {name: getattr(args, name) for name in DEFAULTS["rec"] if getattr(args, name) is not None}
    args.settings = {**DEFAULTS[args.task], **given}
    args.key = key_of(args.task, args.settings)
    return args


def main() -> int:
    args = parse()
    if args.table:
        print("\n".join(table(args.out, args.task)))
        return 0
    tool.log_to_console(logging.INFO)
    args.words = word_list(args.words, args.out)
    for seed in args.seeds:
        for arm in args.arms:
            if not run(args, arm, seed):
                print("Interrupted; the same command goes on.")
                return EXIT_STOPPED
            if args.real:
                score_real(args, arm, seed)
    print("\n".join(table(args.out, args.task)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
