"""Metrics of exported models on the same evaluation pictures, and how sure their differences are."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ppocr_lite.compression.post_training import READERS
from ppocr_lite.config import Config
from ppocr_lite.engine import assemble
from ppocr_lite.engine.evaluator import to_numpy
from ppocr_lite.engine.types import BatchLoader
from ppocr_lite.errors import DataError
from ppocr_lite.inference.model_files import EngineOptions
from ppocr_lite.inference.predictor import Predictor
from ppocr_lite.metrics.det import DetMetric
from ppocr_lite.metrics.intervals import paired_difference


@dataclass(frozen=True)
class Scores:
    """The metric of one model, picture by picture: it is the ratio of the sums of the two arrays [n].

    For ``hmean`` these are a page's matches, and the mean of its found and its true boxes; for a mean
    such as ``acc`` the picture's own value, and 1.
    """

    parts: np.ndarray
    wholes: np.ndarray

    @property
    def value(self) -> float:
        """The metric over all pictures."""
        return float(self.parts.sum() / self.wholes.sum()) if self.wholes.sum() else 0.0

    def minus(self, other: "Scores") -> tuple[float, float, float]:
        """(difference, low, high): by how much this model is better, with its paired 95 % interval."""
        return paired_difference((self.parts, self.wholes), (other.parts, other.wholes))


def score_folders(
    cfg: Config, folders: Mapping[str, Path], *, engine: str = "onnxruntime", skip: int = 0
) -> dict[str, Scores]:
    """The main metric of model folders on ``Eval.dataset``; every model gets the very same batches.

    Args:
        cfg: with ``Global.pretrained_model``, of whatever weights.
        folders: exported models by name.
        skip: so many of the first pictures, filled up to whole batches, are left out unless that are all.

    Raises:
        DataError: there is no evaluation picture.
    """
    evaluator, _ = assemble.evaluator(cfg)
    assert evaluator.loader is not None
    options = EngineOptions(engine=engine, threads=1)
    task = cfg.get("Architecture.model_type")
    readers = {name: READERS[task].open(folder, engine=options).predictor for name, folder in folders.items()}
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in folders}
    try:
        for batch in unseen(evaluator.loader, skip):
            labels = to_numpy(batch)
            for name, predictor in readers.items():
                results = _results(predictor, labels)
                found[name] += [_score(evaluator.metric, r, labels, i) for i, r in enumerate(results)]
    finally:
        for predictor in readers.values():
            predictor.engine.close()
    if not all(found.values()):
        raise DataError("Eval: the loader gave no batch. Check Eval.dataset.label_file_list.")
    arrays = {name: np.array(pairs, np.float64).T for name, pairs in found.items()}
    return {name: Scores(parts, wholes) for name, (parts, wholes) in arrays.items()}


def unseen(loader: BatchLoader, skip: int) -> Iterator[Any]:
    """The batches behind the first ``skip`` pictures; all of them where none is left behind these."""
    passed, seen = [], 0
    for batch in loader:
        if seen < skip:
            seen += len(batch["image"])
            passed.append(batch)
            continue
        passed = []
        yield batch
    yield from passed


def _results(predictor: Predictor[Any], labels: Mapping[str, Any]) -> list[Any]:
    outputs = predictor.engine.run(np.ascontiguousarray(labels["image"], np.float32))
    chosen = predictor.choose(predictor.engine, outputs)
    given = chosen if isinstance(chosen, dict) else {predictor.output: chosen}
    return list(predictor.postprocess(given, labels.get("shape")))


def _score(metric: Any, result: Any, labels: Mapping[str, Any], index: int) -> tuple[float, float]:
    """What one picture has above and below the line."""
    one = {key: value[index : index + 1] for key, value in labels.items()}
    metric.reset()
    if isinstance(metric, DetMetric):
        polygons, tags = one["polys"][0], [bool(tag) for tag in one["ignore_tags"][0]]
        true, seen, matched = metric.count(list(result.polys or result.quads), list(polygons), tags)
        wholes = {"precision": seen, "recall": true}
        return matched, wholes.get(metric.main_indicator, (true + seen) / 2)
    metric.update([result], one)
    return round(float(metric.compute()[metric.main_indicator]), 4), 1.0
