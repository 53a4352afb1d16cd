"""Training tools where the training framework is not installed: one line that says what to do."""

import subprocess
import sys
from pathlib import Path

import pytest

BLOCKED = (
    "import importlib.util, runpy, sys; find = importlib.util.find_spec; "
    "importlib.util.find_spec = lambda name, *rest: None if name == 'paddle' else find(name, *rest); "
    "sys.modules['paddle'] = sys.modules['tqdm'] = None; sys.path.insert(0, sys.argv[1].rpartition('/')[0]); "
    "sys.argv = sys.argv[1:]; runpy.run_path(sys.argv[0], run_name='__main__')"
)


@pytest.mark.parametrize("name", ["train", "eval", "export_model", "infer_det", "infer_cls", "infer_rec"])
def test_the_message_holds_the_pip_line(repo: Path, name: str) -> None:
    command = [sys.executable, "-c", BLOCKED, str(repo / "tools" / f"{name}.py"), "-c", "any.yml"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2, done.stderr
    assert 'pip install ".[train]"' in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_the_configuration_is_printed_nevertheless(repo: Path) -> None:
    tool, config = repo / "tools/train.py", repo / "configs/cls/cls_mv3.yml"
    command = [sys.executable, "-c", BLOCKED, str(tool), "-c", str(config), "--print-config"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "cls_mv3.yml:" in done.stdout
