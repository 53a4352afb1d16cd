"""Test sets: every LMDB below a folder, as in the deep-text-recognition-benchmark and its successors."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ppocr_lite.data_tools.lmdb_files import (
    checked_count,
    find_databases,
    image_key,
    label_key,
    lexicon_names,
    open_lmdb,
)
from ppocr_lite.errors import ConfigError, DataError
from ppocr_lite.images import read_image
from ppocr_lite.registry import did_you_mean

NO_PICTURE, NO_LABEL, NOT_UTF8 = "no picture stored", "no label stored", "label not UTF-8"
UNREADABLE = "picture cannot be read"


@dataclass(frozen=True, eq=False)
class Entry:
    """A sample as it is stored, or (``fault`` not empty) why it cannot be used and the details of it."""

    number: int
    label: str = ""
    data: bytes = b""
    fault: str = ""
    detail: str = ""


@dataclass(frozen=True)
class Location:
    """Name of a set, its path below the folder that was given, and the folder of its database."""

    name: str
    folder: Path


def find_sets(root: str | Path, wanted: Sequence[str] = ()) -> list[Location]:
    """All databases below ``root``, or those of the ``wanted`` names in that order.

    Raises:
        DataError: no such folder, or no database in it.
        ConfigError: none of a wanted name.
    """
    root = Path(root)
    if not root.is_dir():
        raise DataError(f"{root}: no such folder.")
    found = {}
    for folder in map(Path, find_databases(root)):
        name = folder.relative_to(root).as_posix() if folder != root else folder.resolve().name
        found[name] = Location(name, folder)
    for name in wanted:
        if name not in found:
            raise ConfigError(
                f"--sets: no database '{name}' in {root}.{did_you_mean(name, found)} "
                f"There are: {', '.join(found)}."
            )
    return [found[name] for name in dict.fromkeys(wanted or found)]


class Database:
    """An opened test set.

    Attributes:
        name, folder: see :class:`Location`.
        count: samples that it holds, which was checked.
    """

    def __init__(self, location: Location, transaction: Any, count: int) -> None:
        self.name, self.folder = location.name, location.folder
        self.count = count
        self._transaction = transaction

    def get(self, key: bytes) -> bytes | None:
        """A value; None where there is no such key."""
        value = self._transaction.get(key)
        return None if value is None else bytes(value)

    def lexicons(self) -> list[str]:
        """Names of the lexicons that it holds."""
        return lexicon_names(self._transaction)

    def label(self, number: int) -> tuple[str, str]:
        """(label, fault): one of them is empty, but a label may be empty as well."""
        data = self.get(label_key(number))
        if data is None:
            return "", NO_LABEL
        try:
            return data.decode("utf-8"), ""
        except UnicodeDecodeError:
            return "", NOT_UTF8

    def place(self, number: int) -> str:
        """``folder:number``, for messages."""
        return f"{self.folder}:{number}"

    def __iter__(self) -> Iterator[Entry]:
        """All samples, in order; pictures are still encoded."""
        for number in range(1, self.count + 1):
            label, fault = self.label(number)
            data = self.get(image_key(number))
            fault = fault or ("" if data else NO_PICTURE)
            yield Entry(number, label, data or b"", fault, f"{self.place(number)}: {fault}" if fault else "")

    def decode(self, entry: Entry) -> np.ndarray:
        """uint8 BGR [H, W, 3]; DataError where the picture cannot be read."""
        return read_image(entry.data, name=self.place(entry.number))


@contextmanager
def open_database(location: Location) -> Iterator[Database]:
    """The set, opened; DataError for a database that cannot be opened or has a wrong ``num-samples``."""
    with open_lmdb(location.folder) as environment:
        count = checked_count(environment, location.folder)
        with environment.begin(write=False) as transaction:
            yield Database(location, transaction, count)
