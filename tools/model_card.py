"""Print the facts of a model card: tools/model_card.py -c CONFIG --run FOLDER --model inference/rec."""

import argparse
import sys
from pathlib import Path

import _checkout  # noqa: F401 - before the package that it finds

from ppocr_lite import console
from ppocr_lite.config import Config
from ppocr_lite.interop.model_card import card


def run(args: argparse.Namespace) -> None:
    pages = args.pages.read_text(encoding="utf-8") if args.pages else ""
    print(card(Config.load(args.config), args.run, model=args.model, pages=pages), end="")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-c", "--config", required=True)
    parser.add_argument("--run", type=Path, required=True, help="folder of the training")
    parser.add_argument("--model", type=Path, help="folder of the exported model")
    parser.add_argument("--pages", type=Path, help="kept output of benchmarks/real_pages.py")
    args = parser.parse_args()
    return console.guarded(lambda: run(args), lambda text: print(text, file=sys.stderr))


if __name__ == "__main__":
    sys.exit(main())
