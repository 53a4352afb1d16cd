"""Prefix beam search: exact without limits, obedient with them."""

import math
import re

import numpy as np
import pytest

from ppocr_lite.postprocess.automaton import word_automaton
from ppocr_lite.postprocess.beam import BeamSearch, LanguageModel
from ppocr_lite.postprocess.ngram import EDGE, CharNgram
from ppocr_lite.postprocess.pattern import compile_pattern
from ppocr_lite.postprocess.trie import Trie

CHARACTERS = "ab1 "
CLASSES = list(enumerate(CHARACTERS, 1))
EVERYTHING = 10**6
PATTERNS = [
    *("a+b?", "(a|b){2}1", "[^a]*", "\\d\\w*", "a a", "aa|bb", "(ab)*1{2,}", ".{3,4}", "aaa", "1?", " +b"),
    *("\\D+", "(a|aa)(b|bb)?", "a{2}b{0,1}", "x|b", "[ab1 ]{2}", "a[ab1 ]*a"),
]


def test_by_hand():
    probs = np.array([[0.6, 0.4], [0.6, 0.4]])
    # The best path is blank, blank with 0.36; "a" has 0.4 * 0.4 + 2 * 0.4 * 0.6 = 0.64.
    best, second = BeamSearch(10)(probs)
    assert (best.classes, second.classes) == ((1,), ())
    assert math.exp(best.log_prob) == pytest.approx(0.64)


@pytest.mark.parametrize("seed", range(4))
def test_a_beam_that_holds_everything_is_exact(seed, all_texts, random_probs):
    probs = random_probs(5, 5, seed=seed)
    expected = all_texts(probs)
    found = BeamSearch(EVERYTHING, min_prob=0)(probs)
    assert {h.classes for h in found} == set(expected)
    for hypothesis in found:
        assert math.exp(hypothesis.log_prob) == pytest.approx(expected[hypothesis.classes])
    assert [h.rank for h in found] == sorted((h.rank for h in found), reverse=True)


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("seed", [0, 1])
def test_the_best_text_that_fits(pattern, seed, all_texts, random_probs):
    probs = random_probs(5, 5, seed=seed)
    texts = {
        t: p
        for t, p in all_texts(probs).items()
        if re.fullmatch(pattern, "".join(CHARACTERS[i - 1] for i in t))
    }
    automaton = compile_pattern(pattern, CLASSES)
    found = BeamSearch(EVERYTHING, automaton=automaton, min_prob=0)(probs)
    assert {h.classes for h in found} == set(texts)
    assert found[0].classes == max(texts, key=texts.__getitem__)
    for size in (1, 2, 5):
        for min_prob in (0, 0.003, 0.5):
            limited = BeamSearch(size, automaton=automaton, min_prob=min_prob)(probs)
            assert limited, "a small beam finds a text as well"
            assert {h.classes for h in limited} <= set(texts)


def test_what_the_network_does_not_see_at_all():
    """Thirty digits on sixty steps that are blank for sure: the beam must begin in time."""
    probs = np.zeros((60, 5))
    probs[:, 0] = 1.0
    for pattern, length in (("1{30}", 30), ("[ab]{60}", 60), ("(a|b|1| ){30}", 30)):
        (best, *_) = BeamSearch(3, automaton=compile_pattern(pattern, CLASSES))(probs)
        assert len(best.classes) == length
    assert BeamSearch(3, automaton=compile_pattern("1{31}", CLASSES))(probs) == []


@pytest.mark.parametrize("pattern", ["[0-9a-z]{5}", "([0-9a-z]{2}-)?[0-9a-z]{4}", "[0-9a-z-]{7,}"])
def test_states_of_many_edges(pattern, random_probs):
    characters = "0123456789abcdefghijklmnopqrstuvwxyz-"
    probs = random_probs(9, 38, seed=1)
    automaton = compile_pattern(pattern, list(enumerate(characters, 1)))
    for size in (1, 4):
        for hypothesis in BeamSearch(size, automaton=automaton)(probs):
            assert re.fullmatch(pattern, "".join(characters[i - 1] for i in hypothesis.classes))


@pytest.mark.parametrize(("weight", "bonus"), [(0.7, 0.0), (1.0, 1.0), (0.0, 0.5)])
def test_a_language_model(weight, bonus, all_texts, random_probs):
    ngram = CharNgram.train(["ab", "a1 b", "bb", "b1"], order=3)

    def share(text):
        context, total = EDGE, 0.0
        for label in text:
            total += weight * ngram.log_prob(context, CHARACTERS[label - 1]) + bonus
            context += CHARACTERS[label - 1]
        return total + weight * ngram.log_prob(context, EDGE)

    probs = random_probs(5, 5, seed=7)
    expected = {text: math.log(value) + share(text) for text, value in all_texts(probs).items()}
    model = LanguageModel(ngram, weight, bonus, CHARACTERS)
    best = BeamSearch(EVERYTHING, model=model, min_prob=0)(probs)[0]
    assert best.classes == max(expected, key=expected.__getitem__)
    assert best.rank == pytest.approx(expected[best.classes])


def test_a_language_model_knows_nothing_of_characters_its_text_lacks():
    model = LanguageModel(CharNgram.train(["aa"], order=3), 1.0, 0.5, "ab")
    context, gain = model.add(EDGE, 2)
    assert (context, gain) == (EDGE + "b", 0.0)
    assert model.add(EDGE, 1)[1] < 0.5


def test_words(all_texts, random_probs):
    words = [(1, 2), (2, 2), (3,), (1, 2, 3, 1)]
    probs = random_probs(5, 5, seed=9)
    texts = all_texts(probs)
    search = BeamSearch(EVERYTHING, automaton=word_automaton(Trie.of(words)), min_prob=0)
    assert search(probs)[0].classes == max(words, key=texts.__getitem__)


def test_a_long_line_does_not_run_out_of_numbers():
    probs = np.full((3000, 3), 1 / 3)
    best = BeamSearch(4)(probs)[0]
    assert -3300 < best.log_prob < 0


def test_many_classes_are_cut_down_to_the_best():
    probs = np.random.default_rng(3).dirichlet(np.full(2000, 0.5), 6)
    probs[:, 0] = 0.5
    best = [int(i) for i in probs[:, 1:].argmax(axis=1) + 1]
    for t, label in enumerate(best):
        probs[t, label] = 2.0
    assert BeamSearch(3, min_prob=0)(probs)[0].classes == tuple(best)
    classes = [(i, chr(0x4E00 + i)) for i in range(1, 2000)]
    assert BeamSearch(3, automaton=compile_pattern(".*", classes), min_prob=0)(probs)[0].classes == tuple(
        best
    )
