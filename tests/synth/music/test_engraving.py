"""What is drawn is what the tokens say."""

import cv2
import numpy as np
import pytest

from ppocr_lite.synth.music.engraving import Style, engrave, key_places
from ppocr_lite.synth.music.grammar import FULL, SIMPLE, compose
from ppocr_lite.synth.music.notation import Barline, Clef, Key, Length, Note, Rest, Tie, Time
from ppocr_lite.synth.music.pen import SCALE

TREBLE = Clef("G2")
QUARTER, HALF, EIGHTH = Length("quarter"), Length("half"), Length("eighth")
FLAGGED = Style(beamed=False)


def heads_seen(ink):
    """(x, y) of black heads, found in the ink alone: what a disc of 0.6 by 0.5 spaces fits into."""
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (13, 11))
    blobs = cv2.erode((ink > 128).astype(np.uint8), disc)
    count, _, _, centres = cv2.connectedComponentsWithStats(blobs)
    return sorted(map(tuple, centres[1:count]))


def steps_above(drawn, y):
    """Half staff spaces above the lowest line."""
    return (drawn.middle + 2 * SCALE - y) / (SCALE / 2)


@pytest.mark.parametrize(
    ("clef", "step", "spaces"),
    [
        ("G2", 4 * 7 + 4, -1),  # G4 on the second line, one space below the middle line
        ("G2", 4 * 7 + 6, 0),  # B4 on the middle line
        ("G2", 4 * 7, -3),  # C4 on the first ledger line
        ("G2", 5 * 7 + 5, 3),  # A5 above the staff, on a ledger line
        ("F4", 3 * 7 + 3, 1),  # F3 on the fourth line
        ("C3", 4 * 7, 0),  # C4 on the middle line
        ("C1", 4 * 7, -2),  # C4 on the lowest line
    ],
)
def test_a_head_stands_where_its_pitch_is(clef, step, spaces):
    drawn = engrave([Clef(clef), Note(step, 0, QUARTER), Barline()])
    ((x, y),) = drawn.heads
    assert y == drawn.middle - spaces * SCALE
    clefs_out = drawn.ink.copy()
    clefs_out[:, : int(x) - 20] = 0
    ((seen_x, seen_y),) = heads_seen(clefs_out)
    assert (seen_x, seen_y) == pytest.approx((x, y), abs=1.5)


@pytest.mark.parametrize("beamed", [True, False])
def test_heads_of_random_staves_are_seen_at_the_places_of_their_tokens(beamed):
    """The y of every black head, found in the picture, gives the letter and octave of its token."""
    checked = 0
    for index in range(12):
        symbols = compose(SIMPLE, np.random.default_rng([3, index]))
        drawn = engrave(symbols, Style(beamed=beamed))
        notes = [symbol for symbol in symbols if isinstance(symbol, Note)]
        for note, (x, y) in zip(notes, drawn.heads, strict=True):
            if note.length.name == "half":
                continue
            around = drawn.ink[:, int(x) - 14 : int(x) + 15]
            found = [seen for seen in heads_seen(around) if abs(seen[1] - y) < 2 * SCALE]
            places = [steps_above(drawn, seen_y) for _, seen_y in found]
            expected = note.step - symbols[0].lowest
            assert any(place == pytest.approx(expected, abs=0.2) for place in places), (index, note)
            checked += 1
    assert checked > 50


def test_half_and_whole_notes_are_hollow_and_quarters_are_not():
    notes = [Note(31, 0, Length(name)) for name in ("quarter", "half", "whole")]  # in the first space
    drawn = engrave([TREBLE, *notes, Barline()])
    quarter, half, whole = (drawn.ink[int(y), int(x)] for x, y in drawn.heads)
    assert quarter == 255
    assert half == whole == 0


def test_stems_go_up_below_the_middle_line_and_down_above():
    drawn = engrave([TREBLE, Note(31, 0, QUARTER), Note(37, 0, QUARTER), Barline()], FLAGGED)
    (low, high) = drawn.heads
    right = drawn.ink[:, int(low[0] + 0.5 * SCALE)]
    left = drawn.ink[:, int(high[0] - 0.55 * SCALE)]
    assert right[int(low[1]) - 3 * SCALE : int(low[1])].min() > 200
    assert left[int(high[1]) : int(high[1]) + 3 * SCALE].min() > 200


