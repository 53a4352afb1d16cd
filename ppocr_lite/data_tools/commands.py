"""What the actions of ``ppocr-lite data`` do with their arguments: call, print, give the exit status."""

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from ppocr_lite.config import Config
from ppocr_lite.data_tools.check import check
from ppocr_lite.data_tools.fix import fix
from ppocr_lite.data_tools.html_page import html_report
from ppocr_lite.data_tools.importers import IMPORTERS, STREAMED, ImportOptions, Streamed
from ppocr_lite.data_tools.importers.items import ItemMaker
from ppocr_lite.data_tools.importers.samples import count_lines
from ppocr_lite.data_tools.importers.stream import import_stream
from ppocr_lite.data_tools.importers.targets import LabelTarget, LmdbTarget, Target
from ppocr_lite.data_tools.importers.writing import (
    CROPS_FILE,
    DET_FILE,
    REC_FILE,
    write_labels,
    write_tokens,
)
from ppocr_lite.data_tools.lmdb_convert import read_database, write_database
from ppocr_lite.data_tools.plan import FILE_DATASETS, SPLITS, read_files
from ppocr_lite.data_tools.pseudo_label import PseudoLabeller, Rules
from ppocr_lite.data_tools.rows import Row, read_label_file
from ppocr_lite.data_tools.split import split_rows
from ppocr_lite.data_tools.table import as_dict, text_report
from ppocr_lite.errors import ConfigError, DataError
from ppocr_lite.inference.model_files import EngineOptions, embedded_model
from ppocr_lite.inference.text_detector import TextDetector
from ppocr_lite.inference.text_recognizer import TextRecognizer
from ppocr_lite.weights.disk import write_atomic

FINE, PROBLEMS = 0, 1
"""Exit statuses; 2, where something could not be done, is that of the errors."""
PAGE_FORMATS = ("synthtext", "svt")
"""Of imports that are streamed, those of pages with words."""
JOB = ("format", "source", "set", "images", "crops", "quality")
"""Flags that must be the same where an interrupted import is gone on with."""
SHOWN = 20
"""Of the rows that were left out."""


def check_data(args: argparse.Namespace) -> int:
    """``data check``."""
    if args.fix and args.limit:
        raise ConfigError("--fix with --limit would drop the rows that were not read. Leave one of them out.")
    cfg = Config.load(args.config, args.opt)
    with cfg.naming_places():
        splits = SPLITS if args.split == "both" else (args.split,)
        result = check(cfg, splits, limit=args.limit, workers=args.workers)
    _print(text_report(result))
    if args.json:
        text = json.dumps(as_dict(result), ensure_ascii=False, indent=1)
        write_atomic(args.json, text.encode("utf-8", "backslashreplace"))
    if args.html:
        page = html_report(result, title=f"Data of {args.config}")
        write_atomic(args.html, page.encode("utf-8", "replace"))
    if args.fix:
        _print(["", *fix(result, args.fix)])
    return PROBLEMS if result.findings.problems else FINE


def to_lmdb(args: argparse.Namespace) -> int:
    """``data to-lmdb``."""
    rows = _rows(args)
    bad: list[str] = []
    count = write_database(rows, args.out, skipped=bad if args.skip_bad else None, force=args.force)
    _print([f"{args.out}: {count} samples, read back and compared.", *_left_out(bad)])
    return PROBLEMS if bad else FINE


def from_lmdb(args: argparse.Namespace) -> int:
    """``data from-lmdb``."""
    bad: list[str] = []
    count = read_database(args.database, args.out, skipped=bad if args.skip_bad else None)
    _print([f"{args.out}: {count} pictures, and label.txt (data_dir: {args.out}).", *_left_out(bad)])
    return PROBLEMS if bad else FINE


def import_data(args: argparse.Namespace) -> int:
    """``data import``."""
    bad: list[str] = []
    options = ImportOptions(
        images=Path(args.images) if args.images else None,
        subset=args.set,
        delimiter=args.delimiter,
        ids=Path(args.list) if args.list else None,
        encoding=args.encoding,
        distorted=args.distorted,
        skipped=bad if args.skip_bad else None,
    )
    if args.quality > 100:
        raise ConfigError(f"--quality: expected 1 to 100, got {args.quality}.")
    if args.dictionary and (args.lmdb or args.format in STREAMED):
        raise ConfigError("--dictionary goes with 'primus' and label files, not with --lmdb.")
    if args.format in STREAMED or args.lmdb:
        return _import_stream(args, options)
    if args.quality:
        raise ConfigError(f"--quality goes with --lmdb, or one of {', '.join(STREAMED)}.")
    samples = list(IMPORTERS[args.format](Path(args.source), options))
    if not samples:
        raise DataError(f"{args.source}: nothing in it could be imported.{' '.join(['', *_left_out(bad)])}")
    _print(write_labels(samples, Path(args.out), crops=args.crops, skipped=options.skipped))
    if args.dictionary:
        _print([write_tokens(samples, Path(args.dictionary))])
    _print(_left_out(bad))
    return PROBLEMS if bad else FINE


