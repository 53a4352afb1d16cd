"""Datasets: numbered samples that any process can make, the same in each.

Sample ``index`` of ``epoch`` depends on the seed, the epoch and the index alone, so neither the number of
workers nor the order of access changes it.
"""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from ppocr_lite.charset import Charset
from ppocr_lite.errors import ConfigError, DataError
from ppocr_lite.registry import DATASETS
from ppocr_lite.transforms import FILE_SOURCES, Pipeline, Sample, build_pipeline

UNREADABLE = "unreadable"
"""Kind of a sample that is broken, beside ``dropped by <transform>``."""


@dataclass(frozen=True)
class Fetched:
    """A sample, or None with the kind of the fault and the details of it (file, row, message)."""

    sample: Sample | None
    kind: str = ""
    detail: str = ""


class PipelineDataset:
    """What all datasets share: read, then run the transforms.

    Args:
        pipeline: the transforms.
        seed: of all that is random in a sample.
    """

    def __init__(self, pipeline: Pipeline, seed: int) -> None:
        self.pipeline = pipeline
        self.seed = int(seed)

    def __len__(self) -> int:
        raise NotImplementedError

    def read(self, index: int, epoch: int, rng: np.random.Generator) -> Sample:
        """The raw sample; DataError where it cannot be read."""
        raise NotImplementedError

    def place(self, index: int, epoch: int) -> str:
        """Where the sample comes from, for messages."""
        raise NotImplementedError

    def fetch(self, index: int, epoch: int = 0) -> Fetched:
        """Sample ``index`` after the transforms, or why there is none."""
        rng = np.random.default_rng([self.seed, epoch, index])
        try:
            raw = self.read(index, epoch, rng)
            raw.setdefault("ext_data", [])
            raw["epoch"] = epoch
            sample, reason = self.pipeline.run(raw, rng)
        except (DataError, cv2.error) as error:
            return Fetched(None, UNREADABLE, f"{self.place(index, epoch)}: {error}")
        if sample is None:
            return Fetched(None, reason, self.place(index, epoch))
        return Fetched(sample)

    def get(self, index: int, epoch: int = 0) -> Sample | None:
        """Sample ``index`` after the transforms; None where a transform drops it, DataError if unreadable."""
        fetched = self.fetch(index, epoch)
        if fetched.kind == UNREADABLE:
            raise DataError(fetched.detail)
        return fetched.sample


@DATASETS.register("SimpleDataSet", "TextDetDataset", "TextRecDataset")
class SimpleDataSet(PipelineDataset):
    """Images in a folder, labels in text files: one ``path<TAB>label`` a row, UTF-8.

    The first field may be a JSON list of paths, of which one is drawn at each access. Further fields, a
    byte-order mark and carriage returns are dropped, empty rows left out.

    Args:
        data_dir: folder that the paths start from.
        label_file_list: one file or several.
        ratio_list: share of each file's rows in an epoch, drawn anew for each epoch in training; above 1 rows
            repeat. One number serves all files.
        delimiter: between path and label.
        transforms: the YAML list, see build_pipeline.
        mode: ``Train`` or ``Eval``.
        seed, charset, global_section, section_path: from the caller.

    Raises:
        DataError: no such file, a row without the delimiter, no rows.
    """

    ignored_params = ("ext_op_transform_idx", "label_ratio_list")

    def __init__(
        self,
        data_dir: str,
        label_file_list: str | Sequence[str],
        *,
        ratio_list: float | Sequence[float] = 1.0,
        delimiter: str = "\t",
        transforms: Sequence[Mapping[str, Any]] = (),
        mode: str = "Train",
        seed: int = 1024,
        charset: Charset | None = None,
        global_section: Mapping[str, Any] | None = None,
        section_path: str = "dataset",
    ) -> None:
        pipeline = build_pipeline(
            transforms,
            global_section,
            where=f"{section_path}.transforms",
            charset=charset,
            sources=FILE_SOURCES,
        )
        super().__init__(pipeline, seed)
        self.data_dir = Path(data_dir)
        self.delimiter = delimiter
        files = [label_file_list] if isinstance(label_file_list, str) else list(label_file_list or [])
        if not files:
            raise ConfigError(f"{section_path}.label_file_list: no label file is given.")
        self.ratios = _broadcast(ratio_list, len(files), section_path)
        self.train = mode == "Train"
        self._files = [_read_rows(Path(file), delimiter) for file in files]
        self._names = [str(file) for file in files]
        self._counts = [round(len(rows) * ratio) for rows, ratio in zip(self._files, self.ratios)]
        if not sum(self._counts):
            raise DataError(f"{', '.join(self._names)}: no samples. Each row holds 'path<TAB>label'.")
        self._chosen: tuple[int, list[np.ndarray]] = (-1, [])

    def __len__(self) -> int:
        return sum(self._counts)

    def read(self, index: int, epoch: int, rng: np.random.Generator) -> Sample:
        file, row = self._locate(index, epoch)
        name, _, rest = self._files[file][row][1].partition(self.delimiter)
        path = self.data_dir / _one_path(name, rng)
        try:
            data = path.read_bytes()
        except OSError as error:
            raise DataError(f"{path}: cannot be read ({error.strerror or error}).") from error
        return {"img_path": str(path), "image": data, "label": rest.split(self.delimiter)[0]}

    def place(self, index: int, epoch: int) -> str:
        file, row = self._locate(index, epoch)
        return f"{self._names[file]}:{self._files[file][row][0]}"

    def _locate(self, index: int, epoch: int) -> tuple[int, int]:
        """(file, row) of a sample."""
        epoch = epoch if self.train else 0
        if self._chosen[0] != epoch:
            self._chosen = (epoch, [self._choose(i, epoch) for i in range(len(self._files))])
        for file, count in enumerate(self._counts):
            if index < count:
                return file, int(self._chosen[1][file][index])
            index -= count
        raise IndexError(f"sample {index} beyond the end")

    def _choose(self, file: int, epoch: int) -> np.ndarray:
        """Rows of one file that are in an epoch."""
        rows, count = len(self._files[file]), self._counts[file]
        whole, part = divmod(count, rows) if rows else (0, 0)
        drawn = np.random.default_rng([self.seed, epoch, file]).permutation(rows)[:part]
        return np.concatenate([np.arange(rows)] * whole + [np.sort(drawn)]).astype(np.int64)


