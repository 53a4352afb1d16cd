"""Installation of ppocr_lite: a runtime of four packages, everything else as extras."""

import re
from pathlib import Path

from setuptools import find_packages, setup

ROOT = Path(__file__).resolve().parent

RUNTIME = [
    "numpy>=1.24",
    "opencv-python-headless>=4.8",  # the full wheel needs libGL, which servers lack
    "PyYAML>=6.0",
    "onnxruntime>=1.17",
]

# 3.3.0 and 3.3.1 fail on the CPU under oneDNN; below 3.1 the static-graph format differs. See doc/install.md.
PADDLE = "paddlepaddle>=3.1,<3.3"

EXTRAS = {
    "train": [
        PADDLE,
        "pyclipper>=1.3",
        "lmdb>=1.4",
        "Pillow>=9.2",
        "tqdm>=4.60",
        "rapidfuzz>=3.0",
        "safetensors>=0.4",
        "tensorboardX>=2.6",
        # Its pin onnx<=1.17 has no wheels for Python 3.13: there, export writes the Paddle files only.
        "paddle2onnx>=2.0,<3; python_version < '3.13'",
    ],
    "openvino": ["openvino>=2024.0"],
    "paddle": [PADDLE],
    "pdf": ["pypdfium2>=4.20"],
    "serve": ["fastapi>=0.100", "uvicorn>=0.23", "python-multipart>=0.0.6"],
    "test": [
        "pytest>=7.4",
        "ruff>=0.17,<0.18",
        "mypy>=2,<3",
        "types-PyYAML",
        "packaging>=22",
        "setuptools>=71",
        "Pillow>=9.2",
        "scikit-image>=0.21",
        "matplotlib>=3.7",
        "pypdfium2>=4.20",
        "openvino>=2024.0",
    ],
}


def read_version() -> str:
    """The version has one home, the package; importing the package is not needed to read it."""
    text = (ROOT / "ppocr_lite" / "__init__.py").read_text(encoding="utf-8")
    found = re.search(r'^__version__ = "([^"]+)"$', text, re.MULTILINE)
    if found is None:
        raise RuntimeError('ppocr_lite/__init__.py: no line __version__ = "...".')
    return found.group(1)


setup(
    name="ppocr-lite",
    version=read_version(),
    description="Train, compress and run OCR systems: PaddleOCR 2.x configurations, a runtime without Paddle",
    long_description=(ROOT / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    packages=find_packages(include=["ppocr_lite", "ppocr_lite.*"]),
    package_data={"ppocr_lite": ["py.typed", "dicts/*.txt", "interop/*.cpp", "models/**/*"]},
    include_package_data=False,
    python_requires=">=3.10,<3.14",
    install_requires=RUNTIME,
    extras_require=EXTRAS,
    entry_points={"console_scripts": ["ppocr-lite = ppocr_lite.cli:main"]},
    classifiers=[
        "Development Status :: 3 - Alpha",
        "Intended Audience :: Developers",
        "Intended Audience :: Science/Research",
        "Operating System :: POSIX :: Linux",
        "Programming Language :: Python :: 3.10",
        "Programming Language :: Python :: 3.11",
        "Programming Language :: Python :: 3.12",
        "Programming Language :: Python :: 3.13",
        "Topic :: Scientific/Engineering :: Image Recognition",
        "Typing :: Typed",
    ],
)
