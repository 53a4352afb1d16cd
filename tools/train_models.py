"""Train the embedded models again: tools/train_models.py --minutes 480. Needs PyTorch, not Paddle.

Detector, recognizer and classifier share the minutes, on a GPU if there is one, else on the CPU; called
again, it goes on where it was stopped. Everything goes to --out; summary.md there has the scores.
"""

import argparse
import logging
import os
import signal
import sys
import threading
import time
from pathlib import Path

import _checkout  # noqa: F401 - before the package that it finds

from ppocr_lite import console
from ppocr_lite.charset import Charset
from ppocr_lite.errors import MissingDependency
from ppocr_lite.interop.torch_jobs import TASKS, JobRunner, plan_jobs, summary
from ppocr_lite.synth import DEFAULT_FONT_DIRS, FontLibrary
from ppocr_lite.synth.kit import unpack

STARTED = time.monotonic()
CONFIGS = {
    "det": "configs/det/en/en_det_mv3_db.yml",
    "rec": "configs/rec/en/en_rec_mv3_crnn.yml",
    "cls": "configs/cls/en/en_cls_mv3.yml",
}
SHARES = {"det": 5.0, "rec": 8.0, "cls": 1.5}
TRAINER = Path(__file__).parent / "train_torch.py"

logger = logging.getLogger("ppocr_lite.tools.train_models")


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=480, help="wall clock of all together (480)")
    parser.add_argument(
        "--plan", type=float, help="minutes of all calls together, when this is not the only one"
    )
    parser.add_argument("--out", type=Path, default=Path("output/models"))
    parser.add_argument("--only", nargs="+", choices=TASKS, default=list(TASKS))
    parser.add_argument("--config", nargs="*", default=[], metavar="TASK=FILE", help="others than embedded")
    parser.add_argument("--share", nargs="*", default=[], metavar="TASK=N", help=f"of the time; {SHARES}")
    parser.add_argument("--device", choices=("cpu", "cuda"), help="a GPU where there is one by default")
    parser.add_argument("--cores", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--kit", type=Path, help="archive of fonts and texts, of: tools/synth.py pack")
    parser.add_argument("--fonts", nargs="+", default=list(DEFAULT_FONT_DIRS))
    parser.add_argument("--texts", nargs="+", default=["train_data/corpus"])
    parser.add_argument("--archive", type=Path, help="folder for all of --out as a tar in parts of 15 MB")
    parser.add_argument("-o", "--opt", nargs="*", default=[], help="overrides of all, Section.key=value")
    return parser.parse_args()


def train(args: argparse.Namespace) -> int:
    try:
        import torch
    except ImportError:
        raise MissingDependency("The trainings need PyTorch: pip install torch") from None
    configs = {task: CONFIGS[task] for task in args.only}
    configs |= dict(_pair(text) for text in args.config)
    shares = SHARES | {task: float(value) for task, value in map(_pair, args.share)}
    gpu = torch.cuda.is_available() if args.device is None else args.device == "cuda"
    if args.kit:
        fonts, texts = unpack(args.kit, args.kit.with_name(args.kit.name.split(".")[0]))
        args.fonts, args.texts = [str(fonts)], [str(texts)]
    # Once for all jobs, which then find it in the cache.
    cache = args.out / "fonts.json"
    FontLibrary(args.fonts, Charset.load("en_printable.txt").characters, cache_file=cache)
    extra = [
        f"{part}.dataset.{key}"
        for part in ("Train", "Eval")
        for key in (
            f"fonts=[{', '.join(args.fonts)}]",
            f"texts=[{', '.join(args.texts)}]",
            f"options.font_cache={cache}",
        )
    ]
    minutes = args.minutes - (time.monotonic() - STARTED) / 60
    # Without instructions for it (Zen 4, Cooper Lake, Sapphire Rapids have them) bfloat16 is slower.
    able: dict[str, object] = getattr(torch.cpu, "get_capabilities", dict)()
    bfloat16 = bool(able.get("avx512_bf16") or able.get("amx_bf16"))
    machine = {"cores": args.cores, "gpu": gpu, "bfloat16": bfloat16}
    stages = plan_jobs(configs, shares, minutes=minutes, plan=args.plan, **machine)
    runner = JobRunner(TRAINER, args.out, args.archive, [*extra, *args.opt], stop=_stop_on_signals())
    status = runner.run(stages)
    table = summary(args.out, list(status))
    (args.out / "summary.md").write_text(table + "\n", encoding="utf-8")
    print(table)
    for task, code in status.items():
        if code:
            logger.error("%s ended with status %d; see %s", task, code, args.out / task / "log.txt")
    return 1 if any(status.values()) else 0


def _pair(text: str) -> tuple[str, str]:
    task, _, value = text.partition("=")
    return task, value


def _stop_on_signals() -> threading.Event:
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    return stop


def main() -> int:
    args = parse()
    logging.basicConfig(level=logging.INFO, format="[%(asctime)s] %(levelname)s: %(message)s")
    return console.guarded(lambda: train(args), lambda text: logger.error("%s", text))


if __name__ == "__main__":
    sys.exit(main())
