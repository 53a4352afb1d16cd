"""What ``ppocr-lite weights`` does: show, extract, convert and compare files of weights."""

import fnmatch
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from ppocr_lite.charset import Charset
from ppocr_lite.errors import ModelFileError
from ppocr_lite.weights import structures
from ppocr_lite.weights.characters import change_characters
from ppocr_lite.weights.disk import write_atomic
from ppocr_lite.weights.files import WeightFile, read_file, write_weights
from ppocr_lite.weights.names import (
    PARTS,
    find_array,
    first_words,
    from_bfloat16,
    second_names,
    sub_models,
    unwrap,
    within,
)
from ppocr_lite.weights.report import shortened
from ppocr_lite.weights.widen import widen_lstm

SAME, DIFFERENT = 0, 1
"""Exit statuses of :func:`diff`."""


def show(file: str | Path, *, prefix: str = "", pattern: str = "*") -> int:
    """Print name, shape, type and statistics of each array, then what they amount to.

    Args:
        prefix: only names that begin so.
        pattern: only names like this, with ``*``, ``?`` and ``[...]``.
    """
    found = read_file(file)
    chosen = {
        name: array
        for name, array in found.arrays.items()
        if name.startswith(prefix) and fnmatch.fnmatchcase(name, pattern)
    }
    if not found.arrays:
        entries = ", ".join(shortened(sorted(map(str, found.others)))) or "nothing"
        raise ModelFileError(f"{file}: holds no arrays. Its entries: {entries}.")
    if not chosen:
        raise ModelFileError(
            f"{file}: none of its {len(found.arrays)} arrays has a name that begins with '{prefix:.60}' "
            f"and is like '{pattern:.60}'.{_beginnings(found.arrays)}"
        )
    rows = [_row(name, array) for name, array in chosen.items()]
    _print(_aligned([("name", "shape", "type", "mean", "std", "min", "max"), *rows]))
    _print(["", *_summary(found, chosen)])
    return 0


def extract(source: str | Path, target: str | Path, *, prefix: str, force: bool = False) -> int:
    """Write the arrays whose names begin with ``prefix`` under the rest of their names.

    Raises:
        ModelFileError: nothing has this prefix, or ``target`` is in the way.
    """
    _check_target(source, target, force=force)
    found = read_file(source)
    start = prefix if prefix.endswith(".") else f"{prefix}."
    whole, wrapper = unwrap(found.arrays)
    arrays = within(whole, start)
    if not arrays:
        raise ModelFileError(f"{source}: no name begins with '{start}'.{_beginnings(whole)}")
    names = within(found.names, wrapper + start) or within(found.names, start)
    write_weights(target, arrays, names)
    _carry_structure(source, target, start)
    _print([f"{target}: {len(arrays)} of {len(whole)} arrays, without their '{wrapper}{start}'."])
    _print(_left_out(found))
    return 0


def convert(source: str | Path, target: str | Path, *, force: bool = False) -> int:
    """Write the same arrays in the format of ``target``'s suffix.

    Raises:
        ModelFileError: ``target`` is in the way, or its format does not have a type of array.
    """
    _check_target(source, target, force=force)
    found = read_file(source)
    if not found.arrays:
        raise ModelFileError(f"{source}: holds no arrays.")
    write_weights(target, found.arrays, found.names)
    _carry_structure(source, target)
    _print([f"{target}: {len(found.arrays)} arrays, {Path(target).stat().st_size:,} bytes."])
    _print(_left_out(found))
    return 0


