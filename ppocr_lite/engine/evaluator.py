"""Evaluation: predictions -> numpy -> post-processing -> metric, by the objects that the runtime uses."""

import time
from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
import paddle
from tqdm import tqdm

from ppocr_lite.engine.amp import to_float32
from ppocr_lite.engine.trainer import Batch, BatchLoader
from ppocr_lite.errors import DataError


class PostProcess(Protocol):
    """Network outputs of a batch -> one result for each image; {name: such a list} of several sub-models."""

    def __call__(self, outputs: Mapping[str, Any], shapes: np.ndarray | None) -> Any: ...


class Metric(Protocol):
    """Compares results with labels.

    A metric may have ``details() -> dict[str, float]`` beside :meth:`compute`: numbers for an evaluation,
    such as the bounds ``acc_low``, ``acc_high`` of ``acc``, too many for each line of a training log.
    """

    main_indicator: str

    def update(self, results: Any, batch: Mapping[str, np.ndarray]) -> None: ...

    def compute(self) -> dict[str, float]: ...

    def reset(self) -> None: ...


class Watcher(Protocol):
    """Looks at the results of an evaluation beside the metric."""

    def start(self) -> None:
        """An evaluation begins."""
        ...

    def see(self, results: Any, batch: Mapping[str, Any]) -> None:
        """One batch: what the metric gets."""
        ...


class Evaluator:
    """Measures a model on the evaluation data.

    Args:
        loader: batches with the labels; None where only :meth:`of_batch` is used.
        postprocess, metric: as the configuration names them.

    Attributes:
        watcher: sees what the metric sees, if there is one.
    """

    watcher: Watcher | None = None

    def __init__(self, loader: BatchLoader | None, *, postprocess: PostProcess, metric: Metric) -> None:
        self.loader = loader
        self.postprocess = postprocess
        self.metric = metric

    @property
    def main_indicator(self) -> str:
        """Name of the metric by which models are compared."""
        return self.metric.main_indicator

    def __call__(self, model: paddle.nn.Layer) -> dict[str, float]:
        """Metrics of ``model``, ``fps`` (images for each second of the network alone), the metric's details.

        The model is left in evaluation mode.
        """
        if self.loader is None:
            raise DataError("Eval: no evaluation data. Give Eval.dataset and Eval.loader.")
        model.eval()
        self.metric.reset()
        if self.watcher:
            self.watcher.start()
        images, seconds = 0, 0.0
        for batch in tqdm(self.loader, desc="eval model:", leave=False, disable=None):
            started = time.perf_counter()
            with paddle.no_grad():
                outputs = to_numpy(model(batch["image"]))
            seconds += time.perf_counter() - started
            images += len(batch["image"])
            self._update(outputs, batch)
        if not images:
            raise DataError("Eval: the loader gave no batch. Check Eval.dataset.label_file_list.")
        fps = images / max(seconds, 1e-9)
        return {**self.metric.compute(), "fps": fps, **getattr(self.metric, "details", dict)()}

    def of_batch(self, preds: Mapping[str, Any], batch: Batch) -> dict[str, float]:
        """Metrics of one batch whose predictions are known already."""
        self.metric.reset()
        self._update(to_numpy(preds), batch)
        return self.metric.compute()

    def _update(self, outputs: Mapping[str, Any], batch: Batch) -> None:
        labels = to_numpy(batch)
        results = self.postprocess(outputs, labels.get("shape"))
        self.metric.update(results, labels)
        if self.watcher:
            self.watcher.see(results, labels)


def to_numpy(values: Mapping[str, Any]) -> dict[str, Any]:
    """The tensors of a mapping, and of mappings in it, as arrays; other entries are left out."""
    arrays: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, paddle.Tensor):
            arrays[key] = to_float32(value).numpy()
        elif isinstance(value, np.ndarray):
            arrays[key] = value
        elif isinstance(value, Mapping):
            arrays[key] = to_numpy(value)
    return arrays
