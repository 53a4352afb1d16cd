"""What distillation and the losses beside CTC bring: equal steps, several seeds, held-out rendered data.

usage: benchmarks/distillation_gain.py rec [--seeds 1 2 3] [--arms plain udml center focal] [--out DIR]
       benchmarks/distillation_gain.py det [--arms plain dml cml]
       benchmarks/distillation_gain.py rec --table

Every run writes one line to OUT/results.jsonl. The same command again skips what is finished and goes on
with what was interrupted. The data is rendered once for each seed; all arms of a seed see the same pictures
in the same order, and the metrics are those of the last weights.

Recognizers go on from the weights of the package's own, which also give ``center`` its centers; the second
network of ``udml`` is the same one trained on data of its own for ``--base-steps`` (arm ``base``). Detectors
begin from nothing; the frozen teacher of ``cml`` is one larger network, trained first (arm ``teacher``). Both
are made once for all seeds, which differ in the pictures, in their order, and for detectors in the initial
weights.
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

from gain_configs import ARMS, CENTERS, FIRST, INDICATORS, NETWORKS, REAL_SCORES, Run, config, needed_by
from gain_data import EVAL_SEED, REPO, score_on_real, word_list, write_set
from training_runs import add_result, add_row, hours, results, rows_of, train

from ppocr_lite.config import Config
from ppocr_lite.console import EXIT_STOPPED
from ppocr_lite.engine import assemble, centers, tool
from ppocr_lite.engine.trainer import Trainer
from ppocr_lite.synth.fonts import DEFAULT_FONT_DIRS

DEFAULTS: dict[str, dict[str, Any]] = {
    "rec": {
        **{"steps": 300, "base_steps": 300, "pictures": 9600, "held_out": 2000},
        **{"batch": 32, "lr": 0.001, "base_lr": 0.002, "level": 0.7},
    },
    "det": {
        **{"steps": 800, "base_steps": 1600, "pictures": 1600, "held_out": 100},
        **{"batch": 4, "lr": 0.003, "base_lr": 0.003, "level": 0.3},
    },
}
REAL = "real.jsonl"


def key_of(task: str, settings: dict[str, Any]) -> str:
    """Short name of the settings: runs of others are neither continued nor compared with."""
    text = json.dumps([task, NETWORKS[task], settings], sort_keys=True)
    return f"{task}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def result_of(
    args: argparse.Namespace, run: Run, *, trainer: Trainer, seconds: dict[str, float]
) -> dict[str, Any]:
    """The line of a finished run; the metrics are those of the last weights, on the held-out data."""
    return {
        **{"task": args.task, "key": args.key, "arm": run.arm, "seed": run.seed},
        "steps": trainer.state.global_step,
        **{name: round(float(trainer.metrics[name]), 5) for name in INDICATORS[args.task]},
        **hours(seconds),
        "settings": args.settings,
    }


def config_of(args: argparse.Namespace, run: Run) -> Config:
    """The configuration of a run; its data is rendered if it is not there yet."""
    place, settings = args.out / args.key, args.settings
    made = {"level": settings["level"], "words": args.words, "fonts": args.fonts}
    data = {
        "train": write_set(
            args.task, place / f"data-{run.seed}", settings["pictures"], seed=run.seed, **made
        ),
        "eval": write_set(args.task, place / "data-eval", settings["held_out"], seed=EVAL_SEED, **made),
    }
    before = [folder_of(args, earlier) for earlier in needed_by(args.task, run)]
    return config(args.task, run, settings=settings, data=data, out=folder_of(args, run), before=before)


def folder_of(args: argparse.Namespace, run: Run) -> Path:
    """Where a run goes."""
    return Path(args.out / args.key / f"{run.arm}-{run.seed}")


def finish(args: argparse.Namespace, run: Run) -> bool:
    """One run, after those that it needs; False where it was interrupted."""
    if any((r["key"], r["arm"], r["seed"]) == (args.key, run.arm, run.seed) for r in results(args.out)):
        return True
    before = needed_by(args.task, run)
    if not all(finish(args, earlier) for earlier in before):
        return False
    if run.arm == "center":
        export_centers_once(config_of(args, Run("plain", run.seed)))
    trainer, seconds = train(config_of(args, run), folder_of(args, run))
    if trainer.stop_reason:
        return False
    add_result(args.out, result_of(args, run, trainer=trainer, seconds=seconds))
    return True


def export_centers_once(cfg: Config) -> None:
    """``train_center.npz`` beside the pictures of a plain run, from the weights that it begins with."""
    file = Path(cfg.get("Train.dataset.data_dir")) / CENTERS
    if not file.is_file():
        centers.export_centers(cfg, file.with_suffix(".pkl"))


def score_real(args: argparse.Namespace, run: Run) -> None:
    """Score the student of a finished run on the pictures of ``--real``; once."""
    if real_scores(args.out, args.key, run):
        return
    folder = folder_of(args, run)
    weights = {"Global.pretrained_model": str(folder / "latest")}
    exported = assemble.export(config_of(args, run).replace(weights))
    student = exported / "Student"
    model = student if student.is_dir() else exported
    scores = score_on_real(args.task, Path(args.real), model, folder / "real")
    add_row(args.out / REAL, {"key": args.key, "arm": run.arm, "seed": run.seed, "scores": scores})


def real_scores(out: Path, key: str, run: Run) -> dict[str, float]:
    """Scores of a run on real pictures; empty where it has none."""
    for row in rows_of(out / REAL):
        if (row["key"], row["arm"], row["seed"]) == (key, run.arm, run.seed):
            return dict(row["scores"])
    return {}


def table(out: Path, task: str) -> list[str]:
    """Markdown with mean (least to most) over the seeds, for each group of runs with equal settings."""
    rows = [row for row in results(out) if row["task"] == task]
    lines = []
    for key in dict.fromkeys(row["key"] for row in rows):
        group = [
            row | real_scores(out, key, Run(row["arm"], row["seed"])) for row in rows if row["key"] == key
        ]
        names = [*INDICATORS[task], *(n for n in REAL_SCORES[task] if any(n in row for row in group))]
        lines += ["", f"Settings {key}: {json.dumps(group[0]['settings'])}", ""]
        lines += [f"| arm | seeds | {' | '.join(names)} | {names[0]} against plain | processor hours a run |"]
        lines += ["|---|---|" + "---|" * (len(names) + 2)]
        for arm in sorted({row["arm"] for row in group}, key=lambda a: [*FIRST, *ARMS[task]].index(a)):
            own = [row for row in group if row["arm"] == arm]
            cells = [spread([100 * row[name] for row in own if name in row]) for name in names]
            hours_each = statistics.mean(row["cpu_hours"] for row in own)
            seeds = " ".join(str(row["seed"]) for row in own)
            lines.append(
                f"| {arm} | {seeds} | {' | '.join(cells)} | {gain(group, arm, names[0])} | {hours_each:.2f} |"
            )
    return lines


def gain(group: Sequence[dict[str, Any]], arm: str, name: str) -> str:
    """Points gained over the plain run of the same seed."""
    plain = {row["seed"]: row[name] for row in group if row["arm"] == "plain"}
    gains = [
        100 * (r[name] - plain[r["seed"]])
        for r in group
        if r["arm"] == arm not in ("plain", *FIRST) and r["seed"] in plain
    ]
    return spread(gains, sign="+") if gains else "-"


def spread(values: Sequence[float], sign: str = "") -> str:
    form = f"{{:{sign}.1f}}"
    if not values:
        return "-"
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
    parser.add_argument("--real", metavar="DIR", help="also score on words/, icdar15/ and pages/ there")
    parser.add_argument("--table", action="store_true", help="print the results so far as Markdown, and end")
    for name, value in DEFAULTS["rec"].items():
        shown = f"default: {value}, det {DEFAULTS['det'][name]}"
        parser.add_argument(f"--{name.replace('_', '-')}", type=type(value), help=shown)
    args = parser.parse_args(argv)
    known = ARMS[args.task]
    args.arms = args.arms or list(known)
    wrong = [arm for arm in args.arms if arm not in (*known, *FIRST)]
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
            run = Run(arm, seed)
            if not finish(args, run):
                print("Interrupted; the same command goes on.")
                return EXIT_STOPPED
            if args.real:
                score_real(args, run)
    print("\n".join(table(args.out, args.task)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
