"""Paddle Inference: for models that exist only as Paddle files. Imports Paddle when it is chosen."""

import logging
import threading
from pathlib import Path
from typing import Any

import numpy as np

from ppocr_lite.errors import MissingDependency, ModelFileError
from ppocr_lite.inference.engines.base import Engine, Shape

logger = logging.getLogger(__name__)

GPU_POOL_MB = 500


class EngineImpl(Engine):
    """A program file (.pdmodel or .json) with its .pdiparams in Paddle Inference; calls take turns."""

    def __init__(self, model_path: Path, *, device: str, threads: int, precision: str) -> None:
        try:
            import paddle
            from paddle import inference
        except ImportError as error:
            raise MissingDependency(
                "The engine 'paddle' needs PaddlePaddle. Install it with: pip install \"ppocr_lite[paddle]\""
            ) from error
        params = model_path.with_suffix(".pdiparams")
        if not params.is_file():
            raise ModelFileError(
                f"{params}: missing; it holds the weights of {model_path.name}. Copy both files."
            )
        config = inference.Config(str(model_path), str(params))
        self._choose_device(config, paddle, device, threads)
        config.disable_glog_info()
        if model_path.suffix == ".json":  # the program format of Paddle 3; memory_optim fails without these
            config.enable_new_ir()
            config.enable_new_executor()
        config.enable_memory_optim()
        if precision != "fp32":
            logger.warning("%s: precision %s is not used by this engine.", model_path, precision)
        try:
            self._predictor: Any = inference.create_predictor(config)
        except Exception as error:  # Paddle raises RuntimeError, ValueError and its own kinds
            raise ModelFileError(
                f"{model_path}: Paddle {paddle.__version__} cannot load this model "
                f"({_first_line(error)}). Files of a newer Paddle need that Paddle; export again otherwise."
            ) from error
        self._model_path = model_path
        self._lock = threading.Lock()
        name = self._predictor.get_input_names()[0]
        self._input = self._predictor.get_input_handle(name)
        sizes = self._input.shape()  # Paddle 3's format does not tell before the first run
        self.input_shape = _shape(sizes if len(sizes) == 4 else [-1] * 4)
        self.output_names = tuple(self._predictor.get_output_names())
        self.output_shapes = tuple(() for _ in self.output_names)
        self.metadata = {}

    @staticmethod
    def _choose_device(config: Any, paddle: Any, device: str, threads: int) -> None:
        name, _, index = device.partition(":")
        has_gpu = bool(paddle.is_compiled_with_cuda())
        if name == "gpu" and not has_gpu:
            raise MissingDependency(
                f"device {device}: this PaddlePaddle has no GPU support. "
                "See doc/install.md for the GPU wheels."
            )
        if name != "cpu" and has_gpu:
            config.enable_use_gpu(GPU_POOL_MB, int(index or 0))
            return
        config.disable_gpu()
        config.set_cpu_math_library_num_threads(threads)
        # oneDNN keeps one primitive for each shape, so memory grows with every new line width; and with
        # Paddle 3.3 it fails on these networks.
        if hasattr(config, "disable_mkldnn"):
            config.disable_mkldnn()

    def run(self, batch: np.ndarray) -> list[np.ndarray]:
        with self._lock:
            try:
                self._input.reshape(batch.shape)
                self._input.copy_from_cpu(np.ascontiguousarray(batch))
                self._predictor.run()
            except Exception as error:  # see above
                raise ModelFileError(
                    f"{self._model_path}: the network refused a batch {batch.shape}, its input is "
                    f"{self.input_shape} ({_first_line(error)})."
                ) from error
            return [self._predictor.get_output_handle(n).copy_to_cpu() for n in self.output_names]

    def close(self) -> None:
        self._predictor = self._input = None


def _shape(sizes: list[int]) -> Shape:
    return tuple(s if s > 0 else None for s in sizes)


def _first_line(error: Exception) -> str:
    lines = [line for line in str(error).splitlines() if "Error" in line] or str(error).strip().splitlines()
    return (lines or [type(error).__name__])[-1].strip()[:200]
