"""Finding databases, and what a broken one says."""

import pytest

from ppocr_lite.benchmark.databases import NO_LABEL, NO_PICTURE, NOT_UTF8, find_sets, open_database
from ppocr_lite.errors import ConfigError, DataError


@pytest.fixture
def entries(tmp_path):
    """Function that gives the entries of the only set."""

    def read():
        (place,) = find_sets(tmp_path / "sets")
        with open_database(place) as database:
            return database.count, list(database), database

    return read


def test_sets_of_nested_folders(make_set, tmp_path):
    for name in ("evaluation/SVT", "evaluation/IC13_857", "CUTE80"):
        make_set(name, ["a"])
    found = find_sets(tmp_path / "sets")
    assert [place.name for place in found] == ["CUTE80", "evaluation/IC13_857", "evaluation/SVT"]
    wanted = find_sets(tmp_path / "sets", ["evaluation/SVT", "CUTE80", "CUTE80"])
    assert [place.name for place in wanted] == ["evaluation/SVT", "CUTE80"]
    alone = find_sets(tmp_path / "sets/evaluation/SVT")
    assert [(place.name, place.folder) for place in alone] == [("SVT", tmp_path / "sets/evaluation/SVT")]


def test_nothing_to_find(make_set, tmp_path):
    with pytest.raises(DataError, match="none: no such folder"):
        find_sets(tmp_path / "none")
    with pytest.raises(DataError, match=r"no LMDB database \(data.mdb\) in it"):
        find_sets(tmp_path)
    make_set("SVT", ["a"])
    with pytest.raises(ConfigError, match=r"--sets: no database 'SVTP' in .*Did you mean 'SVT'\?"):
        find_sets(tmp_path / "sets", ["SVTP"])


def test_entries(make_set, entries):
    make_set("SVT", ["one", "Two"])
    count, found, database = entries()
    assert count == 2
    assert [(e.number, e.label, e.fault) for e in found] == [(1, "one", ""), (2, "Two", "")]
    assert database.decode(found[1]).shape == (8, 16, 3)


def test_samples_that_lack_something(make_set, entries):
    folder = make_set(
        "SVT", list("abcd"), image_000000001=None, label_000000002=None, label_000000003=b"\xff"
    )
    _, found, _ = entries()
    assert [e.fault for e in found] == [NO_PICTURE, NO_LABEL, NOT_UTF8, ""]
    assert found[0].detail == f"{folder}:1: no picture stored"


@pytest.mark.parametrize("said", ["3", "1"])
def test_a_wrong_number_of_samples(make_set, entries, said):
    folder = make_set("SVT", ["a", "b"], num_samples=said.encode())
    expected = f"{folder}: 'num-samples' is {said}, but the last sample stored is number 2"
    with pytest.raises(DataError, match=expected):
        entries()


@pytest.mark.parametrize("said", [None, b"0", b"x", b""])
def test_no_number_of_samples(make_set, entries, said):
    make_set("SVT", ["a"], num_samples=said)
    with pytest.raises(DataError, match=r"the database has no samples \('num-samples'\)"):
        entries()


def test_other_keys_are_no_samples(make_set, entries):
    make_set("SVT", ["a"], image_path_000000007=b"x", label_x=b"x", zzz=b"x")
    assert entries()[0] == 1


def test_the_last_picture_may_lack_its_label(make_set, entries):
    make_set("SVT", ["a", "b"], label_000000002=None)
    assert [e.fault for e in entries()[1]] == ["", NO_LABEL]
