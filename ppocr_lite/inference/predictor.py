"""Predictor: pipeline -> batch -> engine -> post-process, the same for every task."""

import importlib
import math
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Generic, Protocol, TypeVar

import numpy as np

from ppocr_lite.charset import Charset
from ppocr_lite.errors import DataError, ModelFileError
from ppocr_lite.inference.clock import StageClock
from ppocr_lite.inference.engines.base import Engine
from ppocr_lite.registry import POSTPROCESSES
from ppocr_lite.transforms.base import Pipeline

R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)

MAX_BATCH_PIXELS = 1_500_000
"""Input pixels of one batch at most, so that memory does not grow with the width of the lines."""

Batch = list[tuple[int, dict[str, Any]]]
"""Numbers of images and their samples after the pipeline, all of one shape."""


class PostProcess(Protocol[R_co]):
    """Network outputs by name, and shapes float64 [N, 4] where the task has them -> one result an image."""

    def __call__(self, outputs: dict[str, np.ndarray], shapes: np.ndarray | None) -> Sequence[R_co]: ...


class Predictor(Generic[R]):
    """Runs images through one network.

    Args:
        pipeline: ``image`` uint8 BGR [H, W, 3] -> ``image`` float32 [C, h, w]; and ``shape`` for a detector.
        engine: the network; an output is chosen by ``choose``.
        postprocess: makes one result of each image.
        batch_size: images of equal shape that run together.
        output: the name under which the post-process expects the network's output.
        choose: picks the output among several, or gives those that the post-process expects by name.
        stage: prefix of the stage names on the clock.
        side_by_side: run several batches at once, each on one processor, where the engine does that well:
            small networks of many layers wait more than they work when each layer is split.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        engine: Engine,
        postprocess: PostProcess[R],
        *,
        batch_size: int = 1,
        output: str = "maps",
        choose: Callable[[Engine, list[np.ndarray]], np.ndarray | dict[str, np.ndarray]] | None = None,
        stage: str = "",
        side_by_side: bool = False,
    ) -> None:
        if batch_size < 1:
            raise ValueError(f"batch_size must be at least 1, but got {batch_size}.")
        self.pipeline = pipeline
        self.engine = engine
        self.postprocess = postprocess
        self.batch_size = batch_size
        self.output = output
        self.choose = choose or first_output
        self.stage = stage
        self.side_by_side = side_by_side

    def __call__(self, images: Sequence[np.ndarray], clock: StageClock | None = None) -> list[R]:
        """One result an image, in the order given; images of like aspect ratio share a batch."""
        clock = clock or StageClock()
        lanes = self.engine.lanes if self.side_by_side and len(images) > 1 else 1
        if lanes > 1:
            found = self._side_by_side(images, lanes, clock)
        else:
            batches = self._batches(images, self.batch_size, clock)
            found = [pair for batch in batches for pair in self._run(batch, self.engine.run, clock)]
        return [result for _, result in sorted(found, key=lambda pair: pair[0])]

    def _side_by_side(
        self, images: Sequence[np.ndarray], lanes: int, clock: StageClock
    ) -> list[tuple[int, R]]:
        """Numbers of images and their results, of batches that run in ``lanes`` threads."""
        started = time.perf_counter()
        clocks = [StageClock()]
        running: deque[Future[list[tuple[int, R]]]] = deque()
        found: list[tuple[int, R]] = []
        size = min(self.batch_size, math.ceil(len(images) / lanes))
        with ThreadPoolExecutor(lanes) as pool:
            for batch in self._batches(images, size, clocks[0]):
                if len(running) > lanes:  # few batches are held in memory
                    found += running.popleft().result()
                clocks.append(StageClock())
                running.append(pool.submit(self._run, batch, self.engine.run_beside, clocks[-1]))
            while running:
                found += running.popleft().result()
        clock.share(clocks, (time.perf_counter() - started) * 1e3)
        return found

    def _batches(self, images: Sequence[np.ndarray], size: int, clock: StageClock) -> Iterator[Batch]:
        """Batches of at most ``size`` images, each prepared when it is wanted."""
        # Sorting by aspect ratio brings equal shapes together.
        order = sorted(range(len(images)), key=lambda i: images[i].shape[1] / max(1, images[i].shape[0]))
        waiting: Batch = []
        for index in order:
            with clock(f"{self.stage}prepare"):
                sample = self.prepare(images[index])
            if waiting and not self._fits(waiting, sample, size):
                yield waiting
                waiting = []
            waiting.append((index, sample))
        if waiting:
            yield waiting

    def prepare(self, image: np.ndarray) -> dict[str, Any]:
        """The sample of one image after the pipeline."""
        sample = self.pipeline({"image": image, "img_path": "image", "label": "", "ext_data": []})
        if sample is None:
            raise DataError(f"the pipeline {self.pipeline!r} dropped an image of shape {image.shape}.")
        return sample

    @staticmethod
    def _fits(waiting: Batch, sample: dict[str, Any], size: int) -> bool:
        shape = waiting[0][1]["image"].shape
        pixels = shape[1] * shape[2] * (len(waiting) + 1)
        return sample["image"].shape == shape and len(waiting) < size and pixels <= MAX_BATCH_PIXELS

    def _run(
        self, waiting: Batch, run: Callable[[np.ndarray], list[np.ndarray]], clock: StageClock
    ) -> list[tuple[int, R]]:
        """Numbers of a batch's images and their results."""
        with clock(f"{self.stage}prepare"):
            images = [sample["image"] for _, sample in waiting]
            batch = images[0][None] if len(images) == 1 else np.stack(images)  # [n, C, h, w]
            batch = np.ascontiguousarray(batch, np.float32)
            has_shape = "shape" in waiting[0][1]
            shapes = np.stack([s["shape"] for _, s in waiting]) if has_shape else None  # [n, 4]
        with clock(f"{self.stage}engine"):
            outputs = run(batch)
        with clock(f"{self.stage}postprocess"):
            chosen = self.choose(self.engine, outputs)
            found = self.postprocess(chosen if isinstance(chosen, dict) else {self.output: chosen}, shapes)
        return [(index, result) for (index, _), result in zip(waiting, found, strict=True)]


