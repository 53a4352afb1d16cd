"""ONNX Runtime, the default engine."""

import logging
import threading
from pathlib import Path
from typing import Any

import numpy as np

from ppocr_lite.errors import MissingDependency, ModelFileError
from ppocr_lite.inference.engines.base import Engine, Shape

logger = logging.getLogger(__name__)

ONLY_ERRORS = 3
MAX_SHARED_BYTES = 32 << 20
"""Size of a network up to which batches run beside each other: that takes its weights a second time, and a
larger network has work enough for all threads in each of its layers."""
MAX_KEPT_INPUT = 6_000_000
"""Numbers in a batch, those of a page of 1600 x 1250 pixels, up to which the memory of its layers is kept for
the next one: fresh memory costs much of the time of small layers. Of a huge scan it would be a gigabyte."""


class EngineImpl(Engine):
    """An .onnx file in ONNX Runtime. Its sessions may be called from several threads at once."""

    def __init__(self, model_path: Path, *, device: str, threads: int, precision: str) -> None:
        try:
            import onnxruntime
        except ImportError as error:
            raise MissingDependency(
                "The engine 'onnxruntime' needs a package. Install it with: pip install onnxruntime"
            ) from error
        if precision != "fp32":
            logger.warning("%s: ONNX Runtime runs a model in the precision it was saved in.", model_path)
        self._model_path = model_path
        self._providers = _providers(onnxruntime, device)
        self._session: Any = self._open(threads)
        self._frees: Any = None
        if self._providers == ["CPUExecutionProvider"]:
            self._frees = onnxruntime.RunOptions()
            self._frees.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")
        shares = self._providers == ["CPUExecutionProvider"] and model_path.stat().st_size <= MAX_SHARED_BYTES
        self._lanes = threads if shares else 1
        self._beside: Any = None
        self._opening = threading.Lock()
        inputs = self._session.get_inputs()
        if len(inputs) != 1 or len(inputs[0].shape) != 4:
            raise ModelFileError(
                f"{model_path}: expected one input [N, C, H, W], got "
                f"{[(i.name, i.shape) for i in inputs]}. This is no detector, classifier or recognizer."
            )
        self._input_name: str = inputs[0].name
        self._dtype = np.float16 if inputs[0].type == "tensor(float16)" else np.float32
        self.input_shape = _shape(inputs[0].shape)
        outputs = self._session.get_outputs()
        self.output_names = tuple(o.name for o in outputs)
        self.output_shapes = tuple(_shape(o.shape) for o in outputs)
        self.metadata = dict(self._session.get_modelmeta().custom_metadata_map)

    def _open(self, threads: int) -> Any:
        """A session on so many threads."""
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = ONLY_ERRORS
        # One plan of memory for each shape: with pages and lines of all sizes the process would grow.
        options.enable_mem_pattern = False
        # Waiting threads that spin take processor time from every other process in the container.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            return onnxruntime.InferenceSession(str(self._model_path), options, providers=self._providers)
        except Exception as error:  # onnxruntime has no common base class for its errors
            raise ModelFileError(
                f"{self._model_path}: ONNX Runtime cannot load this file ({_first_line(error)}). "
                "Export or download the model again."
            ) from error

    @property
    def lanes(self) -> int:
        return self._lanes

    def run(self, batch: np.ndarray) -> list[np.ndarray]:
        return self._run(self._session, batch)

    def run_beside(self, batch: np.ndarray) -> list[np.ndarray]:
        if self._lanes == 1:
            return self.run(batch)
        with self._opening:
            if self._beside is None:
                self._beside = self._open(1)
        return self._run(self._beside, batch)

    def _run(self, session: Any, batch: np.ndarray) -> list[np.ndarray]:
        wishes = self._frees if batch.size > MAX_KEPT_INPUT else None
        try:
            outputs = session.run(None, {self._input_name: batch.astype(self._dtype, copy=False)}, wishes)
        except Exception as error:  # see above
            raise ModelFileError(
                f"{self._model_path}: the network refused a batch {batch.shape}, its input is "
                f"{self.input_shape} ({_first_line(error)})."
            ) from error
        return [o.astype(np.float32) if o.dtype == np.float16 else o for o in outputs]

    def close(self) -> None:
        self._session = self._beside = None


def _providers(onnxruntime: Any, device: str) -> list[Any]:
    name, _, index = device.partition(":")
    available = onnxruntime.get_available_providers()
    if name == "cpu" or (name == "auto" and "CUDAExecutionProvider" not in available):
        return ["CPUExecutionProvider"]
    if "CUDAExecutionProvider" not in available:
        raise MissingDependency(
            f"device {device}: this ONNX Runtime has no GPU support. "
            "Install one that has: pip uninstall onnxruntime && pip install onnxruntime-gpu"
        )
    return [("CUDAExecutionProvider", {"device_id": int(index or 0)}), "CPUExecutionProvider"]


def _shape(sizes: list[Any]) -> Shape:
    return tuple(s if isinstance(s, int) and s > 0 else None for s in sizes)


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
