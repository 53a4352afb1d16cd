"""The arguments of ``ppocr-lite data``; each action has its code in a module of its own."""

import argparse
from collections.abc import Callable
from dataclasses import dataclass

from ppocr_lite.errors import DataError

FORMATS = (
    *("icdar2013", "icdar2015", "coco-text", "label-studio", "csv", "primus"),
    *("mjsynth", "synthtext", "union14m", "words", "iiit5k", "svt"),
)
"""Of imports; those of ``importers``, which are loaded only for what needs them."""


@dataclass(frozen=True)
class Action:
    """One action: what it says about itself, its flags, what it does (gives the exit status)."""

    help: str
    add_arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add all actions."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    for name, action in ACTIONS.items():
        action.add_arguments(actions.add_parser(name, help=action.help, description=action.help))


def run(args: argparse.Namespace) -> int:
    """Do what the arguments say; gives the exit status."""
    try:
        return ACTIONS[args.action].run(args)
    except BrokenPipeError:
        raise  # who reads our output has enough, which is no fault of the data
    except OSError as error:  # no space left, no permission
        place = f"{error.filename}: " if error.filename else ""
        raise DataError(f"{place}{error.strerror or error}.") from error


def _check_arguments(parser: argparse.ArgumentParser) -> None:
    _add_config(parser, required=True)
    parser.add_argument("--split", choices=("Train", "Eval", "both"), default="both", help="default: both")
    parser.add_argument("--html", metavar="FILE", help="write a page with thumbnails and charts")
    parser.add_argument("--json", metavar="FILE", help="write the findings as JSON")
    parser.add_argument("--fix", metavar="OUTDIR", help="write cleaned label files there")
    parser.add_argument(
        "--limit", type=_count, default=0, metavar="N", help="read the first N rows of each file"
    )
    parser.add_argument("--workers", type=_count, default=0, help="threads that decode (default: the cores)")


def _check(args: argparse.Namespace) -> int:
    from ppocr_lite.data_tools import commands  # numpy and OpenCV are loaded only for what needs them

    return commands.check_data(args)


def _to_lmdb_arguments(parser: argparse.ArgumentParser) -> None:
    _add_config(parser, required=False)
    parser.add_argument("--split", choices=("Train", "Eval"), default="Train", help="with -c; default: Train")
    _add_label_files(parser, required=False)
    parser.add_argument("--out", required=True, metavar="DIR", help="folder of the database")
    _add_skip_bad(parser, "leave out rows without a readable file")
    parser.add_argument("--force", action="store_true", help="replace DIR if it is a database")


def _to_lmdb(args: argparse.Namespace) -> int:
    from ppocr_lite.data_tools import commands

    return commands.to_lmdb(args)


def _from_lmdb_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("database", metavar="DATABASE", help="folder of the database")
    parser.add_argument("--out", required=True, metavar="DIR", help="folder for pictures and label.txt")
    _add_skip_bad(parser, "leave out samples that lack something")


def _from_lmdb(args: argparse.Namespace) -> int:
    from ppocr_lite.data_tools import commands

    return commands.from_lmdb(args)


def _import_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "format",
        choices=FORMATS,
        help="what SRC is",
    )
    parser.add_argument("source", metavar="SRC", help="folder of the data set, or its annotation file")
    parser.add_argument("--out", required=True, metavar="DIR", help="folder for label files and crops")
    parser.add_argument("--images", metavar="DIR", help="where the pictures are (default: beside SRC)")
    parser.add_argument("--crops", action="store_true", help="cut out the lines and label them, too")
    parser.add_argument("--lmdb", action="store_true", help="write the lines' pictures into the LMDB DIR")
    parser.add_argument(
        "--quality", type=_count, default=0, metavar="Q", help="JPEG quality of crops (default: PNG)"
    )
    parser.add_argument("--set", metavar="NAME", help="train, val or test, where there are several")
    parser.add_argument("--delimiter", metavar="C", help="csv: between columns (default: by the first lines)")
    parser.add_argument("--list", metavar="FILE", help="primus: ids of the staves to take, one a line")
    parser.add_argument(
        "--encoding", choices=("semantic", "agnostic"), help="primus: which tokens (default: semantic)"
    )
    parser.add_argument("--distorted", action="store_true", help="primus: the pictures <id>_distorted.jpg")
    parser.add_argument("--dictionary", metavar="FILE", help="primus: write the tokens that occur there")
    _add_skip_bad(parser, "leave out what is wrong and name it")


