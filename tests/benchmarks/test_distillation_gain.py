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
        run = harness.configs.Run(arm, 1)
        before = [tmp_path / earlier.arm for earlier in harness.configs.needed_by(task, run)]
        cfg = harness.configs.config(
            task, run, settings=settings, data=folders, out=tmp_path / arm, before=before
        )
        model = assemble.parts(cfg).model
        student = getattr(model, "Student", model)
        sizes[arm] = sum(parameter.size for parameter in student.parameters())
        trained[arm] = (cfg.get("Train"), cfg.get("Global.epoch_num"), cfg.get("Optimizer"))
        if arm != "center":  # its file of centers is not there
            LOSSES.build(cfg.section("Loss"))
    assert len(set(sizes.values())) == 1
    assert all(values == trained["plain"] for values in trained.values())


def test_recognizers_begin_equal_but_for_the_second_network(harness, tmp_path):
    settings = harness.main.DEFAULTS["rec"]
    folders = {"train": tmp_path / "t", "eval": tmp_path / "e"}

    def made(arm):
        place = {"data": folders, "out": tmp_path / arm, "before": [tmp_path / "base"]}
        return harness.configs.config("rec", harness.configs.Run(arm, 2), settings=settings, **place)

    first = str(harness.configs.WEIGHTS["rec"])
    assert (
        made("plain").get("Global.pretrained_model") == made("focal").get("Global.pretrained_model") == first
    )
    models = made("udml").get("Architecture.Models")
    assert models["Student"]["pretrained"] == first
    assert models["Teacher"]["pretrained"] == str(tmp_path / "base/latest")
    assert made("base").get("Optimizer.lr.learning_rate") == settings["base_lr"] != settings["lr"]


def test_what_comes_first(harness):
    run, needed = harness.configs.Run, harness.configs.needed_by
    assert needed("rec", run("udml", 3)) == [run("base", 0)]
    assert needed("det", run("cml", 3)) == [run("teacher", 0)]
    assert [needed("rec", run(arm, 3)) for arm in ("plain", "center", "focal", "base")] == [[]] * 4
    assert [needed("det", run(arm, 3)) for arm in ("plain", "dml", "teacher")] == [[]] * 3


def test_table_by_hand(harness, tmp_path):
    rows = [
        {"arm": "base", "seed": 0, "acc": 0.40, "norm_edit_dis": 0.7},
        {"arm": "plain", "seed": 1, "acc": 0.50, "norm_edit_dis": 0.8},
        {"arm": "plain", "seed": 2, "acc": 0.60, "norm_edit_dis": 0.8},
        {"arm": "udml", "seed": 1, "acc": 0.55, "norm_edit_dis": 0.8},
        {"arm": "udml", "seed": 2, "acc": 0.59, "norm_edit_dis": 0.8},
    ]
    common = {"task": "rec", "key": "rec-1", "cpu_hours": 0.5, "settings": {"steps": 2}}
    text = "".join(json.dumps({**common, **row}) + "\n" for row in rows)
    (tmp_path / "results.jsonl").write_text(text)
    lines = harness.main.table(tmp_path, "rec")
    assert "| plain | 1 2 | 55.0 (50.0 to 60.0) | 80.0 (80.0 to 80.0) | - | 0.50 |" in lines
    assert "| udml | 1 2 | 57.0 (55.0 to 59.0) | 80.0 (80.0 to 80.0) | +2.0 (-1.0 to +5.0) | 0.50 |" in lines
    assert lines[-3].startswith("| base | 0 | 40.0 | 70.0 | - |")
    assert harness.main.table(tmp_path, "det") == []


def test_scores_on_real_pictures_are_columns(harness, tmp_path):
    row = {"task": "det", "key": "det-1", "arm": "cml", "seed": 1, "cpu_hours": 0.5, "settings": {}}
    row.update(hmean=0.7, precision=0.8, recall=0.6)
    real = {"key": "det-1", "arm": "cml", "seed": 1, "scores": {"icdar15_hmean": 0.1, "pages_f1": 0.4}}
    (tmp_path / "results.jsonl").write_text(json.dumps(row) + "\n")
    (tmp_path / "real.jsonl").write_text(json.dumps(real) + "\n")
    assert (
        harness.main.table(tmp_path, "det")[-1] == "| cml | 1 | 70.0 | 80.0 | 60.0 | 10.0 | 40.0 | - | 0.50 |"
    )


def test_other_settings_are_other_runs(harness):
    key = harness.main.key_of("rec", {"steps": 1})
    assert key != harness.main.key_of("rec", {"steps": 2})
    assert key == harness.main.key_of("rec", {"steps": 1})


def test_finished_runs_are_skipped(harness, tmp_path):
    args = SimpleNamespace(out=tmp_path, key="rec-1", task="rec")
    (tmp_path / "results.jsonl").write_text(json.dumps({"key": "rec-1", "arm": "plain", "seed": 3}) + "\n")
    # without the data and settings that a run needs
    assert harness.main.finish(args, harness.configs.Run("plain", 3))


def test_real_words_by_hand(harness, tmp_path, monkeypatch):
    import gain_data
    import numpy as np

    from ppocr_lite.visualize import write_image

    (tmp_path / "words").mkdir()
    for name in "ab":
        write_image(tmp_path / "words" / f"{name}.png", np.zeros((8, 20, 3), np.uint8))
    (tmp_path / "words/label.txt").write_text("a.png\tGRAND\nb.png\tHotel\n")
    read = [SimpleNamespace(text="grand"), SimpleNamespace(text="Hote")]
    monkeypatch.setattr(gain_data.TextRecognizer, "open", lambda _: lambda images: read)
    scores = gain_data.score_on_real("rec", tmp_path, tmp_path, tmp_path)
    assert scores == pytest.approx({"words_acc": 0.5, "words_norm_edit_dis": 0.9}, abs=1e-5)
