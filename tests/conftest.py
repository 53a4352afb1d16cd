"""Fixtures that every test folder shares."""

import importlib.util
import os
from pathlib import Path
from types import ModuleType

import pytest

REPO = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def repo() -> Path:
    """Root of the checkout."""
    return REPO


@pytest.fixture(scope="session")
def narrowed():
    """Function: a configuration of the CRNN family with an eighth of the channels, others as they are.

    Graphs, names and shapes are the same; with all channels each takes half a minute to export.
    """

    def make(cfg):
        if "_CRNN" not in (name := cfg.get("Architecture.Backbone.name") or "") and name != "ResNet_ASTER":
            return cfg
        head = {"Architecture.Head.hidden_size": 32} if cfg.get("Architecture.Head.hidden_size") else {}
        return cfg.replace(
            {"Architecture.Backbone.scale": 0.125, "Architecture.Neck.hidden_size": 32, **head}
        )

    return make


@pytest.fixture(scope="session")
def golden_dir() -> Path:
    """Folder of reference numbers; a test that asks for it is skipped where there is none."""
    folder = Path(os.environ.get("PPOCR_LITE_GOLDEN", REPO.parent / "shared" / "golden"))
    if not (folder / "README.md").is_file():
        pytest.skip(f"no golden fixtures in {folder}; set PPOCR_LITE_GOLDEN to their folder")
    return folder


@pytest.fixture(scope="session")
def reader(golden_dir: Path) -> ModuleType:
    """The fixtures' own reader, golden_io.py."""
    spec = importlib.util.spec_from_file_location("golden_io", golden_dir / "golden_io.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
