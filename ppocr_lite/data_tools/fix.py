"""Cleaned copies of label files, with a list of what was changed; the originals stay as they are.

What depends on the configuration alone (characters that the dictionary lacks, texts that are too long, labels
outside ``label_list``) stays, and so do contradictions and leakage, where somebody has to choose.
"""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ppocr_lite.data_tools.check import Checked
from ppocr_lite.data_tools.det_rules import is_region, parse_regions
from ppocr_lite.data_tools.dictionary import cleaned
from ppocr_lite.data_tools.kinds import KINDS
from ppocr_lite.data_tools.pictures import Picture
from ppocr_lite.data_tools.polygons import mend, read_points
from ppocr_lite.data_tools.rows import ImageKey, LabelFile, Row, image_paths, read_text_bytes
from ppocr_lite.errors import ConfigError
from ppocr_lite.weights.disk import write_atomic

CHANGES_FILE = "changes.tsv"
DECIMALS = 2
"""Of coordinates that were changed."""


@dataclass(frozen=True)
class Change:
    """What was done: the row was ``dropped``, ``changed``, or (number 0) the file was ``changed``."""

    file: str
    number: int
    action: str
    reasons: tuple[str, ...]


def fix(result: Checked, out: str | Path) -> list[str]:
    """Write the cleaned files into ``out``; gives lines that say what was done.

    Raises:
        ConfigError: only databases were read, or a file of that name is there.
    """
    files = [
        (split.name, split.rules.task, f) for split in result.splits for f in split.files if not f.is_lmdb
    ]
    if not files:
        raise ConfigError("--fix writes label files; use 'ppocr-lite data from-lmdb' on a database first.")
    targets = _targets([(name, file.path) for name, _, file in files], result, Path(out))
    lines, changes = [], []
    for (_, task, file), target in zip(files, targets):
        rows, done = fix_file(file, task, result.pictures, result.repeats)
        write_atomic(target, "".join(f"{row}\n" for row in rows).encode("utf-8", "backslashreplace"))
        changes += done
        lines.append(f"{target}: {len(rows)} of {len(file.rows)} rows kept. {_counted(done)}".rstrip())
    if len(targets) > len(files):
        path = result.dictionary.path
        write_atomic(targets[-1], cleaned(read_text_bytes(path, "dictionary")))
        changes.append(Change(path, 0, "changed", ("bom, carriage_return",)))
        lines.append(f"{targets[-1]}: dictionary without byte-order mark and carriage returns.")
    write_atomic(Path(out) / CHANGES_FILE, _change_list(changes).encode("utf-8", "backslashreplace"))
    return [*lines, f"{Path(out) / CHANGES_FILE}: all {len(changes)} changes."]


def fix_file(
    file: LabelFile,
    task: str,
    pictures: Mapping[ImageKey, Picture],
    repeats: set[tuple[str, int]],
) -> tuple[list[str], list[Change]]:
    """Rows of the cleaned file, without line ends, and what was done.

    Args:
        repeats: (file, row) of rows that are superfluous.
    """
    rows, changes = [], []
    whole = [*file.faults, *(["blank_rows"] if file.blank_rows else [])]
    if whole:
        changes.append(Change(file.path, 0, "changed", tuple(whole)))
    for row in file.rows:
        if (row.file, row.number) in repeats:
            text, reasons = None, ["duplicate"]
        else:
            text, reasons = _fix_row(row, task, pictures, file.delimiter)
        if text is not None:
            rows.append(text)
        if reasons:
            action = "dropped" if text is None else "changed"
            changes.append(Change(file.path, row.number, action, tuple(reasons)))
    return rows, changes


def _fix_row(
    row: Row, task: str, pictures: Mapping[ImageKey, Picture], delimiter: str
) -> tuple[str | None, list[str]]:
    """The row's new text, or None to drop it; and why it is not what it was."""
    if row.unusable:
        return None, [row.unusable]
    name, reasons = _readable_names(row, pictures)
    if name is None:
        return None, reasons
    if task == "det":
        readable = next(pictures[key] for key in row.images if not pictures[key].fault)
        label, done = _fix_page(row.label, readable)
    else:
        label, done = _fix_text(row.label)
    reasons = [*row.faults, *reasons, *done]
    return (None if label is None else f"{name}{delimiter}{label}{row.rest}"), reasons


def _readable_names(row: Row, pictures: Mapping[ImageKey, Picture]) -> tuple[str | None, list[str]]:
    """The first field with the pictures that can be read; None where none can."""
    faults = [pictures[key].fault for key in row.images]
    bad = [fault for fault in faults if fault]
    if not bad:
        return row.name, []
    names = [name for name, fault in zip(image_paths(row.name), faults) if not fault]
    return (json.dumps(names, ensure_ascii=False) if names else None), bad


def _fix_text(label: str) -> tuple[str | None, list[str]]:
    text = label.strip()
    if not text:
        return None, ["empty_text"]
    return text, ["outer_blanks"] if text != label else []


def _fix_page(label: str, picture: Picture) -> tuple[str | None, list[str]]:
    regions: Any = parse_regions(label)
    if isinstance(regions, str):
        return None, ["bad_json"]
    kept, reasons = [], []
    for index, region in enumerate(regions):
        mended, done = _fix_region(region, picture)
        reasons += [f"region {index} {'dropped' if mended is None else 'changed'}: {why}" for why in done]
        if mended is not None:
            kept.append(mended)
    if not reasons:
        return label, []
    return (json.dumps(kept, ensure_ascii=False) if kept else None), reasons


def _fix_region(region: Any, picture: Picture) -> tuple[dict[str, Any] | None, list[str]]:
    if not is_region(region):
        return None, ["bad_region"]
    points = read_points(region["points"])
    if points is None:
        return None, ["bad_coordinates"]
    if len(points) < 3:
        return None, ["few_points"]
    mended, done = mend(points, picture.height, picture.width)
    if mended is None or not done:
        return (None if mended is None else region), done
    return {**region, "points": [[_short(x), _short(y)] for x, y in mended.tolist()]}, done


def _short(value: float) -> float | int:
    rounded = round(value, DECIMALS)
    return int(rounded) if rounded.is_integer() else rounded


def _targets(files: list[tuple[str, str]], result: Checked, out: Path) -> list[Path]:
    """Where each file goes: ``Train/<name>``, and at the end the dictionary if that is to be cleaned."""
    targets: list[Path] = []
    for split, path in files:
        place = out / split / Path(path).name
        number = 2
        while place in targets:
            place = out / split / f"{Path(path).stem}_{number}{Path(path).suffix}"
            number += 1
        targets.append(place)
    if result.dictionary.is_dirty:
        targets.append(out / Path(result.dictionary.path).name)
    for place in [*targets, out / CHANGES_FILE]:
        if place.exists():
            raise ConfigError(f"{place}: is there already, and --fix replaces nothing. Give another folder.")
    return targets


def _counted(changes: list[Change]) -> str:
    counts: Counter[str] = Counter()
    for change in changes:
        for reason in change.reasons:
            counts[reason.split(": ")[-1]] += 1
    titles = {key: kind.title for key, kind in KINDS.items()}
    return ", ".join(f"{titles.get(reason, reason)}: {n}" for reason, n in counts.most_common())


def _change_list(changes: list[Change]) -> str:
    lines = ["file\trow\taction\treasons"]
    for change in changes:
        row = str(change.number) if change.number else ""
        lines.append(f"{change.file}\t{row}\t{change.action}\t{'; '.join(change.reasons)}")
    return "\n".join(lines) + "\n"
