"""What large imports are written to: a label file, or an LMDB. Both can go on after an interruption."""

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from ppocr_lite.data_tools.importers.items import Item
from ppocr_lite.data_tools.lmdb_files import (
    COUNT_KEY,
    checked_count,
    image_key,
    label_key,
    lexicon_key,
    open_lmdb,
)
from ppocr_lite.data_tools.lmdb_writer import LmdbWriter
from ppocr_lite.errors import ConfigError, DataError
from ppocr_lite.weights.disk import write_atomic

STATE_KEY = b"import-state"
PART = ".part"
"""Ending of the name until all is there."""

State = dict[str, Any]
"""Plain values that tell how far an import is."""


class Target(Protocol):
    """Takes items; what was added since the last :meth:`commit` is lost by an interruption, and no more."""

    def state(self) -> State | None:
        """That of the last commit of an interrupted import; None at the beginning."""
        ...

    def add(self, item: Item) -> None: ...

    def commit(self, state: State) -> None: ...

    def finish(self) -> str:
        """Give the result its name; returns a line about it."""
        ...

    def discard(self) -> None:
        """Leave nothing behind."""
        ...


class LmdbTarget:
    """An LMDB, ``<out>.part`` until it is whole; the state is written in the same step as the samples.

    Raises:
        ConfigError: something is at ``out``.
    """

    def __init__(self, out: Path) -> None:
        if out.exists() and (not out.is_dir() or any(out.iterdir())):
            raise ConfigError(f"{out}: is there already. Give another folder.")
        self._out, self._part = out, out.with_name(out.name + PART)
        self._part.mkdir(parents=True, exist_ok=True)
        self._database = LmdbWriter(self._part)
        found = self.state()
        self._count = int(found["written"]) if found else 0

    def state(self) -> State | None:
        text = self._database.get(STATE_KEY)
        return None if text is None else _parsed(text, self._part)

    def add(self, item: Item) -> None:
        self._count += 1
        self._database.put(image_key(self._count), item.data)
        self._database.put(label_key(self._count), item.label.encode("utf-8"))
        for name, words in item.lexicons.items():
            self._database.put(lexicon_key(name, self._count), " ".join(words).encode("utf-8"))

    def commit(self, state: State) -> None:
        self._database.put(STATE_KEY, _written(state))
        self._database.commit()

    def finish(self) -> str:
        self._database.put(COUNT_KEY, str(self._count).encode("ascii"))
        self._database.commit(without=STATE_KEY)
        self._database.close()
        with open_lmdb(self._part) as environment:
            checked_count(environment, self._part)
        if self._out.exists():
            self._out.rmdir()
        os.replace(self._part, self._out)
        return f"{self._out}: {self._count} samples"

    def discard(self) -> None:
        self._database.close()
        shutil.rmtree(self._part)


class LabelTarget:
    """A label file, and the crops that it names; ``<name>.part`` and ``<name>.state`` until it is whole.

    Args:
        file: the label file.
        root: what its paths start from; crops are written there.

    Raises:
        ConfigError: the file is there.
    """

    def __init__(self, file: Path, root: Path) -> None:
        if file.exists():
            raise ConfigError(f"{file}: is there already. Give another folder.")
        self._file, self._root = file, Path(os.path.abspath(root))
        self._part = file.with_name(file.name + PART)
        self._state_file = file.with_name(file.name + ".state")
        file.parent.mkdir(parents=True, exist_ok=True)
        found = self.state()
        self._rows = self._part.open("r+b" if found else "wb")
        if found:
            self._rows.truncate(int(found["bytes"]))
            self._rows.seek(0, os.SEEK_END)
        self._count = int(found["written"]) if found else 0

    def state(self) -> State | None:
        if not (self._state_file.is_file() and self._part.is_file()):
            return None
        return _parsed(self._state_file.read_bytes(), self._state_file)

    def add(self, item: Item) -> None:
        self._count += 1
        if item.path is None:
            path = self._root / item.name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(item.data)
        name = item.name if item.path is None else os.path.relpath(item.path, self._root).replace(os.sep, "/")
        self._rows.write(f"{name}\t{item.label}\n".encode("utf-8", "backslashreplace"))

    def commit(self, state: State) -> None:
        self._rows.flush()
        os.fsync(self._rows.fileno())
        write_atomic(self._state_file, _written({**state, "bytes": self._rows.tell()}))

    def finish(self) -> str:
        self._rows.close()
        os.replace(self._part, self._file)
        self._state_file.unlink(missing_ok=True)
        return f"{self._file}: {self._count} rows (data_dir: {self._root})"

    def discard(self) -> None:
        self._rows.close()
        self._part.unlink()
        self._state_file.unlink(missing_ok=True)


def _written(state: Mapping[str, Any]) -> bytes:
    return json.dumps(state, ensure_ascii=True).encode("ascii")


def _parsed(text: bytes, place: Path) -> State:
    try:
        state: State = json.loads(text)
    except ValueError as error:
        raise DataError(f"{place}: its state is broken ({error}). Delete it to begin anew.") from error
    return state
