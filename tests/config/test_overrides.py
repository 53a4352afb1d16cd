"""``-o key=value``."""

import pytest

from ppocr_lite.config import Config, apply_override
from ppocr_lite.errors import ConfigError


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("Global.x=1e-4", 1e-4),
        ("Global.x=-2E+3", -2e3),
        ("Global.x=a=b", "a=b"),
        ("Global.x=http://h/?a=1&b=2", "http://h/?a=1&b=2"),
        ("Global.x=", None),
        ("Global.x=null", None),
        ("Global.x='1'", "1"),
        ('Global.x="1e-4"', "1e-4"),
        ("Global.x='a # b'", "a # b"),
        ("Global.x=[./a.txt]", ["./a.txt"]),
        ('Global.x=["./a.txt", ./b c.txt]', ["./a.txt", "./b c.txt"]),
        ("Global.x={p: 1}", {"p": 1}),
        ("Global.x=True", True),
        (" Global.x = 3", 3),
    ],
)
def test_values(override, expected):
    values = {"Global": {}}
    apply_override(values, override)
    assert values["Global"]["x"] == expected
    assert type(values["Global"]["x"]) is type(expected)


def transforms():
    return {"Train": {"dataset": {"transforms": [{"A": {"p": 1}}, {"B": None}, "C", {"D": 1}, {"D": 2}]}}}


@pytest.mark.parametrize(
    ("key", "index", "item"),
    [
        ("[0].A.p", 0, {"A": {"p": 9}}),
        (".0.A.p", 0, {"A": {"p": 9}}),
        ("[-5].A.p", 0, {"A": {"p": 9}}),
        (".1.B.q", 1, {"B": {"q": 9}}),
        (".A.p", 0, {"A": {"p": 9}}),
        (".A.new", 0, {"A": {"p": 1, "new": 9}}),
        (".B.q", 1, {"B": {"q": 9}}),
        (".B", 1, {"B": 9}),
        (".C.q", 2, {"C": {"q": 9}}),
        ("[2]", 2, 9),
    ],
)
def test_lists(key, index, item):
    values, expected = transforms(), transforms()["Train"]["dataset"]["transforms"]
    ((*path,),) = apply_override(values, f"Train.dataset.transforms{key}=9")
    expected[index] = item
    assert values["Train"]["dataset"]["transforms"] == expected
    assert path[:4] == ["Train", "dataset", "transforms", index]


def test_a_section_is_laid_over():
    values = {"Global": {"a": 1, "b": 2}}
    assert apply_override(values, "Global={b: 3, c: 4}") == [["Global", "b"], ["Global", "c"]]
    assert values == {"Global": {"a": 1, "b": 3, "c": 4}}


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("Global", "expected key=value"),
        ("=1", "expected key=value"),
        ("Global..x=1", "the key 'Global..x' has an empty part"),
        ("Globl.x=1", "Did you mean 'Global'"),
        ("Global.serv.x=1", r"no key 'Global\.serv' to go into\. Did you mean 'server'"),
        ("Global.list[5]=1", "item 5 of a list of 2"),
        ("Global.list[-3]=1", "item -3 of a list of 2"),
        ("Global.list.one=1", "'one' is neither an index nor an item's name; this is a list of 2"),
        ("Global.number.x=1", r"'Global\.number' is a value \(3\), not a section"),
        ("Train.dataset.transforms.D=1", "2 items of the list are called 'D'. .* index: 3, 4"),
        ("Train.dataset.transforms.E.x=1", "neither an index nor"),
        (
            "Global.x=[1, 2",
            r"^-o Global\.x=\[1, 2: the value is not valid YAML: .* Quote a text that holds special",
        ),
        ("Global.x=@home", r"^-o Global\.x=@home: the value is not valid YAML"),
        ("Global.x=2024-13-45", "the value is not valid YAML: month"),
        ("Global.x=!!python/name:os.system", "the value is not valid YAML"),
    ],
)
def test_errors(override, message):
    values = {"Global": {"server": {}, "list": [1, 2], "number": 3}, **transforms()}
    with pytest.raises(ConfigError, match=message):
        apply_override(values, override)


def test_the_nearest_name_of_an_item():
    values = {"Train": {"transforms": [{"RecAug": None}, {"KeepKeys": {}}]}}
    with pytest.raises(ConfigError, match="Did you mean 'RecAug'"):
        apply_override(values, "Train.transforms.RecAgu.p=1")


def test_keys_that_are_no_texts(tmp_path):
    path = tmp_path / "c.yml"
    path.write_text("Global: {map: {1: a}}\n")
    cfg = Config.load(path, ["Global.map.1=b"])
    assert cfg.to_dict() == {"Global": {"map": {1: "b"}}}
    assert cfg.origin("Global.map.1") == "-o Global.map.1=b"


def test_overrides_apply_in_order(tmp_path):
    path = tmp_path / "c.yml"
    path.write_text("Global: {a: 1}\n")
    cfg = Config.load(path, ["Global.a={b: 1}", "Global.a.b=2", "Global.a.b=3"])
    assert cfg.get("Global.a") == {"b": 3}
    assert cfg.origin("Global.a.b") == "-o Global.a.b=3"
