"""Where lexicons come from."""

import json

import pytest

from ppocr_lite.benchmark.databases import find_sets, open_database
from ppocr_lite.benchmark.lexicons import WordFile, names_of, parse_wanted, sources_of
from ppocr_lite.errors import ConfigError, DataError


@pytest.fixture
def sources(make_set, tmp_path):
    """Function that gives the sources of the set SVT as {name: ([words of each sample], shared)}."""

    def find(wanted=None, truth=()):
        (place,) = find_sets(tmp_path / "sets")
        with open_database(place) as database:
            found = sources_of(database, wanted, truth)
            numbers = range(1, database.count + 1)
            return {n: ([list(s.words(i)) for i in numbers], s.shared, s.place(2)) for n, s in found.items()}

    return find


def test_a_line_for_each_sample(make_set, sources):
    folder = make_set("SVT", ["a", "b"])
    file = folder.with_name("SVT.lex50.txt")
    file.write_text("one,two\r\nthree  four\tfive,\n", encoding="utf-8-sig")
    assert sources() == {"50": ([["one", "two"], ["three", "four", "five"]], False, f"{file}:2")}


def test_a_list_for_each_sample(make_set, sources):
    folder = make_set("deep/SVT", ["a", "b"])
    file = folder.with_name("SVT.lex1k.json")
    file.write_text(json.dumps([["two words"], ["x", "y"]]))
    assert sources() == {"1k": ([["two words"], ["x", "y"]], False, f"{file}: list 2")}


def test_keys_of_the_database(make_set, sources):
    keys = {f"lexicon_00000000{i}": f"one two{i}".encode() for i in (1, 2)}
    named = {f"lexicon.1k_00000000{i}": f"three four{i}".encode() for i in (1, 2)}
    folder = make_set("SVT", ["a", "b"], **keys, **named)
    assert sources() == {
        "50": ([["one", "two1"], ["one", "two2"]], False, f"{folder}:2: lexicon 50"),
        "1k": ([["three", "four1"], ["three", "four2"]], False, f"{folder}:2: lexicon 1k"),
    }


def test_a_key_that_is_missing(make_set, sources):
    make_set("SVT", ["a", "b"], lexicon_000000001=b"one")
    with pytest.raises(DataError, match="SVT:2: no lexicon 50 here, but other samples have one"):
        sources()


def test_full_and_files(make_set, sources, tmp_path):
    folder = make_set("SVT", ["a", "b"])
    words = tmp_path / "words.txt"
    words.write_text("one\n two \n\none\n")
    wanted = parse_wanted([f"50k={words}", "full", "1k"])
    assert list(wanted) == ["1k", "full", "50k"]
    assert wanted["50k"] == WordFile(words, ("one", "two"))
    found = sources(wanted, ["a", "b", "a"])
    assert found == {
        "full": ([["a", "b"]] * 2, True, f"{folder}: labels"),
        "50k": ([["one", "two"]] * 2, True, str(words)),
    }


def test_a_file_named_full_wins(make_set, sources):
    folder = make_set("SVT", ["a", "b"])
    folder.with_name("SVT.lexfull.txt").write_text("x\ny\n")
    assert sources({"full": None}, ["a", "b"])["full"][:2] == ([["x"], ["y"]], False)


def test_files_of_other_sets_are_left_alone(make_set, tmp_path):
    folder = make_set("SVT", ["a"])
    for name in ("SVTP.lex50.txt", "SVT.lex.txt", "SVT.lex50.csv"):
        folder.with_name(name).write_text("x\n")
    with open_database(find_sets(tmp_path / "sets")[0]) as database:
        assert names_of(database) == []


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("lex50.txt", "a\n", "lex50.txt: 1 lines for 2 samples"),
        ("lex50.json", '[["a"]]', "lex50.json: 1 lists for 2 samples"),
        ("lex50.json", '{"1": ["a"]}', "lex50.json: expected a list with a list of words for each sample"),
        ("lex50.json", '[["a"], [1]]', "expected a list with a list of words"),
        ("lex50.json", "[", "lex50.json:1: broken JSON"),
    ],
)
def test_wrong_files(make_set, sources, name, content, message):
    make_set("SVT", ["a", "b"]).with_name(f"SVT.{name}").write_text(content)
    with pytest.raises(DataError, match=message.replace("[", r"\[")):
        sources()


@pytest.mark.parametrize("value", ["", "none", "5 0", "50=", "=x", "../x"])
def test_wrong_wishes(value):
    with pytest.raises(ConfigError, match="--lexicon: expected a name"):
        parse_wanted([value])


def test_wishes_that_cannot_be_read(tmp_path):
    with pytest.raises(ConfigError, match="--lexicon: '50' is given twice"):
        parse_wanted(["50", "50"])
    with pytest.raises(DataError, match="none.txt: cannot be read"):
        parse_wanted([f"50k={tmp_path}/none.txt"])
    (tmp_path / "empty.txt").write_text(" \n")
    with pytest.raises(DataError, match="empty.txt: no word in it"):
        parse_wanted([f"50k={tmp_path}/empty.txt"])
