"""What the command-line tools share: PaddleOCR's flags, log handlers, and errors as one line."""

import argparse
import importlib.util
import logging
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ppocr_lite import console
from ppocr_lite.config import Config
from ppocr_lite.config.global_keys import GLOBAL_KINDS
from ppocr_lite.config.printing import annotated_yaml
from ppocr_lite.errors import MissingDependency
from ppocr_lite.registry import check_values

logger = logging.getLogger(__name__)

LOG_FORMAT = "[%(asctime)s] ppocr %(levelname)s: %(message)s"
DATE_FORMAT = "%Y/%m/%d %H:%M:%S"
RANK_VARIABLES = ("PADDLE_TRAINER_ID", "PADDLE_TRAINERS_NUM")
"""Set by Paddle's launcher: number of this process, number of all."""
EXIT_ERROR, EXIT_STOPPED = console.EXIT_ERROR, console.EXIT_STOPPED


def run(
    job: Callable[..., int | None],
    description: str,
    *,
    argv: Sequence[str] | None = None,
    log_to: str = "",
    dry_run: Callable[[Config, bool], int | None] | None = None,
    add_flags: Callable[[argparse.ArgumentParser], None] | None = None,
    needs_paddle: bool = True,
) -> int:
    """Parse the command line, load the configuration, do ``job``; gives the exit status.

    Args:
        job: takes the configuration, with ``add_flags`` also the parsed arguments, and gives its exit
            status; None is 0.
        description: for ``--help``.
        argv: the command line without the program; that of the process by default.
        log_to: key of the configuration that names a folder for ``train.log``; empty for none.
        dry_run: done instead of ``job`` for ``--dry-run``, and given whether to use ``--random-data``; None
            where the tool has no such flags.
        add_flags: adds the tool's own flags.
        needs_paddle: whether ``job`` does.
    """
    args = parse(description, argv, with_dry_run=dry_run is not None, add_flags=add_flags)
    log_to_console()

    def work() -> int | None:
        if args.print_config:
            print(annotated_yaml(Config.load(args.config, args.opt)), end="")
            return 0
        if needs_paddle:
            require_paddle()
        cfg = Config.load(args.config, args.opt)
        if args.profiler_options:
            logger.warning("-p/--profiler_options is accepted for PaddleOCR's sake and has no effect.")
        check_values(cfg.section("Global"), GLOBAL_KINDS, where="Global")
        with cfg.naming_places():
            if dry_run and args.dry_run:
                return dry_run(cfg, args.random_data)
            if log_to and cfg.get(log_to) and not rank():
                log_to_file(Path(cfg.get(log_to)) / "train.log")
            for line in config_lines(cfg.to_dict()):
                logger.info(line)
            return job(cfg, args) if add_flags else job(cfg)

    return console.guarded(work, lambda text: logger.error("%s", text))


def rank() -> int:
    """Number of this process among those that the launcher started; 0 writes the log, the others errors."""
    number, count = (os.environ.get(name, "") for name in RANK_VARIABLES)
    return int(number) if number.isdigit() and count.isdigit() and int(count) > 1 else 0


def require_paddle() -> None:
    """MissingDependency with the pip line, where the training framework is not installed."""
    if importlib.util.find_spec("paddle") is None:
        raise MissingDependency(
            'PaddlePaddle is needed here: pip install ".[train]" in the checkout. '
            "doc/install.md has the lines for GPUs."
        )


def parse(
    description: str,
    argv: Sequence[str] | None = None,
    *,
    with_dry_run: bool = False,
    add_flags: Callable[[argparse.ArgumentParser], None] | None = None,
) -> argparse.Namespace:
    """PaddleOCR's flags: ``-c FILE -o KEY=VALUE ...``, ours, and the tool's own."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("-c", "--config", required=True, metavar="FILE", help="configuration (.yml)")
    parser.add_argument(
        *("-o", "--opt"),
        nargs="*",
        action="extend",
        default=[],
        metavar="KEY=VALUE",
        help="override values, as in -o Global.epoch_num=10",
    )
    parser.add_argument("-p", "--profiler_options", metavar="OPTIONS", help="accepted, without effect")
    parser.add_argument(
        "--print-config",
        action="store_true",
        help="print the whole configuration with where each value comes from, and end",
    )
    if with_dry_run:
        _add_dry_run(parser)
    if add_flags:
        add_flags(parser)
    args = parser.parse_args(argv)
    if with_dry_run and args.random_data and not args.dry_run:
        parser.error("--random-data goes with --dry-run")
    return args


def _add_dry_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--dry-run",
        action="store_true",
        help="build everything, run one batch, print shapes and costs, write nothing, and end",
    )
    parser.add_argument(
        "--random-data", action="store_true", help="with --dry-run: pictures of noise instead of the data"
    )


class _TqdmHandler(logging.StreamHandler):
    """Writes to standard output without tearing a progress bar apart."""

    @staticmethod
    def _write(line: str) -> None:
        try:
            from tqdm import tqdm
        except ImportError:  # without the extra [train] there is no bar either, only an error to report
            sys.stdout.write(line + "\n")
        else:
            tqdm.write(line, file=sys.stdout)

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._write(self.format(record))
            sys.stdout.flush()
        except BrokenPipeError:
            raise
        except Exception:  # a handler must not end the program
            self.handleError(record)


def log_to_console(level: int = logging.INFO) -> None:
    """Send the package's log to standard output; called by tools only."""
    package = logging.getLogger("ppocr_lite")
    package.setLevel(max(level, logging.ERROR) if rank() else level)
    package.propagate = False  # Paddle gives the root logger a handler, which would print each line again
    for handler in [h for h in package.handlers if isinstance(h, _TqdmHandler)]:
        package.removeHandler(handler)
    _add_handler(_TqdmHandler())


def log_to_file(path: Path) -> None:
    """Append the package's log to a file as well."""
    path.parent.mkdir(parents=True, exist_ok=True)
    _add_handler(logging.FileHandler(path, encoding="utf-8"))


def _add_handler(handler: logging.Handler) -> None:
    name = f"ppocr rank {rank()}" if rank() else "ppocr"
    handler.setFormatter(logging.Formatter(LOG_FORMAT.replace("ppocr", name, 1), DATE_FORMAT))
    logging.getLogger("ppocr_lite").addHandler(handler)


def config_lines(values: Any, depth: int = 0) -> list[str]:
    """The configuration as PaddleOCR prints it: sorted, nested by four spaces, ``key : value``.

    >>> config_lines({"b": 1, "a": {"c": [{"d": None}]}})
    ['a : ', '    c : ', '        d : None', 'b : 1']
    """
    indent = " " * 4 * depth
    lines: list[str] = []
    for key in sorted(values, key=str):
        value = values[key]
        if isinstance(value, dict):
            lines += [f"{indent}{key} : ", *config_lines(value, depth + 1)]
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            lines.append(f"{indent}{key} : ")
            for item in value:
                lines += config_lines(item, depth + 1) if isinstance(item, dict) else [f"{indent}    {item}"]
        else:
            lines.append(f"{indent}{key} : {value}")
    return lines
