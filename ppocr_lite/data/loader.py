"""Batches for training and evaluation."""

import logging
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from ppocr_lite.charset import Charset
from ppocr_lite.config import Config
from ppocr_lite.data.base import Dataset
from ppocr_lite.data.faults import Faults
from ppocr_lite.data.pool import WorkerPool
from ppocr_lite.data.samplers import Grouper, Stretch, epoch_order, image_shape, left_over, shard
from ppocr_lite.data.worker import Answer, make_samples
from ppocr_lite.errors import ConfigError, DataError
from ppocr_lite.registry import DATASETS, construct

logger = logging.getLogger(__name__)

DEFAULT_SEED = 1024
MAX_TRIES = 100
"""Samples tried in a row before a good one must have come."""
MAX_CHUNK = 8
PROBE_SAMPLES = 128
"""Samples that are looked at to foresee the number of batches, where their size depends on the width."""

Batch = dict[str, Any]


@dataclass(frozen=True)
class LoaderOptions:
    """The ``loader`` section.

    Args:
        batch_size_per_card: samples of a batch.
        shuffle: permute the samples of each epoch.
        drop_last: leave out batches that are not full.
        num_workers: processes that make samples; 0 makes them in this one.
        batch_width: image width in pixels that ``batch_size_per_card`` is meant for; batches of other widths
            get as many images as keep size * width about the same.
        max_bad_share: an error when more samples than this share cannot be used, in training and in
            evaluation; 0 allows none.
        worker_timeout_s: seconds without an answer after which a worker counts as hanging; 0 waits for ever.
    """

    batch_size_per_card: int
    shuffle: bool = False
    drop_last: bool = False
    num_workers: int = 0
    batch_width: int | None = None
    max_bad_share: float = 0.1
    worker_timeout_s: float = 300.0
    ignored_params: ClassVar[tuple[str, ...]] = ("use_shared_memory", "collate_fn", "num_sections")

    def __post_init__(self) -> None:
        if self.batch_size_per_card < 1 or self.num_workers < 0:
            raise ConfigError(
                f"loader: batch_size_per_card must be at least 1 and num_workers at least 0, got "
                f"{self.batch_size_per_card} and {self.num_workers}."
            )
        if not 0 <= self.max_bad_share <= 1 or self.worker_timeout_s < 0:
            raise ConfigError(
                "loader: max_bad_share is a share in 0..1 and worker_timeout_s at least 0, got "
                f"{self.max_bad_share} and {self.worker_timeout_s}."
            )


def build_dataloader(
    cfg: Config,
    mode: str = "Train",
    *,
    charset: Charset | None = None,
    seed: int | None = None,
    rank: int = 0,
    world_size: int = 1,
) -> "DataLoader":
    """Dataset and loader of the section ``mode`` (``Train`` or ``Eval``) of a configuration.

    Raises:
        ConfigError: a wrong key, or more samples in a batch than there are.
        DataError: missing or unusable data.
    """
    if mode not in ("Train", "Eval"):
        raise ConfigError(f"build_dataloader: mode is Train or Eval, got {mode!r}.")
    section = cfg.section(mode)
    number = int(cfg.get("Global.seed", DEFAULT_SEED)) if seed is None else int(seed)
    dataset = DATASETS.build(
        section.section("dataset"),
        mode=mode,
        # The caller's values win over the section's, so a seed of its own is looked up here.
        seed=int(cfg.get(f"{mode}.dataset.seed", number)),
        charset=charset,
        global_section=cfg.section("Global"),
        section_path=f"{mode}.dataset",
    )
    options = construct(LoaderOptions, section.section("loader"), {}, where=f"{mode}.loader")
    return DataLoader(
        dataset, options, training=mode == "Train", seed=number, rank=rank, world_size=world_size
    )


