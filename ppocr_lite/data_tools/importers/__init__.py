"""Readers of other formats, by name."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ppocr_lite.data_tools.importers.coco_text import read_coco_text
from ppocr_lite.data_tools.importers.csv_table import read_csv
from ppocr_lite.data_tools.importers.icdar import read_icdar2013, read_icdar2015
from ppocr_lite.data_tools.importers.label_studio import read_label_studio
from ppocr_lite.data_tools.importers.mjsynth import annotation_file, read_mjsynth
from ppocr_lite.data_tools.importers.primus import read_primus
from ppocr_lite.data_tools.importers.samples import ImportOptions, Sample
from ppocr_lite.data_tools.importers.scene_sets import read_iiit5k, read_svt
from ppocr_lite.data_tools.importers.synthtext import read_synthtext
from ppocr_lite.data_tools.importers.union14m import read_union14m, union14m_root
from ppocr_lite.data_tools.importers.word_list import read_word_list

Importer = Callable[[Path, ImportOptions], Iterator[Sample]]


def _own_root(source: Path, options: ImportOptions) -> Path:
    return options.images or (source if source.is_dir() else source.parent)


@dataclass(frozen=True)
class Streamed:
    """A format of large data sets, of which never more than a part is held.

    Args:
        read: the samples.
        root: what the paths of the pictures start from.
        rows: the text file with a line for each sample; None where there is no such file.
    """

    read: Importer
    root: Callable[[Path, ImportOptions], Path] = _own_root
    rows: Callable[[Path, ImportOptions], Path] | None = None


IMPORTERS: dict[str, Importer] = {
    "icdar2013": read_icdar2013,
    "icdar2015": read_icdar2015,
    "coco-text": read_coco_text,
    "label-studio": read_label_studio,
    "csv": read_csv,
    "primus": read_primus,
}

STREAMED: dict[str, Streamed] = {
    "mjsynth": Streamed(
        read_mjsynth, lambda source, o: o.images or annotation_file(source, o).parent, annotation_file
    ),
    "synthtext": Streamed(read_synthtext),
    "union14m": Streamed(read_union14m, union14m_root, lambda source, o: source),
    "words": Streamed(read_word_list, rows=lambda source, o: source),
    "iiit5k": Streamed(read_iiit5k),
    "svt": Streamed(read_svt),
}
