"""MJSynth (Synth90k): nine million word pictures, whose labels are part of their names.

``annotation_train.txt``, ``annotation_val.txt``, ``annotation_test.txt`` have lines such as
``./2425/1/115_Lube_45484.jpg 45484``: the path, and the number of the word in ``lexicon.txt``, which the name
ends in as well. The text as it is drawn stands in the middle of the name.
"""

from collections.abc import Iterator
from pathlib import Path

from ppocr_lite.data_tools.importers.samples import ImportOptions, Sample, stream_lines
from ppocr_lite.errors import DataError

SETS = ("train", "val", "test")
DEFAULT_SET = "train"
INNER = "mnt/ramdisk/max/90kDICT32px"
"""Where the archive puts the files."""
SHOWN = 80


def read_mjsynth(source: Path, options: ImportOptions) -> Iterator[Sample]:
    """Word pictures, in the order of the annotation file; whether they are there is not looked at."""
    file = annotation_file(source, options)
    root = options.images or file.parent
    for number, line in stream_lines(file):
        place = f"{file}:{number}"
        try:
            name, text = _parsed(line, place)
            yield Sample(root / name, place, text=text)
        except DataError as error:
            options.refuse(error)


def annotation_file(source: Path, options: ImportOptions) -> Path:
    """The file itself, or that of ``options.subset`` in the folder, or in the archive's folders below it."""
    if source.is_file():
        return source
    subset = options.subset or DEFAULT_SET
    if subset not in SETS:
        raise DataError(f"--set {subset}: MJSynth has {', '.join(SETS)}. Or give an annotation file as SRC.")
    name = f"annotation_{subset}.txt"
    for folder in (source, source / Path(INNER).name, source / INNER):
        if (folder / name).is_file():
            return folder / name
    raise DataError(f"{source}: no {name} in it. Give the folder 90kDICT32px, or an annotation file.")


def _parsed(line: str, place: str) -> tuple[str, str]:
    """(path, text) of a line."""
    name, _, index = line.strip().partition(" ")
    parts = Path(name).stem.split("_")
    text = "_".join(parts[1:-1])
    if not text or (index and index.strip() != parts[-1]):
        raise DataError(f"{place}: expected './1/1/1_word_123.jpg 123', got {line[:SHOWN]!r}.")
    return name.removeprefix("./"), text
