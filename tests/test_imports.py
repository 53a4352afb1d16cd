"""Who may import whom, and what importing the runtime does to a process."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

CORE = {
    "errors",
    "registry",
    "config",
    "charset",
    "geometry",
    "reading",
    "offset",
    "images",
    "structures",
    "mobilenet",
    "weights",
}
SHARED = {"transforms", "postprocess", "metrics"}
RUNTIME = {"inference", "visualize", "cli", "__init__"}
PADDLE_FREE = CORE | SHARED | RUNTIME | {"synth", "data_tools", "benchmark"}

FORBIDDEN: dict[str, set[str]] = {
    **{part: SHARED | {"inference", "visualize", "cli"} for part in CORE},
    **{part: {"inference", "visualize", "cli"} for part in SHARED},
    "data": {"inference", "modeling", "losses", "engine", "export", "compression", "cli"},
    "modeling": {
        "losses",
        "data",
        "engine",
        "export",
        "compression",
        "transforms",
        "inference",
        "metrics",
        "cli",
    },
    "losses": {"modeling", "data", "engine", "export", "compression", "transforms", "inference", "cli"},
    "optim": {
        "modeling",
        "losses",
        "data",
        "engine",
        "export",
        "compression",
        "transforms",
        "inference",
        "cli",
    },
    "visualize": {"inference", "cli"},
    "inference": {"cli"},
    "engine": {"compression", "cli"},
    "export": {"compression", "cli"},
    "compression": {"data", "interop", "cli"},
}
"""Part -> parts that it must not import; for the paddle-free half also everything that uses Paddle."""
PADDLE_SIDE = {"modeling", "losses", "optim", "data", "engine", "export", "compression", "interop"}
MAY_IMPORT_PADDLE = {"inference/engines/paddle_engine.py"}


def imports_of(file: Path, package: Path) -> list[str]:
    """Absolute names of all modules that a file imports anywhere, relative imports resolved."""
    names = []
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parent = ["ppocr_lite", *file.relative_to(package).parts[: -node.level]]
                base = ".".join([*parent, base]).rstrip(".")
            names += [base, *(f"{base}.{alias.name}" for alias in node.names)]
    return names


def part_of(file: Path, package: Path) -> str:
    first = file.relative_to(package).parts[0]
    return first.removesuffix(".py")


def test_imports_go_downward_only(repo: Path) -> None:
    package = repo / "ppocr_lite"
    wrong = []
    for file in sorted(package.rglob("*.py")):
        part = part_of(file, package)
        banned = FORBIDDEN.get(part, set()) | (PADDLE_SIDE if part in PADDLE_FREE else set())
        for name in imports_of(file, package):
            parts = name.split(".")
            if parts[0] == "tools" or (parts[0] == "ppocr_lite" and len(parts) > 1 and parts[1] in banned):
                wrong.append(f"{file.relative_to(repo)} imports {name}")
    assert not wrong, "\n".join(wrong)


def test_paddle_stays_in_its_half(repo: Path) -> None:
    package = repo / "ppocr_lite"
    wrong = [
        f"{file.relative_to(repo)} imports {name}"
        for file in sorted(package.rglob("*.py"))
        if part_of(file, package) in PADDLE_FREE
        and file.relative_to(package).as_posix() not in MAY_IMPORT_PADDLE
        for name in imports_of(file, package)
        if name.split(".")[0] in ("paddle", "paddle2onnx", "torch")
    ]
    assert not wrong, "\n".join(wrong)


def run_python(code: str) -> None:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_runtime_needs_no_paddle_and_leaves_the_root_logger_alone() -> None:
    run_python("""
import logging, pkgutil, importlib, sys
for name in ("paddle", "torch", "PIL", "shapely", "pyclipper", "onnx", "lmdb"):
    sys.modules[name] = None
root = logging.getLogger()
before = (root.level, list(root.handlers), list(root.filters), logging.raiseExceptions)
import ppocr_lite
from ppocr_lite import Config, OCRResult, TextSystem
parts = "inference postprocess metrics transforms cli visualize images geometry data_tools benchmark"
for part in parts.split():
    module = importlib.import_module(f"ppocr_lite.{part}")
    for found in pkgutil.walk_packages(getattr(module, "__path__", []), f"ppocr_lite.{part}."):
        importlib.import_module(found.name)
assert (root.level, list(root.handlers), list(root.filters), logging.raiseExceptions) == before
assert not logging.getLogger("ppocr_lite").handlers
""")


def test_reading_touches_neither_network_nor_root_logger(repo: Path, tmp_path: Path) -> None:
    """A TextSystem that is built and used opens no socket; skipped until embedded models are there."""
    if not (repo / "ppocr_lite/models/en/rec/inference.onnx").is_file():
        pytest.skip("no embedded models in this checkout")
    run_python("""
import logging, socket, sys
import numpy as np
def refuse(*args, **kwargs):
    raise AssertionError("network")
socket.socket.connect = socket.getaddrinfo = refuse
sys.modules["paddle"] = None
from ppocr_lite import TextSystem
TextSystem()(np.full((100, 200, 3), 255, np.uint8))
assert not logging.getLogger().handlers
""")


def test_importing_the_package_loads_nothing_heavy() -> None:
    run_python("""
import sys
import ppocr_lite
heavy = {"numpy", "cv2", "onnxruntime", "paddle", "yaml", "PIL"} & set(sys.modules)
assert not heavy, heavy
""")
