"""Every system of the CRNN family on the renderer's words: as many samples each, one held-out set for all.

usage: benchmarks/crnn_family.py [--systems crnn attention ...] [--samples 384000] [--scale 0.25] [--out DIR]
       benchmarks/crnn_family.py --table

37 classes: words and numbers of 2 to 7 characters, case folded. All systems see the same pictures in the same
order; the metrics are those of the last weights. A finished run is a line in OUT/results.jsonl and is skipped
when the command is given again; an interrupted one goes on. At the end all exported networks are timed by
turns, and OUT/SETTINGS/family.md (the table) and family.html (the curves) are written.
"""

import argparse
import hashlib
import json
import logging
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from crnn_page import write_page
from crnn_systems import SYSTEMS, config
from gain_data import EVAL_SEED, REPO, word_list, write_set
from taking_turns import take_turns
from training_runs import add_result, hours, results, train

from ppocr_lite.config import Config
from ppocr_lite.console import EXIT_STOPPED
from ppocr_lite.engine import assemble, tool, trial
from ppocr_lite.engine.trainer import Trainer
from ppocr_lite.inference.engines.base import open_engine
from ppocr_lite.inference.model_files import find_network
from ppocr_lite.modeling.complexity import measure
from ppocr_lite.modeling.heads.spelling import SpellingHead
from ppocr_lite.synth.fonts import DEFAULT_FONT_DIRS

DEFAULTS: dict[str, Any] = {
    **{"samples": 384_000, "pictures": 38_400, "held_out": 2000, "batch": 64},
    **{"lr": 0.002, "scale": 0.25, "level": 0.3, "seed": 1},
}
METRICS = ("acc", "cer", "norm_edit_dis")
ENGINES = ("onnxruntime", "openvino", "paddle")
BEAM = 5
TIMES = "times.json"
ROUNDS = 40


def config_of(args: argparse.Namespace, system: str) -> Config:
    """The configuration of a run; its data is rendered if it is not there yet."""
    place = args.out / args.key
    made = {"level": args.settings["level"], "words": args.words, "fonts": args.fonts}
    pictures, seed = args.settings["pictures"], args.settings["seed"]
    data = {
        "train": write_set("rec", args.out / f"data-{seed}-{pictures}", pictures, seed=seed, **made),
        "eval": write_set("rec", args.out / "data-eval", args.settings["held_out"], seed=EVAL_SEED, **made),
    }
    return config(system, seed=seed, data=data, out=place / system, settings=args.settings)


def run(args: argparse.Namespace, system: str) -> bool:
    """One run; False where it was interrupted."""
    if any((row["key"], row["system"]) == (args.key, system) for row in results(args.out)):
        return True
    cfg = config_of(args, system)
    trainer, seconds = train(cfg, args.out / args.key / system)
    if trainer.stop_reason:
        return False
    cfg = cfg.replace({"Global.pretrained_model": str(args.out / args.key / system / "latest")})
    assemble.export(cfg)
    line = result_of(args, system, trainer=trainer, seconds=seconds)
    add_result(args.out, {**line, **of_spelling(cfg, trainer)})
    return True


def result_of(
    args: argparse.Namespace, system: str, *, trainer: Trainer, seconds: dict[str, float]
) -> dict[str, Any]:
    """The line of a finished run; speed is by processor time, with the evaluations of the curve."""
    steps = trainer.state.global_step
    samples = steps * args.settings["batch"]
    return {
        **{"key": args.key, "system": system, "steps": steps, "samples": samples},
        **{name: round(float(trainer.metrics[name]), 5) for name in METRICS},
        "parameters": measure(trainer.model, image_shape(system)).parameters,
        "samples_per_second": round(samples / seconds["cpu"], 1),
        **hours(seconds),
        "settings": args.settings,
    }


def image_shape(system: str) -> tuple[int, int, int]:
    """[C, H, W] of what the network gets."""
    folders = {"train": Path(), "eval": Path()}
    return trial.image_shape(config(system, seed=0, data=folders, out=Path(), settings=DEFAULTS))


