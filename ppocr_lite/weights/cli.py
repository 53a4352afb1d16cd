"""The arguments of ``ppocr-lite weights``; what it does is in :mod:`ppocr_lite.weights.commands`."""

import argparse
from typing import Any


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add ``show``, ``extract``, ``convert``, ``mean``, ``widen``, ``recharset`` and ``diff``."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    show = _action(actions, "show", "List what a file of weights holds.")
    show.add_argument("file", metavar="FILE", help=".pdparams or .safetensors")
    show.add_argument("--prefix", default="", metavar="P", help="only names that begin with P")
    show.add_argument(
        "--names", default="*", metavar="PATTERN", help="only names like this, such as '*.fc.*'"
    )

    extract = _action(actions, "extract", "Write one sub-model's weights as a file of their own.")
    extract.add_argument("--prefix", required=True, metavar="P", help="the sub-model, such as Student.")
    _add_in_and_out(extract)

    convert = _action(actions, "convert", "Write the same weights in the other format.")
    _add_in_and_out(convert)

    mean = _action(actions, "mean", "Write the mean of two files, such as before and after fine-tuning.")
    mean.add_argument("first", metavar="A", help=".pdparams or .safetensors")
    mean.add_argument("second", metavar="B", help="likewise, of the same network")
    mean.add_argument("target", metavar="OUT", help="likewise; its suffix is its format")
    mean.add_argument("--share", type=float, default=0.5, help="of B in it, 0 to 1 (%(default)s)")
    mean.add_argument("--force", action="store_true", help="replace OUT if it exists")

    widen = _action(actions, "widen", "Give a recognizer's LSTM more units; what it computes stays the same.")
    widen.add_argument("--hidden", type=int, required=True, metavar="N", help="units in each direction")
    _add_in_and_out(widen)

    recharset = _action(
        actions,
        "recharset",
        "Fit a CTC recognizer to other characters: it keeps what it knows of the common ones.",
    )
    recharset.add_argument(
        "--old", required=True, metavar="DICT", help="dictionary of IN, a character a line"
    )
    recharset.add_argument("--new", required=True, metavar="DICT", help="dictionary of OUT")
    recharset.add_argument(
        "--space", action="store_true", help="both had a space added (use_space_char: true)"
    )
    _add_in_and_out(recharset)

    diff = _action(actions, "diff", "Compare two files; exit status 1 if they differ.")
    diff.add_argument("first", metavar="A", help=".pdparams or .safetensors")
    diff.add_argument("second", metavar="B", help="likewise")


def run(args: argparse.Namespace) -> int:
    """Do what the arguments say; gives the exit status."""
    from ppocr_lite.weights import commands  # numpy is loaded only for this subcommand

    if args.action == "show":
        return commands.show(args.file, prefix=args.prefix, pattern=args.names)
    if args.action == "extract":
        return commands.extract(args.source, args.target, prefix=args.prefix, force=args.force)
    if args.action == "convert":
        return commands.convert(args.source, args.target, force=args.force)
    if args.action == "mean":
        return commands.mean(args.first, args.second, args.target, share=args.share, force=args.force)
    if args.action == "widen":
        return commands.widen(args.source, args.target, hidden=args.hidden, force=args.force)
    if args.action == "recharset":
        return commands.recharset(
            args.source, args.target, old=args.old, new=args.new, space=args.space, force=args.force
        )
    return commands.diff(args.first, args.second)


def _action(actions: Any, name: str, text: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = actions.add_parser(name, help=text, description=text)
    return parser


def _add_in_and_out(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", metavar="IN", help=".pdparams or .safetensors")
    parser.add_argument("target", metavar="OUT", help="likewise; its suffix is its format")
    parser.add_argument("--force", action="store_true", help="replace OUT if it exists")
