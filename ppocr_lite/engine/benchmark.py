"""Trained weights, not yet exported, as a benchmark's reader."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import paddle

from ppocr_lite import transforms
from ppocr_lite.benchmark.readers import PredictorReader
from ppocr_lite.config import Config
from ppocr_lite.engine import assemble
from ppocr_lite.engine.check import places_named
from ppocr_lite.engine.evaluator import to_numpy
from ppocr_lite.errors import ConfigError, ModelFileError
from ppocr_lite.inference.engines.base import Engine
from ppocr_lite.inference.predictor import Predictor

LABEL_STEPS = ("Label", "KeepKeys")
"""Parts of the names of steps that a picture without a label does not go through."""


@places_named
def reader(cfg: Config, *, batch_size: int = 64) -> PredictorReader:
    """A recognizer with the weights of ``Global.checkpoints`` or ``Global.pretrained_model``.

    Pictures go through ``Eval.dataset.transforms`` as they stand, as in ``tools/eval.py``. Of a distillation
    it is the sub-model of ``Metric.key``.

    Raises:
        ConfigError: no recognizer, no weights, a step that cannot do without labels.
    """
    if cfg.get("Architecture.model_type") != "rec":
        raise ConfigError(
            f"Architecture.model_type: a benchmark measures recognizers (rec), "
            f"not '{cfg.get('Architecture.model_type')}'."
        )
    singles = assemble.single_parts(assemble.trained(cfg))
    name = "" if "" in singles else str(cfg.get("Metric.key", next(iter(singles))))
    if name not in singles:
        raise ConfigError(f"Metric.key: there is no sub-model '{name}' to measure; {', '.join(singles)} are.")
    found = singles[name]
    if found.charset is None:
        raise ConfigError("Global.character_dict_path: the recognizer has no characters.")
    pipeline = transforms.build_pipeline(
        _steps(found.cfg),
        found.cfg.section("Global"),
        where="Eval.dataset.transforms",
        charset=found.charset,
        sources=transforms.ARRAY_SOURCES,
    )
    predictor: Predictor[Any] = Predictor(
        pipeline, _ModelEngine(found.model), found.postprocess, batch_size=batch_size, output="probs"
    )
    weights = cfg.get("Global.checkpoints") or cfg.get("Global.pretrained_model")
    title = f"{weights} ({name})" if name else str(weights)
    return PredictorReader(predictor, title, charset=found.charset)


def _steps(cfg: Config) -> list[Mapping[str, Any]]:
    specs = cfg.get("Eval.dataset.transforms") or []
    named = [(spec, next(iter(spec)) if isinstance(spec, Mapping) else str(spec)) for spec in specs]
    return [spec for spec, name in named if not any(part in name for part in LABEL_STEPS)]


class _ModelEngine(Engine):
    """A model in memory with the face of an exported one."""

    input_shape = (None, None, None, None)
    output_names = ("probs",)
    output_shapes = ((None, None, None),)
    metadata: dict[str, str] = {}

    def __init__(self, model: paddle.nn.Layer) -> None:
        self._model = model

    def run(self, batch: np.ndarray) -> list[np.ndarray]:
        with paddle.no_grad():
            outputs = to_numpy(self._model(paddle.to_tensor(batch)))
        if "probs" not in outputs:
            raise ModelFileError(f"The model gives {', '.join(outputs)}, but no 'probs' to decode.")
        return [outputs["probs"]]

    def close(self) -> None:
        pass
