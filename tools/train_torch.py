"""Train the PyTorch twin of a shipped network: tools/train_torch.py -c configs/rec/en/X.yml -o key=value."""

import argparse
import logging
import sys
from pathlib import Path

import _checkout  # noqa: F401 - before the package that it finds

from ppocr_lite import console
from ppocr_lite.config import Config
from ppocr_lite.errors import MissingDependency

logger = logging.getLogger("ppocr_lite.tools.train_torch")


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-c", "--config", required=True)
    parser.add_argument("-o", "--opt", nargs="*", default=[], help="overrides, Section.key=value")
    parser.add_argument("--minutes", type=float, help="the schedule ends at the latest after so many")
    parser.add_argument("--eval_every", type=int, default=1000, help="steps between evaluations")
    parser.add_argument("--threads", type=int, default=0, help="0: PyTorch's own choice")
    parser.add_argument("--bf16", action="store_true", help="bfloat16 autocast")
    return parser.parse_args()


def train(args: argparse.Namespace) -> None:
    try:
        import torch
    except ImportError:
        raise MissingDependency("The twins need PyTorch: pip install torch") from None
    from ppocr_lite.interop.torch_train import TwinOptions, TwinTrainer

    if args.threads:
        torch.set_num_threads(args.threads)
    cfg = Config.load(args.config, args.opt)
    options = TwinOptions(
        out_dir=Path(cfg.get("Global.save_model_dir", "./output")),
        budget_s=args.minutes and args.minutes * 60,
        eval_every=args.eval_every,
        bfloat16=args.bf16,
    )
    TwinTrainer(cfg, options).fit()


def main() -> int:
    args = parse()
    logging.basicConfig(level=logging.INFO, format="[%(asctime)s] ppocr %(levelname)s: %(message)s")
    return console.guarded(lambda: train(args), lambda text: logger.error("%s", text))


if __name__ == "__main__":
    sys.exit(main())
