"""The command line of ``tools/eval_benchmark.py``."""

import argparse
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import TextIO

from ppocr_lite import console
from ppocr_lite.benchmark.choosing import MAX_DISTANCE
from ppocr_lite.benchmark.databases import find_sets
from ppocr_lite.benchmark.evaluate import Evaluation
from ppocr_lite.benchmark.lexicons import parse_wanted
from ppocr_lite.benchmark.protocol import COMPARISONS, Protocol
from ppocr_lite.benchmark.readers import Reader, runtime_reader
from ppocr_lite.benchmark.tables import json_report, latex_report, text_report
from ppocr_lite.config import Config
from ppocr_lite.inference.args import parse_bool, parse_shape
from ppocr_lite.inference.assembly import DECODERS
from ppocr_lite.inference.model_files import AUTO, EngineOptions, embedded_model
from ppocr_lite.inference.text_recognizer import TextRecognizer
from ppocr_lite.inference.tool import log_to_terminal
from ppocr_lite.weights.disk import write_atomic

TrainedReader = Callable[[Config, int], Reader]
"""Makes the reader of a configuration's trained weights; takes the batch size, too."""
EXIT_SOME_BAD = 1


def run(description: str, trained: TrainedReader, *, argv: Sequence[str] | None = None) -> int:
    """Parse, measure, print; gives the exit status.

    0: every sample was used; 1: some could not be used; 2: wrong flags, a wrong database, a wrong lexicon.
    """
    args = parse(description, argv)
    log_to_terminal(verbose=False)
    return console.guarded(lambda: _work(args, trained), lambda text: _print([f"error: {text}"], sys.stderr))


def parse(description: str, argv: Sequence[str] | None = None) -> argparse.Namespace:
    """The flags; exits with status 2 where one is wrong."""
    parser = argparse.ArgumentParser(description=description, allow_abbrev=False)
    parser.add_argument(
        "--data", required=True, metavar="DIR", help="folder with LMDB databases, at any depth"
    )
    _add_recognizer(parser.add_argument_group("recognizer (default: the embedded English one)"))
    _add_protocol(parser.add_argument_group("what is measured"))
    results = parser.add_argument_group("results, beside the table on the terminal")
    results.add_argument("--json", metavar="FILE", help="write all numbers")
    results.add_argument("--latex", metavar="FILE", help="write a table in the layout of papers")
    args = parser.parse_args(argv)
    if args.config and args.rec_model_dir:
        parser.error("give either -c, for trained weights, or --rec_model_dir, for an exported model")
    if args.opt and not args.config:
        parser.error("-o overrides values of -c CONFIG, which is missing")
    return args


def _add_recognizer(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "-c", "--config", metavar="FILE", help="configuration of trained weights (needs Paddle)"
    )
    group.add_argument(
        *("-o", "--opt"),
        nargs="*",
        action="extend",
        default=[],
        metavar="KEY=VALUE",
        help="override values, as in -o Global.pretrained_model=output/rec/best_accuracy",
    )
    group.add_argument("--rec_model_dir", metavar="MODEL", help="exported model: folder or .onnx file")
    group.add_argument(
        "--rec_char_dict_path", metavar="FILE", help="its dictionary, where none travels with it"
    )
    group.add_argument(
        "--use_space_char", type=parse_bool, default=True, metavar="BOOL", help="with a dictionary"
    )
    group.add_argument("--rec_image_shape", type=parse_shape, metavar="C,H,W", help="in place of the model's")
    group.add_argument("--rec_algorithm", default="CRNN", help="RARE for attention, unless the model says so")
    group.add_argument("--engine", default=AUTO, choices=(AUTO, "onnxruntime", "paddle", "openvino"))
    group.add_argument("--cpu_threads", type=_count, default=0, metavar="N", help="default: all")
    group.add_argument("--batch_size", type=_positive, default=64, metavar="N", help="default: 64")


def _add_protocol(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--sets", nargs="+", default=[], metavar="SET", help="only these databases, in this order"
    )
    group.add_argument(
        "--lexicon",
        nargs="+",
        metavar="NAME[=FILE]",
        help="50, 1k, ...: those beside the databases; full: the labels of each set; NAME=FILE: these words "
        "for all pictures (default: all that lie beside the databases)",
    )
    group.add_argument(
        "--delta",
        type=_count,
        default=MAX_DISTANCE,
        metavar="N",
        help=f"edits around the reading that are searched in large lexicons (default: {MAX_DISTANCE})",
    )
    group.add_argument(
        "--compare", choices=tuple(COMPARISONS), default="alnum", help="default: alnum, which ignores case"
    )
    group.add_argument(
        "--drop-symbols", action="store_true", help="leave out labels that are not alphanumeric"
    )
    group.add_argument(
        "--min-length", type=_count, default=0, metavar="N", help="leave out labels of fewer characters"
    )


def _work(args: argparse.Namespace, trained: TrainedReader) -> int:
    sets = find_sets(args.data, args.sets)
    evaluation = Evaluation(
        _reader(args, trained),
        Protocol(args.compare, args.drop_symbols, args.min_length),
        wanted=None if args.lexicon is None else parse_wanted(args.lexicon),
        max_distance=args.delta,
    )
    report = evaluation(sets)
    _print(text_report(report), sys.stdout)
    if args.json:
        write_atomic(args.json, json_report(report).encode())
    if args.latex:
        write_atomic(args.latex, latex_report(report).encode())
    return EXIT_SOME_BAD if report.bad else 0


def _reader(args: argparse.Namespace, trained: TrainedReader) -> Reader:
    if args.config:
        cfg = Config.load(args.config, args.opt)
        with cfg.naming_places():
            return trained(cfg, args.batch_size)
    decoder = DECODERS.get(args.rec_algorithm.upper())
    recognizer = TextRecognizer.open(
        args.rec_model_dir or embedded_model("rec"),
        engine=EngineOptions(args.engine, threads=args.cpu_threads),
        image_shape=args.rec_image_shape,
        char_dict_path=args.rec_char_dict_path,
        use_space_char=args.use_space_char,
        batch_size=args.batch_size,
        decoder=decoder,
    )
    return runtime_reader(recognizer, args.rec_model_dir or "embedded English model")


def _print(lines: Iterable[str], stream: TextIO) -> None:
    # A terminal that cannot show a sign must not end the program.
    encoding = stream.encoding or "utf-8"
    for line in lines:
        stream.write(line.encode(encoding, "backslashreplace").decode(encoding) + "\n")


def _count(text: str) -> int:
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f"{value} is below 0")
    return value


def _positive(text: str) -> int:
    value = _count(text)
    if not value:
        raise argparse.ArgumentTypeError("0 is too few")
    return value