class DataLoader:
    """Iterates over batches, dicts of Tensors keyed by the names of ``KeepKeys``.

    Batches hold images of one shape; the order of batches depends on seed and epoch, not on the workers.
    In training an epoch has exactly ``len(loader)`` batches (what is left of each width at its end comes
    together, filled up to the same width), and a sample that cannot be used is replaced by another. In
    evaluation each sample comes at most once, one that cannot be used is left out, and ``len`` is the number
    of batches if all images had one shape. Either way such samples are counted by kind, a warning lists them
    at the end of the epoch, and more than ``max_bad_share`` of them are a DataError.

    Args:
        dataset: the samples.
        options: see LoaderOptions.
        training: see above.
        seed: of the order.
        rank: of this process.
        world_size: number of processes.
    """

    def __init__(
        self,
        dataset: Dataset,
        options: LoaderOptions,
        *,
        training: bool = True,
        seed: int = DEFAULT_SEED,
        rank: int = 0,
        world_size: int = 1,
    ) -> None:
        self.dataset, self.options, self.training = dataset, options, training
        self.seed, self.rank, self.world_size = seed, rank, world_size
        self.epoch = 0
        self._tries = min(len(dataset), MAX_TRIES) if training else 1
        self._pool: WorkerPool | None = None
        self._share = self._batches_per_sample()
        self._length = self._count_batches(len(self._order(0)))
        self._faults = Faults(options.max_bad_share)
        self._resume: Mapping[str, Any] = {}
        self._state: dict[str, Any] = {}
        if training and self._length < 1:
            raise ConfigError(
                f"loader: {len(dataset)} samples make no batch of {options.batch_size_per_card} with "
                "drop_last. Lower batch_size_per_card or set drop_last: false."
            )

    def __len__(self) -> int:
        return self._length

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch of the next iteration; it decides on order and augmentation."""
        self.epoch = int(epoch)

    @property
    def bad(self) -> dict[str, int]:
        """How many samples of the epoch could not be used so far, by kind."""
        return dict(self._faults.kinds)

    def state_dict(self) -> dict[str, Any]:
        """Position after the batch that came last; plain values only."""
        return dict(self._state)

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Let the next iteration go on behind a position from :meth:`state_dict`.

        ``{"ranks": [position of each rank]}`` is what several processes have done together. As many of them
        go on where they stood; another number, or with other batches, shares what they left.
        """
        ranks = list(state.get("ranks", [state]))
        resume = dict(ranks[self.rank % len(ranks)])
        if (len(ranks), resume.get("length", self._length)) != (self.world_size, self._length):
            done = [[int(each["position"]), [int(i) for i in each["pending"]]] for each in ranks]
            earlier = [*resume.get("earlier", []), done]
            left = len(self._order(int(resume["epoch"]), earlier))
            emitted = max(0, self._length - self._count_batches(left))
            resume.update(position=0, pending=[], emitted=emitted, earlier=earlier, length=self._length)
        self._resume, self._state = resume, dict(resume)
        self.epoch = int(resume.get("epoch", self.epoch))

    def __iter__(self) -> Iterator[Batch]:
        return (to_tensors(batch) for batch in self.numpy_batches())

    def numpy_batches(self) -> Iterator[Batch]:
        """The same batches as numpy arrays."""
        resume, self._resume = self._resume, {}
        epoch = self.epoch if self.training else 0
        self._faults = faults = Faults(self.options.max_bad_share, substitutes=self.training)
        faults.load(resume.get("faults", {}))
        grouper = Grouper(self.options.batch_size_per_card, self.options.batch_width)
        position, emitted = int(resume.get("position", 0)), int(resume.get("emitted", 0))
        earlier = resume.get("earlier", [])
        order = self._order(epoch, earlier)
        over = self.training and emitted >= self._length  # stopped after the last batch of the epoch
        for samples, consumed in () if over else self._grouped(grouper, order, epoch, faults, resume):
            position = consumed
            emitted += 1
            self._state = {
                "epoch": epoch,
                "position": position,
                "emitted": emitted,
                "length": self._length,
                "pending": grouper.pending(),
                "faults": faults.state(),
                **({"earlier": earlier} if earlier else {}),
            }
            yield collate(samples)
            if self.training and emitted >= self._length:
                break
        faults.report()

    def close(self) -> None:
        """End the worker processes; iterating again starts new ones."""
        if self._pool is not None:
            self._pool.close()
            self._pool = None

    def _grouped(
        self,
        grouper: Grouper,
        order: np.ndarray,
        epoch: int,
        faults: Faults,
        resume: Mapping[str, Any],
    ) -> Iterator[tuple[list[Batch], int]]:
        """(samples of a batch, indices taken from the order so far)."""
        waiting = [int(i) for i in resume.get("pending", [])]
        taken = int(resume.get("position", 0))
        again = taken - len(order)  # above 0: the order has begun anew already
        position = taken - len(waiting)
        rounds = [[*waiting, *order[taken if again <= 0 else again :]]]
        if self.training and again <= 0:
            # Only for the few batches that a wrong guess of the length leaves missing.
            rounds.append(list(order))
        for number, indices in enumerate(rounds):
            for answer in self._answers(indices, epoch):
                position += 1
                faults.add(answer)
                batch = None if answer.sample is None else grouper.add(answer.index, answer.sample)
                if batch is not None:
                    yield batch, position
            if number == 0 and again <= 0:
                rest = grouper.merge(only_full=self.options.drop_last) if self.training else grouper.flush()
                for batch in rest:
                    yield batch, position

    def _answers(self, indices: Sequence[int], epoch: int) -> Iterable[Answer]:
        if self.options.num_workers == 0:
            return (make_samples(self.dataset, [i], epoch, tries=self._tries)[0] for i in indices)
        if self._pool is None:
            size, workers = self.options.batch_size_per_card, self.options.num_workers
            chunk = min(MAX_CHUNK, math.ceil(size / workers))
            self._pool = WorkerPool(
                self.dataset,
                workers,
                tries=self._tries,
                chunk=chunk,
                ahead=2 * size,
                timeout_s=self.options.worker_timeout_s,
            )
        return self._from_pool(self._pool, indices, epoch)

    def _from_pool(self, pool: WorkerPool, indices: Sequence[int], epoch: int) -> Iterator[Answer]:
        try:
            yield from pool.stream(indices, epoch)
        except DataError:
            self.close()  # a pool with a dead worker is of no use
            raise

    def _order(self, epoch: int, earlier: Sequence[Stretch] = ()) -> np.ndarray:
        """The indices of this rank in an epoch, of which other ranks may have done some stretches before."""
        order = epoch_order(len(self.dataset), shuffle=self.options.shuffle, seed=self.seed, epoch=epoch)
        return shard(left_over(order, earlier), self.rank, self.world_size, even=self.training)

    def _batches_per_sample(self) -> float:
        """1 / batch size; where that depends on the width, the mean over some samples."""
        size = self.options.batch_size_per_card
        if self.options.batch_width is None:
            return 1 / size
        grouper = Grouper(size, self.options.batch_width)
        probe = np.linspace(0, len(self.dataset) - 1, min(PROBE_SAMPLES, len(self.dataset))).astype(int)
        found = [self.dataset.fetch(int(i), 0).sample for i in probe]
        sizes = [grouper.size_for(image_shape(sample)) for sample in found if sample is not None]
        if not sizes:
            raise DataError(f"none of {len(probe)} samples that were tried can be used.")
        return float(np.mean([1 / s for s in sizes]))

    def _count_batches(self, samples: int) -> int:
        """Batches that a number of samples makes."""
        if self.options.batch_width is not None:
            return max(1, math.ceil(samples * self._share))
        size = self.options.batch_size_per_card
        return samples // size if self.options.drop_last else math.ceil(samples / size)


def collate(samples: Sequence[Batch]) -> Batch:
    """Stack the samples' arrays and numbers key by key; texts and lists stay lists.

    Raises:
        DataError: arrays of different shapes.
    """
    batch: Batch = {}
    for key, first in samples[0].items():
        values = [sample[key] for sample in samples]
        if isinstance(first, (str, list, tuple, dict, bytes)):
            batch[key] = values
            continue
        shapes = {np.shape(value) for value in values}
        if len(shapes) > 1:
            raise DataError(
                f"'{key}' has different shapes in one batch ({', '.join(map(str, sorted(shapes)))}). "
                "Set batch_size_per_card: 1, or leave the key out of KeepKeys."
            )
        batch[key] = np.stack(values) if np.ndim(first) else np.array(values)
    return batch


def to_tensors(batch: Batch) -> Batch:
    """numpy arrays -> Paddle Tensors; all else stays."""
    import paddle  # here, so that worker processes never load it

    return {
        key: paddle.to_tensor(value) if isinstance(value, np.ndarray) else value
        for key, value in batch.items()
    }
