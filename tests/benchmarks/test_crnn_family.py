"""The comparison of the CRNN family: equal conditions for all systems, right tables, no run twice."""

import json
import sys
from types import SimpleNamespace

import pytest

paddle = pytest.importorskip("paddle")

pytestmark = pytest.mark.train
MODULES = ("crnn_family", "crnn_systems", "crnn_page", "gain_data", "taking_turns", "training_runs")


@pytest.fixture
def harness(repo, monkeypatch):
    monkeypatch.syspath_prepend(repo / "benchmarks")
    import crnn_family
    import crnn_page
    import crnn_systems
    import taking_turns

    yield SimpleNamespace(main=crnn_family, page=crnn_page, systems=crnn_systems, turns=taking_turns)
    for name in MODULES:
        sys.modules.pop(name, None)


def test_every_configuration_is_a_system_and_sees_the_same_data(harness, repo, tmp_path):
    from ppocr_lite.engine import assemble

    files = {file.stem for file in (repo / "configs/rec/crnn").glob("*.yml")}
    assert {file for _, file in harness.systems.SYSTEMS.values()} == files
    settings = {**harness.main.DEFAULTS, "scale": 0.125}
    data = {"train": tmp_path / "t", "eval": tmp_path / "e"}
    seen = []
    for system in harness.systems.SYSTEMS:
        cfg = harness.systems.config(system, seed=1, data=data, out=tmp_path / system, settings=settings)
        assert (assemble.parts(cfg).charset.ctc_size, cfg.get("Architecture.in_channels")) == (37, 1)
        loader, dataset = cfg.get("Train.loader"), cfg.get("Train.dataset")
        seen.append([cfg.get("Global.epoch_num"), loader, dataset["label_file_list"], cfg.get("Optimizer")])
        assert cfg.get("Architecture.Backbone.scale") == 0.125
        assert cfg.get("Architecture.Neck.hidden_size") == 32
    assert all(values == seen[0] for values in seen)
    assert seen[0][0] == 10  # 384000 samples of 38400 pictures


def row(system, **values):
    common = {"key": "k", "steps": 2, "samples": 128, "norm_edit_dis": 0.9, "settings": {"batch": 64}}
    own = {"acc": 0.5, "cer": 0.25, "parameters": 530_000, "samples_per_second": 90.4, "cpu_hours": 1.0}
    return {"system": system, **common, **own, **values}


def test_pages_by_hand(harness, tmp_path):
    ends = {"ended": 0.995, "steps_run": 9.25, "steps_possible": 25, "acc_beam_5": 0.8125}
    rows = [row("attention", acc=0.8, **ends), row("crnn")]
    times = {"threads": 1, "machine": "a machine", "ms": {"crnn onnxruntime": 1.234}}
    for system in ("crnn", "attention"):
        (tmp_path / system).mkdir()
        record = {"kind": "eval", "global_step": 2, "acc": 0.5, "cer": 0.25}
        (tmp_path / system / "train.jsonl").write_text(json.dumps(record) + "\n")
    lines = harness.page.write_page(tmp_path, rows, times).read_text("utf-8").splitlines()
    first, second = (next(i for i, line in enumerate(lines) if name in line) for name in ("| CRNN", "| CNN"))
    assert lines[first] == "| CRNN | 0.53 M | 50.0 | 25.00 | 90 | 1.00 | 1.23 |"
    assert second == first + 1
    assert lines[second].endswith("| 80.0 | 25.00 | 90 | 1.00 | - |")
    assert lines[-1] == "| CNN + attention | 99.5 | 9.2 | 25 | 80.0 | 81.2 |"
    html = (tmp_path / "family.html").read_text("utf-8")
    assert html.count("<figure>") == 2
    assert "128: 0.5" in html  # two steps of 64


def test_finished_runs_are_skipped(harness, tmp_path):
    args = SimpleNamespace(out=tmp_path, key="k")
    (tmp_path / "results.jsonl").write_text(json.dumps({"key": "k", "system": "crnn"}) + "\n")
    assert harness.main.run(args, "crnn")  # without the data and settings that a run needs
    with pytest.raises(AttributeError):
        harness.main.run(args, "ed")


def test_other_settings_are_other_runs(harness):
    key = harness.main.key_of({"scale": 0.25})
    assert key != harness.main.key_of({"scale": 0.5})
    assert harness.main.parse(["--scale", "0.5"]).key != harness.main.parse([]).key


def test_turns(harness):
    order = []
    calls = {name: lambda name=name: order.append(name) for name in "ab"}
    found = harness.turns.take_turns(calls, rounds=2)
    assert "".join(order) == "ab" + "ba" + "ab"
    assert list(found) == ["a", "b"]
    order.clear()
    harness.turns.take_turns(calls, rounds=9, seconds=0)
    assert len(order) == 2 + 2 * harness.turns.LEAST_ROUNDS


def test_times_are_medians(harness, monkeypatch):
    wall, cpu = iter([0.0, 0.0, 1.0, 0.0, 2.0, 0.0, 9.0]), iter([0.0, 0.5, 0.0, 0.25, 0.0, 1.0])
    clocks = SimpleNamespace(perf_counter=lambda: next(wall), process_time=lambda: next(cpu))
    monkeypatch.setattr(harness.turns, "time", clocks)
    assert harness.turns.take_turns({"a": list}, rounds=3) == {"a": (2000.0, 500.0)}
