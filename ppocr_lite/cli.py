"""The console script ``ppocr-lite``: read, weights, data, doctor, version."""

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ppocr_lite import __version__, console
from ppocr_lite.data_tools import cli as data
from ppocr_lite.errors import DataError, MissingDependency
from ppocr_lite.weights import cli as weights

STDIN = "-"
EXIT_SOME_FAILED = 1


@dataclass(frozen=True)
class Command:
    """One subcommand: what it says about itself, its flags, what it does (returns the exit status)."""

    help: str
    add_arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]


def main(argv: Sequence[str] | None = None) -> int:
    """Entry point; returns the exit status: 0 well, 1 in part (some pictures failed), 2 not at all."""
    parser = argparse.ArgumentParser(prog="ppocr-lite", description="Read the text in pictures.")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, command in COMMANDS.items():
        command.add_arguments(subparsers.add_parser(name, help=command.help, description=command.help))
    args = parser.parse_args(argv)
    return console.guarded(lambda: COMMANDS[args.command].run(args), _complain)


def _read_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="+", metavar="PATH", help="picture, PDF or folder; - reads stdin")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="json: one object a page")
    parser.add_argument("--det", metavar="MODEL", help="detector folder or .onnx file (default: embedded)")
    parser.add_argument("--rec", metavar="MODEL", help="recognizer, likewise")
    parser.add_argument("--cls", metavar="MODEL", help="direction classifier, likewise")
    parser.add_argument("--no-cls", action="store_true", help="read every line as it stands")
    parser.add_argument("--char-dict", metavar="FILE", help="dictionary of the recognizer")
    parser.add_argument("--drop-score", type=float, default=0.5, help="leave out lines below (default: 0.5)")
    parser.add_argument("--engine", default="auto", help="auto, onnxruntime, paddle or openvino")
    parser.add_argument("--threads", type=int, default=0, help="default: all that this process may use")
    parser.add_argument("--page-num", type=int, default=0, help="first pages of a PDF (default: all)")


def _read(args: argparse.Namespace) -> int:
    from ppocr_lite.inference.model_files import EngineOptions
    from ppocr_lite.inference.system import TextSystem

    system = TextSystem(
        args.det,
        args.rec,
        False if args.no_cls else args.cls,
        drop_score=args.drop_score,
        engine=EngineOptions(engine=args.engine, threads=args.threads),
        rec_options={"char_dict_path": args.char_dict},
    )
    failed = 0
    pages = list(_sources(args.paths))
    for name, source in pages:
        try:
            _print_pages(system, name, source, args, several=len(pages) > 1)
        except (DataError, MissingDependency) as error:
            failed += 1
            text = str(error)
            _complain(text if name in text else f"{name}: {text}")
    if failed and len(pages) > 1:
        _complain(f"{failed} of {len(pages)} pictures could not be read.")
    return EXIT_SOME_FAILED if failed else 0


def _sources(paths: Sequence[str]) -> Iterator[tuple[str, Any]]:
    """(name, path or bytes) of every picture; DataError for a folder without any."""
    from ppocr_lite.images import list_images

    for path in paths:
        if path == STDIN:
            yield "stdin", sys.stdin.buffer.read()
        elif Path(path).is_dir():
            yield from ((str(file), file) for file in list_images(path))
        else:
            yield path, path


def _print_pages(system: Any, name: str, source: Any, args: argparse.Namespace, *, several: bool) -> None:
    from ppocr_lite.images import read_pages

    for number, image in enumerate(read_pages(source, page_num=args.page_num, name=name)):
        result = system(image, name=name)
        if args.format == "json":
            row = {"file": name, "page": number, **result.to_dict()}
            sys.stdout.write(json.dumps(row, ensure_ascii=False) + "\n")
        else:
            head = f"== {name} ==\n" if several else ""
            sys.stdout.write(f"{head}{result.text}\n")
    sys.stdout.flush()


def _doctor(args: argparse.Namespace) -> int:
    from ppocr_lite.inference.doctor import report

    return report()


def _version(args: argparse.Namespace) -> int:
    sys.stdout.write(f"ppocr_lite {__version__}\n")
    return 0


def _no_arguments(parser: argparse.ArgumentParser) -> None:
    pass


def _complain(text: str) -> None:
    sys.stderr.write(f"ppocr-lite: {text}\n")


COMMANDS: dict[str, Command] = {
    "read": Command("Print the text of pictures, PDFs or folders.", _read_arguments, _read),
    "weights": Command("Show, extract, convert or compare weights.", weights.add_arguments, weights.run),
    "data": Command("Check, convert, import or split data sets.", data.add_arguments, data.run),
    "doctor": Command("Check this installation.", _no_arguments, _doctor),
    "version": Command("Print the version.", _no_arguments, _version),
}

if __name__ == "__main__":
    sys.exit(main())
