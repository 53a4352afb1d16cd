"""Datasets: numbered samples that any process can make, the same in each.

Sample ``index`` of ``epoch`` depends on the seed, the epoch and the index alone, so neither the number of
workers nor the order of access changes it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from ppocr_lite.charset import Charset
from ppocr_lite.data.extra import ExtraPlan, ExtraSamples, plan_extra
from ppocr_lite.errors import ConfigError, DataError
from ppocr_lite.registry import DATASETS
from ppocr_lite.transforms import FILE_SOURCES, Pipeline, Sample, build_pipeline

EXTRA_STREAM = 1
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
        extra: what the transforms want of other samples, see plan_extra.
    """

    def __init__(self, pipeline: Pipeline, seed: int, *, extra: ExtraPlan | None = None) -> None:
        self.pipeline = pipeline
        self.seed = int(seed)
        self._extra = extra

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
            raw = self._read(index, epoch, rng)
            if self._extra is not None:
                raw["ext_data"] = self._extra_samples(self._extra, index, epoch)
            sample, reason = self.pipeline.run(raw, rng)
        except (DataError, cv2.error) as error:
            return Fetched(None, UNREADABLE, f"{self.place(index, epoch)}: {error}")
        if sample is None:
            return Fetched(None, reason, self.place(index, epoch))
        if "ext_data" in sample:
            sample["ext_data"] = []  # it can read the dataset, which must not travel between processes
        return Fetched(sample)

    def _read(self, index: int, epoch: int, rng: np.random.Generator) -> Sample:
        return {"ext_data": [], **self.read(index, epoch, rng), "epoch": epoch}

    def _extra_samples(self, plan: ExtraPlan, index: int, epoch: int) -> ExtraSamples:
        """Other samples for sample ``index``, none of which is read yet."""

        def draw(rng: np.random.Generator) -> Sample | None:
            if len(self) < 2:
                return None
            other = int(rng.integers(len(self) - 1))
            other += other >= index
            try:
                return plan.pipeline(self._read(other, epoch, rng), rng)
            except (DataError, cv2.error):
                return None  # as a sample of its own it is counted as a fault

        # A stream of its own: the sample's own numbers do not depend on whether others are read.
        rng = np.random.default_rng([self.seed, epoch, index, EXTRA_STREAM])
        return ExtraSamples(draw, plan.count, rng=rng)

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
        data_dir: str,
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
        pipeline = build_pipeline(
            transforms,
            global_section,
            where=f"{section_path}.transforms",
            charset=charset,
            sources=FILE_SOURCES,
        )
        extra = plan_extra(pipeline, ext_op_transform_idx, sources=FILE_SOURCES, where=section_path)
        super().__init__(pipeline, seed, extra=extra)
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
