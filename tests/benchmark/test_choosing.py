"""The word of a lexicon for a reading."""

import numpy as np
import pytest

from ppocr_lite.benchmark import choosing
from ppocr_lite.benchmark.choosing import BY_CTC, BY_EDITS, NONE_NEAR, Chooser, Words
from ppocr_lite.benchmark.lexicons import shared_source
from ppocr_lite.benchmark.protocol import Protocol
from ppocr_lite.benchmark.readers import Reading
from ppocr_lite.charset import Charset
from ppocr_lite.errors import DataError

CASED = Charset(tuple("ABCabcdefghijklmnopqrstuvwxyz'"))


@pytest.fixture
def choose(known):
    """Function that gives word and way for a reading among words."""

    def find(reading, words, *, charset=known.charset, protocol=None, max_distance=3):
        protocol = protocol or Protocol()
        lexicon = Words(shared_source("50", words, "here"), 1, charset=charset, protocol=protocol)
        chooser = Chooser(charset, max_distance=max_distance)
        return chooser(reading, lexicon, protocol.compared(reading.text))

    return find


def test_ctc_weighs_what_edits_cannot(choose, known, probs_of):
    """Read is "baz"; at the z an r has 0.4 and a g next to nothing."""
    probs = probs_of("baz")
    z, r = (known.charset.encode(c)[0] for c in "zr")
    probs[4] = 0.1 / 35
    probs[4, [z, r]] = 0.5, 0.4
    words = ["bag", "bar", "house"]
    assert choose(Reading("baz", probs), words) == ("bar", BY_CTC)
    assert choose(Reading("baz"), words) == ("bag", BY_EDITS)


@pytest.mark.parametrize("words", [["bar", "bag", "house"], ["house", "bag", "bar"]])
def test_the_order_of_the_list_is_no_hint(choose, probs_of, words):
    """Both are one letter from what was read, and equally probable: the first by the alphabet is taken."""
    assert choose(Reading("baz"), words) == ("bag", BY_EDITS)
    assert choose(Reading("baz", probs_of("baz")), words) == ("bag", BY_CTC)


def test_small_lexicons_are_searched_whole_and_large_ones_nearby(choose, probs_of, monkeypatch):
    reading = Reading("baz", probs_of("baz"))
    assert choose(reading, ["houses", "mousetrap"]) == ("houses", BY_CTC)
    monkeypatch.setattr(choosing, "ALL_SCORED", 1)
    assert choose(reading, ["houses", "mousetrap"]) == ("baz", NONE_NEAR)
    assert choose(reading, ["houses", "mousetrap"], max_distance=6) == ("houses", BY_CTC)


def test_words_are_spelled_as_the_network_can(choose, probs_of):
    """The 36 characters have no apostrophe: of the word the rest is looked for."""
    assert choose(Reading("its", probs_of("its")), ["It's", "bits"]) == ("its", BY_CTC)
    probs = np.full((6, CASED.ctc_size), 0.001, np.float32)
    probs[np.arange(6), [*CASED.encode("can't"), 0]] = 0.9
    assert choose(Reading("can't", probs), ["CAN'T", "cant"], charset=CASED) == ("CAN'T", BY_CTC)


def test_case(choose):
    probs = np.full((6, CASED.ctc_size), 0.001, np.float32)
    probs[np.arange(6), [*CASED.encode("Cab"), 0, 0, 0]] = 0.9
    probs[2, CASED.encode("B")] = 0.05
    words = ["cab", "CaB"]
    cased = {"charset": CASED, "protocol": Protocol("alnum-case")}
    assert choose(Reading("Cab", probs), words, **cased) == ("CaB", BY_CTC)
    assert choose(Reading("Cab", probs), words, charset=CASED)[0].lower() == "cab"
    assert choose(Reading("CAb"), ["cab", "CAB"], **cased) == ("CAB", BY_EDITS)


def test_no_word_left(choose, probs_of):
    with pytest.raises(DataError, match="here: no word in this lexicon that can be compared"):
        choose(Reading("a"), ["!", ""])
    with pytest.raises(DataError, match="here: no word"):
        choose(Reading("a", probs_of("a")), ["é", "!"])


def test_words_that_are_compared():
    words = Words(shared_source("x", ["It's", "its", "!"], "here"), 1, charset=CASED, protocol=Protocol())
    assert words.compared == ["its"]
    assert words.known == {"its"}