def mean(
    first: str | Path, second: str | Path, target: str | Path, *, share: float = 0.5, force: bool = False
) -> int:
    """Write ``(1 - share) * first + share * second``, array by array; whole numbers are the first's.

    Weights before and after a fine-tuning lie so near together that their mean works, and it keeps more of
    what the first could (Wortsman et al., Robust fine-tuning of zero-shot models, 2022).

    Raises:
        ModelFileError: the files are not of one network, ``share`` is not in 0..1, or ``target`` is in the
            way.
    """
    if not 0 <= share <= 1:
        raise ModelFileError(f"--share: expected 0 to 1, got {share:g}.")
    _check_target(first, target, force=force)
    _check_target(second, target, force=force)
    one, other = read_file(first), read_file(second)
    shapes, others = ({k: a.shape for k, a in f.arrays.items()} for f in (one, other))
    if shapes != others or not shapes:
        count = len([k for k in {*shapes, *others} if shapes.get(k) != others.get(k)])
        raise ModelFileError(
            f"{first} and {second}: {count} arrays of {len({*shapes, *others})} are in one alone or differ "
            "in shape; only files of the same network have a mean. See ppocr-lite weights diff."
        )
    arrays = {
        k: ((1 - share) * a + share * other.arrays[k]).astype(a.dtype) if a.dtype.kind == "f" else a
        for k, a in one.arrays.items()
    }
    write_weights(target, arrays, one.names)
    _carry_structure(first, target)
    _print([f"{target}: {len(arrays)} arrays, {1 - share:.0%} of {first} and {share:.0%} of {second}."])
    return 0


def widen(source: str | Path, target: str | Path, *, hidden: int, force: bool = False) -> int:
    """Write the weights with ``hidden`` units in each direction of the LSTM; see :mod:`.widen`.

    Raises:
        ModelFileError: ``source`` has no such LSTM, or ``target`` is in the way.
    """
    _check_target(source, target, force=force)
    found = read_file(source)
    arrays = widen_lstm(found.arrays, hidden)
    # Names of Paddle's parameters would be those of the narrow layers.
    write_weights(target, arrays)
    _print(
        [f"{target}: {hidden} units in each direction; {sum(a.size for a in arrays.values()):,} elements."]
    )
    return 0


def recharset(
    source: str | Path,
    target: str | Path,
    *,
    old: str | Path,
    new: str | Path,
    space: bool,
    force: bool = False,
) -> int:
    """Write the weights of a CTC recognizer for the characters of ``new``; see :mod:`.characters`.

    Args:
        old, new: dictionary files, or names of those that come with the package.
        space: ``use_space_char`` of both.

    Raises:
        ConfigError: a dictionary cannot be read.
        ModelFileError: the weights are not of ``old``, or ``target`` is in the way.
    """
    _check_target(source, target, force=force)
    found = read_file(source)
    before, after = (Charset.load(path, use_space_char=space) for path in (old, new))
    arrays = change_characters(found.arrays, before, after)
    write_weights(target, arrays, found.names)
    kept = sum(c in before for c in after.characters)
    _print([f"{target}: {len(after)} characters, {kept} of them known from {old}, the others to be learned."])
    return 0


def _carry_structure(source: str | Path, target: str | Path, prefix: str = "") -> None:
    """Give ``target`` the structure that stands beside the weights of a pruned model, or its part."""
    structure = structures.read_beside(source)
    if structure is not None and (part := structure.within(prefix)).cuts:
        write_atomic(structures.path_of(target), structures.to_bytes(part))
        _print([f"{structures.path_of(target)}: what pruning has left of {len(part.cuts)} arrays."])


def diff(first: str | Path, second: str | Path) -> int:
    """Print which names only one file has, which shapes differ, and how far apart the values are.

    A recurrent layer's array may stand under either of its names.

    Returns:
        0 if every array is in both and has the same values, else 1.
    """
    a, b = read_file(first).arrays, read_file(second).arrays
    only_a = [name for name in a if find_array(b, name) is None]
    only_b = [name for name in b if find_array(a, name) is None]
    shapes, apart = [], {}
    for name, array in a.items():
        other = find_array(b, name)
        if other is None:
            continue
        if array.shape != other.shape:
            shapes.append(f"{name}  {list(array.shape)} in A, {list(other.shape)} in B")
        elif array.size and (distance := _distance(array, other)) > 0:
            apart[name] = distance
    farthest = sorted(apart, key=lambda name: -apart[name])
    equal = len(a) - len(only_a) - len(shapes) - len(apart)
    for title, lines in (
        ("only in A", only_a),
        ("only in B", only_b),
        ("other shape", shapes),
        ("other values", [f"{name}  {apart[name]:.6g}" for name in farthest]),
    ):
        _print([f"{title:12} {len(lines):6d}", *(f"    {line}" for line in shortened(lines))])
    _print([f"{'equal':12} {equal:6d}"])
    if apart:
        _print([f"The largest absolute difference is {max(apart.values()):.6g}, in {farthest[0]}."])
    return DIFFERENT if only_a or only_b or shapes or apart else SAME


