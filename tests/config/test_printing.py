"""The configuration with its origins as text."""

import pytest

from ppocr_lite.config import Config
from ppocr_lite.config.global_keys import GLOBAL_DEFAULTS
from ppocr_lite.config.printing import annotated_yaml

TEXT = """\
Global:
  epoch_num: 3
  use_gpu:
  "odd: key": "1e-4"
  note: "two\\nlines # no comment"
  7: [1, [2, {a: b}], ~]
  list: [1, 2]
  empty: {}
Train:
  transforms:
    - A: {p: 1e-4, q: [a, b]}
    - B:
    - C
    - []
    - {x: 1, y: {z: true}}
    - [{k: v}, w]
Eval:
"""


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "c.yml"
    path.write_text(TEXT)
    return path


def rows(text):
    """Text before the comment -> comment."""
    return {line.split("  # ")[0].rstrip(): line.rpartition("  # ")[2] for line in text.splitlines()}


def test_text_loads_to_the_same_values(file):
    cfg = Config.load("c.yml", ["Global.list[-1]=5", "Train.transforms.B.p=x", "Global.new='a\n\nb'"])
    file.write_text(annotated_yaml(cfg))
    assert Config.load("c.yml").to_dict() == cfg.to_dict()


def test_each_value_has_its_origin(file):
    found = rows(annotated_yaml(Config.load("c.yml", ["Global.list[1]=5", "Train.transforms.B.p=x"])))
    assert found["  epoch_num: 3"] == "c.yml:2"
    assert found["  'odd: key': '1e-4'"] == "c.yml:4"
    assert found["    - 1"] == "c.yml:7"  # the list is no longer of one origin
    assert found["    - 5"] == "-o Global.list[1]=5"
    assert found["        p: 0.0001"] == "c.yml:11"
    assert found["        q: [a, b]"] == "c.yml:11"
    assert found["        p: x"] == "-o Train.transforms.B.p=x"
    assert found["      y:"] == "      y:"
    assert found["        z: true"] == "c.yml:15"
    assert found["Eval: null"] == "c.yml:17"


def test_defaults_stand_as_comments(file):
    lines = annotated_yaml(Config.load("c.yml")).splitlines()
    defaults = [line for line in lines if line.endswith("# default")]
    assert any(line.startswith("  # seed: 1024  ") for line in defaults)
    assert any(line.startswith("  # use_gpu: false  ") for line in defaults)  # given, but empty
    assert not any("epoch_num" in line for line in defaults)
    assert len(defaults) == sum(value is not None for value in GLOBAL_DEFAULTS.values())


def test_comments_are_aligned(file):
    lines = [line for line in annotated_yaml(Config.load("c.yml")).splitlines() if "  # c.yml" in line]
    assert {line.index("  # c.yml") for line in lines} == {60}
