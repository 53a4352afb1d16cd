"""The settings of a pruning, and the flags that set them; nothing here needs Paddle."""

import argparse
from dataclasses import dataclass, fields
from pathlib import Path

RATIO = 0.1
LOSS = 0.02
STEP = 0.1
MULTIPLE = 8
"""Vectors of the processors that models are run on hold 4, 8 or 16 float32 numbers."""
MULTIPLE_HELP = f"channels that are left are a multiple of this; {MULTIPLE} with --flops or --size, else 1"


@dataclass(frozen=True)
class PruneOptions:
    """How much to prune, and what to do then.

    Attributes:
        sensitivity: measure what each layer costs, and prune each as far as that allows; otherwise all
            layers by the same ratio.
        ratio: of all layers, without ``sensitivity``.
        loss: with ``sensitivity``, the relative loss of the metric that one layer may cost.
        flops: wanted change of the multiply-adds, such as ``-45%``; it decides in place of ``ratio`` and
            ``loss``.
        size: the same for the number of parameters.
        step: of the ratios that are measured.
        samples: of the evaluation data that each measurement takes, and keeps in memory; 0 for all.
        file: of the measurements; in ``Global.save_model_dir`` by default.
        multiple: the channels that are left of each layer are a multiple of this. Engines leave gaps in the
            vectors of other counts, and can be slower than they were with all channels. 0: 8 with ``flops``
            or ``size``, which make up for the rounding, otherwise any count.
        no_train: do not fine-tune.
    """

    sensitivity: bool = False
    ratio: float = RATIO
    loss: float = LOSS
    flops: str = ""
    size: str = ""
    step: float = STEP
    samples: int = 0
    file: Path | None = None
    multiple: int = 0
    no_train: bool = False

    @property
    def channels_multiple(self) -> int:
        """``multiple``, or what 0 stands for."""
        return self.multiple or (MULTIPLE if self.flops or self.size else 1)


def add_flags(parser: argparse.ArgumentParser) -> None:
    """The flags of ``deploy/slim/prune/sensitivity_anal.py`` beside PaddleOCR's."""
    add = parser.add_argument
    add("--sensitivity", action="store_true", help="measure what each layer costs, and prune accordingly")
    add("--ratio", type=float, default=RATIO, help=f"of all layers, without --sensitivity; {RATIO}")
    add("--loss", type=float, default=LOSS, help=f"with it, what one layer may cost of the metric; {LOSS}")
    add("--flops", default="", metavar="CHANGE", help="wanted change of the multiply-adds: --flops=-45%%")
    add("--size", default="", metavar="CHANGE", help="wanted change of the parameters: --size=-45%%")
    add("--step", type=float, default=STEP, help=f"of the ratios that are measured; {STEP}")
    add("--samples", type=int, default=0, help="evaluation pictures for each measurement; 0 for all")
    add("--file", type=Path, help="measurements, to go on with; SAVE_MODEL_DIR/sensitivity.jsonl")
    add("--multiple", type=int, default=0, help=MULTIPLE_HELP)
    add("--no_train", action="store_true", help="prune and save only; train another time")


def from_flags(args: argparse.Namespace) -> PruneOptions:
    """The parsed flags."""
    return PruneOptions(**{option.name: getattr(args, option.name) for option in fields(PruneOptions)})
