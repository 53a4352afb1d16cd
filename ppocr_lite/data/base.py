"""What all datasets share: numbered samples that any process can make, the same in each.

Sample ``index`` of ``epoch`` depends on the seed, the epoch and the index alone, so neither the number of
workers nor the order of access changes it.
"""

import math
import traceback
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from ppocr_lite.data.extra import ExtraPlan, ExtraSamples
from ppocr_lite.errors import DataError
from ppocr_lite.transforms import Pipeline, Sample

EXTRA_STREAM, SUBSTITUTE_STREAM, TURN_STREAM = 1, 2, 3
"""Keep random numbers for different ends apart."""
UNREADABLE = "cannot be read"
"""Kind of a fault before the first transform; beside ``failed in <step>`` and ``dropped by <step>``."""
SAMPLE_ERRORS = (DataError, cv2.error, OSError, ValueError, LookupError, ArithmeticError)
"""What a single strange sample can bring about. All else is a mistake in the program and ends it."""


@dataclass(frozen=True)
class Fetched:
    """A sample, or None with the kind of the fault and the details of it (file, row, message).

    ``broken`` tells a sample that raised an error from one that a transform left out.
    """

    sample: Sample | None
    kind: str = ""
    detail: str = ""
    broken: bool = False


class Dataset:
    """Numbered samples.

    Args:
        seed: of all that is random in a sample.
    """

    def __init__(self, seed: int) -> None:
        self.seed = int(seed)

    def __len__(self) -> int:
        raise NotImplementedError

    def fetch(self, index: int, epoch: int = 0, *, turn: int = 0) -> Fetched:
        """Sample ``index`` after the transforms, or why there is none.

        Args:
            index: 0 to len - 1.
            epoch: decides on what is random.
            turn: the same, for a sample that comes several times in an epoch.
        """
        raise NotImplementedError

    def place(self, index: int, epoch: int) -> str:
        """Where the sample comes from, for messages."""
        raise NotImplementedError

    def substitute(self, index: int, epoch: int, attempt: int) -> int:
        """A sample to take in the place of a bad one; attempts 1, 2, ... up to len - 1 are all different."""
        return around(index, len(self), attempt, seed=[self.seed, epoch, index, SUBSTITUTE_STREAM])

    def get(self, index: int, epoch: int = 0) -> Sample | None:
        """Sample ``index`` after the transforms; None where a transform drops it, DataError if broken."""
        fetched = self.fetch(index, epoch)
        if fetched.broken:
            raise DataError(fetched.detail)
        return fetched.sample


def around(index: int, length: int, attempt: int, *, seed: list[int]) -> int:
    """Another of ``length`` numbers, far from ``index``; attempts 1 to length - 1 visit each once.

    Bad samples often lie side by side (a folder that was not copied), so the next one is no good choice.
    """
    if length < 2:
        return index
    rng = np.random.default_rng(seed)
    step = 0
    while math.gcd(step, length) != 1:
        step = int(rng.integers(1, length))
    return (index + attempt * step) % length


class PipelineDataset(Dataset):
    """Base of datasets that read a sample and run the transforms.

    Args:
        pipeline: the transforms.
        seed: see Dataset.
        extra: what the transforms want of other samples, see plan_extra.
    """

    def __init__(self, pipeline: Pipeline, seed: int, *, extra: ExtraPlan | None = None) -> None:
        super().__init__(seed)
        self.pipeline = pipeline
        self._extra = extra

    def read(self, index: int, epoch: int, rng: np.random.Generator) -> Sample:
        """The raw sample; DataError where it cannot be read."""
        raise NotImplementedError

    def fetch(self, index: int, epoch: int = 0, *, turn: int = 0) -> Fetched:
        stream = [TURN_STREAM, turn] if turn else []
        rng = np.random.default_rng([self.seed, epoch, index, *stream])
        try:
            raw = self._read(index, epoch, rng)
        except SAMPLE_ERRORS as error:
            return Fetched(None, UNREADABLE, f"{self.place(index, epoch)}: {describe(error)}", True)
        if self._extra is not None:
            raw["ext_data"] = self._extra_samples(self._extra, index, [epoch, index, EXTRA_STREAM, *stream])
        found = self._transform(raw, rng)
        if found.sample is None:
            parts = [self.place(index, epoch), *([found.detail] if found.detail else [])]
            return Fetched(None, found.kind, ": ".join(parts), found.broken)
        if "ext_data" in found.sample:
            found.sample["ext_data"] = []  # it can read the dataset, which must not travel between processes
        return found

    def _transform(self, sample: Sample, rng: np.random.Generator) -> Fetched:
        """The sample after all steps, or which of them failed on it or left it out."""
        current: Sample | None = sample
        for step in self.pipeline.transforms:
            name = type(step).__name__
            try:
                current = step(current, rng)  # type: ignore[arg-type]
            except SAMPLE_ERRORS as error:
                return Fetched(None, f"failed in {name}", describe(error), True)
            if current is None:
                return Fetched(None, f"dropped by {name}")
        return Fetched(current)

    def _read(self, index: int, epoch: int, rng: np.random.Generator) -> Sample:
        return {"ext_data": [], **self.read(index, epoch, rng), "epoch": epoch}

    def _extra_samples(self, plan: ExtraPlan, index: int, stream: list[int]) -> ExtraSamples:
        """Other samples for sample ``index``, none of which is read yet."""
        epoch = stream[0]

        def draw(rng: np.random.Generator) -> Sample | None:
            if len(self) < 2:
                return None
            other = int(rng.integers(len(self) - 1))
            other += other >= index
            try:
                return plan.pipeline(self._read(other, epoch, rng), rng)
            except SAMPLE_ERRORS:
                return None  # as a sample of its own it is counted as a fault

        # A stream of its own: the sample's own numbers do not depend on whether others are read.
        return ExtraSamples(draw, plan.count, rng=np.random.default_rng([self.seed, *stream]))


def describe(error: Exception) -> str:
    """What went wrong, with the line of the program unless the error was raised on purpose."""
    if isinstance(error, DataError):
        return str(error)
    places = traceback.extract_tb(error.__traceback__)
    where = f" ({Path(places[-1].filename).name}:{places[-1].lineno})" if places else ""
    return f"{type(error).__name__}: {' '.join(str(error).split())}{where}"
