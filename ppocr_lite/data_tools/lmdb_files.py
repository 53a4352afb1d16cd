"""LMDB databases of PaddleOCR's layout: ``num-samples``, ``image-%09d``, ``label-%09d``, numbers from 1."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ppocr_lite.data_tools.rows import ImageKey, LabelFile, Row
from ppocr_lite.errors import DataError, MissingDependency

DATA_FILE = "data.mdb"
COUNT_KEY = b"num-samples"


def image_key(number: int) -> bytes:
    """Key of a picture."""
    return b"image-%09d" % number


def label_key(number: int) -> bytes:
    """Key of a label."""
    return b"label-%09d" % number


def import_lmdb() -> Any:
    """The package lmdb; MissingDependency with the pip line where it is not installed."""
    try:
        import lmdb
    except ImportError as error:
        raise MissingDependency('LMDB databases need lmdb: pip install "ppocr-lite[train]"') from error
    return lmdb


@contextmanager
def open_lmdb(folder: str | Path) -> Iterator[Any]:
    """A database opened for reading.

    Raises:
        DataError: no database there, or one that cannot be opened.
    """
    lmdb = import_lmdb()
    if not (Path(folder) / DATA_FILE).is_file():
        raise DataError(f"{folder}: no LMDB database ({DATA_FILE}) in it.")
    try:
        environment = lmdb.open(
            str(folder), readonly=True, lock=False, readahead=False, meminit=False, max_readers=128
        )
    except lmdb.Error as error:
        raise DataError(f"{folder}: not an LMDB database that can be opened ({error}).") from error
    try:
        yield environment
    finally:
        environment.close()


def find_databases(*roots: str | Path) -> list[str]:
    """Folders below ``roots``, at any depth, that hold a database; DataError if there is none."""
    found = sorted(str(f.parent) for root in roots for f in Path(root).rglob(DATA_FILE))
    if not found:
        raise DataError(f"{', '.join(map(str, roots))}: no LMDB database ({DATA_FILE}) in it.")
    return found


def count_samples(environment: Any, folder: str | Path) -> int:
    """What ``num-samples`` says; DataError where that is missing or no number."""
    with environment.begin(write=False) as transaction:
        text = transaction.get(COUNT_KEY)
    try:
        return int(text)
    except (TypeError, ValueError):
        raise DataError(
            f"{folder}: the database does not say how many samples it has ('num-samples' is {text!r})."
        ) from None


def read_lmdb(folder: str, *, limit: int = 0) -> LabelFile:
    """The labels of a database as rows; a sample without label or picture has that as a fault."""
    rows = []
    with open_lmdb(folder) as environment:
        count = count_samples(environment, folder)
        with environment.begin(write=False) as transaction:
            for number in range(1, min(limit or count, count) + 1):
                label = transaction.get(label_key(number))
                rows.append(_row(folder, number, label))
    return LabelFile(folder, rows, is_lmdb=True)


def _row(folder: str, number: int, label: bytes | None) -> Row:
    images = (ImageKey(folder, number),)
    if label is None:
        return Row(folder, number, "", "", images=images, faults=("no_label",))
    try:
        return Row(folder, number, "", label.decode("utf-8"), images=images)
    except UnicodeDecodeError:
        return Row(folder, number, "", label.decode("utf-8", "replace"), images=images, faults=("not_utf8",))