def build_postprocess(section: Mapping[str, Any], *, where: str, charset: Charset | None = None) -> Any:
    """The post-process that ``section`` describes."""
    importlib.import_module("ppocr_lite.postprocess")  # registers them
    context: dict[str, Any] = {} if charset is None else {"charset": charset}
    return POSTPROCESSES.build(section, where=where, **context)


def charset_size(name: str, *, where: str) -> str:
    """Which property of a Charset counts the classes that the post-process ``name`` expects."""
    importlib.import_module("ppocr_lite.postprocess")
    return str(getattr(POSTPROCESSES.get(name, where=where), "charset_size", "ctc_size"))


def first_output(engine: Engine, outputs: list[np.ndarray]) -> np.ndarray:
    """The first output, as most exports have one only."""
    return outputs[0]


def map_output(engine: Engine, outputs: list[np.ndarray]) -> np.ndarray:
    """A detector's probability map: the first output [N, c, h, w]."""
    return _first_of_rank(engine, outputs, 4, "a map [N, 1, H, W]; this is no DB detector")


def sequence_output(engine: Engine, outputs: list[np.ndarray]) -> np.ndarray:
    """A recognizer's probabilities [N, T, K]: the output called softmax_..., else the first of that rank."""
    named = [o for n, o in zip(engine.output_names, outputs) if "softmax" in n and o.ndim == 3]
    chosen = named[0] if named else _first_of_rank(engine, outputs, 3, "[N, T, K]; this is no recognizer")
    return as_probabilities(chosen)


def decoded_output(engine: Engine, outputs: list[np.ndarray]) -> dict[str, np.ndarray]:
    """What a recognizer gives that decodes itself: ``indices`` int [N, T] and ``scores`` float [N, T]."""
    indices = [o for o in outputs if o.ndim == 2 and o.dtype.kind in "iu"]
    scores = [o for o in outputs if o.ndim == 2 and o.dtype.kind == "f"]
    if len(indices) != 1 or len(scores) != 1 or indices[0].shape != scores[0].shape:
        found = {name: (o.shape, str(o.dtype)) for name, o in zip(engine.output_names, outputs)}
        raise ModelFileError(
            f"The network gives {found}, but inference.yml says that it gives class indices [N, T] and their "
            "scores [N, T]. Copy the whole model folder again, or export again."
        )
    return {"indices": indices[0], "scores": scores[0]}


def class_output(engine: Engine, outputs: list[np.ndarray]) -> np.ndarray:
    """A classifier's probabilities [N, K]."""
    return as_probabilities(_first_of_rank(engine, outputs, 2, "[N, K]; this is no classifier"))


def as_probabilities(scores: np.ndarray) -> np.ndarray:
    """Softmax over the last axis for a network that was exported without it; probabilities pass through."""
    if scores.size == 0 or (scores.min() >= 0 and scores.max() <= 1.001):
        return scores
    shifted = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=-1, keepdims=True), np.float32)


def _first_of_rank(engine: Engine, outputs: list[np.ndarray], rank: int, wanted: str) -> np.ndarray:
    for output in outputs:
        if output.ndim == rank:
            return output
    shapes = {name: o.shape for name, o in zip(engine.output_names, outputs)}
    raise ModelFileError(f"The network gives {shapes}, but not {wanted}. Check which model this is.")
