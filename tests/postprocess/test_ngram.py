"""Character n-grams: probabilities by hand, files there and back."""

import math

import numpy as np
import pytest

from ppocr_lite.errors import ConfigError, DataError
from ppocr_lite.postprocess.ngram import EDGE, CharNgram


def test_by_hand():
    ngram = CharNgram.train(["ab", "ac"], order=2)
    # Characters: the edge three times, a twice, b and c: 7 of 4 kinds; 5 kinds with an unknown one.
    single = {EDGE: 3, "a": 2, "b": 1, "c": 1}
    for character, count in single.items():
        assert math.exp(ngram.log_prob("", character)) == pytest.approx((count + 4 / 5) / (7 + 4))
    assert math.exp(ngram.log_prob("", "z")) == pytest.approx(4 / 5 / 11)
    # After a: b and c once each, so the single characters count as 2 of 4.
    assert math.exp(ngram.log_prob("a", "b")) == pytest.approx((1 + 2 * (1.8 / 11)) / 4)
    assert math.exp(ngram.log_prob("a", "a")) == pytest.approx(2 / 4 * 2.8 / 11)
    assert math.exp(ngram.log_prob("a", "z")) == pytest.approx(2 / 4 * 0.8 / 11)
    assert ngram.log_prob("xxa", "b") == ngram.log_prob("a", "b")


@pytest.mark.parametrize("order", [1, 2, 3, 5])
@pytest.mark.parametrize("min_count", [1, 2])
def test_probabilities_sum_up_to_one(order, min_count):
    lines = ["the cat sat", "the mat", "a  cat", "", "that"]
    ngram = CharNgram.train(lines, order=order, min_count=min_count)
    characters = [EDGE, *sorted(set("".join(lines)))]
    for context in ("", EDGE, "t", "th", "the ", "zzz", "cat", EDGE + "th"):
        total = sum(math.exp(ngram.log_prob(context, c)) for c in [*characters, "?"])
        assert total == pytest.approx(1)


def test_no_n_gram_reaches_over_the_end_of_a_line():
    ngram = CharNgram.train(["ab", "cd"], order=4)
    text = ["".join(ngram.counts.characters[c // 5**i % 5] for i in (2, 1, 0)) for c in ngram.counts.codes[2]]
    assert text == [f"{EDGE}ab", f"{EDGE}cd", f"ab{EDGE}", f"cd{EDGE}"]


def test_spaces_are_made_one_and_control_characters_go():
    assert CharNgram.train(["a \t b\x01"], order=3).counts.characters == (EDGE, " ", "a", "b")


def test_a_file_there_and_back(tmp_path):
    ngram = CharNgram.train(["größe", "grün", "😀 ok"], order=4)
    ngram.save(tmp_path / "model.npz")
    again = CharNgram.load(tmp_path / "model.npz")
    assert again.order == 4
    assert len(again) == len(ngram)
    for context, character in ((EDGE, "g"), ("gr", "ü"), ("grö", "ß"), ("", "😀"), ("x", "y")):
        assert again.log_prob(context, character) == ngram.log_prob(context, character)


def test_what_cannot_be_made():
    with pytest.raises(DataError, match="needs text"):
        CharNgram.train(["", " "])
    with pytest.raises(ConfigError, match="order: expected 1 to 10, got 0"):
        CharNgram.train(["a"], order=0)
    with pytest.raises(ConfigError, match="order: 10 is too much for 201 different characters"):
        CharNgram.train(["".join(map(chr, range(300, 500)))], order=10)


def test_files_that_are_something_else(tmp_path):
    with pytest.raises(DataError, match=r"gone.npz: cannot be read .*ppocr-lite ngram"):
        CharNgram.load(tmp_path / "gone.npz")
    (tmp_path / "text.npz").write_text("some text")
    with pytest.raises(DataError, match=r"text.npz: no file of character n-grams"):
        CharNgram.load(tmp_path / "text.npz")
    np.savez(tmp_path / "other.npz", a=np.zeros(3))
    with pytest.raises(DataError, match=r"other.npz: no file of character n-grams"):
        CharNgram.load(tmp_path / "other.npz")
    np.savez(tmp_path / "newer.npz", format=np.array("ppocr_lite character n-grams 2"))
    with pytest.raises(DataError, match="its format is 'ppocr_lite character n-grams 2'"):
        CharNgram.load(tmp_path / "newer.npz")
    np.savez(tmp_path / "objects.npz", format=np.array([{}], object))
    with pytest.raises(DataError, match=r"objects.npz: no file"):
        CharNgram.load(tmp_path / "objects.npz")
