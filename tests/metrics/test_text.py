import random

import pytest

from ppocr_lite.metrics import text
from ppocr_lite.metrics.text import edit_distance, edit_distances


@pytest.mark.parametrize(
    ("a", "b", "distance"),
    [("", "", 0), ("abc", "", 3), ("kitten", "sitting", 3), ("ab", "ba", 2), ("flaw", "lawn", 2)],
)
def test_known_distances(a, b, distance):
    assert edit_distance(a, b) == edit_distance(b, a) == distance


def by_definition(a, b):
    if not a or not b:
        return len(a) + len(b)
    if a[-1] == b[-1]:
        return by_definition(a[:-1], b[:-1])
    return 1 + min(by_definition(a[:-1], b), by_definition(a, b[:-1]), by_definition(a[:-1], b[:-1]))


def test_a_batch_of_all_lengths_equals_the_definition(monkeypatch):
    monkeypatch.setattr(text, "PAIRS_AT_ONCE", 7)
    generator = random.Random(0)
    texts = ["".join(generator.choices("ab é", k=generator.randrange(7))) for _ in range(100)]
    first, second = texts[:50], texts[50:]
    wanted = [by_definition(a, b) for a, b in zip(first, second)]
    assert edit_distances(first, second).tolist() == wanted
    assert len(set(wanted)) > 4


def test_words():
    assert edit_distances([["one", "two"], []], [["two"], ["a", "b"]]).tolist() == [1, 2]


def test_no_pairs():
    assert edit_distances([], []).tolist() == []


def test_sides_of_unequal_number():
    with pytest.raises(ValueError, match="argument 2"):
        edit_distances(["a"], [])