def _import(args: argparse.Namespace) -> int:
    from ppocr_lite.data_tools import commands

    return commands.import_data(args)


def _split_arguments(parser: argparse.ArgumentParser) -> None:
    _add_label_files(parser, required=True)
    parser.add_argument("--out", required=True, metavar="DIR", help="folder for the new label files")
    parser.add_argument(
        "--ratio",
        type=float,
        nargs="+",
        default=[0.9, 0.1],
        help="shares of train, val and, if given, test (default: 0.9 0.1)",
    )
    parser.add_argument("--seed", type=int, default=1024)


def _split(args: argparse.Namespace) -> int:
    from ppocr_lite.data_tools import commands

    return commands.split_data(args)


def _pseudo_label_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--image_dir", required=True, metavar="DIR", help="folder of pictures, or one")
    parser.add_argument("--out", required=True, metavar="DIR", help="folder for label files and crops")
    parser.add_argument("--lines", action="store_true", help="every picture holds one line of text")
    for name, what in (("det", "detector"), ("rec", "recognizer")):
        parser.add_argument(
            f"--{name}_model_dir", metavar="MODEL", help=f"{what}: folder or .onnx file (default: embedded)"
        )
    parser.add_argument("--second_rec_model_dir", metavar="MODEL", help="a recognizer that must agree")
    for name in ("rec", "second_rec"):
        parser.add_argument(
            f"--{name}_char_dict_path", metavar="FILE", help="dictionary, where none travels with the model"
        )
    parser.add_argument(
        "--min_score", type=float, default=0.9, metavar="S", help="least score of a text (default: 0.9)"
    )
    parser.add_argument(
        "--agree",
        type=_count,
        default=0,
        metavar="K",
        help="edits by which the two recognizers' texts may differ (default: 0)",
    )
    parser.add_argument("--threads", type=_count, default=0, help="of a network (default: the cores)")


def _pseudo_label(args: argparse.Namespace) -> int:
    from ppocr_lite.data_tools import commands

    return commands.pseudo_label(args)


def _add_config(parser: argparse.ArgumentParser, *, required: bool) -> None:
    parser.add_argument("-c", "--config", required=required, metavar="FILE", help="configuration (.yml)")
    parser.add_argument(
        *("-o", "--opt"), nargs="*", action="extend", default=[], metavar="KEY=VALUE", help="override values"
    )


def _add_label_files(parser: argparse.ArgumentParser, *, required: bool) -> None:
    parser.add_argument("--label_file", nargs="+", required=required, metavar="F", help="label files")
    parser.add_argument(
        "--data_dir", required=required, metavar="D", help="what the paths in them start from"
    )


def _add_skip_bad(parser: argparse.ArgumentParser, text: str) -> None:
    parser.add_argument("--skip-bad", action="store_true", help=f"{text}; exit status 1 then")


def _count(text: str) -> int:
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f"{value} is below 0")
    return value


ACTIONS: dict[str, Action] = {
    "check": Action("Look for faults in the data of a configuration.", _check_arguments, _check),
    "to-lmdb": Action("Write label files and pictures into one LMDB.", _to_lmdb_arguments, _to_lmdb),
    "from-lmdb": Action("Write an LMDB as pictures and a label file.", _from_lmdb_arguments, _from_lmdb),
    "import": Action("Write other formats as PaddleOCR's label files.", _import_arguments, _import),
    "pseudo-label": Action(
        "Write label files from what models are sure of.", _pseudo_label_arguments, _pseudo_label
    ),
    "split": Action("Divide label files at random, by picture.", _split_arguments, _split),
}
