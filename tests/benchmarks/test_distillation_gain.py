"""The comparison of training recipes: its arms can be built, its table is right."""

import json
import sys
from types import SimpleNamespace

import pytest

paddle = pytest.importorskip("paddle")

pytestmark = pytest.mark.train


@pytest.fixture
def harness(repo, monkeypatch):
    monkeypatch.syspath_prepend(repo / "benchmarks")
    import distillation_gain
    import gain_configs

    yield SimpleNamespace(main=distillation_gain, configs=gain_configs)
    for name in ("distillation_gain", "gain_configs", "gain_data", "training_runs"):
        sys.modules.pop(name, None)


@pytest.mark.parametrize("task", ["rec", "det"])
def test_every_arm_trains_the_same_student_for_as_many_steps(harness, task, tmp_path):
    from ppocr_lite.engine import assemble
    from ppocr_lite.registry import LOSSES

    settings = harness.main.DEFAULTS[task]
    folders = {"train": tmp_path / "t", "eval": tmp_path / "e"}
    sizes, trained = {}, {}
    for arm in harness.configs.ARMS[task]:
        cfg = harness.configs.config(
            task, arm, seed=1, data=folders, out=tmp_path / arm, settings=settings, before=tmp_path / "plain"
        )
        model = assemble.parts(cfg).model
        student = getattr(model, "Student", model)
        sizes[arm] = sum(parameter.size for parameter in student.parameters())
        trained[arm] = (cfg.get("Train"), cfg.get("Global.epoch_num"), cfg.get("Optimizer"))
        if arm != "center":  # its file of centers is not there
            LOSSES.build(cfg.section("Loss"))
    assert len(set(sizes.values())) == 1
    assert all(values == trained["plain"] for values in trained.values())


def test_table_by_hand(harness, tmp_path):
    rows = [
        {"arm": "plain", "seed": 1, "acc": 0.50, "norm_edit_dis": 0.8},
        {"arm": "plain", "seed": 2, "acc": 0.60, "norm_edit_dis": 0.8},
        {"arm": "udml", "seed": 1, "acc": 0.55, "norm_edit_dis": 0.8},
        {"arm": "udml", "seed": 2, "acc": 0.59, "norm_edit_dis": 0.8},
    ]
    common = {"task": "rec", "key": "rec-1", "cpu_hours": 0.5, "settings": {"steps": 2}}
    text = "".join(json.dumps({**common, **row}) + "\n" for row in rows)
    (tmp_path / "results.jsonl").write_text(text)
    (tmp_path / "rec-1" / "udml-2").mkdir(parents=True)
    (tmp_path / "rec-1" / "udml-2" / "real.txt").write_text("3 of 5")
    lines = harness.main.table(tmp_path, "rec")
    assert "| plain | 1 2 | 55.0 (50.0 to 60.0) | 80.0 (80.0 to 80.0) | - | 0.50 |" in lines
    assert "| udml | 1 2 | 57.0 (55.0 to 59.0) | 80.0 (80.0 to 80.0) | +2.0 (-1.0 to +5.0) | 0.50 |" in lines
    assert lines[-1] == "    3 of 5"
    assert harness.main.table(tmp_path, "det") == []


def test_other_settings_are_other_runs(harness):
    key = harness.main.key_of("rec", {"steps": 1})
    assert key != harness.main.key_of("rec", {"steps": 2})
    assert key == harness.main.key_of("rec", {"steps": 1})


def test_finished_runs_are_skipped(harness, tmp_path):
    args = SimpleNamespace(out=tmp_path, key="rec-1", task="rec")
    (tmp_path / "results.jsonl").write_text(json.dumps({"key": "rec-1", "arm": "plain", "seed": 3}) + "\n")
    assert harness.main.run(args, "plain", 3)  # without the data and settings that a run needs
