"""Stages are done once; other settings are told."""

import json

import pytest

from ppocr_lite.compression.stages import Stages, flat
from ppocr_lite.errors import ConfigError, DataError


def stages(folder, **settings):
    return Stages(folder, settings, total=2)


def test_finished_stages_give_what_they_gave(tmp_path, caplog):
    caplog.set_level("INFO", "ppocr_lite")
    first = stages(tmp_path, weights="a")
    assert first.run("one", lambda: {"bytes": 3, "pair": (1, 2)}, settings={}) == {"bytes": 3, "pair": [1, 2]}
    again = stages(tmp_path, weights="a")
    found = again.run("one", lambda: pytest.fail("done again"), settings={})
    assert found == {"bytes": 3, "pair": [1, 2]}
    assert "stage 1 of 2: one: done before" in caplog.text
    assert set(again.seconds) == {"one"}


def test_a_stage_depends_on_those_before_it(tmp_path):
    def both(ratio, where):
        job = stages(tmp_path / where)
        job.run("prune", dict, settings={"ratio": ratio})
        job.run("other", lambda: {"n": ratio}, settings={})
        return job.run("tune", lambda: {"n": ratio}, settings={}, after=["prune"])

    assert both(0.1, "a") == {"n": 0.1}
    job = stages(tmp_path / "a")
    job._settings["prune"] = {"prune.ratio": 0.2}
    assert job.run("other", lambda: pytest.fail("done again"), settings={}) == {"n": 0.1}
    with pytest.raises(
        ConfigError, match=r"'tune' was begun with other settings \(prune.ratio: 0.1 then, 0.2 now"
    ):
        job.run("tune", dict, settings={}, after=["prune"])


def test_what_was_stopped_is_not_gone_on_with_under_other_settings(tmp_path):
    def stopped():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stages(tmp_path).run("train", stopped, settings={"steps": 2})
    with pytest.raises(ConfigError, match=r"train\.steps: 2 then, 3 now\)\. Give another --out, or delete"):
        stages(tmp_path).run("train", dict, settings={"steps": 3})
    assert stages(tmp_path).run("train", lambda: {"done": 1}, settings={"steps": 2}) == {"done": 1}


def test_measurements_are_taken_again(tmp_path):
    stages(tmp_path).run("times", lambda: {"ms": 1}, settings={"rounds": 1})
    assert stages(tmp_path).run("times", lambda: {"ms": 2}, settings={"rounds": 2}, again=True) == {"ms": 2}


def test_a_broken_file_is_named(tmp_path):
    (tmp_path / "stages.json").write_text("{")
    with pytest.raises(DataError, match=r"stages\.json: is no JSON"):
        stages(tmp_path)


def test_flat_values_are_plain():
    assert json.loads(json.dumps(flat({"a": {"b": [1, {"c": None}]}}, "x"))) == {
        "x.a.b.0": 1,
        "x.a.b.1.c": None,
    }