def _distance(array: np.ndarray, other: np.ndarray) -> float:
    """The largest absolute difference; infinite where only one of the two is not a number."""
    x, y = (from_bfloat16(values).astype(np.float64) for values in (array, other))
    both_nan = np.isnan(x) & np.isnan(y)
    with np.errstate(invalid="ignore"):
        distance = np.where((x == y) | both_nan, 0.0, np.abs(x - y))
    return float(np.where(np.isnan(distance), np.inf, distance).max())


def _check_target(source: str | Path, target: str | Path, *, force: bool) -> None:
    out = Path(target)
    if not out.exists():
        return
    if out.samefile(source):
        raise ModelFileError(f"{target}: is the file to read. Give another name for the result.")
    if out.is_dir() or not force:
        hint = "Give a file's name." if out.is_dir() else "Use --force to replace it."
        raise ModelFileError(f"{target}: exists already. {hint}")


def _row(name: str, array: np.ndarray) -> Sequence[str]:
    kind = "bfloat16" if array.dtype == np.uint16 else str(array.dtype)
    shape = "x".join(map(str, array.shape)) or "-"
    if not array.size or array.dtype.kind not in "biuf":
        return (name, shape, kind, "", "", "", "")
    values = from_bfloat16(array).astype(np.float64)
    statistics = (values.mean(), values.std(), values.min(), values.max())
    return (name, shape, kind, *(f"{number:.4g}" for number in statistics))


def _summary(found: WeightFile, chosen: Mapping[str, np.ndarray]) -> list[str]:
    twice = set(second_names(chosen))
    once = [array for name, array in chosen.items() if name not in twice]
    of_all = "" if len(chosen) == len(found.arrays) else f" of {len(found.arrays)}"
    elements, size = sum(array.size for array in once), sum(array.nbytes for array in once)
    lines = [f"{len(chosen)}{of_all} arrays, {elements:,} elements, {size:,} bytes"]
    if twice:
        lines.append(f"{len(twice)} are second names of recurrent layers' arrays; these count once")
    models = sub_models(unwrap(chosen)[0])
    if models:
        sizes = {m: len(within(unwrap(chosen)[0], m)) for m in models}
        lines.append("sub-models: " + ", ".join(f"{m} ({size} arrays)" for m, size in sizes.items()))
    wrapper = unwrap(found.arrays)[1]
    if wrapper:
        lines.append(f"every name begins with '{wrapper}', a wrapper's; it is left out in loading")
    lines.append(f"names of Paddle parameters: {'yes' if found.names else 'no'}")
    return [*lines, *_left_out(found)]


def _left_out(found: WeightFile) -> list[str]:
    if not found.others:
        return []
    return [f"left out, being no arrays: {', '.join(shortened(sorted(found.others)))}"]


def _beginnings(found: Iterable[str]) -> str:
    """What a user may have meant by a prefix that is not there; begins with a space."""
    found = list(found)
    models = sub_models(found)
    if models:
        return f" Its sub-models: {', '.join(models)}"
    words = first_words(found)
    alone = "It holds one model. " if words and set(words) <= {f"{part}." for part in PARTS} else ""
    return f" {alone}Names begin with: {', '.join(shortened(words))}" if words else ""


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Columns of equal width: the first two to the left, the others to the right."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = []
    for row in rows:
        left = [cell.ljust(width) for cell, width in zip(row[:2], widths)]
        right = [cell.rjust(width) for cell, width in zip(row[2:], widths[2:])]
        lines.append("  ".join([*left, *right]).rstrip())
    return lines


def _print(lines: Iterable[str]) -> None:
    sys.stdout.writelines(f"{line}\n" for line in lines)
