"""Centers of a trained recognizer for the center loss: -c CONFIG -o Global.pretrained_model=PREFIX"""

import argparse
import sys

import _checkout  # noqa: F401 - before the package that it finds

from ppocr_lite.config import Config
from ppocr_lite.engine import tool


def add_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--submodel", default="", metavar="NAME", help="which one of a distillation")
    parser.add_argument(
        "--out", default="train_center.pkl", metavar="FILE", help="a .npz of the same name is written too"
    )


def export(cfg: Config, args: argparse.Namespace) -> None:
    """Write the mean features of each class, over the training samples that are read right."""
    from ppocr_lite.engine import centers  # needs Paddle, which tool.run looks for first

    centers.export_centers(cfg, args.out, submodel=args.submodel)


if __name__ == "__main__":
    sys.exit(tool.run(export, __doc__, add_flags=add_flags))
