"""Patterns: the same texts as with Python's re, and messages for those that cannot be read."""

import itertools
import re

import pytest

from ppocr_lite.errors import ConfigError
from ppocr_lite.postprocess import pattern as pattern_module
from ppocr_lite.postprocess.automaton import START, Automaton, intersect, word_automaton
from ppocr_lite.postprocess.pattern import compile_pattern
from ppocr_lite.postprocess.trie import Trie

CHARACTERS = "ab1_ -é."
CLASSES = list(enumerate(CHARACTERS, 1))
PATTERNS = [
    *("ab", "a|b", "a|", "(a|b)1", "(?:ab)+", "a?b*1+", "a{2}", "a{1,}b", "a{,2}", "a{1,3}", "(ab|a){0,2}b"),
    *(
        ".",
        ".{3}",
        "[ab]",
        "[^ab]",
        "[a-b]+",
        "[a\\-1]",
        "[-a]",
        "[a-]",
        "[^\\d\\s]",
        "\\d",
        "\\w+",
        "\\s",
        "\\D\\W",
    ),
    *(
        "\\.",
        "[.]",
        "^a1$",
        "a\\S",
        "(a*)*",
        "(a?b?){2}",
        "(a|ab)(b|1)?",
        "é.é",
        "[à-ü]",
        "a{0}b",
        "((a|b)*1){2}",
    ),
    *("", "(|a)b", "a\\-b", "[\\]a]", "(a+b)+|1*"),
]


def accepts(automaton: Automaton, classes: tuple[int, ...]) -> bool:
    state: int | None = START
    for label in classes:
        state = automaton.follow(state, label)
        if state is None:
            return False
    return bool(automaton.accepts[state])


@pytest.mark.parametrize("pattern", PATTERNS)
def test_the_same_texts_as_with_re(pattern):
    automaton = compile_pattern(pattern, CLASSES)
    fits = re.compile(pattern)
    for length in range(5):
        for classes in itertools.product(range(1, len(CHARACTERS) + 1), repeat=length):
            text = "".join(CHARACTERS[i - 1] for i in classes)
            assert accepts(automaton, classes) == bool(fits.fullmatch(text)), text


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("a(b", "pattern 'a(b', character 4: a '(' is not closed"),
        ("a)b", "character 2: ')' without '('"),
        ("[ab", "a '[' is not closed"),
        ("[]", "holds no character"),
        ("[b-a]", "a range goes from one character to a later one"),
        ("*a", "nothing before '*' that it could repeat"),
        ("a**", "'*' after a repetition"),
        ("a*?", "'?' after a repetition"),
        ("a{x}", "expected {3}, {2,} or {2,4}"),
        ("a{}", "expected {3}"),
        ("a{3,2}", "{3,2} has its greater number first"),
        ("a{1001}", "more than 1000 repetitions"),
        ("a^b", "'^' has no meaning here; for the character itself write \\^"),
        ("a}", "'}' has no meaning here"),
        ("(?=a)", "only (?:...) is known"),
        ("\\b", "\\b is not known"),
        ("a\\", "a backslash at the end"),
    ],
)
def test_what_cannot_be_read(pattern, message):
    with pytest.raises(ConfigError, match=re.escape(message)):
        compile_pattern(pattern, CLASSES)


def test_a_pattern_that_fits_nothing():
    with pytest.raises(
        ConfigError, match="pattern 'x1': no text of the characters that may come up fits it. They lack x."
    ):
        compile_pattern("x1", CLASSES)
    with pytest.raises(ConfigError, match=r"pattern '\[A-Z\]': no text"):
        compile_pattern("[A-Z]", CLASSES)
    assert accepts(compile_pattern("x|1", CLASSES), (3,))  # half of it is enough


def test_patterns_that_are_too_large(monkeypatch):
    with pytest.raises(ConfigError, match="more than 5000 characters"):
        compile_pattern("(a{100}b{100}){50}", CLASSES)
    monkeypatch.setattr(pattern_module, "MAX_STATES", 50)
    with pytest.raises(ConfigError, match="more than 50 states"):
        compile_pattern(".*a.{8}", CLASSES)


@pytest.mark.parametrize(
    ("pattern", "steps"),
    [
        ("ab", 2),
        ("aa", 3),
        ("aaaa", 7),
        ("(aa|bab)", 3),
        ("a?", 0),
        ("(ab){3}", 6),
        ("[ab]{3}", 3),
        ("aab|a1", 2),
    ],
)
def test_steps_to_the_end(pattern, steps):
    assert compile_pattern(pattern, CLASSES).steps[START] == steps


def test_steps_after_the_same_class():
    automaton = compile_pattern("aab?1*", CLASSES)
    (edge,) = automaton.edges(START)
    assert edge[2] == 2  # one more a, and a blank before it
    assert automaton.only[edge[1]] == 1


def test_words_and_a_pattern_together():
    words = word_automaton(Trie.of([[1, 2], [1, 1], [2, 3]]))
    both = intersect(compile_pattern("a.", CLASSES), words)
    assert both is not None
    found = [c for c in itertools.product(range(1, 5), repeat=2) if accepts(both, c)]
    assert found == [(1, 1), (1, 2)]
    assert intersect(compile_pattern("b", CLASSES), words) is None


def test_several_words():
    words = word_automaton(Trie.of([[1], [2, 3]]), space=5)
    texts = {(1,), (2, 3), (1, 5, 1), (2, 3, 5, 1), (1, 5, 2, 3)}
    all_texts = (c for n in range(5) for c in itertools.product((1, 2, 3, 5), repeat=n))
    assert {c for c in all_texts if accepts(words, c)} == texts
