"""Classifier outputs -> labels."""

from collections.abc import Mapping, Sequence

import numpy as np

from ppocr_lite.errors import ModelFileError
from ppocr_lite.postprocess.scores import probabilities
from ppocr_lite.registry import POSTPROCESSES
from ppocr_lite.structures import ClsResult


@POSTPROCESSES.register()
class ClsPostProcess:
    """The most probable class and its probability.

    Args:
        label_list: names of the classes; their indices as text without it.

    Raises:
        ModelFileError: the network has more or fewer classes than names.
    """

    ignored_params = ("key",)

    def __init__(self, label_list: Sequence[str | int] | None = None) -> None:
        self.label_list = None if label_list is None else [str(label) for label in label_list]

    def __call__(
        self, outputs: Mapping[str, np.ndarray], shapes: np.ndarray | None = None
    ) -> list[ClsResult]:
        """One ClsResult for each image, from ``probs`` or ``logits`` [N, K]; ``shapes`` is not used."""
        probs = probabilities(outputs)
        names = self.label_list or [str(i) for i in range(probs.shape[-1])]
        if len(names) != probs.shape[-1]:
            raise ModelFileError(
                f"the classifier gives {probs.shape[-1]} classes but label_list names {len(names)}: {names}."
            )
        best = probs.argmax(axis=-1)
        return [ClsResult(names[i], float(row[i])) for i, row in zip(best, probs)]
