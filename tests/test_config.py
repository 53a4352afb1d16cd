"""Configurations: _BASE_, overrides, duplicate keys, messages."""

from pathlib import Path

import pytest

from ppocr_lite.config import Config, Section, apply_override
from ppocr_lite.errors import ConfigError


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_base_is_laid_under(tmp_path):
    write(tmp_path, "base.yml", "Global: {epoch_num: 5, seed: 1}\nOptimizer: {name: Adam, beta1: 0.9}\n")
    child = write(
        tmp_path, "c.yml", "_BASE_: base.yml\nGlobal: {epoch_num: 9}\nOptimizer: {name: AdamW, lr: 1}\n"
    )
    cfg = Config.load(child)
    assert cfg.to_dict()["Global"] == {"epoch_num": 9, "seed": 1}
    # Another name is another part: parameters of the old one must not leak into it.
    assert cfg.to_dict()["Optimizer"] == {"name": "AdamW", "lr": 1}


def test_base_cycle_is_an_error(tmp_path):
    path = write(tmp_path, "a.yml", "_BASE_: a.yml\n")
    with pytest.raises(ConfigError, match="refers back"):
        Config.load(path)


def test_anchors_duplicates_and_numbers(tmp_path):
    text = "Global: {a: &x 3, b: *x, a: 4, lr: 1e-4, s: 1./255.}\n"
    values = Config.load(write(tmp_path, "c.yml", text)).to_dict()["Global"]
    assert values == {"a": 4, "b": 3, "lr": 1e-4, "s": "1./255."}


def test_unsafe_yaml_is_refused(tmp_path):
    path = write(tmp_path, "c.yml", "Global: !!python/object/apply:os.system ['true']\n")
    with pytest.raises(ConfigError, match=r"c\.yml:1"):
        Config.load(path)


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("Global.x=1e-4", 1e-4),
        ("Global.x=a=b", "a=b"),
        ("Global.x=", None),
        ("Global.x='1'", "1"),
        ("Global.x=[./a.txt]", ["./a.txt"]),
        ("Global.x=True", True),
    ],
)
def test_override_values(override, expected):
    values = {"Global": {}}
    apply_override(values, override)
    assert values["Global"]["x"] == expected


def test_override_reaches_into_lists():
    values = {"Train": {"dataset": {"transforms": [{"A": {"p": 1}}, {"B": None}]}}}
    apply_override(values, "Train.dataset.transforms[0].A.p=2")
    apply_override(values, "Train.dataset.transforms.1.B.q=3")
    assert values["Train"]["dataset"]["transforms"] == [{"A": {"p": 2}}, {"B": {"q": 3}}]


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("Global", "expected key=value"),
        ("Globl.x=1", "Did you mean 'Global'"),
        ("Global.serv.x=1", "Did you mean 'server'"),
        ("Global.list.5=1", "item 5 of a list of 2"),
    ],
)
def test_override_errors(override, message):
    with pytest.raises(ConfigError, match=message):
        apply_override({"Global": {"server": {}, "list": [1, 2]}}, override)


def test_unknown_top_level_key(tmp_path):
    with pytest.raises(ConfigError, match="Did you mean 'Global'"):
        Config.load(write(tmp_path, "c.yml", "Globl: {}\n"))


@pytest.mark.parametrize(
    ("name", "text", "message"), [("c.txt", "", "ends in"), ("c.yml", "a: [", "not valid YAML")]
)
def test_bad_files(tmp_path, name, text, message):
    with pytest.raises(ConfigError, match=message):
        Config.load(write(tmp_path, name, text))


def test_missing_key_names_its_place():
    with pytest.raises(ConfigError, match="Architecture.Neck: the key 'name' is missing"):
        Section({}, "Architecture.Neck")["name"]


def test_dump_round_trip(tmp_path):
    cfg = Config({"Global": {"z": 1, "a": [1, {"b": None}]}})
    cfg.dump(tmp_path / "out.yml")
    assert Config.load(tmp_path / "out.yml").to_dict() == cfg.to_dict()
