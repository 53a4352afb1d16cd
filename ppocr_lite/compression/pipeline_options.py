"""The settings of ``ppocr-lite compress``, and the flags that set them; nothing here needs Paddle."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from ppocr_lite.compression.prune_options import MULTIPLE_HELP, PruneOptions
from ppocr_lite.errors import ConfigError

PACT, CALIBRATED = "pact", "calibrated"
METHODS = (PACT, CALIBRATED)
SAMPLES = 32
STEP = 0.2
RATES = (0.5, 0.1)
ENGINES = ("onnxruntime", "openvino", "paddle")
ROUNDS = 40
CHANGES = ("--flops", "--size")
"""Flags whose values begin with a minus."""


@dataclass(frozen=True)
class CompressOptions:
    """What ``ppocr-lite compress`` makes, and how long it takes for it.

    Attributes:
        out: folder of all results.
        flops, size, ratio: how much is pruned, see
            :class:`~ppocr_lite.compression.prune_options.PruneOptions`; nothing where none is given.
        uniform: prune all layers alike for ``flops`` or ``size``, without a sensitivity analysis.
        int8: ``pact`` (trained), ``calibrated`` (by training pictures, without a training), or both.
        samples, step: of the sensitivity analysis.
        epochs, steps: lengths of the fine-tuning and of the PACT training; those of the configuration
            where neither is given.
        rates: their learning rates, as shares of the configuration's.
        teacher: detectors and recognizers: learn from the float model as well as from the labels.
        train_float: train the float model on for as many steps, so that the table tells what pruning and
            rounding cost from what any further training brings.
        pictures: for the calibration.
        engines, threads, rounds: how times are measured.
    """

    out: Path
    flops: str = ""
    size: str = ""
    ratio: float = 0.0
    uniform: bool = False
    int8: tuple[str, ...] = ()
    samples: int = SAMPLES
    step: float = STEP
    epochs: tuple[int, int] | None = None
    steps: tuple[int, int] | None = None
    rates: tuple[float, float] = RATES
    teacher: bool = False
    train_float: bool = False
    pictures: int = 64
    engines: tuple[str, ...] = ENGINES
    threads: tuple[int, ...] = ()
    rounds: int = ROUNDS
    multiple: int = 0

    def __post_init__(self) -> None:
        given = [name for name in ("flops", "size", "ratio") if getattr(self, name)]
        if len(given) > 1:
            raise ConfigError(f"--{given[0]} and --{given[1]}: give one of the two.")
        if not given and not self.int8:
            raise ConfigError("Nothing to do: give --flops, --size or --ratio to prune, --int8 to quantize.")
        if self.ratio and not 0 < self.ratio < 1:
            raise ConfigError(f"--ratio: expected a number between 0 and 1, got {self.ratio}.")
        if self.epochs and self.steps:
            raise ConfigError("--epochs and --steps: give one of the two.")
        for name in ("samples", "rounds"):
            if getattr(self, name) < 1:
                raise ConfigError(f"--{name}: expected at least 1, got {getattr(self, name)}.")

    @property
    def prunes(self) -> bool:
        """Whether anything is to be pruned."""
        return bool(self.flops or self.size or self.ratio)

    @property
    def trained_in_8_bits(self) -> bool:
        """Whether there is a PACT training."""
        return PACT in self.int8

    def pruning(self) -> PruneOptions:
        """As :func:`ppocr_lite.compression.prune_job.prune` takes it."""
        return PruneOptions(
            sensitivity=not (self.ratio or self.uniform),
            ratio=self.ratio,
            flops=self.flops,
            size=self.size,
            step=self.step,
            samples=self.samples,
            multiple=self.multiple,
            no_train=True,
        )


def add_flags(parser: argparse.ArgumentParser) -> None:
    """The flags of ``ppocr-lite compress`` beside ``-c`` and ``-o``."""
    add = parser.add_argument
    add("--out", type=Path, help="folder of the results; SAVE_MODEL_DIR/compressed by default")
    add("--flops", default="", metavar="CHANGE", help="wanted change of the multiply-adds, as -45%%")
    add("--size", default="", metavar="CHANGE", help="wanted change of the parameters, as -45%%")
    add("--ratio", type=float, default=0.0, help="prune all layers by this share, without analysis")
    add("--uniform", action="store_true", help="all layers alike for --flops or --size, without analysis")
    add("--multiple", type=int, default=0, help=MULTIPLE_HELP)
    add(
        "--int8",
        nargs="*",
        choices=METHODS,
        help="quantize by a PACT training (pact, the default), by calibration alone (calibrated), or both",
    )
    add("--samples", type=int, default=SAMPLES, help=f"Eval pictures of each sensitivity trial; {SAMPLES}")
    add("--step", type=float, default=STEP, help=f"of the ratios that the analysis tries; {STEP}")
    add(
        "--epochs", type=int, nargs="+", metavar="N", help="of the fine-tuning and, as second number, of PACT"
    )
    add(
        "--steps",
        type=int,
        nargs="+",
        metavar="N",
        help="the same in steps; the configuration's epochs without both",
    )
    add(
        "--lr",
        type=float,
        nargs="+",
        metavar="N",
        help=f"shares of the configuration's learning rate; {RATES[0]} {RATES[1]}",
    )
    add("--teacher", action="store_true", help="det, rec: learn from the float model too")
    add("--train_float", action="store_true", help="train the float model on as well, to compare with")
    add("--pictures", type=int, default=64, help="for the calibration; 64 by default")
    add("--engines", nargs="+", choices=ENGINES, default=list(ENGINES), help="to measure times with; all")
    add("--threads", type=int, nargs="+", default=[], help="to measure times with; 1 and all by default")
    add("--rounds", type=int, default=ROUNDS, help=f"of the measurement of times; {ROUNDS}")


def from_flags(args: argparse.Namespace, out: Path) -> CompressOptions:
    """The parsed flags.

    Args:
        out: where the results go without ``--out``.
    """
    names = {option.name for option in fields(CompressOptions)} - {"out", "int8", "rates"}
    values: dict[str, Any] = {name: getattr(args, name) for name in names}
    for name in ("epochs", "steps"):
        values[name] = _pair(values[name], name) if values[name] else None
    for name in ("engines", "threads"):
        values[name] = tuple(values[name])
    int8 = () if args.int8 is None else tuple(args.int8) or (PACT,)
    rates = _rates(args.lr)
    return CompressOptions(args.out or out, int8=int8, rates=rates, **values)


def _pair(given: Sequence[int], name: str) -> tuple[int, int]:
    if len(given) > 2 or min(given) < 1:
        raise ConfigError(f"--{name}: expected one or two numbers from 1, got {' '.join(map(str, given))}.")
    return given[0], given[-1]


def _rates(given: Sequence[float] | None) -> tuple[float, float]:
    if not given:
        return RATES
    if len(given) > 2 or min(given) <= 0:
        raise ConfigError(f"--lr: expected one or two numbers above 0, got {' '.join(map(str, given))}.")
    return given[0], given[-1]


def joined_changes(argv: Sequence[str]) -> list[str]:
    """``--flops -45%`` as one word, which argparse would take for two flags.

    >>> joined_changes(["--flops", "-45%", "--int8"])
    ['--flops=-45%', '--int8']
    """
    words: list[str] = []
    for word in argv:
        if words and words[-1] in CHANGES and word.startswith("-") and word.endswith("%"):
            words[-1] += f"={word}"
        else:
            words.append(word)
    return words
