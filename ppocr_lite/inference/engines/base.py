"""What an engine is, how one is opened by name, and how many threads it gets."""

import importlib
import logging
import math
import os
from abc import ABC, abstractmethod
from pathlib import Path

import numpy as np

from ppocr_lite.errors import ConfigError
from ppocr_lite.registry import did_you_mean

logger = logging.getLogger(__name__)

KINDS = {
    "onnxruntime": "ppocr_lite.inference.engines.onnx_engine",
    "paddle": "ppocr_lite.inference.engines.paddle_engine",
    "openvino": "ppocr_lite.inference.engines.openvino_engine",
}
"""Kind -> module with a class ``EngineImpl``; imported on demand."""

PRECISIONS = ("fp32", "fp16", "int8")
MAX_THREADS = 16
"""These networks stop getting faster beyond; more threads only fight for the caches."""

Shape = tuple[int | None, ...]


class Engine(ABC):
    """One network with one input; safe to call from several threads.

    Attributes:
        input_shape: [N, C, H, W], None for a size that may vary.
        output_names: in the order of :meth:`run`'s list.
        output_shapes: as far as the model file tells, None for a size that may vary.
        metadata: texts that travel inside the model file.
    """

    input_shape: Shape
    output_names: tuple[str, ...]
    output_shapes: tuple[Shape, ...]
    metadata: dict[str, str]

    @abstractmethod
    def run(self, batch: np.ndarray) -> list[np.ndarray]:
        """All outputs for a float32 batch [N, C, H, W].

        Raises:
            ModelFileError: the network refuses the batch, for example for its height.
        """

    @property
    def lanes(self) -> int:
        """Batches that run faster beside each other, by :meth:`run_beside`, than one after the other."""
        return 1

    def run_beside(self, batch: np.ndarray) -> list[np.ndarray]:
        """What :meth:`run` gives, on one processor, while up to :attr:`lanes` threads do the same."""
        return self.run(batch)

    @abstractmethod
    def close(self) -> None:
        """Free the network; :meth:`run` must not be called again."""


def open_engine(
    model_path: str | Path,
    *,
    kind: str = "onnxruntime",
    device: str = "cpu",
    threads: int = 0,
    precision: str = "fp32",
) -> Engine:
    """Load a network.

    Args:
        model_path: an .onnx file, or for ``paddle`` an inference.pdmodel / inference.json file.
        kind: one of :data:`KINDS`.
        device: ``cpu``, ``gpu``, ``gpu:1``, or ``auto`` (a GPU when the installed engine has one).
        threads: of one call; 0 takes what this process may use.
        precision: ``fp32``, ``fp16``, ``int8``: a wish that engines follow where they can.

    Raises:
        ConfigError: unknown kind, device or precision.
        MissingDependency: the engine's package is not installed.
        ModelFileError: the file cannot be loaded.
    """
    if kind not in KINDS:
        raise ConfigError(
            f"engine: no engine '{kind}'.{did_you_mean(kind, KINDS)} Known: {', '.join(KINDS)}."
        )
    if precision not in PRECISIONS:
        raise ConfigError(f"precision: '{precision}' is none of {', '.join(PRECISIONS)}.")
    name, _, index = device.partition(":")
    if name not in ("cpu", "gpu", "auto") or (index and not index.isdigit()):
        raise ConfigError(f"device: '{device}' is none of cpu, gpu, gpu:0, gpu:1, ..., auto.")
    module = importlib.import_module(KINDS[kind])
    count = threads if threads > 0 else default_threads()
    engine: Engine = module.EngineImpl(Path(model_path), device=device, threads=count, precision=precision)
    return engine


def default_threads() -> int:
    """Processors that this process may use: the affinity mask, limited by the container's CPU quota."""
    if hasattr(os, "sched_getaffinity"):
        count = len(os.sched_getaffinity(0))
    else:
        count = os.cpu_count() or 1
    quota = _cgroup_quota(Path("/sys/fs/cgroup"))
    if quota is not None:
        count = min(count, max(1, math.ceil(quota)))
    return min(count, MAX_THREADS)


def _cgroup_quota(root: Path) -> float | None:
    """Processors that the control group grants (version 2, then 1); None without a limit."""
    try:
        quota, period = (root / "cpu.max").read_text().split()
        return None if quota == "max" else int(quota) / int(period)
    except (OSError, ValueError):
        pass
    try:
        quota_us = int((root / "cpu" / "cpu.cfs_quota_us").read_text())
        period_us = int((root / "cpu" / "cpu.cfs_period_us").read_text())
        return quota_us / period_us if quota_us > 0 else None
    except (OSError, ValueError, ZeroDivisionError):
        return None
