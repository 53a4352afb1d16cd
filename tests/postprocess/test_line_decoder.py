"""Options of decoding: what each does to a line, and those that cannot be met."""

import logging
import math

import numpy as np
import pytest

from ppocr_lite.charset import Charset
from ppocr_lite.errors import ConfigError, DataError, ModelFileError
from ppocr_lite.postprocess.decoding import DecodingOptions
from ppocr_lite.postprocess.lexicon import Lexicon
from ppocr_lite.postprocess.line_decoder import LineDecoder
from ppocr_lite.postprocess.ngram import CharNgram

CHARSET = Charset(tuple("0O1lab AB"))


def steps(*columns: dict[str, float], charset: Charset = CHARSET) -> np.ndarray:
    """A step for each mapping of characters to probabilities; ``_`` is the blank, and gets what is left."""
    probs = np.zeros((len(columns), charset.ctc_size))
    for row, column in zip(probs, columns):
        for character, value in column.items():
            row[0 if character == "_" else charset.encode(character)[0]] = value
        row[0] += 1 - row.sum()
    return probs


def text(probs: np.ndarray, charset: Charset = CHARSET, **options: object) -> str:
    return LineDecoder(charset, DecodingOptions(**options))(probs).text.text(charset)


LINE = steps({"O": 0.6, "0": 0.3}, {}, {"l": 0.5, "1": 0.4}, {}, {"a": 0.9})


def test_allowed_and_blocked_characters_on_the_best_path():
    assert text(LINE, return_word_box=True) == "Ola"
    assert text(LINE, allow_chars="01a") == "01a"
    assert text(LINE, block_chars="O") == "0la"
    assert text(LINE, allow_chars="01a", block_chars="a") == "01"
    decoded = LineDecoder(CHARSET, DecodingOptions(allow_chars="01"))(LINE)
    assert decoded.text.scores == pytest.approx((0.3, 0.4))
    assert decoded.text.score == pytest.approx((0.3 + 0.4 + 0.1) / 3)  # the a counts as left out


def test_allowed_and_blocked_characters_in_a_search():
    assert text(LINE, block_chars="O", beam_size=5) == "0la"
    assert text(LINE, pattern=".l?.*", allow_chars="1la0") == "0la"
    assert text(LINE, word_list=["Ola", "01a"], block_chars="l") == "01a"


def test_a_pattern():
    assert text(LINE, pattern="\\d\\da") == "01a"
    assert text(LINE, pattern="\\d+") == "01"
    assert text(LINE, pattern="\\d{6}") == ""  # it takes more steps than the line has
    decoded = LineDecoder(CHARSET, DecodingOptions(pattern="\\d+"))(LINE)
    assert decoded.text.scores == pytest.approx((0.3, 0.4))
    assert decoded.text.left_out == pytest.approx((0.1,))
    assert decoded.text.score == pytest.approx((0.3 + 0.4 + 0.1) / 3)


def test_words():
    line = steps({"a": 0.9}, {}, {"b": 0.5, "a": 0.4}, {}, {" ": 0.8}, {}, {"A": 0.6, "a": 0.3})
    assert text(line, word_list=("aa a", "ab a")) == "ab a"
    assert text(line[:3], word_list=("aa", "ab")) == "ab"
    assert text(line, word_list=("aa a", "ba")) == "aa a"
    assert text(line, word_list=["aa", "a"], several_words=True) == "aa a"
    assert text(line, word_list=["aa", "a"], several_words=True, ignore_case=True) == "aa A"
    assert text(line, word_list=["aa", "ab", "ab a"], pattern=".b.*") == "ab a"


def test_a_word_list_in_a_file(tmp_path, caplog):
    (tmp_path / "words.txt").write_text("0la\n?\nOl\n")
    with caplog.at_level(logging.WARNING):
        assert text(LINE, word_list=str(tmp_path / "words.txt")) == "0la"
    assert "words.txt: 1 of 3 words hold characters that the recognizer lacks" in caplog.text


def test_a_lexicon():
    decoder = LineDecoder(CHARSET, DecodingOptions(lexicon=("01a", "Olb", "BBBBBBB"), alternatives=2))
    decoded = decoder(LINE)
    assert (decoded.text.text(CHARSET), decoded.matched) == ("01a", True)
    assert [a.text for a in decoded.alternatives] == ["01a", "Olb"]
    assert decoded.alternatives[0].log_prob == pytest.approx(math.log(0.3 * 0.4 * 0.9), abs=0.1)
    far = LineDecoder(CHARSET, DecodingOptions(lexicon=("BBBB",)))(LINE)
    assert (far.text.text(CHARSET), far.matched, far.alternatives) == ("Ola", False, ())
    own = Lexicon(["OLA"], charset=Charset(tuple("0O1lab ABL")), fold_case=True)
    assert text(LINE, lexicon=("ola",), ignore_case=True) == "ola"
    assert own.words == ("OLA",)


def test_an_n_gram_model(tmp_path):
    ngram = CharNgram.train(["01a", "01b", "01a", "O", "l"], order=3)
    ngram.save(tmp_path / "n.npz")
    assert text(LINE, ngram=ngram, ngram_weight=1.0) == "01a"
    assert text(LINE, ngram=str(tmp_path / "n.npz"), ngram_weight=1.0) == "01a"
    assert text(LINE, ngram=ngram, ngram_weight=0.0) == "Ola"


