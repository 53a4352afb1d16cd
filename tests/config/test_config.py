"""Configurations: _BASE_, duplicate keys, origins, messages."""

import copy
import pickle
from pathlib import Path

import pytest

from ppocr_lite.config import Config, Origins, Section, parse_yaml
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


@pytest.mark.parametrize("value", ["1e-4", "a\nb", "null", "x # y", "1:30", "\u2028", "€", "  "])
def test_dump_keeps_texts(tmp_path, value):
    Config({"Global": {"x": value}}).dump(tmp_path / "out.yml")
    assert Config.load(tmp_path / "out.yml").get("Global.x") == value


BASE = """\
Global:
  seed: 1
  steps: &steps
    - A: {p: 1}
    - B:
Optimizer:
  name: Adam
  beta1: 0.9
"""
CHILD = """\
_BASE_: ../base.yml
Global:
  common: &common
    deep: {x: 1}
    y: 2
  merged:
    <<: *common
    y: 3
  again: *common
  seed: 2
  seed: 3
Optimizer:
  name: AdamW
"""


@pytest.fixture
def cfg(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sub").mkdir()
    write(tmp_path, "base.yml", BASE)
    write(tmp_path, "sub/c.yml", CHILD)
    return Config.load("sub/c.yml", ["Global.steps.A.p=5", "Global.steps[-1].B.q=6", "Optimizer.lr=0.1"])


@pytest.mark.parametrize(
    ("path", "origin"),
    [
        ("Global.seed", "sub/c.yml:11"),  # of twins the last
        ("Global.steps", "base.yml:3"),
        ("Global.steps[0]", "base.yml:4"),
        ("Global.steps[0].A.p", "-o Global.steps.A.p=5"),
        ("Global.steps.B.q", "-o Global.steps[-1].B.q=6"),
        ("Global.merged.deep.x", "sub/c.yml:4"),  # by the merge key
        ("Global.merged.y", "sub/c.yml:8"),
        ("Global.again", "sub/c.yml:9"),
        ("Global.again.y", "sub/c.yml:5"),  # by the alias
        ("Optimizer.name", "sub/c.yml:13"),
        ("Optimizer.lr", "-o Optimizer.lr=0.1"),
        ("Optimizer.beta1", "default"),
        ("Global.none.x", "default"),
    ],
)
def test_origins(cfg, path, origin):
    assert cfg.origin(path) == origin


def test_sections_know_origins(cfg):
    steps = cfg.section("Global").steps("steps")
    assert [(name, section.path) for name, section in steps] == [
        ("A", "Global.steps[0].A"),
        ("B", "Global.steps[1].B"),
    ]
    assert steps[0][1].origin("p") == "-o Global.steps.A.p=5"
    assert cfg.section("Global.merged").origin("y") == "sub/c.yml:8"
    assert cfg.section("Optimizer").origin("beta1") == "default"
    assert cfg.section("Optimizer").without("lr").place("name") == "Optimizer (sub/c.yml:13)"
    with pytest.raises(ConfigError, match=r"Global\.merged \(sub/c\.yml:6\): the key 'z' is missing"):
        cfg.section("Global.merged")["z"]
    with pytest.raises(
        ConfigError, match=r"^Global\.seed \(sub/c\.yml:11\): expected keys and values, got 3"
    ):
        cfg.section("Global.seed")


def test_an_alias_is_changed_alone(cfg):
    changed = Config.load("sub/c.yml", ["Global.again.deep.x=7"])
    assert changed.get("Global.again.deep.x") == 7
    assert changed.get("Global.common.deep.x") == changed.get("Global.merged.deep.x") == 1


def test_origins_survive_copies_and_replacing(cfg):
    for copied in (pickle.loads(pickle.dumps(cfg)), copy.deepcopy(cfg)):
        assert copied.origin("Global.seed") == "sub/c.yml:11"
    changed = cfg.replace({"Global.merged": {"y": 3, "deep": 1}, "Optimizer.lr": {"name": "Const"}})
    assert changed.origin("Global.merged.y") == "sub/c.yml:8"
    assert changed.origin("Global.merged.deep") == changed.origin("Optimizer.lr.name") == "set by the program"
    assert cfg.origin("Optimizer.lr") == "-o Optimizer.lr=0.1"


def test_plain_values_have_the_source_as_origin():
    assert Config({"Global": {"a": 1}}).origin("Global.a") == "configuration"
    assert Section({"a": 1}, "Global").place("a") == "Global.a"


@pytest.mark.parametrize(
    ("message", "named"),
    [
        ("Global.seed: no number.", "Global.seed (sub/c.yml:11): no number."),
        ("Global.steps[0].A.p: bad.", "Global.steps[0].A.p (-o Global.steps.A.p=5): bad."),
        ("Global.none: not set.", "Global.none: not set."),
        ("Global.seed (x.yml:1): bad.", "Global.seed (x.yml:1): bad."),
        ("label.txt:3: bad row.", "label.txt:3: bad row."),
    ],
)
def test_naming_places(cfg, message, named):
    with pytest.raises(ConfigError) as caught, cfg.naming_places():
        raise ConfigError(message)
    assert str(caught.value) == named


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: &x [*x]", "f:1: an anchor refers to itself"),
        ("a: 2024-13-45", "f: not valid YAML: month must be"),
        ("[" * 3000, "nested too deeply"),
        (
            "a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n"
            + "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 6)),
            "stand for more than 100000 values",
        ),
    ],
)
def test_hostile_yaml(text, message):
    with pytest.raises(ConfigError, match=message):
        parse_yaml(text, "f")


def test_base_of_a_wrong_kind(tmp_path):
    path = write(tmp_path, "c.yml", "Global: {}\n_BASE_: [3]\n")
    with pytest.raises(ConfigError, match=r"c\.yml:2: _BASE_ is a file or a list of files"):
        Config.load(path)


def test_origins_of_a_missing_key_are_those_around_it():
    origins = Origins("f:1", {"a": Origins("f:2", {"b": Origins("f:3")})})
    assert origins.child("a").find(["b"]) == "f:3"
    assert origins.child("a").child("c").find([]) == "f:2"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("folder.yml", None, "cannot be read .Is a directory"),
        ("bytes.yml", b"\xfb\x00", "is no text in UTF-8"),
    ],
)
def test_what_is_no_text_file(tmp_path, name, content, message):
    file = tmp_path / name
    file.mkdir() if content is None else file.write_bytes(content)
    with pytest.raises(ConfigError, match=f"{name}: {message}"):
        Config.load(file)
