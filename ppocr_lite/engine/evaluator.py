"""Evaluation: predictions -> numpy -> post-processing -> metric, by the objects that the runtime uses."""

import time
from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
import paddle
from tqdm import tqdm

from ppocr_lite.engine.amp import to_float32
from ppocr_lite.engine.distributed import Ranks
from ppocr_lite.engine.fitting import told
from ppocr_lite.engine.trainer import Batch, BatchLoader
from ppocr_lite.errors import DataError

SIZES = "Check channels and sizes of Eval.dataset.transforms against those of Train."
HEAD = "Check that it is one for this head, and that KeepKeys keeps what it needs."
LABELS = "Check that it is one for this task, and that KeepKeys keeps its labels."


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
        ranks: the processes that share the data; all get the metrics of all of it.

    Attributes:
        watcher: sees what the metric sees of this process's share, if there is one.
    """

    watcher: Watcher | None = None

    def __init__(
        self,
        loader: BatchLoader | None,
        *,
        postprocess: PostProcess,
        metric: Metric,
        ranks: Ranks | None = None,
    ) -> None:
        self.loader = loader
        self.postprocess = postprocess
        self.metric = metric
        self.ranks = ranks or Ranks()
        self._kept: list[tuple[Any, dict[str, Any]]] = []

    @property
    def main_indicator(self) -> str:
        """Name of the metric by which models are compared."""
        return self.metric.main_indicator

    def __call__(self, model: paddle.nn.Layer) -> dict[str, float]:
        """Metrics of ``model``, ``fps`` (images for each second of the network alone), the metric's details.

        Of several processes each takes its share of the data, with the running statistics of rank 0, whose
        weights are those that are saved; then all exchange their results.

        The model is left in evaluation mode.
        """
        if self.loader is None:
            raise DataError("Eval: no evaluation data. Give Eval.dataset and Eval.loader.")
        model.eval()
        self.ranks.share_statistics(model)
        self.metric.reset()
        self._kept = []
        if self.watcher:
            self.watcher.start()
        images, seconds = 0, 0.0
        for batch in tqdm(self.loader, desc="eval model:", leave=False, disable=None):
            started = time.perf_counter()
            with told("Architecture", SIZES, batch=batch), paddle.no_grad():
                outputs = to_numpy(model(batch["image"]))
            seconds += time.perf_counter() - started
            images += len(batch["image"])
            self._update(outputs, batch)
        images, seconds = self._of_all_ranks(images, seconds)
        if not images:
            raise DataError("Eval: the loader gave no batch. Check Eval.dataset.label_file_list.")
        fps = images / max(seconds, 1e-9)
        return {**self.metric.compute(), "fps": fps, **getattr(self.metric, "details", dict)()}

    def _of_all_ranks(self, images: int, seconds: float) -> tuple[int, float]:
        """Give the metric what the other ranks have found; images of all, seconds of the slowest."""
        if self.ranks.world_size > 1:
            kept, self._kept = self._kept, []
            shares = self.ranks.gather((images, seconds, kept))
            # All ranks count all results in the same order, so that they agree to the last bit.
            for _, _, results_and_labels in shares:
                for results, labels in results_and_labels:
                    self.metric.update(results, labels)
            images, seconds = sum(share[0] for share in shares), max(share[1] for share in shares)
        return images, seconds

    def of_batch(self, preds: Mapping[str, Any], batch: Batch) -> dict[str, float]:
        """Metrics of one batch whose predictions are known already."""
        self.metric.reset()
        self._update(to_numpy(preds), batch)
        return self.metric.compute()

    def _update(self, outputs: Mapping[str, Any], batch: Batch) -> None:
        labels = to_numpy(batch)
        with told("PostProcess", HEAD, outputs_of_the_network=outputs):
            results = self.postprocess(outputs, labels.get("shape"))
        if self.ranks.world_size > 1:
            self._kept.append((results, {key: v for key, v in labels.items() if key != "image"}))
        else:
            with told("Metric", LABELS, batch=labels):
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
