"""Train the PyTorch twin of a shipped network: tools/train_torch.py -c configs/rec/en/X.yml -o key=value."""

import argparse
import logging
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

import _checkout  # noqa: F401 - before the package that it finds

from ppocr_lite import console
from ppocr_lite.config import Config
from ppocr_lite.errors import MissingDependency

STARTED = time.monotonic()

logger = logging.getLogger("ppocr_lite.tools.train_torch")


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-c", "--config", required=True)
    parser.add_argument("-o", "--opt", nargs="*", default=[], help="overrides, Section.key=value")
    parser.add_argument("--minutes", type=float, help="this call ends then, saved and evaluated")
    parser.add_argument(
        "--plan", type=float, help="minutes of training until the rate is 0, all calls together"
    )
    parser.add_argument("--device", default="", help="cpu or cuda; a GPU where there is one by default")
    parser.add_argument("--eval_every", type=int, default=1000, help="steps between evaluations; 0: none")
    parser.add_argument("--eval_minutes", type=float, default=0, help="minutes between evaluations; 0: none")
    parser.add_argument("--save_minutes", type=float, default=3, help="minutes between checkpoints")
    parser.add_argument("--threads", type=int, default=0, help="0: PyTorch's own choice")
    parser.add_argument("--bf16", action="store_true", help="bfloat16 autocast")
    parser.add_argument(
        "--compiled", action="store_true", help="on CPUs: faster gradients, by a C++ library compiled first"
    )
    parser.add_argument(
        "--replay", type=float, default=0, help="how often a batch may come again while none is ready"
    )
    parser.add_argument(
        "--eval_only", action="store_true", help="print the metrics of Global.pretrained_model and end"
    )
    return parser.parse_args()


def train(args: argparse.Namespace) -> None:
    try:
        import torch
    except ImportError:
        raise MissingDependency("The twins need PyTorch: pip install torch") from None
    from ppocr_lite.interop.torch_train import TwinOptions, TwinTrainer, evaluate_weights

    if args.threads:
        torch.set_num_threads(args.threads)
    torch.set_float32_matmul_precision("high")
    cfg = Config.load(args.config, args.opt)
    if args.eval_only:
        for name, value in evaluate_weights(cfg, device=args.device).items():
            logger.info("%s:%s", name, value)
        return
    decay = cfg.get("Global.ema_decay")
    options = TwinOptions(
        out_dir=Path(cfg.get("Global.save_model_dir", "./output")),
        device=args.device,
        plan_s=args.plan and args.plan * 60,
        limit_s=args.minutes and args.minutes * 60,
        started=STARTED,
        save_every_s=args.save_minutes * 60,
        eval_every=args.eval_every,
        eval_every_s=args.eval_minutes * 60,
        bfloat16=args.bf16,
        compiled=args.compiled,
        replay=args.replay,
        ema=TwinOptions.ema if decay is None else float(decay),
    )
    TwinTrainer(cfg, options, _stop_on_signals()).fit()


def _stop_on_signals() -> threading.Event:
    """Set by the first Ctrl-C or SIGTERM; the second ends the program as usual."""
    stop = threading.Event()

    def ask(number: int, _frame: Any) -> None:
        stop.set()
        signal.signal(number, signal.SIG_DFL)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, ask)
    return stop


def main() -> int:
    args = parse()
    logging.basicConfig(level=logging.INFO, format="[%(asctime)s] ppocr %(levelname)s: %(message)s")
    return console.guarded(lambda: train(args), lambda text: logger.error("%s", text))


if __name__ == "__main__":
    sys.exit(main())
