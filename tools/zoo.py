"""Write doc/zoo.md: every part and every configuration, with sizes and measured CPU times."""

import argparse
import difflib
import logging
import sys
from pathlib import Path

import _checkout  # noqa: F401 - before the package that it finds

from ppocr_lite import console
from ppocr_lite.engine import tool

REPO = Path(__file__).resolve().parents[1]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="only compare; exit status 1 if it differs")
    parser.add_argument("--again", action="store_true", help="measure all times again, not only missing ones")
    parser.add_argument("--page", type=Path, default=REPO / "doc" / "zoo.md")
    parser.add_argument("--configs", type=Path, default=REPO / "configs")
    args = parser.parse_args()
    tool.log_to_console(logging.ERROR)
    return console.guarded(lambda: run(args), print)


def run(args: argparse.Namespace) -> int:
    tool.require_paddle()
    from ppocr_lite.engine import zoo_page  # needs Paddle

    old = args.page.read_text(encoding="utf-8") if args.page.is_file() else ""
    times, machine = zoo_page.read_times(old)
    found = zoo_page.networks(args.configs)
    if args.check:
        new = zoo_page.page(found, times, machine)
        print(
            "\n".join(difflib.unified_diff(old.splitlines(), new.splitlines(), "page", "code", lineterm=""))
        )
        return int(new != old)
    here = zoo_page.today()
    if args.again or machine != here:  # one page, one machine and one day
        times = {}
    new_times = zoo_page.measured(found, times, report=lambda line: print(line, flush=True))
    args.page.write_text(zoo_page.page(found, new_times, here), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
