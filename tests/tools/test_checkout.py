"""Tools run in a checkout whose package is not installed."""

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize("folder", ["tools", "tools/infer", "deploy/slim/prune", "deploy/slim/quantization"])
def test_tools_find_the_package_beside_them(repo: Path, folder: str, tmp_path: Path) -> None:
    # -I -S: neither installed packages nor PYTHONPATH, so that only the checkout can have it.
    find = "import _checkout, ppocr_lite; print(ppocr_lite.__file__)"
    code = "import sys; sys.path.insert(0, sys.argv[1]); " + find
    command = [sys.executable, "-I", "-S", "-c", code, str(repo / folder)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == str(repo / "ppocr_lite" / "__init__.py"), done.stderr


def test_every_tool_looks_there_first(repo: Path) -> None:
    tools = [f for part in ("tools", "tools/infer", "deploy/slim/*") for f in repo.glob(f"{part}/*.py")]
    using = [f for f in tools if "\nfrom ppocr_lite" in f.read_text(encoding="utf-8")]
    assert len(using) >= 10
    assert [f.name for f in using if "\nimport _checkout" not in f.read_text(encoding="utf-8")] == []
