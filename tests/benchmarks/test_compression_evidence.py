"""The evidence of compression: its plans can be carried out, its verdicts are right."""

import sys
from pathlib import Path

import pytest

paddle = pytest.importorskip("paddle")
pytest.importorskip("onnx")

pytestmark = pytest.mark.train


@pytest.fixture
def harness(repo, monkeypatch):
    monkeypatch.syspath_prepend(repo / "benchmarks")
    import compression_evidence

    yield compression_evidence
    sys.modules.pop("compression_evidence", None)


@pytest.mark.parametrize("task", ["det", "cls", "rec"])
def test_every_plan_trains_on_rendered_pictures_in_folders(harness, task, tmp_path, monkeypatch):
    from ppocr_lite.compression import recipes
    from ppocr_lite.engine import check

    made = {}
    monkeypatch.setattr(
        harness, "write_set", lambda task, out, count, seed, args: made.update({out.name: (count, seed)})
    )
    args = harness.parse(["--texts", "x", "--out", str(tmp_path), "--scale", "0.5"])
    cfg, options = harness.config_of(task, args), harness.options_of(task, args)
    plan = harness.PLANS[task]
    assert made[f"{task}-Train"][0] == plan.pictures[0] // 2
    assert made[f"{task}-Train"][1] != made[f"{task}-Eval"][1]
    assert options.steps == tuple(steps // 2 for steps in plan.steps)
    assert (harness.REPO / f"{plan.weights}.pdparams").is_file()
    tuned = recipes.fine_tuning(cfg, options, Path("pruned"), None)
    float_run = recipes.fine_tuning_float(cfg, options, None)
    expected = sum(options.steps) if options.prunes else options.steps[1]
    assert (tuned.get("Global.max_steps"), float_run.get("Global.max_steps")) == (options.steps[0], expected)
    check.check_config(tuned)
    if task == "det":
        crops = [s["RandomTextCrop"] for s in cfg.get("Train.dataset.transforms") if "RandomTextCrop" in s]
        assert crops[0]["size"] == [320, 320]


def values(harness, pruned, difference):
    triple = {"onnxruntime": {"pruned": difference, "int8": difference}}
    return {
        "stages": {
            "float": {"bytes": 1000},
            "pruned": {"bytes": pruned},
            "int8": {"bytes": 300},
            "metrics": {"minus float": triple},
        }
    }


@pytest.mark.parametrize(
    ("pruned", "difference", "said"),
    [
        (550, [-0.009, -0.0099, 0.0], ["| 45.0% | reached |", "| -0.90 (-0.99 to +0.00) | reached |"]),
        (551, [-0.009, -0.02, 0.0], ["| 44.9% | missed |", "| reached, the interval allows the opposite |"]),
        (550, [-0.03, -0.05, -0.02], ["| 45.0% | reached |", "| -3.00 (-5.00 to -2.00) | missed |"]),
    ],
)
def test_verdicts_by_hand(harness, pruned, difference, said):
    lines = harness.verdicts({"det": values(harness, pruned, difference)})
    assert all(any(text in line for line in lines) for text in said)
    assert len(lines) == 4  # head, rule, size, metric: float was not trained on


def test_tables_go_between_the_marks(harness, tmp_path):
    page = tmp_path / "page.md"
    page.write_text(f"before\n{harness.BEGIN}\nold\n{harness.END}\nafter\n")
    harness.write_into(page, "new\n")
    assert page.read_text() == f"before\n{harness.BEGIN}\n\nnew\n\n{harness.END}\nafter\n"
    page.write_text("none")
    with pytest.raises(SystemExit, match="has no '<!-- evidence"):
        harness.write_into(page, "new")