def _broadcast(ratio_list: float | Sequence[float], count: int, where: str) -> list[float]:
    ratios = [ratio_list] * count if isinstance(ratio_list, (int, float)) else list(ratio_list)
    if len(ratios) == 1:
        ratios = ratios * count
    if len(ratios) != count or min(ratios) < 0:
        raise ConfigError(
            f"{where}.ratio_list: expected one number of at least 0 for each of {count} label files, "
            f"got {ratio_list}."
        )
    return [float(ratio) for ratio in ratios]


def _read_rows(file: Path, delimiter: str) -> list[tuple[int, str]]:
    """(row number, text) of the rows of a label file that are not empty."""
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise DataError(f"{file}: the label file cannot be read ({error.strerror or error}).") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{file}: the label file is not UTF-8 ({error}).") from error
    rows = [(i, row.rstrip("\r")) for i, row in enumerate(text.split("\n"), 1) if row.strip("\r ")]
    for number, row in rows:
        if delimiter not in row:
            shown = "path<TAB>label" if delimiter == "\t" else f"path{delimiter}label"
            raise DataError(
                f"{file}:{number}: expected '{shown}', got {row[:60]!r}. Check the separator of this row."
            )
    return rows


def _one_path(name: str, rng: np.random.Generator) -> str:
    if not name.startswith("["):
        return name
    try:
        names = json.loads(name)
        return str(names[int(rng.integers(len(names)))])
    except (ValueError, TypeError, IndexError):
        return name  # a file name may begin with a bracket


@DATASETS.register("LMDBDataSet", "LMDBDateSet")
class LMDBDataSet(PipelineDataset):
    """LMDB databases of PaddleOCR's layout: ``num-samples``, ``image-%09d``, ``label-%09d``, from 1.

    Args:
        data_dir: one folder or several, searched for databases at any depth.
        transforms, seed, charset, global_section, section_path: see SimpleDataSet.

    Raises:
        DataError: no database, or one without samples.
    """

    ignored_params = ("label_file_list", "ratio_list", "delimiter", "ext_op_transform_idx")

    def __init__(
        self,
        data_dir: str | Sequence[str],
        transforms: Sequence[Mapping[str, Any]] = (),
        *,
        seed: int = 1024,
        charset: Charset | None = None,
        global_section: Mapping[str, Any] | None = None,
        section_path: str = "dataset",
    ) -> None:
        pipeline = build_pipeline(
            transforms,
            global_section,
            where=f"{section_path}.transforms",
            charset=charset,
            sources=FILE_SOURCES,
        )
        super().__init__(pipeline, seed)
        roots = [data_dir] if isinstance(data_dir, str) else list(data_dir)
        self._paths = sorted(str(f.parent) for root in roots for f in Path(root).rglob("data.mdb"))
        if not self._paths:
            raise DataError(f"{', '.join(roots)}: no LMDB database (data.mdb) in it.")
        self._envs: tuple[int, list[Any]] = (-1, [])
        self._counts = [self._count(i) for i in range(len(self._paths))]

    def __len__(self) -> int:
        return sum(self._counts)

    def read(self, index: int, epoch: int, rng: np.random.Generator) -> Sample:
        database, number = self._locate(index)
        with self._environment(database).begin(write=False) as transaction:
            image = transaction.get(b"image-%09d" % number)
            label = transaction.get(b"label-%09d" % number)
        if image is None or label is None:
            raise DataError("no image or no label is stored under this number.")
        return {"img_path": self.place(index, epoch), "image": bytes(image), "label": label.decode("utf-8")}

    def place(self, index: int, epoch: int) -> str:
        database, number = self._locate(index)
        return f"{self._paths[database]}:{number}"

    def _locate(self, index: int) -> tuple[int, int]:
        for database, count in enumerate(self._counts):
            if index < count:
                return database, index + 1
            index -= count
        raise IndexError(f"sample {index} beyond the end")

    def _count(self, database: int) -> int:
        with self._environment(database).begin(write=False) as transaction:
            text = transaction.get(b"num-samples")
        if text is None or int(text) < 1:
            raise DataError(f"{self._paths[database]}: the database has no samples ('num-samples').")
        return int(text)

    def _environment(self, database: int) -> Any:
        # An open environment must not cross into another process, so each opens its own.
        if self._envs[0] != os.getpid():
            self._envs = (os.getpid(), [_open_lmdb(path) for path in self._paths])
        return self._envs[1][database]

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_envs": (-1, [])}


def _open_lmdb(path: str) -> Any:
    try:
        import lmdb
    except ImportError as error:
        raise ConfigError('LMDBDataSet needs lmdb: pip install "ppocr-lite[train]"') from error
    try:
        return lmdb.open(path, max_readers=32, readonly=True, lock=False, readahead=False, meminit=False)
    except lmdb.Error as error:
        raise DataError(f"{path}: not an LMDB database that can be opened ({error}).") from error
