"""What the predict tools share: logging to the terminal, exit status, several processes."""

import argparse
import logging
import subprocess
import sys
from collections.abc import Callable, Sequence

from ppocr_lite import console
from ppocr_lite.inference.args import parse_args, warn_out_of_scope
from ppocr_lite.inference.runs import join_shares

logger = logging.getLogger(__name__)

EXIT_SOME_FAILED = 1


def run(work: Callable[[argparse.Namespace], int], description: str | None) -> int:
    """Parse the command line, do the work, return the exit status.

    0: all pictures read; 1: some could not be read; 2: wrong flags or an unusable model.
    """
    args = parse_args((description or "").splitlines()[0])
    log_to_terminal(verbose=args.show_log)
    warn_out_of_scope(args)
    return console.guarded(
        lambda: EXIT_SOME_FAILED if work(args) else 0, lambda text: logger.error("%s", text)
    )


def run_shared(work: Callable[[argparse.Namespace], int], description: str | None) -> int:
    """Like :func:`run`; with --use_mp the pictures are shared out to --total_process_num processes."""
    args = parse_args((description or "").splitlines()[0])
    if not (args.use_mp and args.total_process_num > 1):
        return run(work, description)
    statuses = _run_processes(args.total_process_num, sys.argv)
    join_shares(args.draw_img_save_dir, args.total_process_num)
    return max(statuses, key=abs)


def log_to_terminal(*, verbose: bool = True) -> None:
    """Show the package's messages on stdout in PaddleOCR's format; the root logger is left alone."""
    package = logging.getLogger("ppocr_lite")
    handler = console.OutputHandler()
    handler.setFormatter(
        logging.Formatter("[%(asctime)s] ppocr %(levelname)s: %(message)s", datefmt="%Y/%m/%d %H:%M:%S")
    )
    package.handlers = [handler]
    package.setLevel(logging.INFO if verbose else logging.WARNING)
    package.propagate = False


def _run_processes(count: int, argv: Sequence[str]) -> list[int]:
    """The same command ``count`` times, each with its own share; exit statuses in order."""
    command = [sys.executable, *argv, "--use_mp=False"]
    running = [subprocess.Popen([*command, f"--process_id={i}"]) for i in range(count)]
    return [process.wait() for process in running]
