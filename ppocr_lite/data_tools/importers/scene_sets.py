"""Test sets of scene text that come with lexicons: IIIT5K's .mat files (needs scipy) and SVT's XML."""

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ppocr_lite.data_tools.importers.samples import (
    ImportOptions,
    Region,
    Sample,
    load_matlab,
    numbers,
    rectangle,
)
from ppocr_lite.errors import DataError

SETS = ("test", "train")
IIIT5K_LEXICONS = {"50": "smallLexi", "1k": "mediumLexi"}


def read_iiit5k(source: Path, options: ImportOptions) -> Iterator[Sample]:
    """Word pictures of ``testdata.mat`` (or ``--set train``), with lexicons of 50 and 1,000 words.

    Mishra et al., "Scene Text Recognition using Higher Order Language Priors", BMVC 2012.
    """
    subset = _subset(options, "IIIT5K")
    name = f"{subset}data"
    file = source / f"{name}.mat" if source.is_dir() else source
    name = name if source.is_dir() else file.stem
    root = options.images or file.parent
    rows = np.asarray(load_matlab(file, (name,))[name]).reshape(-1)
    wanted = ("ImgName", "GroundTruth")
    if rows.dtype.names is None or not set(wanted) <= set(rows.dtype.names):
        raise DataError(f"{file}: expected records with {', '.join(wanted)}.")
    for number, row in enumerate(rows, 1):
        image, text = (str(np.asarray(row[key]).reshape(-1)[0]) for key in wanted)
        lexicons = {
            title: _cell_words(row[key]) for title, key in IIIT5K_LEXICONS.items() if key in rows.dtype.names
        }
        yield Sample(root / image, f"{file}: word {number}", text=text, lexicons=lexicons)


def _cell_words(cell: Any) -> list[str]:
    return [str(np.asarray(word).reshape(-1)[0]) for word in np.asarray(cell).reshape(-1)]


def read_svt(source: Path, options: ImportOptions) -> Iterator[Sample]:
    """Pages of ``test.xml`` (or ``--set train``), with one lexicon of some 50 words for the words of a page.

    Wang and Belongie, "Word Spotting in the Wild", ECCV 2010.
    """
    file = source / f"{_subset(options, 'SVT')}.xml" if source.is_dir() else source
    root = options.images or file.parent
    try:
        pages = ET.fromstring(file.read_bytes()).iter("image")
    except OSError as error:
        raise DataError(f"{file}: cannot be read ({error.strerror or error}).") from error
    except ET.ParseError as error:
        raise DataError(f"{file}: broken XML ({error}).") from error
    for number, page in enumerate(pages, 1):
        place = f"{file}: image {number}"
        try:
            words = [word.strip() for word in page.findtext("lex", "").split(",") if word.strip()]
            regions = tuple(_region(box, place) for box in page.iter("taggedRectangle"))
            image = page.findtext("imageName", "").strip()
            if not image:
                raise DataError(f"{place}: no imageName.")
            yield Sample(root / image, place, regions, lexicons={"50": words} if words else {})
        except DataError as error:
            options.refuse(error)


def _region(box: ET.Element, place: str) -> Region:
    left, top, width, height = numbers([box.get(key) for key in ("x", "y", "width", "height")], place)
    if width <= 0 or height <= 0:
        raise DataError(f"{place}: a box of {width:g} x {height:g} pixels.")
    return Region(rectangle(left, top, left + width, top + height), box.findtext("tag", "").strip())


def _subset(options: ImportOptions, title: str) -> str:
    subset = options.subset or SETS[0]
    if subset not in SETS:
        raise DataError(f"--set {subset}: {title} has {' and '.join(SETS)}.")
    return subset
