"""The console script ``ppocr-lite``: read, ngram, weights, data, compress, doctor, version."""

import argparse
import importlib
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
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
    args = parser.parse_args(_compression().joined_changes(sys.argv[1:] if argv is None else argv))
    return console.guarded(lambda: COMMANDS[args.command].run(args), _complain)


def _read_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="+", metavar="PATH", help="picture, PDF or folder; - reads stdin")
    parser.add_argument(
        "--format",
        choices=("text", "layout", "json"),
        default="text",
        help="layout: rows and columns as they stand on the page; json: one object a page",
    )
    parser.add_argument("--det", metavar="MODEL", help="detector folder or .onnx file (default: embedded)")
    parser.add_argument("--rec", metavar="MODEL", help="recognizer, likewise")
    parser.add_argument("--cls", metavar="MODEL", help="direction classifier, likewise")
    parser.add_argument("--no-cls", action="store_true", help="read every line as it stands")
    parser.add_argument("--char-dict", metavar="FILE", help="dictionary of the recognizer")
    parser.add_argument("--drop-score", type=float, help="leave out lines below (default: the model's)")
    parser.add_argument("--engine", default="auto", help="auto, onnxruntime, paddle or openvino")
    parser.add_argument("--threads", type=int, default=0, help="default: all that this process may use")
    parser.add_argument("--page-num", type=int, default=0, help="first pages of a PDF (default: all)")
    _decoding_arguments(parser.add_argument_group("how lines are read; see doc/decoding.md"))


def _decoding_arguments(group: Any) -> None:
    """Flags whose names are those of DecodingOptions; not given, its defaults hold."""
    group.add_argument("--beam-size", type=int, metavar="N", help="prefixes that a search keeps")
    group.add_argument("--allow-chars", metavar="CHARS", help="the only characters that may come up")
    group.add_argument("--block-chars", metavar="CHARS", help="characters that may not come up")
    group.add_argument("--pattern", help=r"regular pattern of a line, such as '\d{4}-\d\d-\d\d'")
    group.add_argument("--word-list", metavar="FILE", help="a word a line: a line is one of them")
    group.add_argument(
        "--several-words", action="store_const", const=True, help="a line is words of the list"
    )
    group.add_argument("--lexicon", metavar="FILE", help="a word a line: a line is the best near its reading")
    group.add_argument(
        "--lexicon-distance", type=int, metavar="N", help="greatest edit distance (default: 3)"
    )
    group.add_argument("--ignore-case", action="store_const", const=True, help="in the words of lists")
    group.add_argument(
        "--ngram", metavar="FILE", help="makes usual texts more probable; of 'ppocr-lite ngram'"
    )
    group.add_argument("--ngram-weight", type=float, metavar="X", help="how much it counts (default: 0.2)")
    group.add_argument("--ngram-bonus", type=float, metavar="X", help="for each character (default: 0.4)")
    group.add_argument(
        "--alternatives", type=int, metavar="N", help="so many best readings; with --format json"
    )
    group.add_argument(
        "--return-word-box", action="store_const", const=True, help="boxes of words; with --format json"
    )


def _read(args: argparse.Namespace) -> int:
    from ppocr_lite.inference.model_files import EngineOptions
    from ppocr_lite.inference.system import TextSystem
    from ppocr_lite.postprocess.decoding import DecodingOptions

    wishes = {field.name: getattr(args, field.name) for field in fields(DecodingOptions)}
    system = TextSystem(
        args.det,
        args.rec,
        False if args.no_cls else args.cls,
        drop_score=args.drop_score,
        engine=EngineOptions(engine=args.engine, threads=args.threads),
        rec_options={"char_dict_path": args.char_dict},
        decoding=DecodingOptions(**{name: value for name, value in wishes.items() if value is not None}),
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
            text = result.layout_text if args.format == "layout" else result.text
            sys.stdout.write(f"{head}{text}\n")
    sys.stdout.flush()


def _ngram_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("texts", nargs="+", metavar="TEXT", help="UTF-8 file: text, or a word a line")
    parser.add_argument("--out", required=True, metavar="FILE.npz", help="where to write the model")
    parser.add_argument("--order", type=int, default=5, help="longest n-gram in characters (default: 5)")
    parser.add_argument(
        "--min-count", type=int, default=1, help="leave out n-grams that are rarer (default: 1)"
    )


def _ngram(args: argparse.Namespace) -> int:
    from ppocr_lite.postprocess.lexicon import read_words
    from ppocr_lite.postprocess.ngram import CharNgram

    lines = [line for path in args.texts for line in read_words(path)]
    ngram = CharNgram.train(lines, order=args.order, min_count=args.min_count)
    ngram.save(args.out)
    sys.stdout.write(f"{args.out}: {len(ngram)} n-grams of up to {args.order} of {len(lines)} lines\n")
    return 0


def _compression() -> Any:
    """The commands of the half that needs Paddle are found by name: nothing here depends on that half."""
    return importlib.import_module("ppocr_lite.compression.command")


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
    "ngram": Command("Make a character model of text, for read --ngram.", _ngram_arguments, _ngram),
    "weights": Command("Show, extract, convert or compare weights.", weights.add_arguments, weights.run),
    "data": Command("Check, convert, import or split data sets.", data.add_arguments, data.run),
    "compress": Command(
        "Prune and quantize a trained model, and measure what came of it.",
        lambda parser: _compression().add_arguments(parser),
        lambda args: _compression().run(args),
    ),
    "doctor": Command("Check this installation.", _no_arguments, _doctor),
    "version": Command("Print the version.", _no_arguments, _version),
}

if __name__ == "__main__":
    sys.exit(main())
