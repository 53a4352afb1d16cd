"""Gradients of 5 x 5 depthwise convolutions by a small C++ library, compiled when it is wanted.

On CPUs oneDNN's own take most of a training step: of the recognizer's 288 channels they took three to five
times as long as these, see ``doc/training.md``.
"""

import ctypes
import hashlib
import logging
import os
import platform
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from ppocr_lite.errors import MissingDependency
from ppocr_lite.interop.torch_blocks import ConvBN

logger = logging.getLogger(__name__)

SOURCE = Path(__file__).with_name("depthwise.cpp")
COMPILERS = ("c++", "g++", "clang++")
FLAGS = ("-O3", "-march=native", "-ffast-math", "-std=c++17", "-shared", "-fPIC", "-pthread")
LANES = 8
KERNEL = 5
"""Smaller kernels are as fast in oneDNN."""

Gradients = Callable[[torch.Tensor, torch.Tensor, torch.Tensor, int], tuple[torch.Tensor, torch.Tensor]]
"""(input, weight, gradient of the output, vertical stride) -> gradients of input and weight."""


def use_compiled_depthwise(model: nn.Module, folder: Path | None = None) -> int:
    """Let the depthwise convolutions of ``model`` that gain by it compute their gradients by the library.

    Args:
        folder: keeps the compiled library; ``ppocr_lite`` in ``$XDG_CACHE_HOME`` or ``~/.cache`` by default.

    Returns:
        how many convolutions do so.

    Raises:
        MissingDependency: there is no C++ compiler, or it cannot compile the library.
    """
    gradients = compiled_gradients(folder)
    layers = [part for part in model.modules() if isinstance(part, ConvBN) and _gains(part.conv_layer)]
    for layer in layers:
        layer.depthwise = _Depthwise(gradients)
    return len(layers)


def compiled_gradients(folder: Path | None = None) -> Gradients:
    """The library's function, compiled unless ``folder`` has it; see :func:`use_compiled_depthwise`."""
    call = ctypes.CDLL(str(_library(folder or _cache_folder()))).depthwise_gradients
    call.argtypes = [ctypes.c_void_p] * 5 + [ctypes.c_long] * 8
    call.restype = None

    def gradients(
        x: torch.Tensor, weight: torch.Tensor, g: torch.Tensor, stride: int
    ) -> tuple[torch.Tensor, torch.Tensor]:
        x, g = (t.contiguous(memory_format=torch.channels_last) for t in (x, g))
        taps = weight.squeeze(1).permute(1, 2, 0).contiguous()  # [k, k, c]
        gx, gw = torch.empty_like(x, memory_format=torch.channels_last), torch.empty_like(taps)
        n, c, h, w = x.shape
        pointers = (t.data_ptr() for t in (x, taps, g, gx, gw))
        call(*pointers, n, h, w, c, g.shape[2], stride, taps.shape[0], torch.get_num_threads())
        return gx, gw.permute(2, 0, 1).unsqueeze(1).contiguous()

    return gradients


class _Depthwise:
    """``conv(x)`` in float32 with the library's gradients, in the number format of ``x``."""

    def __init__(self, gradients: Gradients) -> None:
        self.gradients = gradients

    def __call__(self, conv: nn.Conv2d, x: torch.Tensor) -> torch.Tensor:
        with torch.autocast("cpu", enabled=False):
            y: torch.Tensor = _Convolution.apply(x.float(), conv.weight, conv.stride[0], self.gradients)
        return y.to(x.dtype)


class _Convolution(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, x: torch.Tensor, weight: torch.Tensor, stride: int, gradients: Gradients
    ) -> torch.Tensor:
        ctx.save_for_backward(x, weight)
        ctx.stride, ctx.gradients = stride, gradients
        return F.conv2d(x, weight, None, (stride, 1), weight.shape[2] // 2, 1, weight.shape[0])

    @staticmethod
    def backward(ctx: Any, *grads: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        x, weight = ctx.saved_tensors
        gx, gw = ctx.gradients(x, weight, grads[0], ctx.stride)
        return gx, gw, None, None


def _gains(conv: nn.Conv2d) -> bool:
    """Whether the library has this convolution, and is faster."""
    depthwise = conv.groups == conv.in_channels == conv.out_channels and conv.in_channels % LANES == 0
    return depthwise and conv.kernel_size == (KERNEL, KERNEL) and conv.stride[1] == 1


def _cache_folder() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ppocr_lite"


def _library(folder: Path) -> Path:
    compiler = os.environ.get("CXX") or next(filter(shutil.which, COMPILERS), None)
    if compiler is None:
        raise MissingDependency(
            f"--compiled: no C++ compiler found ({', '.join(COMPILERS)}, $CXX). Install one (Debian: g++) "
            "or leave the flag out: it is for speed alone."
        )
    source = SOURCE.read_bytes()
    # -march=native: a home folder may be shared by machines with other processors.
    parts = (source, repr((compiler, FLAGS, platform.machine(), _processor())).encode())
    file = folder / f"depthwise-{hashlib.sha256(b'|'.join(parts)).hexdigest()[:16]}.so"
    if file.is_file():
        return file
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as place:
            made = Path(place) / file.name
            command = [*compiler.split(), *FLAGS, "-o", str(made), str(SOURCE)]
            ran = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
            if ran.returncode:
                raise MissingDependency(
                    f"--compiled: {' '.join(command)} failed: {ran.stderr.strip()[-500:]} "
                    "Leave the flag out: it is for speed alone."
                )
            made.replace(file)
    except OSError as error:
        raise MissingDependency(f"--compiled: {compiler} in {folder}: {error}") from error
    logger.info("compiled %s", file)
    return file


def _processor() -> str:
    """What the system tells of the processor's instructions."""
    try:
        lines = Path("/proc/cpuinfo").read_text(errors="replace").splitlines()
    except OSError:
        return platform.processor()
    return next((line for line in lines if line.startswith(("flags", "Features"))), "")
