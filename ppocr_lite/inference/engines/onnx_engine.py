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
SMALL_NETWORK = 32 << 20
"""Bytes of a model file up to which it is opened more than once. Batches then run beside each other, each on
one thread, and the memory of the layers of small inputs is kept for the next ones, which saves a fifth of the
time. Larger networks have work enough for all threads in each layer."""
MAX_KEPT_INPUT = 6_000_000
"""Numbers in a batch, those of a page of 1600 x 1250 pixels, up to which memory is kept."""


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
        self._threads = threads
        self._sessions: dict[tuple[int, bool], Any] = {}
        self._opening = threading.Lock()
        on_cpu = self._providers == ["CPUExecutionProvider"]
        self._is_small = on_cpu and model_path.is_file() and model_path.stat().st_size <= SMALL_NETWORK
        session = self._session(threads, keeps=self._is_small)
        inputs = session.get_inputs()
        if len(inputs) != 1 or len(inputs[0].shape) != 4:
            raise ModelFileError(
                f"{model_path}: expected one input [N, C, H, W], got "
                f"{[(i.name, i.shape) for i in inputs]}. This is no detector, classifier or recognizer."
            )
        self._input_name: str = inputs[0].name
        self._dtype = np.float16 if inputs[0].type == "tensor(float16)" else np.float32
        self.input_shape = _shape(inputs[0].shape)
        outputs = session.get_outputs()
        self.output_names = tuple(o.name for o in outputs)
        self.output_shapes = tuple(_shape(o.shape) for o in outputs)
        self.metadata = dict(session.get_modelmeta().custom_metadata_map)

    def _session(self, threads: int, *, keeps: bool) -> Any:
        """A session on so many threads that keeps memory for later runs, or frees it; opened when wanted."""
        with self._opening:
            if (threads, keeps) not in self._sessions:
                self._sessions[threads, keeps] = self._open(threads, keeps=keeps)
            return self._sessions[threads, keeps]

    def _open(self, threads: int, *, keeps: bool) -> Any:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = ONLY_ERRORS
        options.enable_cpu_mem_arena = keeps
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
        return self._threads if self._is_small else 1

    def run(self, batch: np.ndarray) -> list[np.ndarray]:
        return self._run(batch, self._threads)

    def run_beside(self, batch: np.ndarray) -> list[np.ndarray]:
        return self._run(batch, 1 if self._is_small else self._threads)

    def _run(self, batch: np.ndarray, threads: int) -> list[np.ndarray]:
        session = self._session(threads, keeps=self._is_small and batch.size <= MAX_KEPT_INPUT)
        try:
            outputs = session.run(None, {self._input_name: batch.astype(self._dtype, copy=False)})
        except Exception as error:  # see above
            raise ModelFileError(
                f"{self._model_path}: the network refused a batch {batch.shape}, its input is "
                f"{self.input_shape} ({_first_line(error)})."
            ) from error
        return [o.astype(np.float32) if o.dtype == np.float16 else o for o in outputs]

    def close(self) -> None:
        self._sessions.clear()


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
