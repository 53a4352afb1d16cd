"""The predict scripts start, know their flags, and say what is wrong by their exit status."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


def start(repo: Path, name: str, *flags: str) -> subprocess.CompletedProcess[str]:
    script = repo / "tools" / "infer" / f"predict_{name}.py"
    environment = {**os.environ, "PYTHONPATH": str(repo), "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        [sys.executable, str(script), *flags], capture_output=True, text=True, check=False, env=environment
    )


@pytest.mark.parametrize("name", ["system", "det", "cls", "rec"])
def test_missing_folder(repo: Path, name: str, tmp_path: Path) -> None:
    model = f"--{'det' if name == 'system' else name}_model_dir={tmp_path / 'nothing'}"
    done = start(repo, name, f"--image_dir={tmp_path}", model)
    assert done.returncode == 2
    assert "nothing: no such model folder or file" in done.stdout


def test_two_processes_with_an_unusable_model(repo: Path, tmp_path: Path) -> None:
    done = start(
        repo, "system", f"--image_dir={tmp_path}", f"--det_model_dir={tmp_path}/no", "--use_mp=True",
        "--total_process_num=2", f"--draw_img_save_dir={tmp_path}",
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stdout.count("no such model folder") == 2
    assert (tmp_path / "system_results.txt").read_text() == ""


def test_embedded_models_read_the_demo(repo: Path, tmp_path: Path) -> None:
    if not (repo / "ppocr_lite/models/en/rec/inference.onnx").is_file():
        pytest.skip("no embedded models in this checkout")
    done = start(
        repo, "system", f"--image_dir={repo}/doc/imgs/letter.jpg", f"--draw_img_save_dir={tmp_path}",
        "--use_angle_cls=True",
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert (tmp_path / "system_results.txt").read_text(encoding="utf-8").startswith("letter.jpg\t[{")
