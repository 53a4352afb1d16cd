"""Several datasets in one, each with its share of an epoch."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ppocr_lite.charset import Charset
from ppocr_lite.data.base import SUBSTITUTE_STREAM, Dataset, Fetched, around
from ppocr_lite.errors import ConfigError
from ppocr_lite.registry import DATASETS


@DATASETS.register()
class MixDataSet(Dataset):
    """Samples of several datasets, mixed evenly, with a fixed share of each epoch for each.

    In training an epoch takes its share of a source without repetition, and the next one goes on where it
    ended: all samples of a source have come before any comes again, in a new random order. A source that is
    smaller than its share comes several times in an epoch, each time with other augmentation. A bad sample is
    replaced by one of the same source. In evaluation every sample of every source comes once, and ``weights``
    and ``length`` do not count.

    Args:
        datasets: sections like ``dataset`` itself, with ``name`` and parameters of their own; the seeds
            differ by 1 from one to the next unless a section has one.
        weights: share of each in an epoch, of any sum; in proportion to their sizes by default.
        length: samples of an epoch; by default as many as the sources have together.
        transforms: for the datasets that have none of their own. Serving takes its pre-processing from here,
            so the evaluation data should have its transforms here.
        mode, seed, charset, global_section, section_path: see SimpleDataSet.
    """

    def __init__(
        self,
        datasets: Sequence[Mapping[str, Any]],
        weights: Sequence[float] | None = None,
        *,
        length: int | None = None,
        transforms: Sequence[Mapping[str, Any]] | None = None,
        mode: str = "Train",
        seed: int = 1024,
        charset: Charset | None = None,
        global_section: Mapping[str, Any] | None = None,
        section_path: str = "dataset",
    ) -> None:
        super().__init__(seed)
        if not isinstance(datasets, Sequence) or not datasets:
            raise ConfigError(f"{section_path}.datasets: expected a list of datasets, got {datasets!r:.60}.")
        shared = {} if transforms is None else {"transforms": transforms}
        self.members: list[Dataset] = []
        for i, section in enumerate(datasets):
            where = f"{section_path}.datasets[{i}]"
            if not isinstance(section, Mapping):
                raise ConfigError(f"{where}: expected keys and values, got {section!r:.60}.")
            member = DATASETS.build(
                {**shared, **section},
                where=where,
                mode=mode,
                seed=int(section.get("seed", self.seed + i)),
                charset=charset,
                global_section=global_section,
                section_path=where,
            )
            self.members.append(member)
        self.train = mode == "Train"
        sizes = [len(member) for member in self.members]
        self.counts = _shares(weights, sizes, length, section_path) if self.train else sizes
        self._source, self._number = _interleaved(self.counts) if self.train else _one_by_one(sizes)
        self._drawn: dict[int, tuple[int, np.ndarray, np.ndarray]] = {}

    def __len__(self) -> int:
        return len(self._source)

    def fetch(self, index: int, epoch: int = 0, *, turn: int = 0) -> Fetched:
        source, row, passes = self._locate(index, epoch)
        return self.members[source].fetch(row, epoch, turn=turn + passes)

    def place(self, index: int, epoch: int) -> str:
        source, row, _ = self._locate(index, epoch)
        return self.members[source].place(row, epoch)

    def substitute(self, index: int, epoch: int, attempt: int) -> int:
        own = np.flatnonzero(self._source == self._source[index])
        seed = [self.seed, epoch, index, SUBSTITUTE_STREAM]
        return int(own[around(int(self._number[index]), len(own), attempt, seed=seed)])

    def _locate(self, index: int, epoch: int) -> tuple[int, int, int]:
        """(source, sample of it, how often that came before in this epoch or the one before)."""
        source, number = int(self._source[index]), int(self._number[index])
        if not self.train:
            return source, number, 0
        if self._drawn.get(source, (-1,))[0] != epoch:
            self._drawn[source] = (epoch, *self._draw(source, epoch))
        _, rows, passes = self._drawn[source]
        return source, int(rows[number]), int(passes[number])

    def _draw(self, source: int, epoch: int) -> tuple[np.ndarray, np.ndarray]:
        """Samples of a source that are in an epoch, and for each in which pass over the source."""
        size, left = len(self.members[source]), self.counts[source]
        start = max(0, epoch - 1) * left  # epochs count from 1
        first, rows, passes = start // size, [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
        while left:
            number, offset = divmod(start, size)
            order = np.random.default_rng([self.seed, source, number]).permutation(size)
            rows.append(order[offset : offset + left])
            passes.append(np.full(len(rows[-1]), number - first))
            start += len(rows[-1])
            left -= len(rows[-1])
        return np.concatenate(rows), np.concatenate(passes)


def _shares(
    weights: Sequence[float] | None, sizes: Sequence[int], length: int | None, where: str
) -> list[int]:
    """Samples of each source in an epoch; what rounding leaves goes to the largest remainders."""
    given = list(sizes) if weights is None else weights
    if (
        not isinstance(given, Sequence)
        or len(given) != len(sizes)
        or not all(isinstance(w, int | float) and w >= 0 for w in given)
        or not sum(given)
    ):
        raise ConfigError(
            f"{where}.weights: expected one number of at least 0 for each of {len(sizes)} datasets, and one "
            f"above 0, got {weights}."
        )
    total = sum(sizes) if length is None else int(length)
    if total < 1:
        raise ConfigError(f"{where}.length: expected at least 1 sample an epoch, got {length}.")
    exact = np.asarray(given, np.float64) / sum(given) * total
    counts = np.floor(exact).astype(int)
    order = np.argsort(counts - exact, kind="stable")
    counts[order[: total - int(counts.sum())]] += 1
    return [int(count) for count in counts]


def _interleaved(counts: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """(source, number within it) of each sample of an epoch, the sources spread evenly over it."""
    source = np.repeat(np.arange(len(counts)), counts)
    number = np.concatenate([np.arange(count) for count in counts])
    order = np.argsort((number + 0.5) / np.asarray(counts)[source], kind="stable")
    return source[order].astype(np.int16), number[order]


def _one_by_one(counts: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """The same, one source after the other."""
    source = np.repeat(np.arange(len(counts)), counts)
    return source.astype(np.int16), np.concatenate([np.arange(count) for count in counts])
