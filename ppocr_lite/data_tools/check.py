"""The check of a configuration's data: reads everything, changes nothing."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ppocr_lite.config import Config
from ppocr_lite.data_tools.det_rules import page_faults
from ppocr_lite.data_tools.dictionary import Dictionary, read_dictionary
from ppocr_lite.data_tools.findings import Fault, Finding, Findings
from ppocr_lite.data_tools.picture_rules import picture_faults
from ppocr_lite.data_tools.pictures import Picture, PictureStore, survey
from ppocr_lite.data_tools.plan import SPLITS, Rules, Split, read_splits, steps_of, task_of
from ppocr_lite.data_tools.rows import ImageKey, LabelFile, Row
from ppocr_lite.data_tools.sets import imbalance, leaked, repeated
from ppocr_lite.data_tools.stats import Stats, describe
from ppocr_lite.data_tools.text_rules import class_faults, line_faults


@dataclass
class Checked:
    """All that a check found out.

    Args:
        splits: what was read.
        pictures: every picture of the splits.
        findings: the faults.
        stats: of each split, by its name.
        dictionary: of recognition.
        remarks: what was not checked, and what was assumed.
        repeats: (label file, row) of rows that an earlier one makes superfluous.
    """

    splits: Sequence[Split]
    pictures: Mapping[ImageKey, Picture]
    dictionary: Dictionary
    findings: Findings = field(default_factory=Findings)
    stats: dict[str, Stats] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
    repeats: set[tuple[str, int]] = field(default_factory=set)

    def total(self, unit: str) -> int:
        """Number of rows, regions, images or files in all splits."""
        return sum(stats.totals[unit] for stats in self.stats.values())


def check(cfg: Config, splits: Sequence[str] = SPLITS, *, limit: int = 0, workers: int = 0) -> Checked:
    """Read the datasets of ``cfg`` and look for all kinds of faults in :mod:`kinds`.

    Args:
        splits: ``Train``, ``Eval`` or both; leakage needs both.
        limit: rows of each label file; 0 for all.
        workers: threads that decode pictures; 0 for as many as there are cores.

    Raises:
        ConfigError, DataError: what makes a check impossible, such as a label file that is not there.
    """
    dictionary = _dictionary(cfg, splits)
    found, remarks = read_splits(cfg, splits, charset=dictionary.charset, limit=limit)
    keys = [key for split in found for row in split.rows for key in row.images]
    with PictureStore() as store:
        pictures = survey(store, keys, workers=workers)
    result = Checked(found, pictures, dictionary, remarks=[*remarks, *_assumptions(found, limit)])
    for fault in dictionary.faults:
        result.findings.add(Finding(fault, "dictionary", dictionary.path))
    for split in found:
        _check_split(split, result)
    by_name = {split.name: split for split in found}
    if len(by_name) == len(SPLITS):
        for finding in leaked(by_name["Train"], by_name["Eval"], pictures):
            result.findings.add(finding)
    return result


def row_faults(row: Row, pictures: Sequence[Picture], rules: Rules) -> Iterator[Fault]:
    """Faults of one row by itself, its pictures' own faults left out."""
    for kind in row.faults:
        yield Fault(kind, repr(f"{row.name} {row.label}".strip()[:80]))
    if row.unusable:
        return
    if rules.task == "det":
        yield from page_faults(row.label, pictures[0] if pictures else None, rules)
    elif rules.task == "rec":
        yield from line_faults(row.label, pictures, rules)
    else:
        yield from class_faults(row.label, rules)


def _check_split(split: Split, result: Checked) -> None:
    result.stats[split.name] = describe(split, result.pictures)
    looked_at: set[ImageKey] = set()
    for file in split.files:
        _check_file(file, split, result)
        for row in file.rows:
            for key in row.images:
                if key not in looked_at:
                    looked_at.add(key)
                    for fault in picture_faults(key, result.pictures[key], split.rules.task):
                        result.findings.add(Finding(fault, split.name, row.place, row))
            pictures = [result.pictures[key] for key in row.images]
            for fault in row_faults(row, pictures, split.rules):
                result.findings.add(Finding(fault, split.name, row.place, row))
    for finding in repeated(split, result.pictures):
        result.findings.add(finding)
        if finding.row is not None and finding.fault.kind.startswith("duplicate"):
            result.repeats.add((finding.row.file, finding.row.number))
    if split.rules.task == "cls":
        for finding in imbalance(split):
            result.findings.add(finding)


def _check_file(file: LabelFile, split: Split, result: Checked) -> None:
    for kind in file.faults:
        result.findings.add(Finding(Fault(kind, f"{len(file.rows)} rows"), split.name, file.path))
    if not file.rows:
        result.findings.add(Finding(Fault("empty_file", "no row"), split.name, file.path))


def _dictionary(cfg: Config, splits: Sequence[str]) -> Dictionary:
    for name in splits:
        section = cfg.section(f"{name}.dataset")
        if section and task_of(cfg, steps_of(section)) == "rec":
            return read_dictionary(cfg)
    return Dictionary()


def _assumptions(splits: Sequence[Split], limit: int) -> list[str]:
    lines = []
    for pixels in sorted({split.rules.pixels_per_step for split in splits if split.rules.resize}):
        lines.append(f"Time axis: assumed is one step for {pixels} pixels of the width after RecResizeImg.")
    if any(split.rules.min_text_size for split in splits):
        lines.append("min_text_size: compared with the size in the picture as it is, before any scaling.")
    if limit:
        lines.append(f"Only the first {limit} rows of each file were read.")
    return lines
