"""TextClassifier: crops -> whether each stands on its head."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ppocr_lite.errors import ConfigError, ModelFileError
from ppocr_lite.inference.clock import StageClock
from ppocr_lite.inference.model_files import EngineOptions, Model, open_model
from ppocr_lite.inference.predictor import Predictor, build_postprocess, class_output
from ppocr_lite.inference.text_recognizer import network_shape
from ppocr_lite.structures import ClsResult
from ppocr_lite.transforms import ARRAY_SOURCES, build_pipeline

DEFAULT_SHAPE = (3, 48, 192)
DEFAULT_LABELS = ("0", "180")
UPSIDE_DOWN = "180"


class TextClassifier:
    """Tells the direction of text lines.

    Args:
        predictor: gives one ClsResult a crop.
        threshold: probability above which a label ``180`` is believed.
    """

    def __init__(self, predictor: Predictor[ClsResult], *, threshold: float = 0.9) -> None:
        self.predictor = predictor
        self.threshold = threshold

    @classmethod
    def open(
        cls,
        model: str | Path | Model,
        *,
        engine: EngineOptions | None = None,
        image_shape: Sequence[int] | None = None,
        labels: Sequence[str] | None = None,
        batch_size: int = 6,
        threshold: float = 0.9,
    ) -> "TextClassifier":
        """Load a classifier; ``image_shape`` (C, h, w) and ``labels`` win over what the model says."""
        opened = model if isinstance(model, Model) else open_model(model, engine)
        step = opened.step("ResizeImg")
        shape = network_shape(opened, image_shape, step.get("image_shape") or DEFAULT_SHAPE)
        kept = {key: step[key] for key in ("padding", "cut_long") if key in step}
        section: dict[str, Any] = {"name": "ClsPostProcess", **opened.post_process}
        if labels is not None or "label_list" not in section:
            section["label_list"] = list(labels or DEFAULT_LABELS)
        try:
            pipeline = build_pipeline(
                [{"ClsResizeImg": {"image_shape": list(shape), **kept}}], sources=ARRAY_SOURCES
            )
            postprocess = build_postprocess(section, where="PostProcess")
        except ConfigError as error:
            raise ModelFileError(
                f"{opened.path}: its pre- or post-processing cannot be set up: {error}"
            ) from error
        predictor: Predictor[ClsResult] = Predictor(
            pipeline,
            opened.engine,
            postprocess,
            batch_size=batch_size,
            output="probs",
            choose=class_output,
            stage="cls.",
            side_by_side=True,
        )
        return cls(predictor, threshold=threshold)

    def __call__(self, crops: Sequence[np.ndarray], clock: StageClock | None = None) -> list[ClsResult]:
        """Label and probability of each uint8 BGR crop [h, w, 3]."""
        return self.predictor(crops, clock)

    def is_upside_down(self, result: ClsResult) -> bool:
        """Whether the label says 180 with more than the threshold's probability."""
        return UPSIDE_DOWN in result.label and result.score > self.threshold

    def upright(self, crops: Sequence[np.ndarray]) -> list[np.ndarray]:
        """The crops, each turned by 180 degrees that is classified so: PaddleOCR's rule."""
        return [
            turn_half(crop) if self.is_upside_down(result) else crop
            for crop, result in zip(crops, self(crops))
        ]


def turn_half(crop: np.ndarray) -> np.ndarray:
    """The crop turned by 180 degrees."""
    return np.ascontiguousarray(crop[::-1, ::-1])
