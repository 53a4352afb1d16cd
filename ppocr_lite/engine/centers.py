"""Centers for the center loss: the mean features of each class, over training samples that are read right."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import paddle
from paddle import nn
from tqdm import tqdm

from ppocr_lite.charset import Charset
from ppocr_lite.config import Config
from ppocr_lite.data.loader import DataLoader, build_dataloader
from ppocr_lite.engine import assemble
from ppocr_lite.engine.center_files import write_centers
from ppocr_lite.engine.check import places_named
from ppocr_lite.engine.evaluator import to_numpy
from ppocr_lite.errors import ConfigError, DataError
from ppocr_lite.metrics.labels import label_texts
from ppocr_lite.registry import did_you_mean

logger = logging.getLogger(__name__)

FILE_NAME = "train_center.pkl"
SHOWN = 40
"""Of the characters without a center."""


@dataclass(frozen=True, eq=False)
class Centers:
    """Mean features of the classes that were seen.

    Args:
        vectors: float32 [K, D]; 0 for a class that was not seen.
        steps: int [K], time steps behind each.
        right: samples that were read right; the others do not count.
        samples: all samples.
    """

    vectors: np.ndarray
    steps: np.ndarray
    right: int
    samples: int

    @property
    def missing(self) -> list[int]:
        """Classes without a time step."""
        return [int(index) for index in np.flatnonzero(self.steps == 0)]

    def by_class(self) -> dict[int, np.ndarray]:
        """{class: float32 [D]} of those that were seen, as PaddleOCR's file has them."""
        return {int(index): self.vectors[index] for index in np.flatnonzero(self.steps)}


@places_named
def export_centers(cfg: Config, path: str | Path = FILE_NAME, *, submodel: str = "") -> Centers:
    """Compute the centers of a trained recognizer and write them, as a pickle and as ``.npz``.

    The samples are those of ``Train.dataset``, prepared as ``Eval.dataset.transforms`` says. The model is in
    evaluation mode: the centers depend neither on the batches nor on their order.

    compat: PaddleOCR 2.x leaves the model in training mode, and gives the training augmentation; its centers
    are blurred by both.

    Args:
        path: of the pickle; the ``.npz`` lies beside it and also tells the character set.
        submodel: which one of a distillation.

    Raises:
        ConfigError: no recognizer that ends in CTC, or no such sub-model.
        DataError: no sample is read right.
    """
    found = _chosen(assemble.trained(cfg), submodel)
    charset = found.charset
    layer = getattr(getattr(found.model, "head", None), "last_layer", None)
    if charset is None or layer is None:
        raise ConfigError(
            "Architecture.Head.name: centers are made of the features of a recognizer with a CTCHead."
        )
    found.model.eval()
    loader = _training_samples(cfg, charset)
    try:
        centers = _measure(found, layer, loader=loader, charset=charset)
    finally:
        loader.close()
    _write(centers, Path(path), charset=charset)
    return centers


def _chosen(found: assemble.Parts, submodel: str) -> assemble.Parts:
    """The one model, or a sub-model of a distillation as a model for itself."""
    single = assemble.single_parts(found)
    if submodel in single:
        return single[submodel]
    if "" in single:
        raise ConfigError(f"--submodel {submodel}: Architecture.name is no DistillationModel. Leave it out.")
    raise ConfigError(
        f"--submodel: no '{submodel}' in Architecture.Models.{did_you_mean(submodel, single)} "
        f"Choose one of: {', '.join(single)}."
    )


def _training_samples(cfg: Config, charset: Charset) -> DataLoader:
    """The samples of ``Train``, each once and without augmentation."""
    steps, dataset = cfg.get("Eval.dataset.transforms"), cfg.get("Train.dataset")
    if not steps or not dataset:
        raise ConfigError(
            f"{'Train.dataset' if steps else 'Eval.dataset.transforms'}: missing; centers are made of the "
            "training samples, prepared as for an evaluation."
        )
    dataset = {**_without_steps(dataset), "transforms": steps}
    if "datasets" in dataset:  # a mix of several
        dataset["datasets"] = [_without_steps(member) for member in dataset["datasets"]]
    return build_dataloader(cfg.replace({"Eval.dataset": dataset}), mode="Eval", charset=charset)


def _without_steps(dataset: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in dataset.items() if k not in ("transforms", "ext_op_transform_idx")}


def _measure(found: assemble.Parts, layer: nn.Layer, *, loader: DataLoader, charset: Charset) -> Centers:
    classes, width = layer.weight.shape[1], layer.weight.shape[0]
    sums, steps = np.zeros((classes, width), np.float64), np.zeros(classes, np.int64)
    samples = right = 0
    with _inputs_of(layer) as inputs, paddle.no_grad():
        for batch in tqdm(loader, desc="centers:", disable=None):
            if "label" not in batch:
                raise ConfigError("Eval.dataset.transforms: KeepKeys must keep the label.")
            outputs = to_numpy(found.model(batch["image"]))
            (feats,) = to_numpy({"feats": inputs.pop()}).values()  # [N, T, D]
            texts = [result.text for result in found.postprocess(outputs, None)]
            truth = label_texts(to_numpy(batch), charset)
            same = [a == b for a, b in zip(texts, truth, strict=True)]
            seen = outputs["probs"].argmax(axis=2)[same].ravel()
            np.add.at(sums, seen, feats[same].reshape(-1, width))
            steps += np.bincount(seen, minlength=classes)
            samples, right = samples + len(same), right + sum(same)
    if not right:
        raise DataError(
            f"Train: none of {samples} samples is read right. Centers need a model that has learned to read: "
            "check Global.pretrained_model."
        )
    vectors = sums / np.maximum(steps, 1)[:, None]
    return Centers(vectors.astype(np.float32), steps, right, samples)


@contextmanager
def _inputs_of(layer: nn.Layer) -> Iterator[list[paddle.Tensor]]:
    """A list to which every call of ``layer`` appends its input."""
    seen: list[paddle.Tensor] = []
    handle = layer.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    try:
        yield seen
    finally:
        handle.remove()


def _write(centers: Centers, path: Path, *, charset: Charset) -> None:
    found = centers.by_class()
    write_centers(found, path, charset=charset)
    logger.info(
        "%s, %s: centers of %d classes from %d of %d samples, those that are read right",
        *(path, path.with_suffix(".npz"), len(found), centers.right, centers.samples),
    )
    if centers.missing:
        names = ["blank" if i == 0 else repr(charset.characters[i - 1]) for i in centers.missing[:SHOWN]]
        more = ", ..." if len(centers.missing) > SHOWN else ""
        logger.warning(
            "%d of %d classes have no center, the center loss takes a random one for each: %s%s",
            *(len(centers.missing), len(centers.steps), ", ".join(names), more),
        )
