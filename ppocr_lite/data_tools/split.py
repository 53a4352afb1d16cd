"""Label files divided at random: rows that share a picture stay together, so that nothing leaks."""

from collections import defaultdict
from collections.abc import Hashable, Sequence
from pathlib import Path

import numpy as np

from ppocr_lite.data_tools.kinds import KINDS
from ppocr_lite.data_tools.pictures import PictureStore, survey
from ppocr_lite.data_tools.rows import LabelFile, Row
from ppocr_lite.errors import ConfigError, DataError
from ppocr_lite.weights.disk import write_atomic

NAMES = ("train.txt", "val.txt", "test.txt")


def split_rows(
    files: Sequence[LabelFile], out: str | Path, *, ratios: Sequence[float], seed: int
) -> list[str]:
    """Write ``train.txt``, ``val.txt`` (and ``test.txt``) with shares of the pictures; gives lines to print.

    Rows with the same path or the same pixels go to the same file. Within a file, rows keep their order.

    Args:
        ratios: two or three shares above 0 that sum to 1.

    Raises:
        ConfigError: other ratios, or a file that is there already.
        DataError: a row without a delimiter or that is not UTF-8, or too few pictures.
    """
    if len(ratios) not in (2, 3) or min(ratios) <= 0 or abs(sum(ratios) - 1) > 1e-6:
        raise ConfigError(f"--ratio: expected 2 or 3 numbers above 0 that sum to 1, got {list(ratios)}.")
    targets = [Path(out) / name for name in NAMES[: len(ratios)]]
    for target in targets:
        if target.exists():
            raise ConfigError(f"{target}: is there already. Give another folder.")
    rows = [(row, file.delimiter) for file in files for row in file.rows]
    for row, _ in rows:
        if row.unusable:
            fault = KINDS[row.unusable].title
            raise DataError(f"{row.place}: {fault}. 'ppocr-lite data check --fix' leaves such rows out.")
    parts = _parts(groups_of([row for row, _ in rows]), ratios, seed)
    lines = []
    for number, target in enumerate(targets):
        chosen = [pair for pair, part in zip(rows, parts) if part == number]
        text = "".join(f"{row.name}{delimiter}{row.label}{row.rest}\n" for row, delimiter in chosen)
        write_atomic(target, text.encode("utf-8"))
        lines.append(f"{target}: {len(chosen)} of {len(rows)} rows")
    return lines


def groups_of(rows: Sequence[Row]) -> list[int]:
    """A number for each row, the same for rows that share a path or pixels, also by way of a third row."""
    keys = [key for row in rows for key in row.images]
    with PictureStore() as store:
        pictures = survey(store, keys)
    parent = list(range(len(rows)))

    def root(index: int) -> int:
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = parent[index]
        return index

    first: dict[Hashable, int] = {}
    for index, row in enumerate(rows):
        marks: list[Hashable] = [*row.images]
        marks += [pictures[key].digest for key in row.images if pictures[key].digest]
        for mark in marks:
            parent[root(index)] = root(first.setdefault(mark, index))
    return [root(index) for index in range(len(rows))]


def _parts(groups: Sequence[int], ratios: Sequence[float], seed: int) -> list[int]:
    """The part of each row: groups in random order, cut where the shares of the groups are reached."""
    members: dict[int, list[int]] = defaultdict(list)
    for index, group in enumerate(groups):
        members[group].append(index)
    if len(members) < len(ratios):
        raise DataError(f"{len(members)} different pictures cannot be divided into {len(ratios)} parts.")
    order = np.random.default_rng(seed).permutation(len(members))
    bounds = np.rint(np.cumsum(ratios) * len(members)).astype(int)
    # Each part gets at least one picture.
    for i in range(len(bounds) - 1):
        bounds[i] = min(max(bounds[i], i + 1), len(members) - (len(bounds) - 1 - i))
    part_of = np.searchsorted(bounds, np.argsort(order), side="right")
    parts = [0] * len(groups)
    for number, indices in enumerate(members.values()):
        for index in indices:
            parts[index] = int(part_of[number])
    return parts