def _import_stream(args: argparse.Namespace, options: ImportOptions) -> int:
    """Imports that may be large, and all into LMDB."""
    source, out = Path(args.source), Path(args.out)
    streamed = STREAMED.get(args.format) or Streamed(IMPORTERS[args.format])
    rows = streamed.rows(source, options) if streamed.rows else None
    name = _label_name(args)
    root = out if name == CROPS_FILE else streamed.root(source, options)
    target: Target = LmdbTarget(out) if args.lmdb else LabelTarget(out / name, root)
    done = import_stream(
        streamed.read(source, options),
        target,
        job={key: str(getattr(args, key)) for key in JOB},
        make_items=ItemMaker(args.crops or args.lmdb, args.quality),
        total=count_lines(rows) if rows else 0,
    )
    bad = [*(options.skipped or ()), *done.examples]
    _print([*([f"went on after {done.before} samples"] if done.before else []), target.finish()])
    _print(_left_out(bad, done.left_out + len(options.skipped or ())))
    return PROBLEMS if bad else FINE


def _label_name(args: argparse.Namespace) -> str:
    pages = args.format in PAGE_FORMATS
    return CROPS_FILE if pages and args.crops else DET_FILE if pages else REC_FILE


def split_data(args: argparse.Namespace) -> int:
    """``data split``."""
    files = [read_label_file(file, args.data_dir) for file in args.label_file]
    _print(split_rows(files, args.out, ratios=args.ratio, seed=args.seed))
    return FINE


def pseudo_label(args: argparse.Namespace) -> int:
    """``data pseudo-label``."""
    rules = Rules(args.min_score, args.agree)
    if args.lines and args.det_model_dir:
        raise ConfigError("--lines reads every picture as one line, so it takes no --det_model_dir.")
    if args.agree and not args.second_rec_model_dir:
        raise ConfigError("--agree compares with a second recognizer: give --second_rec_model_dir.")
    engine = EngineOptions(threads=args.threads)
    models = [(args.rec_model_dir or embedded_model("rec"), args.rec_char_dict_path)]
    if args.second_rec_model_dir:
        models.append((args.second_rec_model_dir, args.second_rec_char_dict_path))
    recognizers = [
        TextRecognizer.open(model, engine=engine, char_dict_path=characters) for model, characters in models
    ]
    detector = (
        None if args.lines else TextDetector.open(args.det_model_dir or embedded_model("det"), engine=engine)
    )
    labeller = PseudoLabeller(recognizers, detector=detector, rules=rules)
    summary = labeller.write(Path(args.image_dir), Path(args.out))
    _print(f"{args.out}/{name}: {count} rows" for name, count in summary.kept.items())
    _print(f"dropped: {count:6d}  {reason}" for reason, count in summary.dropped.most_common())
    _print(f"  {note}" for note in summary.notes[:SHOWN])
    return PROBLEMS if summary.notes else FINE


def _rows(args: argparse.Namespace) -> list[Row]:
    """Rows of the configuration's split, or of the label files that are given."""
    if bool(args.config) == bool(args.label_file):
        raise ConfigError("Give either -c CONFIG, or --label_file with --data_dir.")
    if args.label_file:
        if not args.data_dir:
            raise ConfigError("--label_file needs --data_dir, the folder that its paths start from.")
        files = [read_label_file(file, args.data_dir) for file in args.label_file]
    else:
        cfg = Config.load(args.config, args.opt)
        section = cfg.section(f"{args.split}.dataset")
        if section.get("name") not in FILE_DATASETS:
            raise ConfigError(
                f"{section.place('name')}: {section.get('name')} has no label files; one of "
                f"{', '.join(FILE_DATASETS)} has."
            )
        files = read_files(section)
    return [row for file in files for row in file.rows]


def _left_out(bad: Sequence[str], count: int = 0) -> list[str]:
    """What was left out, in words; ``count`` may be more than ``bad`` has."""
    count = count or len(bad)
    if not count:
        return []
    more = [f"  and {count - len(bad[:SHOWN])} more"] if count > len(bad[:SHOWN]) else []
    return [f"{count} left out:", *(f"  {text}" for text in bad[:SHOWN]), *more]


def _print(lines: Iterable[str]) -> None:
    # A terminal that cannot show a sign must not end the program.
    encoding = sys.stdout.encoding or "utf-8"
    for line in lines:
        sys.stdout.write(line.encode(encoding, "backslashreplace").decode(encoding) + "\n")
