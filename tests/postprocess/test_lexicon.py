"""Lexicon transcription: the best of the near words, beside an enumeration."""

import numpy as np
import pytest

from ppocr_lite.charset import Charset
from ppocr_lite.errors import DataError, ModelFileError
from ppocr_lite.postprocess.lexicon import Lexicon, LexiconDecoder

CHARSET = Charset(tuple("abcAB"))


def steps(text: str, *, sure: float = 0.9, charset: Charset = CHARSET) -> np.ndarray:
    """Every character of ``text`` for a step, ``_`` is the blank; the rest is spread evenly."""
    probs = np.full((len(text), charset.ctc_size), (1 - sure) / (charset.ctc_size - 1))
    for row, character in zip(probs, text):
        row[0 if character == "_" else charset.encode(character)[0]] = sure
    return probs


def test_words_are_kept_once_and_strange_ones_dropped():
    lexicon = Lexicon([" ab ", "ab", "", "xy", "axb", "ca"], charset=CHARSET)
    assert lexicon.words == ("ab", "ca")
    assert (len(lexicon), lexicon.dropped) == (2, 2)
    assert lexicon.near("abb", 1) == [0]


def test_no_valid_word(tmp_path):
    with pytest.raises(DataError, match="lexicon: no word consists of the .* characters alone; it lacks x y"):
        Lexicon(["ax", "xy"], charset=CHARSET)
    with pytest.raises(DataError, match="mine: no word in it"):
        Lexicon(["", " "], charset=CHARSET, where="mine")
    (tmp_path / "latin.txt").write_bytes(b"\xe4")
    with pytest.raises(DataError, match="latin.txt: not UTF-8"):
        Lexicon.load(tmp_path / "latin.txt", charset=CHARSET)
    with pytest.raises(DataError, match="gone.txt: cannot be read"):
        Lexicon.load(tmp_path / "gone.txt", charset=CHARSET)


def test_a_file(tmp_path):
    (tmp_path / "words.txt").write_bytes("\ufeffab\r\ncab\r\n".encode())
    assert Lexicon.load(tmp_path / "words.txt", charset=CHARSET).words == ("ab", "cab")


def test_by_hand():
    lexicon = Lexicon(["ab", "ac"], charset=CHARSET)
    probs = steps("a_b")
    probs[2] = [0.1, 0, 0.3, 0.4, 0.1, 0.1]  # rather c than b
    result = LexiconDecoder(CHARSET)(probs, lexicon)
    assert (result.text, result.matched) == ("ac", True)
    assert result.score == pytest.approx((0.9 + 0.4) / 2)
    assert result.char_scores == pytest.approx((0.9, 0.4))


def test_without_a_near_word_the_reading_stays():
    lexicon = Lexicon(["cccccc"], charset=CHARSET)
    result = LexiconDecoder(CHARSET)(steps("a_b"), lexicon)
    assert (result.text, result.matched) == ("ab", False)
    assert result.score == pytest.approx(0.9)
    everything = LexiconDecoder(CHARSET, max_distance=None)(steps("a_b_c_c_c_c_c_"), lexicon)
    assert (everything.text, everything.matched) == ("cccccc", True)


def test_a_word_that_takes_more_steps_than_there_are():
    lexicon = Lexicon(["aa"], charset=CHARSET)
    result = LexiconDecoder(CHARSET)(steps("aa"), lexicon)
    assert (result.text, result.matched) == ("a", False)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("limit", [0, 1, 2, None])
def test_the_best_of_the_near_words(seed, limit, all_texts, random_probs):
    distance = pytest.importorskip("rapidfuzz.distance").Levenshtein.distance
    charset = Charset(("a", "b"))
    probs = random_probs(5, 3, seed=seed)
    texts = {charset.decode(text): value for text, value in all_texts(probs).items()}
    words = sorted(text for text in texts if text)[seed % 3 :: 3]
    path = probs.argmax(axis=1)
    greedy = charset.decode([c for i, c in enumerate(path) if c and (i == 0 or path[i - 1] != c)])
    near = [w for w in words if limit is None or distance(w, greedy) <= limit]
    result = LexiconDecoder(charset, max_distance=limit)(probs, Lexicon(words, charset=charset))
    assert result.matched == bool(near)
    assert result.text == (max(near, key=texts.__getitem__) if near else greedy)


def test_case_is_folded_in_words_and_network():
    lexicon = Lexicon(["Ab", "AB", "cc"], charset=CHARSET, fold_case=True)
    assert lexicon.words == ("Ab", "cc")
    assert lexicon.near("aB", 0) == [0]
    probs = np.zeros((3, 6))
    probs[0] = [0.1, 0.3, 0, 0.3, 0.3, 0]  # a, c, A alike: with A counted as a, a is the best
    probs[1, 0] = 1
    probs[2, 5] = 1
    result = LexiconDecoder(CHARSET)(probs, lexicon)
    assert result.text == "Ab"
    assert result.char_scores == pytest.approx((0.6, 1.0))


def test_a_charset_that_lowers_labels_takes_capitals():
    charset = Charset.load(None)
    lexicon = Lexicon(["Hello", "it's"], charset=charset)
    assert lexicon.words == ("Hello",)
    assert lexicon.dropped == 1


def test_right_to_left():
    charset = Charset(("א", "ב", "1", "2"), right_to_left=True)
    lexicon = Lexicon(["אב12"], charset=charset)
    assert lexicon.classes(0) == [3, 4, 2, 1]  # as it is printed: digits keep their order
    result = LexiconDecoder(charset)(steps("12בא", charset=charset), lexicon)
    assert (result.text, result.matched) == ("אב12", True)


def test_several_readings():
    lexicon = Lexicon(["ab", "ac", "bb"], charset=CHARSET)
    found = LexiconDecoder(CHARSET).best(steps("a_b"), lexicon, count=2)
    assert [t.text(CHARSET) for _, t in found] == ["ab", "ac"] or [t.text(CHARSET) for _, t in found] == [
        "ab",
        "bb",
    ]
    assert found[0][0] > found[1][0]


def test_what_does_not_go_together():
    lexicon = Lexicon(["ab"], charset=CHARSET)
    with pytest.raises(ModelFileError, match="gives 4 classes but the charset needs 6"):
        LexiconDecoder(CHARSET)(np.full((3, 4), 0.25), lexicon)
    with pytest.raises(ValueError, match="made for another charset"):
        LexiconDecoder(Charset(tuple("abcde")))(steps("ab"), lexicon)
