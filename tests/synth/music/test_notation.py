"""What symbols are called."""

import pytest

from ppocr_lite.synth.music.notation import (
    KEYS,
    TIMES,
    Barline,
    Clef,
    Key,
    Length,
    MultiRest,
    Note,
    Rest,
    Tie,
    Time,
)


def test_tokens_are_those_of_primus():
    """As in the examples of the publication and in a file of the data set."""
    symbols = [
        Clef("C1"),
        Key("EbM"),
        Time("2/4"),
        MultiRest(23),
        Barline(),
        Rest(Length("quarter")),
        Note(4 * 7 + 6, -1, Length("eighth")),
        Note(5 * 7 + 2, -1, Length("quarter", 1), sign=-1),
        Tie(),
    ]
    assert [symbol.token for symbol in symbols] == [
        *("clef-C1", "keySignature-EbM", "timeSignature-2/4", "multirest-23", "barline", "rest-quarter"),
        *("note-Bb4_eighth", "note-Eb5_quarter.", "tie"),
    ]


@pytest.mark.parametrize(
    ("name", "line", "lowest"),
    [("G2", 2, 30), ("F4", 6, 18), ("C3", 4, 24), ("C4", 6, 22), ("C1", 0, 28), ("G1", 0, 32), ("F3", 4, 20)],
)
def test_clefs(name, line, lowest):
    """E4 is step 30: the lowest line of the treble clef; G2 (18) that of the bass clef."""
    assert (Clef(name).line, Clef(name).lowest) == (line, lowest)


@pytest.mark.parametrize(
    ("name", "altered"),
    [
        ("CM", {}),
        ("DM", {"F": 1, "C": 1}),
        ("AbM", {"B": -1, "E": -1, "A": -1, "D": -1}),
        ("C#M", dict.fromkeys("FCGDAEB", 1)),
        ("CbM", dict.fromkeys("BEADGCF", -1)),
    ],
)
def test_key_signatures(name, altered):
    assert Key(name).altered == altered
    assert list(Key(name).altered) == list(altered)


def test_every_key_has_its_own_tonic():
    """The tonic of a major key is a tone of the key: F# in F#M, Gb in GbM."""
    for name, count in KEYS.items():
        letter, sign = name[0], name[1:-1]
        assert Key(name).altered.get(letter, 0) == {"": 0, "#": 1, "b": -1}[sign]
        assert len(Key(name).altered) == abs(count)


def test_lengths():
    assert (Length("quarter").units, Length("quarter", 1).units, Length("quarter", 1).text) == (
        16,
        24,
        "quarter.",
    )
    assert [Length(name).flags for name in ("whole", "half", "quarter", "eighth", "sixteenth")] == [
        0,
        0,
        0,
        1,
        2,
    ]


def test_bars():
    units = {name: Time(name).bar for name in TIMES}
    assert units == {
        **{"C": 64, "4/4": 64, "C/": 64, "2/2": 64, "2/4": 32, "3/4": 48, "3/2": 96},
        **{"3/8": 24, "6/8": 48, "9/8": 72, "12/8": 96},
    }
    assert (Time("6/8").beat, Time("3/4").beat) == (24, 16)
