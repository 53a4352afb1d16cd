"""Images in folders, labels in text files."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ppocr_lite.charset import Charset
from ppocr_lite.data.base import PipelineDataset
from ppocr_lite.data.extra import dataset_steps
from ppocr_lite.errors import ConfigError, DataError
from ppocr_lite.registry import DATASETS
from ppocr_lite.transforms import FILE_SOURCES, Sample


@DATASETS.register("SimpleDataSet", "TextDetDataset", "TextRecDataset")
class SimpleDataSet(PipelineDataset):
    """Images in a folder, labels in text files: one ``path<TAB>label`` a row, UTF-8.

    The first field may be a JSON list of paths, of which one is drawn at each access. Further fields, a
    byte-order mark and carriage returns are dropped, empty rows left out.

    Args:
        data_dir: folder that the paths start from; a list has one for each label file.
        label_file_list: one file or several.
        ratio_list: share of each file's rows in an epoch, drawn anew for each epoch in training; above 1 rows
            repeat. One number serves all files.
        delimiter: between path and label.
        transforms: the YAML list, see build_pipeline.
        ext_op_transform_idx: transforms that extra samples (for CopyPaste, RecConAug) go through; they are
            other rows of the files, drawn at random.
        mode: ``Train`` or ``Eval``.
        seed, charset, global_section, section_path: from the caller.

    Raises:
        DataError: no such file, a row without the delimiter, no rows.
    """

    ignored_params = ("label_ratio_list",)

    def __init__(
        self,
        data_dir: str | Sequence[str],
        label_file_list: str | Sequence[str],
        *,
        ratio_list: float | Sequence[float] = 1.0,
        delimiter: str = "\t",
        transforms: Sequence[Mapping[str, Any]] = (),
        ext_op_transform_idx: int = 2,
        mode: str = "Train",
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
        self.delimiter = delimiter
        files = [label_file_list] if isinstance(label_file_list, str) else list(label_file_list or [])
        if not files:
            raise ConfigError(f"{section_path}.label_file_list: no label file is given.")
        self.ratios = _broadcast(ratio_list, len(files), section_path)
        self._folders = _folders(data_dir, len(files), section_path)
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
        path = self._folders[file] / _one_path(name, rng)
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


def _folders(data_dir: str | Sequence[str], count: int, where: str) -> list[Path]:
    """The folder of each label file."""
    folders = [data_dir] if isinstance(data_dir, str) else list(data_dir)
    if len(folders) == 1:
        folders = folders * count
    if len(folders) != count:
        raise ConfigError(
            f"{where}.data_dir: expected one folder, or one for each of {count} label files, got {data_dir}."
        )
    return [Path(folder) for folder in folders]


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
