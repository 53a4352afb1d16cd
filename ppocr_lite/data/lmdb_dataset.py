"""Datasets in LMDB databases."""

import os
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from ppocr_lite.charset import Charset
from ppocr_lite.data.base import PipelineDataset
from ppocr_lite.data.extra import dataset_steps
from ppocr_lite.data_tools.lmdb_files import checked_count
from ppocr_lite.errors import ConfigError, DataError
from ppocr_lite.registry import DATASETS
from ppocr_lite.transforms import FILE_SOURCES, Sample


@DATASETS.register("LMDBDataSet", "LMDBDateSet")
class LMDBDataSet(PipelineDataset):
    """LMDB databases of PaddleOCR's layout: ``num-samples``, ``image-%09d``, ``label-%09d``, from 1.

    Args:
        data_dir: one folder or several, searched for databases at any depth.
        ext_op_transform_idx: as in SimpleDataSet; 1 here, because this is where text lines are stored.
        transforms, seed, charset, global_section, section_path: see SimpleDataSet.

    Raises:
        DataError: no database, or one without samples or with a wrong ``num-samples``.
    """

    ignored_params = ("label_file_list", "ratio_list", "delimiter")

    def __init__(
        self,
        data_dir: str | Sequence[str],
        transforms: Sequence[Mapping[str, Any]] = (),
        *,
        ext_op_transform_idx: int = 1,
        seed: int = 1024,
        charset: Charset | None = None,
        global_section: Mapping[str, Any] | None = None,
        section_path: str = "dataset",
    ) -> None:
        pipeline, extra = dataset_steps(
            transforms,
            global_section,
            charset=charset,
            ext_op_transform_idx=ext_op_transform_idx,
            sources=FILE_SOURCES,
            section_path=section_path,
        )
        super().__init__(pipeline, seed, extra=extra)
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
        return checked_count(self._environment(database), self._paths[database])

    def _environment(self, database: int) -> Any:
        # An open environment must not cross into another process, so each opens its own.
        if self._envs[0] != os.getpid():
            self._envs = (os.getpid(), [_open_lmdb(path, os.getpid()) for path in self._paths])
        return self._envs[1][database]

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_envs": (-1, [])}


@cache
def _open_lmdb(path: str, process: int) -> Any:
    """The environment of a database; a process may open each only once, for all of its datasets."""
    try:
        import lmdb
    except ImportError as error:
        raise ConfigError('LMDBDataSet needs lmdb: pip install "ppocr-lite[train]"') from error
    try:
        return lmdb.open(path, max_readers=32, readonly=True, lock=False, readahead=False, meminit=False)
    except lmdb.Error as error:
        raise DataError(f"{path}: not an LMDB database that can be opened ({error}).") from error