def of_spelling(cfg: Config, trainer: Trainer) -> dict[str, Any]:
    """Of heads that spell: where they ended on the held-out words, and what a beam search reads.

    ``ended`` is the share of words whose reading has an end, ``steps_run`` the mean number of steps that a
    batch took, of the ``steps_possible``.
    """
    if not isinstance(trainer.model.head, SpellingHead):
        return {}
    evaluator, model = assemble.evaluator(cfg)
    rows, ended, steps, batches = 0, 0, 0, 0

    def count_step(*_: Any) -> None:
        nonlocal steps
        steps += 1

    def look(layer: Any, inputs: Any, outputs: Any) -> None:
        nonlocal rows, ended, batches
        said = outputs["probs"].argmax(axis=2) == layer.out_channels - 1
        rows, ended, batches = rows + said.shape[0], ended + int(said.any(axis=1).sum()), batches + 1

    model.head.cell.register_forward_post_hook(count_step)
    model.head.register_forward_post_hook(look)
    evaluator(model)
    searching, model = assemble.evaluator(cfg.replace({"Architecture.Head.beam_width": BEAM}))
    return {
        **{"ended": round(ended / rows, 5), "steps_run": round(steps / batches, 2)},
        **{"steps_possible": model.head.steps, f"acc_beam_{BEAM}": round(searching(model)["acc"], 5)},
    }


def time_engines(args: argparse.Namespace, systems: Sequence[str]) -> None:
    """Processor time of one word in every engine, all systems and engines by turns, into ``times.json``."""
    engines = {}
    for system in systems:
        folder = args.out / args.key / system / "inference"
        for kind in ENGINES:
            _, file = find_network(folder, "paddle" if kind == "paddle" else "onnxruntime")
            engines[f"{system} {kind}"] = open_engine(file, kind=kind, threads=args.threads)
    images = {system: trial.batch(image_shape(system)) for system in systems}
    calls = {name: partial(e.run, images[name.split()[0]]) for name, e in engines.items()}
    found = {name: ms.cpu for name, ms in take_turns(calls, rounds=ROUNDS).items()}
    for engine in engines.values():
        engine.close()
    file = args.out / args.key / TIMES
    file.write_text(json.dumps({"threads": args.threads, "machine": trial.machine(), "ms": found}, indent=1))


def table(args: argparse.Namespace) -> Path | None:
    """Write the pages of the runs with these settings; None where there is none."""
    rows = [row for row in results(args.out) if row["key"] == args.key]
    if not rows:
        return None
    file = args.out / args.key / TIMES
    times = json.loads(file.read_text("utf-8")) if file.is_file() else {}
    return write_page(args.out / args.key, rows, times)


def key_of(settings: dict[str, Any]) -> str:
    """Short name of the settings: runs of others are neither continued nor compared with."""
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()[:8]


def parse(argv: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=REPO / "output/crnn_family")
    parser.add_argument("--systems", nargs="+", choices=tuple(SYSTEMS), default=list(SYSTEMS))
    parser.add_argument("--words", help="text file to take the words from (default: Debian's word list)")
    parser.add_argument("--fonts", nargs="+", default=[d for d in DEFAULT_FONT_DIRS if Path(d).is_dir()])
    parser.add_argument("--threads", type=int, default=1, help="of the engines that are timed")
    parser.add_argument("--table", action="store_true", help="write the pages of what there is, and end")
    for name, value in DEFAULTS.items():
        parser.add_argument(
            f"--{name.replace('_', '-')}", type=type(value), default=value, help=f"default: {value}"
        )
    args = parser.parse_args(argv)
    args.settings = {name: getattr(args, name) for name in DEFAULTS}
    if args.pictures < args.batch:
        parser.error(f"--pictures: {args.pictures} are less than one batch of {args.batch}")
    args.key = key_of(args.settings)
    return args


def main() -> int:
    args = parse()
    tool.log_to_console(logging.ERROR if args.table else logging.INFO)
    if not args.table:
        args.words = word_list(args.words, args.out)
        for system in args.systems:
            if not run(args, system):
                print("Interrupted; the same command goes on.")
                return EXIT_STOPPED
        time_engines(args, [row["system"] for row in results(args.out) if row["key"] == args.key])
    page = table(args)
    print(page.read_text("utf-8") if page else "No finished run with these settings.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
