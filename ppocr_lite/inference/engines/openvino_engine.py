"""OpenVINO, for Intel processors."""

import logging
import threading
from pathlib import Path
from typing import Any

import numpy as np

from ppocr_lite.errors import MissingDependency, ModelFileError
from ppocr_lite.inference.engines.base import Engine, Shape
from ppocr_lite.inference.engines.onnx_metadata import read_metadata

logger = logging.getLogger(__name__)


class EngineImpl(Engine):
    """An .onnx, .xml or .pdmodel file in OpenVINO; each thread has a request of its own."""

    def __init__(self, model_path: Path, *, device: str, threads: int, precision: str) -> None:
        try:
            import openvino
        except ImportError as error:
            raise MissingDependency(
                "The engine 'openvino' needs a package. Install it with: pip install \"ppocr_lite[openvino]\""
            ) from error
        core = openvino.Core()
        name, _, index = device.partition(":")
        gpus = [d for d in core.available_devices if d.startswith("GPU")]
        if name == "gpu" and not gpus:
            raise MissingDependency(f"device {device}: OpenVINO sees no GPU here. Use device cpu.")
        target = (f"GPU.{index}" if index else "GPU") if name != "cpu" and gpus else "CPU"
        settings: dict[str, Any] = {"PERFORMANCE_HINT": "LATENCY"}
        if target == "CPU":
            settings["INFERENCE_NUM_THREADS"] = threads
        if precision != "int8":
            settings["INFERENCE_PRECISION_HINT"] = "f32" if precision == "fp32" else "f16"
        try:
            self._model: Any = core.compile_model(core.read_model(str(model_path)), target, settings)
        except RuntimeError as error:
            reason = (str(error).strip().splitlines() or ["no reason given"])[-1].strip()[:200]
            raise ModelFileError(
                f"{model_path}: OpenVINO cannot load this file ({reason}). "
                "Export or download the model again."
            ) from error
        self._model_path = model_path
        self._requests = threading.local()
        inputs = self._model.inputs
        if len(inputs) != 1 or len(inputs[0].partial_shape) != 4:
            raise ModelFileError(f"{model_path}: expected one input [N, C, H, W], got {inputs}.")
        self.input_shape = _shape(inputs[0].partial_shape)
        self.output_names = tuple(next(iter(o.names), str(i)) for i, o in enumerate(self._model.outputs))
        self.output_shapes = tuple(_shape(o.partial_shape) for o in self._model.outputs)
        self.metadata = read_metadata(model_path) if model_path.suffix == ".onnx" else {}

    def run(self, batch: np.ndarray) -> list[np.ndarray]:
        if not hasattr(self._requests, "own"):
            self._requests.own = self._model.create_infer_request()
        try:
            found = self._requests.own.infer([batch])
        except RuntimeError as error:
            raise ModelFileError(
                f"{self._model_path}: the network refused a batch {batch.shape}, its input is "
                f"{self.input_shape} ({str(error).strip().splitlines()[-1][:200]})."
            ) from error
        return [np.array(found[i]) for i in range(len(self.output_names))]  # the request reuses its memory

    def close(self) -> None:
        self._model = None
        self._requests = threading.local()


def _shape(partial: Any) -> Shape:
    return tuple(None if size.is_dynamic else int(size.get_length()) for size in partial)
