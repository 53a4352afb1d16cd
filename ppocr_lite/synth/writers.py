"""Writes rendered samples as PaddleOCR reads them: picture folders with a label file, or LMDB."""

from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

from ppocr_lite.errors import ConfigError, MissingDependency

_PER_FOLDER = 1000  # pictures in one folder
_COMMIT_EVERY = 2000  # samples in one LMDB transaction


class Writer(Protocol):
    """Takes encoded pictures with their labels, in order."""

    def add(self, index: int, data: bytes, label: str) -> None: ...

    def close(self) -> None: ...


class FolderWriter:
    """``images/000/00000012.png`` ... and ``label.txt`` with ``path<TAB>label`` lines below ``out``."""

    def __init__(self, out: Path, kind: str, *, suffix: str = ".png") -> None:
        self._out = out
        self._suffix = suffix
        out.mkdir(parents=True, exist_ok=True)
        self._labels = (out / "label.txt").open("w", encoding="utf-8", newline="\n")

    def add(self, index: int, data: bytes, label: str) -> None:
        """Write one picture and its line."""
        name = f"images/{index // _PER_FOLDER:03d}/{index:08d}{self._suffix}"
        path = self._out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        self._labels.write(f"{name}\t{label}\n")

    def close(self) -> None:
        """Finish the label file."""
        self._labels.close()

    def __enter__(self) -> "FolderWriter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class LmdbWriter:
    """One LMDB with the keys ``image-%09d``, ``label-%09d`` (from 1), ``num-samples``: LMDBDataSet's.

    Raises:
        ConfigError: for pages, which PaddleOCR does not read from LMDB.
        MissingDependency: the package lmdb is not installed.
    """

    def __init__(self, out: Path, kind: str, *, suffix: str = ".png") -> None:
        if kind == "det":
            raise ConfigError(
                "--lmdb: pages are written as folders only; PaddleOCR's detectors read label files."
            )
        try:
            import lmdb
        except ImportError as error:
            raise MissingDependency("LMDB files need lmdb: pip install 'ppocr-lite[train]'") from error
        out.mkdir(parents=True, exist_ok=True)
        # The file is sparse: it takes the disk space of what is written, not of the map.
        self._env: Any = lmdb.open(str(out), map_size=1 << 40)
        self._transaction: Any = self._env.begin(write=True)
        self._count = 0

    def add(self, index: int, data: bytes, label: str) -> None:
        """Put one sample."""
        self._count += 1
        self._transaction.put(f"image-{self._count:09d}".encode(), data)
        self._transaction.put(f"label-{self._count:09d}".encode(), label.encode("utf-8"))
        if self._count % _COMMIT_EVERY == 0:
            self._transaction.commit()
            self._transaction = self._env.begin(write=True)

    def close(self) -> None:
        """Write the count and close."""
        self._transaction.put(b"num-samples", str(self._count).encode())
        self._transaction.commit()
        self._env.close()
