"""Random staves obey the rules of notation."""

from importlib import resources

import numpy as np
import pytest

from ppocr_lite.charset import Charset
from ppocr_lite.errors import ConfigError
from ppocr_lite.synth.music.grammar import (
    FULL,
    GRAMMARS,
    SIMPLE,
    all_tokens,
    alterations,
    compose,
    find_grammar,
)
from ppocr_lite.synth.music.notation import LETTERS, Barline, Clef, Key, Note, Rest, Tie, Time


def staves(grammar, count=60):
    return [compose(grammar, np.random.default_rng([5, index])) for index in range(count)]


@pytest.mark.parametrize("name", GRAMMARS)
def test_dictionaries_of_the_package_are_those_of_the_grammars(name):
    charset = Charset.load(f"music_{name}.txt", token_separator=" ")
    text = (resources.files("ppocr_lite") / "dicts" / f"music_{name}.txt").read_text(encoding="utf-8")
    assert text == "".join(f"{token}\n" for token in all_tokens(GRAMMARS[name])), (
        f"run: python tools/synth.py tokens --grammar {name} --out ppocr_lite/dicts/music_{name}.txt"
    )
    for symbols in staves(GRAMMARS[name]):
        assert not charset.unknown([symbol.token for symbol in symbols])


@pytest.mark.parametrize("grammar", GRAMMARS.values(), ids=GRAMMARS)
def test_bars_are_full(grammar):
    for symbols in staves(grammar):
        time = next(symbol for symbol in symbols if isinstance(symbol, Time))
        filled = 0
        for symbol in symbols:
            if isinstance(symbol, Note | Rest):
                filled += symbol.length.units
            elif isinstance(symbol, Barline):
                assert filled in (0, time.bar)  # 0: behind a multirest
                filled = 0
        assert isinstance(symbols[-1], Barline)
        assert isinstance(symbols[0], Clef)


@pytest.mark.parametrize("grammar", GRAMMARS.values(), ids=GRAMMARS)
def test_signs_make_the_notes_what_they_sound(grammar):
    """Reading a staff as a musician does, from key signature and signs alone, gives its alterations."""
    for symbols in staves(grammar):
        key = next((symbol for symbol in symbols if isinstance(symbol, Key)), Key("CM"))
        in_force = {}
        for symbol in symbols:
            if isinstance(symbol, Barline):
                in_force = {}
            elif isinstance(symbol, Note):
                heard = in_force.get(symbol.step, key.altered.get(LETTERS[symbol.step % 7], 0))
                assert symbol.alteration == (heard if symbol.sign is None else symbol.sign)
                assert symbol.sign != heard  # no sign without need
                in_force[symbol.step] = symbol.alteration


def test_ties_join_equal_notes():
    ties = 0
    for symbols in staves(FULL, 200):
        for index, symbol in enumerate(symbols):
            if isinstance(symbol, Tie):
                first = symbols[index - 1]
                second = next(s for s in symbols[index + 1 :] if not isinstance(s, Barline))
                assert isinstance(first, Note)
                assert isinstance(second, Note)
                assert (first.step, first.alteration) == (second.step, second.alteration)
                ties += 1
    assert ties > 20


def test_notes_stay_on_their_places():
    for grammar in GRAMMARS.values():
        places = [
            symbol.step - symbols[0].lowest
            for symbols in staves(grammar, 200)
            for symbol in symbols
            if isinstance(symbol, Note)
        ]
        assert (min(places), max(places)) == grammar.places


def test_same_generator_same_staff():
    first, second = (compose(FULL, np.random.default_rng([1, 2])) for _ in range(2))
    assert first == second
    assert first != compose(FULL, np.random.default_rng([1, 3]))


def test_alterations_by_hand():
    """No accidentals in the simple grammar; its keys alter F, C, B and E."""
    assert [alterations(SIMPLE, letter) for letter in "FCBEA"] == [[0, 1], [0, 1], [-1, 0], [-1, 0], [0]]
    assert alterations(FULL, "A") == [-1, 0, 1]


def test_tokens_are_counted_by_hand():
    """2 clefs, 4 keys, 3 times, bar line, 3 rests; 25 steps from E2 to A5, of which 14 have a second form."""
    tokens = all_tokens(SIMPLE)
    notes = [token for token in tokens if token.startswith("note")]
    assert len(tokens) - len(notes) == 13
    assert len(tokens) == len(set(tokens)) == 13 + 3 * (25 + 14)


def test_unknown_grammar():
    with pytest.raises(ConfigError, match=r"no 'simpel'. Did you mean 'simple'\? Known: full, simple"):
        find_grammar("simpel")
