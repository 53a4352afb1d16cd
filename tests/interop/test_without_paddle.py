"""The twins' trainer where nothing but PyTorch, NumPy, OpenCV, Pillow and PyYAML is installed."""

import subprocess
import sys

import pytest

pytest.importorskip("torch")

CODE = """
import sys
for name in ("paddle", "pyclipper", "lmdb", "onnx", "onnxruntime", "tqdm", "fontTools", "safetensors"):
    sys.modules[name] = None
import ppocr_lite.interop.torch_train, ppocr_lite.interop.torch_jobs, ppocr_lite.synth.kit
from ppocr_lite.config import Config
from ppocr_lite.interop.torch_train import TwinOptions, TwinTrainer
"""


def test_importing_needs_nothing_else():
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
