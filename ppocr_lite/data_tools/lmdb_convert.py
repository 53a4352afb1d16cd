"""Label files with pictures -> one LMDB database, and back. Both appear whole or not at all."""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ppocr_lite.data_tools.kinds import KINDS
from ppocr_lite.data_tools.lmdb_files import (
    COUNT_KEY,
    DATA_FILE,
    count_samples,
    image_key,
    import_lmdb,
    label_key,
    open_lmdb,
)
from ppocr_lite.data_tools.lmdb_writer import FIRST_MAP_SIZE, LmdbWriter
from ppocr_lite.data_tools.pictures import PictureStore
from ppocr_lite.data_tools.progress import Progress
from ppocr_lite.data_tools.rows import Row
from ppocr_lite.errors import ConfigError, DataError

BATCH = 500
"""Samples in a transaction."""
PER_FOLDER = 1000
DIGEST_BYTES = 16
ENDINGS = {
    b"\x89PNG": ".png",
    b"\xff\xd8\xff": ".jpg",
    b"GIF8": ".gif",
    b"BM": ".bmp",
    b"RIFF": ".webp",
    b"II*\0": ".tif",
    b"MM\0*": ".tif",
}

Pair = tuple[bytes, bytes]


def write_database(
    rows: Sequence[Row],
    out: str | Path,
    *,
    skipped: list[str] | None = None,
    force: bool = False,
    map_size: int = FIRST_MAP_SIZE,
) -> int:
    """Write the encoded pictures and labels of ``rows``; gives the number of samples.

    A row with a list of pictures becomes one sample for each. The database is written under another name,
    read back, compared, and only then gets its name.

    Args:
        skipped: gets a line for each row that is left out; without it such a row is an error.
        force: replace a database that is at ``out``.
        map_size: bytes to begin with.

    Raises:
        ConfigError: something is at ``out``.
        DataError: a row that cannot be read, no rows, no space on the disk.
        MissingDependency: the package lmdb is not installed.
    """
    import_lmdb()
    out = Path(out)
    if out.exists() and not (force and (out / DATA_FILE).is_file()) and any(out.iterdir()):
        raise ConfigError(f"{out}: is there already. Give another folder, or --force to replace a database.")
    with _appearing(out) as folder:
        writer = _Writer(folder, map_size)
        with PictureStore() as store, Progress("samples", len(rows)) as progress:
            for row in rows:
                for pair in _samples(row, store, skipped):
                    writer.add(*pair)
                progress.step()
        writer.close()
        if not writer.count:
            raise DataError(f"{out}: no samples to write.")
        _compare(folder, writer.digests)
    return writer.count


def read_database(folder: str | Path, out: str | Path, *, skipped: list[str] | None = None) -> int:
    """Write the samples of a database as ``images/000/000000001.png`` ... and ``label.txt`` below ``out``.

    Raises:
        ConfigError: something is at ``out``.
        DataError: no such database, or (without ``skipped``) a sample that lacks something or whose label
            does not fit in one row.
    """
    out = Path(out)
    if out.exists() and any(out.iterdir()):
        raise ConfigError(f"{out}: is there already and not empty. Give another folder.")
    written = 0
    with open_lmdb(folder) as environment, _appearing(out) as place:
        count = count_samples(environment, folder)
        with (
            (place / "label.txt").open("w", encoding="utf-8", newline="\n") as labels,
            environment.begin(write=False, buffers=False) as transaction,
            Progress("samples", count) as progress,
        ):
            for number in range(1, count + 1):
                data, label = transaction.get(image_key(number)), transaction.get(label_key(number))
                fault = _sample_fault(data, label)
                if fault:
                    _refuse(f"{folder}:{number}: {fault}", skipped)
                else:
                    name = f"images/{(number - 1) // PER_FOLDER:03d}/{number:09d}{ending_of(data)}"
                    (place / name).parent.mkdir(parents=True, exist_ok=True)
                    (place / name).write_bytes(data)
                    labels.write(f"{name}\t{label.decode('utf-8')}\n")
                    written += 1
                progress.step()
    return written


def ending_of(data: bytes) -> str:
    """File name ending for an encoded picture, by its first bytes; ``.bin`` for an unknown kind."""
    return next((ending for start, ending in ENDINGS.items() if data.startswith(start)), ".bin")


class _Writer:
    """Numbers samples, and keeps what is needed to compare them later."""

    def __init__(self, folder: Path, map_size: int) -> None:
        # Synchronized once at the end: what is not whole gets no name anyway.
        self._database = LmdbWriter(folder, map_size=map_size, sync=False)
        self.count = 0
        self.digests: list[bytes] = []

    def add(self, data: bytes, label: bytes) -> None:
        self.count += 1
        self._database.put(image_key(self.count), data)
        self._database.put(label_key(self.count), label)
        self.digests.append(_digest(data, label))
        if self.count % BATCH == 0:
            self._database.commit()

    def close(self) -> None:
        self._database.put(COUNT_KEY, str(self.count).encode("ascii"))
        self._database.commit()
        self._database.close()


def _samples(row: Row, store: PictureStore, skipped: list[str] | None) -> Iterator[Pair]:
    if row.unusable:
        wrong = KINDS[row.unusable].title
        _refuse(f"{row.place}: {wrong}: {f'{row.name} {row.label}'[:60]!r}", skipped)
        return
    for key in row.images:
        try:
            data = store.read(key)
        except OSError as error:
            _refuse(f"{row.place}: {key}: cannot be read ({error.strerror or error}).", skipped)
            continue
        if data:
            yield data, row.label.encode("utf-8")
        else:
            _refuse(f"{row.place}: {key}: the file is empty (0 bytes).", skipped)


def _refuse(text: str, skipped: list[str] | None) -> None:
    if skipped is None:
        raise DataError(f"{text} Correct it, or leave such samples out with --skip-bad.")
    skipped.append(text)


def _sample_fault(data: bytes | None, label: bytes | None) -> str:
    if not data:
        return "no picture is stored under this number."
    if label is None:
        return "no label is stored under this number."
    try:
        text = label.decode("utf-8")
    except UnicodeDecodeError:
        return f"the label is not UTF-8: {label[:60]!r}."
    # json.loads makes nothing of it: a line end in JSON would be escaped.
    if "\n" in text or "\t" in text or "\r" in text:
        return f"the label holds a tab or a line end, which a label file cannot: {json.dumps(text)[:60]}."
    return ""


def _digest(data: bytes, label: bytes) -> bytes:
    return hashlib.blake2b(data + b"\0" + label, digest_size=DIGEST_BYTES).digest()


def _compare(folder: Path, digests: Sequence[bytes]) -> None:
    """DataError where the database does not give back what was put in."""
    with open_lmdb(folder) as environment:
        if count_samples(environment, folder) != len(digests):
            raise DataError(f"{folder}: the database counts other samples than were written.")
        with environment.begin(write=False) as transaction:
            for number, digest in enumerate(digests, 1):
                data, label = transaction.get(image_key(number)), transaction.get(label_key(number))
                if data is None or label is None or _digest(bytes(data), bytes(label)) != digest:
                    raise DataError(
                        f"{folder}:{number}: the sample reads back otherwise than it was written."
                    )


@contextmanager
def _appearing(out: Path) -> Iterator[Path]:
    """A folder beside ``out`` that becomes ``out`` when all went well, and vanishes otherwise."""
    out.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=out.parent, prefix=f".{out.name}.", suffix=".part"))
    try:
        yield folder
        os.chmod(folder, 0o755)  # mkdtemp makes folders that nobody else can read
        if out.exists():
            shutil.rmtree(out)
        os.replace(folder, out)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
