"""Extra samples: what some transforms (CopyPaste, RecConAug) take from other rows of a dataset."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ppocr_lite.charset import Charset
from ppocr_lite.errors import ConfigError
from ppocr_lite.transforms import Pipeline, Sample, build_pipeline

EXTRA_TRIES = 10
"""Samples drawn for one that can be used; then the transform goes without."""


@dataclass(frozen=True)
class ExtraPlan:
    """How many extra samples a pipeline asks for, and the steps that each of them goes through."""

    count: int
    pipeline: Pipeline


class ExtraSamples:
    """Extra samples for one sample; iterating reads them one by one, not iterating reads nothing.

    May give fewer than ``len`` where the dataset has too few that can be used.

    Args:
        draw: gives another sample by a random generator, or None if it cannot be used.
        count: samples of one iteration.
        rng: decides on what is drawn.
    """

    def __init__(
        self, draw: Callable[[np.random.Generator], Sample | None], count: int, *, rng: np.random.Generator
    ) -> None:
        self._draw = draw
        self._count = count
        self._rng = rng

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Sample]:
        for _ in range(self._count):
            found = next((s for _ in range(EXTRA_TRIES) if (s := self._draw(self._rng)) is not None), None)
            if found is None:
                return
            yield found


def dataset_steps(
    transforms: Sequence[Mapping[str, Any]],
    global_section: Mapping[str, Any] | None,
    *,
    charset: Charset | None,
    ext_op_transform_idx: int,
    sources: Iterable[str],
    section_path: str,
) -> tuple[Pipeline, ExtraPlan | None]:
    """The pipeline of a dataset, and what its transforms want of other samples."""
    sources = tuple(sources)
    pipeline = build_pipeline(
        transforms, global_section, where=f"{section_path}.transforms", charset=charset, sources=sources
    )
    return pipeline, plan_extra(pipeline, ext_op_transform_idx, sources=sources, where=section_path)


def plan_extra(pipeline: Pipeline, steps: int, *, sources: Iterable[str], where: str) -> ExtraPlan | None:
    """What the first transform that has ``ext_data_num`` asks for; None if there is no such transform.

    Args:
        pipeline: the dataset's.
        steps: ``ext_op_transform_idx``, how many of its steps extra samples go through.
        sources: keys of a fresh sample.
        where: the dataset's place in the configuration, for messages.

    Raises:
        ConfigError: these steps do not give what the transform needs, or they contain it.
    """
    for number, transform in enumerate(pipeline.transforms):
        count = int(getattr(transform, "ext_data_num", 0))
        if not count:
            continue
        name = type(transform).__name__
        if not 0 <= steps <= number:
            raise ConfigError(
                f"{where}.ext_op_transform_idx: extra samples for {name} go through steps that come before "
                f"it, so this is 0 to {number}; got {steps}."
            )
        known = set(sources).union(*(step.provides for step in pipeline.transforms[:steps]))
        missing = [key for key in getattr(transform, "ext_requires", ()) if key not in known]
        if missing:
            raise ConfigError(
                f"{where}.ext_op_transform_idx: {name} needs '{missing[0]}' of its extra samples, which the "
                f"first {steps} steps do not provide. Raise it, or put the step that does before {name}."
            )
        return ExtraPlan(count, Pipeline(pipeline.transforms[:steps]))
    return None
