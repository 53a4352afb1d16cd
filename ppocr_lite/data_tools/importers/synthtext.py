"""SynthText: pages with a quad for each word, all in one file, ``gt.mat`` (needs scipy).

Gupta et al., "Synthetic Data for Text Localisation in Natural Images", CVPR 2016. ``imnames`` are paths;
``wordBB`` is [2, 4, n] for each page, x and y of four corners of n words, clockwise from the top left;
``txt`` holds the page's texts, of which every run without white space is a word. The file is read whole, but
for the boxes of single characters.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ppocr_lite.data_tools.importers.samples import ImportOptions, Region, Sample, load_matlab
from ppocr_lite.errors import DataError

FILE = "gt.mat"
VARIABLES = ("imnames", "wordBB", "txt")


def read_synthtext(source: Path, options: ImportOptions) -> Iterator[Sample]:
    """Pages, in the order of the file; whether they are there is not looked at."""
    file = source / FILE if source.is_dir() else source
    root = options.images or file.parent
    names, boxes, texts = _columns(file)
    for number, (name, quads, lines) in enumerate(zip(names, boxes, texts), 1):
        place = f"{file}: page {number}"
        try:
            yield Sample(root / str(name[0]), place, _regions(quads, lines, place))
        except DataError as error:
            options.refuse(error)


def _columns(file: Path) -> list[np.ndarray]:
    """Names, boxes, texts: cells [n] each."""
    content = load_matlab(file, VARIABLES)
    columns = [np.asarray(content[name]).reshape(-1) for name in VARIABLES]
    if len({len(column) for column in columns}) != 1:
        raise DataError(f"{file}: {', '.join(str(len(c)) for c in columns)} names, boxes, texts.")
    return columns


def _regions(quads: Any, lines: Any, place: str) -> tuple[Region, ...]:
    boxes = np.asarray(quads, np.float64)
    if boxes.ndim == 2:  # a page of one word
        boxes = boxes[:, :, None]
    words = " ".join(str(line) for line in np.asarray(lines).reshape(-1)).split()
    if boxes.shape[:2] != (2, 4) or boxes.shape[2] != len(words) or not np.isfinite(boxes).all():
        raise DataError(f"{place}: boxes of shape {boxes.shape} do not fit {len(words)} words.")
    corners = boxes.transpose(2, 1, 0).tolist()  # [n, 4, 2]
    return tuple(Region(tuple((x, y) for x, y in quad), word) for quad, word in zip(corners, words))
