"""Readers of other formats, by name."""

from collections.abc import Callable, Iterator
from pathlib import Path

from ppocr_lite.data_tools.importers.coco_text import read_coco_text
from ppocr_lite.data_tools.importers.csv_table import read_csv
from ppocr_lite.data_tools.importers.icdar import read_icdar2013, read_icdar2015
from ppocr_lite.data_tools.importers.label_studio import read_label_studio
from ppocr_lite.data_tools.importers.primus import read_primus
from ppocr_lite.data_tools.importers.samples import ImportOptions, Sample

Importer = Callable[[Path, ImportOptions], Iterator[Sample]]

IMPORTERS: dict[str, Importer] = {
    "icdar2013": read_icdar2013,
    "icdar2015": read_icdar2015,
    "coco-text": read_coco_text,
    "label-studio": read_label_studio,
    "csv": read_csv,
    "primus": read_primus,
}
