"""Our half of doc/migrating.md runs from top to bottom."""

import re

import pytest

pytest.importorskip("matplotlib")
paddle = pytest.importorskip("paddle")

pytestmark = pytest.mark.train

OURS = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CALLS = [
    *("Config.load", "build_lr_scheduler", "build_pipeline", "DecodeImage", "RandAugment", "build_model"),
    *("tia_distort", "tia_stretch", "tia_perspective", "DetMobileNetV3", "DBFPN", "MobileNetV1Enhance"),
]


def test_blocks_run_in_order(repo, tmp_path, monkeypatch):
    blocks = OURS.findall((repo / "doc" / "migrating.md").read_text(encoding="utf-8"))
    for folder in ("configs", "doc"):
        (tmp_path / folder).symlink_to(repo / folder)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "Agg")
    paddle.seed(0)
    names: dict = {}
    for number, block in enumerate(blocks):
        exec(compile(block, f"doc/migrating.md, block {number}", "exec"), names)
    assert (tmp_path / "rates.png").stat().st_size > 1000
    # the cosine of the configuration: up to its peak in two epochs, then down to almost nothing
    assert names["rates"][0] == 0
    assert max(names["rates"]) == names["rates"][200] == 0.001
    assert names["rates"][-1] < 1e-6
    assert len(names["rates"]) == names["epochs"] * 100
    assert names["decoded"]["polys"].shape[1:] == (4, 2)
    assert all(w.shape == names["line"].shape and (w != names["line"]).any() for w in names["warped"])
    assert names["augmented"].shape == names["image"].shape
    assert set(names["values"]) > {"loss", "loss_shrink_maps"}
    assert set(names["metric"].compute()) == {"precision", "recall", "hmean"}


def test_both_sides_of_each_call_are_shown(repo):
    text = (repo / "doc" / "migrating.md").read_text(encoding="utf-8")
    ours = "\n".join(OURS.findall(text))
    assert [call for call in CALLS if call not in ours] == []
    assert text.count("\n```py\n") == text.count("\n```python\n") - 1  # but for the prediction
