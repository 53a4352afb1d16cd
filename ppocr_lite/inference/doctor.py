"""Checks of an installation that users trip over: versions, clashing packages, engines that really run."""

import platform
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata

import numpy as np

from ppocr_lite import __version__
from ppocr_lite.errors import PPOCRError
from ppocr_lite.inference.engines.base import default_threads
from ppocr_lite.inference.model_files import EngineOptions, embedded_model, open_model

PACKAGES = (
    "numpy",
    "PyYAML",
    "onnxruntime",
    "onnxruntime-gpu",
    "openvino",
    "paddlepaddle",
    "paddlepaddle-gpu",
    "Pillow",
    "pypdfium2",
)
OPENCV_WHEELS = (
    "opencv-python",
    "opencv-python-headless",
    "opencv-contrib-python",
    "opencv-contrib-python-headless",
)
PROBE_WIDTH = 160


@dataclass(frozen=True)
class Finding:
    """One line of the report; ``ok`` is None for mere information."""

    text: str
    ok: bool | None = None


def examine() -> Iterator[Finding]:
    """All findings, in the order of the report."""
    yield Finding(f"ppocr_lite {__version__}, Python {platform.python_version()}, {platform.platform()}")
    yield Finding(f"threads that this process may use: {default_threads()}")
    for name in PACKAGES:
        version = installed_version(name)
        if version is not None:
            yield Finding(f"{name} {version}")
    yield from check_opencv()
    yield from check_paddle(installed_version("paddlepaddle"), installed_version("paddlepaddle-gpu"))
    yield from check_engines()
    yield from check_models()


def installed_version(name: str) -> str | None:
    """Version of an installed package, without importing it."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def check_opencv() -> Iterator[Finding]:
    """Two OpenCV wheels share one folder and overwrite each other."""
    wheels = [
        f"{name} {version}" for name in OPENCV_WHEELS if (version := installed_version(name)) is not None
    ]
    if len(wheels) > 1:
        yield Finding(
            f"several OpenCV packages: {', '.join(wheels)}. They overwrite each other; keep one: "
            "pip uninstall -y opencv-python opencv-contrib-python && "
            "pip install --force-reinstall opencv-python-headless",
            ok=False,
        )
    else:
        yield Finding(wheels[0] if wheels else "OpenCV from another source", ok=True)


def check_paddle(cpu: str | None, gpu: str | None) -> Iterator[Finding]:
    """Releases of Paddle that are known not to work; none installed is fine for reading."""
    if cpu is not None and cpu.startswith("3.3."):
        yield Finding(
            f"paddlepaddle {cpu} fails on the CPU under oneDNN. Install the last good release: "
            'pip install "paddlepaddle>=3.1,<3.3"',
            ok=False,
        )
    if gpu is not None and gpu.startswith("2."):
        yield Finding(
            f"paddlepaddle-gpu {gpu} is what PyPI has, and too old. Newer ones are on Paddle's own index: "
            "pip install paddlepaddle-gpu==3.2.2 -i https://www.paddlepaddle.org.cn/packages/stable/cu126/",
            ok=False,
        )


def check_engines() -> Iterator[Finding]:
    """Run the embedded recognizer in each engine that is installed for ONNX files."""
    kinds = [k for k in ("onnxruntime", "openvino") if installed_version(k) or installed_version(f"{k}-gpu")]
    if not kinds:
        yield Finding("no engine: pip install onnxruntime", ok=False)
    for kind in kinds:
        try:
            model = open_model(embedded_model("rec"), EngineOptions(engine=kind))
            _, channels, height, width = model.engine.input_shape
            shape = (1, channels or 3, height or 32, width or PROBE_WIDTH)
            model.engine.run(np.zeros(shape, np.float32))
        except PPOCRError as error:
            yield Finding(f"engine {kind}: {error}", ok=False)
        else:
            yield Finding(f"engine {kind} runs", ok=True)


def check_models() -> Iterator[Finding]:
    """Open each embedded model; its files are compared with their hashes on the way."""
    for task in ("det", "cls", "rec"):
        try:
            model = open_model(embedded_model(task))
        except PPOCRError as error:
            yield Finding(f"embedded model {task}: {error}", ok=False)
        else:
            name = (model.description.get("Global") or {}).get("model_name", task)
            yield Finding(f"embedded model {task}: {name}", ok=True)


def report() -> int:
    """Print the findings; 1 when something is wrong."""
    wrong = 0
    for finding in examine():
        mark = {None: "    ", True: "ok  ", False: "BAD "}[finding.ok]
        wrong += finding.ok is False
        sys.stdout.write(f"{mark}{finding.text}\n")
    return 1 if wrong else 0
