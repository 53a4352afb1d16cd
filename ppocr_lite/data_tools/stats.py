"""Numbers that describe a split: lengths, sizes, characters."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ppocr_lite.charset import split_symbols
from ppocr_lite.data_tools.det_rules import is_region, parse_regions
from ppocr_lite.data_tools.kinds import FILES, IMAGES, REGIONS, ROWS
from ppocr_lite.data_tools.pictures import Picture
from ppocr_lite.data_tools.plan import Rules, Split
from ppocr_lite.data_tools.polygons import read_points
from ppocr_lite.data_tools.rows import ImageKey
from ppocr_lite.transforms.det_label import IGNORED_TEXTS


@dataclass
class Stats:
    """Of one split: totals by unit, and values for histograms.

    Args:
        totals: number of rows, regions, images and files.
        lengths: characters of each text, or tokens.
        widths, heights: of each picture in pixels.
        region_heights: of each region that is read, its shorter side in pixels.
        characters: how often each occurs, or each token.
        unknown: how often each of them that the dictionary lacks occurs.
        labels: how often each class occurs (classification).
    """

    task: str
    totals: Counter[str] = field(default_factory=Counter)
    lengths: list[int] = field(default_factory=list)
    widths: list[int] = field(default_factory=list)
    heights: list[int] = field(default_factory=list)
    region_heights: list[float] = field(default_factory=list)
    characters: Counter[str] = field(default_factory=Counter)
    unknown: Counter[str] = field(default_factory=Counter)
    labels: Counter[str] = field(default_factory=Counter)

    def never_seen(self, rules: Rules) -> list[str]:
        """Characters or tokens of the dictionary that no text holds."""
        if rules.charset is None:
            return []
        fold = str.lower if rules.charset.lower else str
        held = {fold(character) for character in self.characters}
        return [c for c in dict.fromkeys(rules.charset.characters) if c not in held]


def describe(split: Split, pictures: Mapping[ImageKey, Picture]) -> Stats:
    """Statistics of a split."""
    stats = Stats(split.rules.task)
    rows = split.rows
    stats.totals.update({ROWS: len(rows), FILES: len(split.files)})
    for key in {key for row in rows for key in row.images}:
        picture = pictures[key]
        stats.totals[IMAGES] += 1
        if not picture.fault:
            stats.widths.append(picture.width)
            stats.heights.append(picture.height)
    for row in (row for row in rows if not row.unusable):
        if split.rules.task == "det":
            _add_page(stats, row.label)
        elif split.rules.task == "rec":
            _add_text(stats, row.label, separator=split.rules.separator)
        else:
            stats.labels[row.label] += 1
    if split.rules.charset is not None:
        absent = set(split.rules.charset.unknown(list(stats.characters)))
        stats.unknown.update({c: n for c, n in stats.characters.items() if c in absent})
    return stats


def _add_text(stats: Stats, text: str, *, separator: str = "") -> None:
    symbols = split_symbols(text.strip(), separator)
    stats.lengths.append(len(symbols))
    stats.characters.update(symbols)


def _add_page(stats: Stats, label: str) -> None:
    regions: Any = parse_regions(label)
    for region in [] if isinstance(regions, str) else regions:
        stats.totals[REGIONS] += 1
        if not is_region(region) or region["transcription"] in IGNORED_TEXTS:
            continue
        _add_text(stats, region["transcription"])
        points = read_points(region["points"])
        if points is not None and len(points):
            stats.region_heights.append(float((points.max(axis=0) - points.min(axis=0)).min()))