def test_alternatives():
    decoded = LineDecoder(CHARSET, DecodingOptions(alternatives=3))(LINE)
    assert [a.text for a in decoded.alternatives] == ["Ola", "O1a", "0la"]
    assert decoded.alternatives[0].text == decoded.text.text(CHARSET)
    assert decoded.alternatives[1].score == pytest.approx((0.6 + 0.4 + 0.9) / 3)
    assert decoded.alternatives[1].log_prob == pytest.approx(math.log(0.6 * 0.4 * 0.9), abs=1e-4)


def test_the_best_of_a_search_is_often_the_greedy_one():
    searched = LineDecoder(CHARSET, DecodingOptions(beam_size=10))(LINE)
    greedy = LineDecoder(CHARSET, DecodingOptions(return_word_box=True))(LINE)
    assert (searched.text.characters, searched.text.scores) == (greedy.text.characters, greedy.text.scores)
    np.testing.assert_array_equal(searched.text.runs, [[0, 0], [2, 2], [4, 4]])


def test_no_steps_and_nothing_seen():
    assert text(np.zeros((0, 10)), beam_size=5) == ""
    assert text(steps({}, {}), beam_size=5, alternatives=2) == ""


def test_a_character_that_a_dictionary_has_twice():
    charset = Charset(("a", "b", "a"))
    probs = np.array([[0.1, 0.35, 0.1, 0.3], [0.9, 0.0, 0.1, 0.0], [0.25, 0.25, 0.3, 0.2]])
    decoded = LineDecoder(charset, DecodingOptions(alternatives=4))(probs)
    texts = [a.text for a in decoded.alternatives]
    assert texts[0] == "aa"  # with both its classes; with one of them "ab" would be
    assert len(set(texts)) == len(texts)
    assert text(probs, charset, pattern="ab") == "ab"


def test_right_to_left():
    charset = Charset(("א", "ב", "1", "2", " "), right_to_left=True)
    line = steps({"1": 0.9}, {"2": 0.9}, {"ב": 0.9}, {"א": 0.8}, charset=charset)
    assert text(line, charset, beam_size=3) == "אב12"
    assert text(line, charset, word_list=["אב12", "בא12"]) == "אב12"
    with pytest.raises(ConfigError, match="not for characters that are read from right to left"):
        LineDecoder(charset, DecodingOptions(pattern="\\d+"))


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"allow_chars": "xyz"}, ConfigError, "allow_chars 'xyz': none of these is a character"),
        ({"allow_chars": "0", "block_chars": "0"}, ConfigError, "leave no character of the recognizer"),
        ({"pattern": "x+"}, ConfigError, "pattern 'x\\+': no text .* fits it. They lack x"),
        ({"pattern": "a", "block_chars": "a"}, ConfigError, "pattern 'a': no text"),
        (
            {"pattern": "b+", "word_list": ("0", "1")},
            ConfigError,
            "pattern 'b\\+': fits no word of the word_list",
        ),
        ({"word_list": ("a", "b"), "allow_chars": "0"}, ConfigError, "word list: no word of the characters"),
        ({"word_list": ()}, DataError, "word list: no word in it"),
        ({"word_list": "gone.txt"}, DataError, "gone.txt: cannot be read"),
        ({"lexicon": ("?",)}, DataError, "lexicon.*: no word consists of the recognizer's characters alone"),
        ({"ngram": "gone.npz"}, DataError, "gone.npz: cannot be read"),
        (
            {"word_list": ("a",), "several_words": True, "block_chars": " "},
            ConfigError,
            "several_words: the space",
        ),
    ],
)
def test_what_cannot_be_met(options, error, message):
    with pytest.raises(error, match=message):
        LineDecoder(CHARSET, DecodingOptions(**options))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"beam_size": 0}, "beam_size: expected at least 1, got 0"),
        ({"alternatives": -1}, "alternatives: expected at least 0"),
        ({"ngram_weight": -0.5}, "ngram_weight: expected at least 0"),
        ({"lexicon_distance": -1}, "lexicon_distance: expected at least 0"),
        ({"several_words": True}, "several_words: needs a word_list"),
        ({"lexicon": ("a",), "pattern": "a", "beam_size": 3}, "does not go together with beam_size, pattern"),
    ],
)
def test_options_that_do_not_go_together(options, message):
    with pytest.raises(ConfigError, match=message):
        DecodingOptions(**options)


def test_another_number_of_classes():
    with pytest.raises(ModelFileError, match="gives 4 classes but the charset needs 10"):
        LineDecoder(CHARSET, DecodingOptions(beam_size=3))(np.full((2, 4), 0.25))


def test_what_is_wished_for():
    assert not DecodingOptions().wanted
    assert DecodingOptions(return_word_box=True).wanted
    assert not DecodingOptions(allow_chars="0").searches
    assert DecodingOptions(alternatives=1).searches
    assert DecodingOptions(pattern="a", beam_size=3).wishes == "beam_size, pattern"
