import sys

import pytest

from ppocr_lite.errors import MissingDependency
from ppocr_lite.metrics.text import edit_distance, edit_distances, nearest


@pytest.mark.parametrize(
    ("a", "b", "distance"),
    [("", "", 0), ("abc", "", 3), ("kitten", "sitting", 3), ("ab", "ba", 2), ("flaw", "lawn", 2)],
)
def test_known_distances(a, b, distance):
    assert edit_distance(a, b) == edit_distance(b, a) == distance


def test_words():
    assert edit_distances([["one", "two"], []], [["two"], ["a", "b"]]).tolist() == [1, 2]


def test_no_pairs():
    assert edit_distances([], []).tolist() == []


def test_sides_of_unequal_number():
    with pytest.raises(ValueError, match="argument 2"):
        edit_distances(["a"], [])


def test_the_nearest_is_the_first_of_several():
    assert nearest("baz", ["house", "bag", "bar"]) == 1
    assert nearest("", ["ab", "c", "d"]) == 1
    assert nearest("same", ["sane", "same", "same"]) == 1
    assert nearest("x", ["far away"]) == 0


def test_without_rapidfuzz_the_message_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "rapidfuzz.distance", None)
    with pytest.raises(MissingDependency, match="pip install rapidfuzz"):
        edit_distance("a", "b")
