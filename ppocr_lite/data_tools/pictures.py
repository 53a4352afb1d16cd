"""Every picture of a data set decoded once: its size, a digest of its pixels, or why it cannot be read."""

import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from ppocr_lite.data_tools.lmdb_files import image_key, open_lmdb
from ppocr_lite.data_tools.progress import Progress
from ppocr_lite.data_tools.rows import ImageKey
from ppocr_lite.errors import DataError, MissingDependency
from ppocr_lite.images import read_image

DIGEST_BYTES = 16
CHUNK = 64
"""Pictures that are handed to the threads at once, for each thread."""
MAX_WORKERS = 8
"""By default; OpenCV decodes without holding Python's lock, so threads share the work."""


@dataclass(frozen=True, slots=True)
class Picture:
    """What is known of a picture: size in pixels and a digest of the pixels, or a fault.

    Args:
        height, width: as decoded, turned as EXIF says.
        digest: equal for equal pixels, whatever the file format.
        fault: kind of what is wrong (``missing_image``, ``empty_image``, ``unreadable_image``), or empty.
        message: of the fault.
    """

    height: int = 0
    width: int = 0
    digest: bytes = b""
    fault: str = ""
    message: str = ""


class PictureStore:
    """Reads pictures from files and databases; the databases stay open until :meth:`close`."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._databases: dict[str, Any] = {}

    def read(self, key: ImageKey) -> bytes:
        """Encoded bytes.

        Raises:
            FileNotFoundError: no such file, or no such sample.
            OSError: a file that cannot be read.
        """
        if not key.number:
            return Path(key.path).read_bytes()
        with self._databases[key.path].begin(write=False) as transaction:
            data = transaction.get(image_key(key.number))
        if data is None:
            raise FileNotFoundError(f"{key}: no image-{key.number:09d} in the database.")
        return bytes(data)

    def decode(self, key: ImageKey) -> np.ndarray:
        """uint8 BGR [H, W, 3]; DataError or OSError where that fails."""
        return read_image(self.read(key), name=str(key))

    def open(self, keys: Iterable[ImageKey]) -> None:
        """Open the databases of these pictures; to be done before several threads read."""
        for path in {key.path for key in keys if key.number} - set(self._databases):
            self._databases[path] = self._stack.enter_context(open_lmdb(path))

    def close(self) -> None:
        """Close the databases."""
        self._stack.close()
        self._databases.clear()

    def __enter__(self) -> "PictureStore":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def survey(store: PictureStore, keys: Sequence[ImageKey], *, workers: int = 0) -> dict[ImageKey, Picture]:
    """Decode each of ``keys`` once, in several threads (0: as many as this process has cores, at most 8)."""
    store.open(keys)
    distinct = list(dict.fromkeys(keys))
    workers = workers or min(MAX_WORKERS, _cores())
    found: dict[ImageKey, Picture] = {}
    with ThreadPoolExecutor(workers) as pool, Progress("pictures", len(distinct)) as progress:
        # In pieces, because the pool would make a million tasks at once.
        for piece in _pieces(distinct, CHUNK * workers):
            found.update(zip(piece, pool.map(lambda key: look_at(store, key), piece)))
            progress.step(len(piece))
    return found


def look_at(store: PictureStore, key: ImageKey) -> Picture:
    """Size and digest of one picture, or its fault."""
    try:
        data = store.read(key)
    except FileNotFoundError:
        return Picture(fault="missing_image", message=f"{key}: there is no such picture.")
    except OSError as error:
        return Picture(fault="unreadable_image", message=f"{key}: {error.strerror or error}.")
    if not data:
        return Picture(fault="empty_image", message=f"{key}: the file is empty (0 bytes).")
    try:
        image = read_image(data, name=str(key))
    except (DataError, MissingDependency, cv2.error) as error:
        return Picture(fault="unreadable_image", message=str(error))
    digest = hashlib.blake2b(repr(image.shape).encode(), digest_size=DIGEST_BYTES)
    digest.update(np.ascontiguousarray(image).data)
    return Picture(image.shape[0], image.shape[1], digest.digest())


def _cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _pieces(items: Sequence[ImageKey], size: int) -> Iterator[Sequence[ImageKey]]:
    return (items[i : i + size] for i in range(0, len(items), size))
