"""Edit distances and near words, beside rapidfuzz."""

import random

import numpy as np
import pytest

from ppocr_lite.postprocess import bk_tree
from ppocr_lite.postprocess.bk_tree import BKTree, ranges
from ppocr_lite.postprocess.edit_distance import CodedWords, Patterns

distance = pytest.importorskip("rapidfuzz.distance").Levenshtein.distance


def some_words(count: int, *, letters: str = "abcde", longest: int = 8, seed: int = 0) -> list[str]:
    rng = random.Random(seed)
    words = ("".join(rng.choices(letters, k=rng.randint(1, longest))) for _ in range(count))
    return list(dict.fromkeys(words))


def test_by_hand():
    words = CodedWords.of(["sitting", "kitten", "kit"])
    pattern = Patterns.one(words.encode("kitten"), words)
    assert pattern.distances(words, np.array([2, 0, 1])).tolist() == [3, 3, 0]
    assert BKTree(words).near("mitten", 1).tolist() == [1]


@pytest.mark.parametrize("text", ["", "a", "abcab", "zzz", "ab" * 10, "abcde" * 9, "edcba" * 20])
def test_distances_of_every_length(text):
    """16, 32 and 64 letters are where the number type changes; above 64 another method."""
    words = some_words(300, longest=40)
    coded = CodedWords.of(words)
    found = Patterns.one(coded.encode(text), coded).distances(coded, np.arange(len(words)))
    assert found.tolist() == [distance(text, word) for word in words]


def test_no_near_word_is_ruled_out_early():
    words = some_words(300, letters="abcdefghijklmnopqrstuvwxyzäöüß0123456789")  # letters share bits
    coded = CodedWords.of(words)
    for text in words[:40]:
        for limit in (0, 2, 4):
            far = coded.unlike(coded.encode(text), np.arange(len(words)), limit)
            assert not any(far[i] and distance(text, word) <= limit for i, word in enumerate(words))


@pytest.mark.parametrize("bucket", [0, 3, 64])
@pytest.mark.parametrize("longest", [7, 90])
def test_near(bucket, longest, monkeypatch):
    monkeypatch.setattr(bk_tree, "BUCKET", bucket)
    monkeypatch.setattr(bk_tree, "TABLE_ENTRIES", 50)  # the tables in many parts
    words = some_words(400, longest=longest)
    tree = BKTree(CodedWords.of(words))
    for text in [*some_words(15, longest=longest, seed=1), "", "xyz"]:
        for limit in (0, 1, 3):
            near = [i for i, word in enumerate(words) if distance(text, word) <= limit]
            assert tree.near(text, limit).tolist() == near


def test_most_words_are_not_compared():
    words = some_words(5000, letters="abcdefghijklmnop", longest=12)
    tree = BKTree(CodedWords.of(words))
    assert tree.compared("abcdefgh", 2) < len(words) / 4


def test_one_word_and_many_letters():
    assert BKTree(CodedWords.of(["only"])).near("onl", 1).tolist() == [0]
    words = [chr(0x4E00 + i) + chr(0x4E00 + 2 * i) for i in range(400)]  # more than a byte numbers
    assert BKTree(CodedWords.of(words)).near(words[7], 0).tolist() == [7]


def test_ranges():
    assert ranges(np.array([3, 8, 5]), np.array([5, 8, 6])).tolist() == [3, 4, 5]
    assert ranges(np.zeros(0, int), np.zeros(0, int)).tolist() == []
