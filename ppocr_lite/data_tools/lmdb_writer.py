"""Writing to an LMDB database whose size nobody knows before."""

from pathlib import Path
from typing import Any

from ppocr_lite.data_tools.lmdb_files import import_lmdb
from ppocr_lite.errors import DataError

FIRST_MAP_SIZE = 1 << 26
"""Bytes; doubled whenever it is full, because some systems reserve the space at once."""


class LmdbWriter:
    """Collects keys and values, and writes them in transactions.

    Args:
        folder: of the database, which is made, or gone on with.
        map_size: bytes to begin with; enlarged where a transaction does not fit.
        sync: what :meth:`commit` has written is safe on the disk; else :meth:`close` sees to it.

    Raises:
        DataError: it cannot be opened or written.
        MissingDependency: the package lmdb is not installed.
    """

    def __init__(self, folder: Path, *, map_size: int = FIRST_MAP_SIZE, sync: bool = True) -> None:
        self._lmdb = import_lmdb()
        self._folder = folder
        try:
            self._environment: Any = self._lmdb.open(str(folder), map_size=map_size, sync=sync, lock=False)
        except self._lmdb.Error as error:
            raise self._broken(error) from error
        self._waiting: list[tuple[bytes, bytes]] = []

    def get(self, key: bytes) -> bytes | None:
        """What is written under a key."""
        with self._environment.begin(write=False) as transaction:
            value = transaction.get(key)
        return None if value is None else bytes(value)

    def put(self, key: bytes, value: bytes) -> None:
        """To be written by the next :meth:`commit`."""
        self._waiting.append((key, value))

    def commit(self, *, without: bytes = b"") -> None:
        """Write all that waits, or nothing of it; in the same step drop the key ``without``."""
        while True:
            try:
                with self._environment.begin(write=True) as transaction:
                    for key, value in self._waiting:
                        transaction.put(key, value)
                    if without:
                        transaction.delete(without)
                break
            except self._lmdb.MapFullError:
                self._environment.set_mapsize(2 * self._environment.info()["map_size"])
            except self._lmdb.Error as error:
                raise self._broken(error) from error
        self._waiting = []

    def close(self) -> None:
        """Bring everything to the disk, and close; what waits is not written."""
        self._environment.sync(True)
        self._environment.close()

    def _broken(self, error: Exception) -> DataError:
        return DataError(f"{self._folder}: the database cannot be written ({error}).")