def test_ledger_lines_reach_as_far_as_the_note():
    """A3 stands below two ledger lines, of which the nearer one carries no note."""
    drawn = engrave([TREBLE, Note(26, 0, QUARTER), Barline()], FLAGGED)
    ((x, _),) = drawn.heads
    beside = drawn.ink[:, int(x - 0.85 * SCALE)]
    dark = [bool(beside[drawn.middle + line * SCALE] > 100) for line in (2, 3, 4, 5)]
    assert dark == [True, True, True, False]
    assert beside[drawn.middle + int(2.5 * SCALE)] == 0


def test_a_sign_is_drawn_before_its_note_alone():
    plain = engrave([TREBLE, Note(32, 0, QUARTER), Barline()])
    sharp = engrave([TREBLE, Note(32, 1, QUARTER, sign=1), Barline()])
    assert sharp.heads[0][0] - plain.heads[0][0] == pytest.approx(1.28 * SCALE, abs=2)
    assert sharp.ink.shape[1] > plain.ink.shape[1]


@pytest.mark.parametrize(
    ("clef", "sharps", "flats"),
    [
        ("G2", [8, 5, 9, 6, 3, 7, 4], [4, 7, 3, 6, 2, 5, 1]),
        ("F4", [6, 3, 7, 4, 1, 5, 2], [2, 5, 1, 4, 0, 3, -1]),
        ("C3", [7, 4, 8, 5, 2, 6, 3], [3, 6, 2, 5, 1, 4, 0]),
        ("C4", [2, 6, 3, 7, 4, 8, 5], [5, 8, 4, 7, 3, 6, 2]),
    ],
)
def test_places_of_key_signatures(clef, sharps, flats):
    """Those of printed music, counted in steps from the lowest line."""
    assert key_places(Clef(clef), 7, 1) == sharps
    assert key_places(Clef(clef), 7, -1) == flats


@pytest.mark.parametrize("clef", [name for name, _ in FULL.clefs])
def test_signs_of_a_key_stand_on_their_letters(clef):
    for alteration, name in ((1, "C#M"), (-1, "CbM")):
        letters = [
            "CDEFGAB"[(Clef(clef).lowest + place) % 7] for place in key_places(Clef(clef), 7, alteration)
        ]
        assert letters == list(Key(name).altered)


def test_beams_join_the_ends_of_stems_and_flags_do_not():
    notes = [Note(32, 0, EIGHTH), Note(33, 0, EIGHTH)]
    joined, apart = (
        engrave([TREBLE, Time("2/4"), *notes, Barline()], Style(beamed=b)) for b in (True, False)
    )
    for drawn, beam in ((joined, True), (apart, False)):
        (x0, _), (x1, y1) = drawn.heads
        column = int(x0 + 0.8 * (x1 - x0))  # right of the first note's flag
        between = drawn.ink[int(y1) - 4 * SCALE : int(y1) - SCALE, column]
        staff = 9  # rows of three lines of the staff
        assert ((between > 128).sum() > staff) == beam


def test_a_tie_bows_on_the_other_side_of_the_stems():
    notes = [Note(33, 0, QUARTER), Tie(), Note(33, 0, QUARTER)]
    drawn = engrave([TREBLE, *notes, Barline()])
    without = engrave([TREBLE, notes[0], notes[2], Barline()])
    rows = np.flatnonzero((drawn.ink.astype(int) - without.ink > 100).any(axis=1))
    assert rows.min() > drawn.heads[0][1]
    assert rows.max() < drawn.heads[0][1] + 2 * SCALE


def test_dots_of_notes_on_lines_stand_in_the_space_above():
    for step, up in ((30, 1), (31, 0)):  # E4 on the lowest line, F4 above it
        plain, dotted = (engrave([TREBLE, Note(step, 0, Length("half", dots)), Barline()]) for dots in (0, 1))
        ((x, y),) = dotted.heads
        behind = dotted.ink[:, int(x + 1.1 * SCALE)].astype(int) - plain.ink[:, int(x + 1.1 * SCALE)]
        assert np.flatnonzero(behind > 100).mean() == pytest.approx(y - up * SCALE / 2, abs=1)


def test_every_symbol_takes_room():
    widths = [
        engrave([TREBLE, *symbols, Barline()]).ink.shape[1]
        for symbols in ([], [Rest(QUARTER)], [Rest(HALF)], [Time("3/4"), Rest(HALF)])
    ]
    assert widths == sorted(set(widths))


def test_a_staff_begins_with_a_clef():
    with pytest.raises(ValueError, match="begins with a clef"):
        engrave([Barline()])
