"""Samples of an import as what is stored: the picture of a word, or a page with its label; checked."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from ppocr_lite.data_tools.importers.samples import Region, Sample
from ppocr_lite.data_tools.importers.writing import CROPS_FOLDER, one_line, page_label
from ppocr_lite.errors import DataError, MissingDependency
from ppocr_lite.geometry import min_area_quad, quad_size, straighten
from ppocr_lite.images import read_image
from ppocr_lite.transforms.det_label import IGNORED_TEXTS

LEAST_SIDE = 2.0
"""Pixels: a word that is smaller cannot be read."""
PER_FOLDER = 1000


@dataclass(frozen=True, eq=False)
class Item:
    """One thing to store.

    Args:
        data: the encoded picture.
        label: the text, or a page's label.
        path: where the picture is, if it is a file of its own.
        name: what a crop is to be called otherwise.
        lexicons: see Sample.
    """

    data: bytes
    label: str
    path: Path | None = None
    name: str = ""
    lexicons: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class ItemMaker:
    """Makes the items of samples, and leaves out what cannot be used.

    Args:
        crops: words are cut out of pages; else a page is one item.
        quality: of JPEG, for crops; 0 gives PNG.
    """

    crops: bool
    quality: int = 0

    def __call__(self, sample: Sample, number: int, refuse: Callable[[str], None]) -> Iterator[Item]:
        """The items of sample ``number``; ``refuse`` is told what is left out, and why."""
        try:
            data, image = _opened(sample.image)
        except (DataError, MissingDependency) as error:
            refuse(f"{sample.place}: {error}")
            return
        if sample.text is not None:
            if sample.text.strip():
                yield Item(data, one_line(sample.text), path=sample.image, lexicons=sample.lexicons)
            else:
                refuse(f"{sample.place}: no text.")
        elif not self.crops:
            yield Item(data, page_label(sample.regions), path=sample.image)
        else:
            yield from self._cut(sample, image, number, refuse)

    def _cut(
        self, page: Sample, image: np.ndarray, number: int, refuse: Callable[[str], None]
    ) -> Iterator[Item]:
        suffix = ".jpg" if self.quality else ".png"
        folder = f"{CROPS_FOLDER}/{(number - 1) // PER_FOLDER:04d}"
        for index, region in enumerate(page.regions):
            if not region.text.strip() or region.text in IGNORED_TEXTS:
                continue
            try:
                data = _encoded(word_crop(image, region), suffix, self.quality)
            except DataError as error:
                refuse(f"{page.place}, word {index + 1}: {error}")
                continue
            # Two folders may hold pictures of the same name, so the page's number is in it.
            name = f"{folder}/{number:07d}_{index:03d}{suffix}"
            yield Item(data, one_line(region.text).strip(), name=name, lexicons=page.lexicons)


def word_crop(image: np.ndarray, region: Region) -> np.ndarray:
    """The straightened picture of a word; unlike lines that serving cuts out, tall ones are not turned.

    Raises:
        DataError: a region that is tiny, or outside the picture.
    """
    points = np.array(region.points, np.float32)
    quad = points if len(points) == 4 else min_area_quad(points)
    height, width = image.shape[:2]
    if (quad.max(axis=0) <= 0).any() or (quad.min(axis=0) >= (width, height)).any():
        raise DataError(f"outside the picture of {width} x {height} pixels.")
    sides = [float(side) for side in quad_size(quad)]
    if min(sides) < LEAST_SIDE:
        raise DataError(f"{sides[0]:.1f} x {sides[1]:.1f} pixels, which is too small.")
    try:
        return straighten(image, quad)
    except cv2.error as error:
        raise DataError(f"cannot be cut out ({error}).") from error


def _opened(path: Path) -> tuple[bytes, np.ndarray]:
    """The encoded picture, and its pixels, uint8 BGR."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise DataError(f"{path}: no such file.") from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error}).") from error
    return data, read_image(data, name=str(path))


def _encoded(crop: np.ndarray, suffix: str, quality: int) -> bytes:
    done, data = cv2.imencode(suffix, crop, [cv2.IMWRITE_JPEG_QUALITY, quality] if quality else [])
    if not done:
        raise DataError(f"a picture of shape {crop.shape} cannot be encoded.")
    return data.tobytes()
