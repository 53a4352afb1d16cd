"""LMDB databases of PaddleOCR's layout: ``num-samples``, ``image-%09d``, ``label-%09d``, numbers from 1."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ppocr_lite.data_tools.rows import ImageKey, LabelFile, Row
from ppocr_lite.errors import DataError, MissingDependency

DATA_FILE = "data.mdb"
COUNT_KEY = b"num-samples"
IMAGE_START, LABEL_START = b"image-", b"label-"
LEXICON_START, NAMED_LEXICON = b"lexicon-", b"lexicon."
FIRST_LEXICON = "50"
"""Name of the lexicon whose keys have no name in them."""


def image_key(number: int) -> bytes:
    """Key of a picture."""
    return b"image-%09d" % number


def label_key(number: int) -> bytes:
    """Key of a label."""
    return b"label-%09d" % number


def lexicon_key(name: str, number: int) -> bytes:
    """Key of the words, with blanks between, among which the text of a test set's picture is.

    ``lexicon-%09d`` for the lexicon ``50``, where CRNN's tools put it; ``lexicon.NAME-%09d`` for others.
    """
    start = LEXICON_START if name == FIRST_LEXICON else b"%s%s-" % (NAMED_LEXICON, name.encode())
    return start + b"%09d" % number


def lexicon_names(transaction: Any) -> list[str]:
    """Names of the lexicons that a database holds."""
    cursor = transaction.cursor()
    names = []
    if cursor.set_range(LEXICON_START) and cursor.key().startswith(LEXICON_START):
        names.append(FIRST_LEXICON)
    found = cursor.set_range(NAMED_LEXICON)
    while found and cursor.key().startswith(NAMED_LEXICON):
        start, _, _ = cursor.key().rpartition(b"-")
        names.append(start.removeprefix(NAMED_LEXICON).decode("utf-8", "replace"))
        found = cursor.set_range(start + b"-:")  # a byte above the digits: the first key of the next name
    return names


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


def checked_count(environment: Any, folder: str | Path) -> int:
    """``num-samples``, compared with the number of the last sample that is stored.

    Raises:
        DataError: it is missing, no number, below 1, or another number than that of the last sample.
    """
    with environment.begin(write=False) as transaction:
        text = transaction.get(COUNT_KEY)
        last = max(_last_number(transaction, start) for start in (IMAGE_START, LABEL_START))
    if text is None or not text.isdigit() or int(text) < 1:
        raise DataError(f"{folder}: the database has no samples ('num-samples').")
    count = int(text)
    if count != last:
        raise DataError(
            f"{folder}: 'num-samples' is {count}, but the last sample stored is number {last}. The database "
            "was not written to its end, or was changed afterwards: copy it again, or write it again."
        )
    return count


def _last_number(transaction: Any, start: bytes) -> int:
    """The greatest number among the keys that begin with ``start``; 0 without one."""
    cursor = transaction.cursor()
    # Keys are sorted; a byte above the digits comes behind all numbers.
    found = cursor.prev() if cursor.set_range(start + b":") else cursor.last()
    while found and cursor.key().startswith(start):
        digits = cursor.key()[len(start) :]
        if digits.isdigit():
            return int(digits)
        found = cursor.prev()
    return 0


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
