from ppocr_lite.synth.music.beams import beams_of
from ppocr_lite.synth.music.notation import Barline, Length, Note, Rest, Time


def notes(*names):
    return [Note(32, 0, Length(name.rstrip("."), name.count("."))) for name in names]


def groups(*symbols):
    return [beam.notes for beam in beams_of(symbols)]


def test_notes_of_one_beat_stand_together():
    assert groups(Time("2/4"), *notes("eighth", "eighth", "eighth", "eighth")) == [(0, 1), (2, 3)]
    assert groups(Time("6/8"), *notes(*["eighth"] * 6)) == [(0, 1, 2), (3, 4, 5)]
    assert groups(Time("2/4"), *notes("quarter", "eighth", "eighth")) == [(1, 2)]
    # The fourth note begins in the first beat and ends in the second one.
    lengths = ("eighth", "sixteenth", "sixteenth", "eighth.", "sixteenth", "eighth.", "sixteenth")
    assert groups(Time("6/8"), *notes(*lengths)) == [(0, 1, 2, 3), (4, 5, 6)]


def test_rests_long_notes_and_bar_lines_end_a_beam():
    first, second = notes("eighth", "eighth")
    assert groups(Time("2/4"), first, Rest(Length("eighth")), second) == []
    assert groups(Time("2/4"), *notes("quarter", "eighth"), Barline(), second) == []


def test_bars_of_sixteenths_by_hand():
    """An eighth and two sixteenths: the second bar lies over the last two. A dotted eighth: a stub."""
    (beam,) = beams_of([Time("2/4"), *notes("eighth", "sixteenth", "sixteenth")])
    assert beam.bars == ((0, 0, 2), (1, 1, 2))
    (beam,) = beams_of([Time("2/4"), *notes("eighth.", "sixteenth")])
    assert beam.bars == ((0, 0, 1), (1, 0.55, 1))
    (beam,) = beams_of([Time("2/4"), *notes("sixteenth", "eighth.")])
    assert beam.bars == ((0, 0, 1), (1, 0, 0.45))
