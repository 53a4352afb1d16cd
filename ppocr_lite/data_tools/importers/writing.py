"""Imported samples as PaddleOCR's label files, and the lines of pages cut out."""

import json
import os
import re
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from ppocr_lite.charset import split_symbols
from ppocr_lite.data_tools.importers.samples import Point, Region, Sample
from ppocr_lite.errors import ConfigError, DataError
from ppocr_lite.geometry import crop_quad, min_area_quad
from ppocr_lite.images import read_image
from ppocr_lite.transforms.det_label import IGNORED_TEXTS
from ppocr_lite.visualize import write_image
from ppocr_lite.weights.disk import write_atomic

DET_FILE, REC_FILE, CROPS_FILE, CROPS_FOLDER = "det_label.txt", "rec_label.txt", "crops_label.txt", "crops"
DECIMALS = 2
_LINE_BREAKS = re.compile(r"[\t\r\n\v\f\x85\u2028\u2029]+")


def write_labels(
    samples: Sequence[Sample], out: Path, *, crops: bool = False, skipped: list[str] | None = None
) -> list[str]:
    """Write ``det_label.txt`` or ``rec_label.txt``, with ``crops`` also ``crops_label.txt``.

    Paths are relative to the folder that all pictures share, which is the ``data_dir``. Gives lines to
    print, which name it.

    Args:
        skipped: gets a line for each picture that cannot be decoded for its crops; without it an error.

    Raises:
        ConfigError: a label file is there already.
        DataError: a picture that cannot be decoded.
    """
    for name in (DET_FILE, REC_FILE, CROPS_FILE):
        if (out / name).exists():
            raise ConfigError(f"{out / name}: is there already. Give another folder.")
    root = Path(os.path.commonpath([sample.image.absolute().parent for sample in samples]))
    pages = [sample for sample in samples if sample.text is None]
    texts = [sample for sample in samples if sample.text is not None]
    lines = []
    if pages:
        rows = [f"{_relative(page, root)}\t{page_label(page.regions)}" for page in pages]
        lines.append(_write(out / DET_FILE, rows, root))
    if texts:
        rows = [f"{_relative(line, root)}\t{one_line(line.text or '')}" for line in texts]
        lines.append(_write(out / REC_FILE, rows, root))
    if crops and pages:
        lines.append(_write(out / CROPS_FILE, _write_crops(pages, out, skipped), out))
    return lines


def write_tokens(samples: Sequence[Sample], file: Path, *, separator: str = " ") -> str:
    """Write every token of the labels, one a line and sorted; gives a line to print."""
    tokens = sorted({t for sample in samples for t in split_symbols(one_line(sample.text or ""), separator)})
    write_atomic(file, "".join(f"{token}\n" for token in tokens).encode("utf-8", "backslashreplace"))
    return f"{file}: {len(tokens)} tokens"


def one_line(text: str) -> str:
    """A text that fits into a row: tabs and line ends become blanks."""
    return _LINE_BREAKS.sub(" ", text)


def crop_of(image: np.ndarray, points: Sequence[Point]) -> np.ndarray:
    """The straightened picture of a region; without four points, of the smallest rectangle around it."""
    quad = np.array(points, np.float32)
    return crop_quad(image, quad if len(quad) == 4 else min_area_quad(quad))


def _write_crops(pages: Sequence[Sample], out: Path, skipped: list[str] | None) -> list[str]:
    rows = []
    for number, page in enumerate(pages):
        readable = [
            (i, r) for i, r in enumerate(page.regions) if r.text.strip() and r.text not in IGNORED_TEXTS
        ]
        try:
            image = read_image(page.image)
        except DataError as error:
            if skipped is None:
                raise DataError(f"{page.place}: {error}") from error
            skipped.append(f"{page.place}: {error}")
            continue
        for index, region in readable:
            # Two folders may hold pictures of the same name, so the page's number is in it.
            name = f"{CROPS_FOLDER}/{number:06d}_{page.image.stem}_{index:03d}.png"
            (out / name).parent.mkdir(parents=True, exist_ok=True)
            try:
                write_image(out / name, crop_of(image, region.points))
            except cv2.error as error:
                raise DataError(f"{page.place}: region {index} cannot be cut out ({error}).") from error
            rows.append(f"{name}\t{one_line(region.text).strip()}")
    return rows


def page_label(regions: Sequence[Region]) -> str:
    """The regions as JSON."""
    label = [
        {"transcription": one_line(region.text), "points": [[_short(x), _short(y)] for x, y in region.points]}
        for region in regions
    ]
    return json.dumps(label, ensure_ascii=False)


def _short(value: float) -> float | int:
    rounded = round(value, DECIMALS)
    return int(rounded) if rounded.is_integer() else rounded


def _relative(sample: Sample, root: Path) -> str:
    return sample.image.absolute().relative_to(root).as_posix()


def _write(file: Path, rows: Sequence[str], root: Path) -> str:
    write_atomic(file, "".join(f"{row}\n" for row in rows).encode("utf-8", "backslashreplace"))
    return f"{file}: {len(rows)} rows (data_dir: {root})"
