"""From symbols to ink: where everything stands on the staff, and drawing it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from ppocr_lite.synth.music.beams import Beam, beams_of
from ppocr_lite.synth.music.glyphs import HEAD_WIDTH, WHOLE_WIDTH, glyph
from ppocr_lite.synth.music.notation import (
    Barline,
    Clef,
    Key,
    MultiRest,
    Note,
    Rest,
    Symbol,
    Tie,
    Time,
)
from ppocr_lite.synth.music.paper import Paper
from ppocr_lite.synth.music.pen import SCALE

MIDDLE = 4
"""Place of the middle line, in steps from the lowest line."""
STEM, STEM_LENGTH = 0.12, 3.4
LEDGER, LEDGER_REACH = 0.16, 0.42
BEAM, BEAM_GAP = 0.5, 0.28
BARLINE, BEHIND_BARLINE = 0.16, 1.0
SIGNS = {-1: "flat", 0: "natural", 1: "sharp"}
TREBLE_SHARPS = (8, 5, 9, 6, 3, 7, 4)
TREBLE_FLATS = (4, 7, 3, 6, 2, 5, 1)
"""Places of the signs of a key in the treble clef, whose lowest line is E4."""
TREBLE_LOWEST = 30


@dataclass(frozen=True)
class Style:
    """How an engraver works; lengths in staff spaces.

    Args:
        spacing: room behind a quarter note.
        line: thickness of the staff's lines.
        beamed: short notes have beams where they stand together, and flags otherwise.
        left, right: paper before the clef and behind the last bar line.
        staff_left: whether the staff's lines begin at the edge of the paper, rather than at the clef.
    """

    spacing: float = 2.1
    line: float = 0.11
    beamed: bool = True
    left: float = 0.6
    right: float = 0.6
    staff_left: bool = False


@dataclass
class Engraving:
    """Ink uint8 [H, W] in 0..255 at SCALE pixels a staff space, and where things are in it, in pixels.

    Args:
        middle: y of the middle line.
        heads: (x, y) of the middle of each note's head, in their order.
    """

    ink: np.ndarray
    middle: int
    heads: list[tuple[float, float]] = field(default_factory=list)


@dataclass
class _Stem:
    """A placed note: x of its head's left edge, its place, whether the stem goes up, its end (y up)."""

    note: Note
    x: float
    place: int
    up: bool
    end: float

    @property
    def x_stem(self) -> float:
        """Middle of the stem."""
        return self.x + (HEAD_WIDTH - STEM / 2 if self.up else STEM / 2)


def engrave(symbols: Sequence[Symbol], style: Style = Style()) -> Engraving:
    """Draw a staff; ``symbols`` begin with a clef."""
    return _Engraver(symbols, style).engraving()


class _Engraver:
    """Places symbols from left to right, in staff spaces: x to the right, y up from the middle line."""

    def __init__(self, symbols: Sequence[Symbol], style: Style) -> None:
        if not symbols or not isinstance(symbols[0], Clef):
            raise ValueError(f"a staff begins with a clef, got {symbols[:1]}.")
        self._style = style
        self._paper = Paper()
        self._clef = symbols[0]
        self._x = style.left
        self._stems: list[_Stem] = []
        self._ties: list[int] = []  # of which stem each begins
        self._begin = 0.0 if style.staff_left else style.left
        self._end = 0.0
        for symbol in symbols:
            self._place(symbol)
        if not isinstance(symbols[-1], Barline):
            self._end = self._x
        self._draw_notes(symbols)

    def engraving(self) -> Engraving:
        """The paper, cut off behind the last symbol."""
        half = self._style.line / 2
        for line in range(-2, 3):
            self._paper.box(self._begin, line - half, self._end, line + half)
        ink, middle = self._paper.cut(self._end + self._style.right)
        heads = []
        for stem in self._stems:
            width = WHOLE_WIDTH if stem.note.length.name == "whole" else HEAD_WIDTH
            heads.append((SCALE * (stem.x + width / 2), middle - SCALE * _y(stem.place)))
        return Engraving(ink, middle, heads)

    def _place(self, symbol: Symbol) -> None:
        if isinstance(symbol, Clef):
            self._x += 0.5
            self._glyph(symbol.name[0], symbol.line, gap=0.9)
        elif isinstance(symbol, Key):
            self._key(symbol)
        elif isinstance(symbol, Time):
            self._time(symbol)
        elif isinstance(symbol, Note):
            self._note(symbol)
        elif isinstance(symbol, Rest):
            self._rest(symbol)
        elif isinstance(symbol, MultiRest):
            self._multirest(symbol)
        elif isinstance(symbol, Barline):
            self._paper.box(self._x, -2, self._x + BARLINE, 2)
            self._end = self._x + BARLINE
            self._x = self._end + BEHIND_BARLINE
        elif isinstance(symbol, Tie):
            self._ties.append(len(self._stems) - 1)

    def _glyph(self, name: str, place: float, *, gap: float) -> None:
        mask = glyph(name)
        self._paper.paste(mask, self._x, _y(place))
        self._x += mask.right + gap

    def _key(self, key: Key) -> None:
        altered = list(key.altered.items())
        for place, (_, alteration) in zip(key_places(self._clef, len(altered), altered[0][1]), altered):
            self._glyph(SIGNS[alteration], place, gap=0.12)
        self._x += 0.7

    def _time(self, time: Time) -> None:
        if "/" not in time.name or time.name == "C/":
            self._glyph("cut" if time.name == "C/" else "common", MIDDLE, gap=1.2)
            return
        upper, lower = time.name.split("/")
        wide = max(_digits_width(upper), _digits_width(lower))
        for text, bottom in ((upper, 0.0), (lower, -2.0)):
            self._digits(text, self._x + (wide - _digits_width(text)) / 2, bottom)
        self._x += wide + 1.2

    def _digits(self, text: str, x: float, bottom: float) -> None:
        for digit in text:
            mask = glyph(digit)
            self._paper.paste(mask, x - mask.left, bottom)
            x += mask.right - mask.left + 0.1

    def _note(self, note: Note) -> None:
        place = note.step - self._clef.lowest
        if note.sign is not None:
            self._glyph(SIGNS[note.sign], place, gap=0.25)
        up = place < MIDDLE
        end = _y(place) + (STEM_LENGTH if up else -STEM_LENGTH)
        end = max(end, 0.0) if up else min(end, 0.0)  # stems of far notes reach the middle line
        whole = note.length.name == "whole"
        self._stems.append(_Stem(note, self._x, place, up, end))
        self._ledgers(place, WHOLE_WIDTH if whole else HEAD_WIDTH)
        name = note.length.name if whole or note.length.name == "half" else "black"
        mask = glyph(name)
        self._paper.paste(mask, self._x, _y(place))
        self._x += mask.right
        self._behind(note.length.dots, place, note.length.units, flagged=up and note.length.flags > 0)

    def _ledgers(self, place: int, width: float) -> None:
        lines = [*range(-2, place - 1, -2), *range(10, place + 1, 2)]
        for line in lines:
            y = _y(line)
            left, right = self._x - LEDGER_REACH, self._x + width + LEDGER_REACH
            self._paper.box(left, y - LEDGER / 2, right, y + LEDGER / 2)

    def _behind(self, dots: int, place: int, units: int, *, flagged: bool = False) -> None:
        """The dots of a note or rest, and the room that its length asks for."""
        if dots:
            self._x += 0.55 if flagged and not self._style.beamed else 0.3
            self._paper.paste(glyph("dot"), self._x + 0.2, _y(place + (place % 2 == 0)))
            self._x += 0.4
        self._x += self._style.spacing * (units / 16) ** 0.45

    def _rest(self, rest: Rest) -> None:
        mask = glyph(rest.token.rstrip("."))
        self._paper.paste(mask, self._x, 0.0)
        self._x += mask.right
        self._behind(rest.length.dots, MIDDLE, rest.length.units)

    def _multirest(self, rest: MultiRest) -> None:
        width = 5.0
        self._paper.box(self._x, -0.3, self._x + width, 0.3)
        for x in (self._x, self._x + width):
            self._paper.box(x - 0.06, -1.0, x + 0.06, 1.0)
        text = str(rest.bars)
        self._digits(text, self._x + (width - _digits_width(text)) / 2, 2.5)
        self._x += width + 0.9

    def _draw_notes(self, symbols: Sequence[Symbol]) -> None:
        """Stems, flags, beams and ties: what depends on several notes."""
        beams = beams_of(symbols) if self._style.beamed else []
        grouped = {number for beam in beams for number in beam.notes}
        for beam in beams:
            self._draw_beam(beam)
        for number, stem in enumerate(self._stems):
            if stem.note.length.name == "whole":
                continue
            start = _y(stem.place) + (0.18 if stem.up else -0.18)
            self._paper.box(stem.x_stem - STEM / 2, start, stem.x_stem + STEM / 2, stem.end)
            if number not in grouped:
                self._flags(stem)
        for number in self._ties:
            self._tie(self._stems[number], self._stems[number + 1])

    def _flags(self, stem: _Stem) -> None:
        count = stem.note.length.flags
        mask = glyph("flag" if count == 1 else "short_flag")
        for number in range(count):
            y = stem.end + (-0.75 if stem.up else 0.75) * (number - max(0, count - 2))
            self._paper.paste(mask, stem.x_stem + STEM / 2 - 0.02, y, flip=not stem.up)
        if count > 2:
            extra = 0.75 * (count - 2)
            ends = (stem.end, stem.end + (extra if stem.up else -extra))
            self._paper.box(stem.x_stem - STEM / 2, ends[0], stem.x_stem + STEM / 2, ends[1])

    def _draw_beam(self, beam: Beam) -> None:
        """Stems of one direction that end on a slanted line, and a bar for each level."""
        stems = [self._stems[number] for number in beam.notes]
        up = sum(stem.place for stem in stems) < MIDDLE * len(stems)
        for stem in stems:
            stem.up = up
        sign = 1 if up else -1
        first, last = stems[0], stems[-1]
        rise = float(np.clip((_y(last.place) - _y(first.place)) * 0.5, -1.0, 1.0))
        slope = rise / (last.x_stem - first.x_stem)
        levels = max(stem.note.length.flags for stem in stems)
        least = 2.6 + 0.6 * (levels - 1)
        # Of all stems the shortest one has the least length.
        base = max(sign * (_y(stem.place) - slope * (stem.x_stem - first.x_stem)) + least for stem in stems)
        for stem in stems:
            stem.end = sign * base + slope * (stem.x_stem - first.x_stem)
        for level, left, right in beam.bars:
            shift = -sign * level * (BEAM + BEAM_GAP)
            self._bar(stems, left, right, shift=shift, sign=sign, slope=slope)

    def _bar(
        self, stems: Sequence[_Stem], left: float, right: float, *, shift: float, sign: int, slope: float
    ) -> None:
        """A bar from note ``left`` to note ``right`` of a group; halves lie between two notes."""
        ends = []
        for place in (left, right):
            whole = int(place)
            a, b = stems[whole], stems[min(whole + 1, len(stems) - 1)]
            x = a.x_stem + (b.x_stem - a.x_stem) * (place - whole)
            ends.append((x, a.end + slope * (x - a.x_stem) + shift))
        (x0, y0), (x1, y1) = ends
        half = STEM / 2
        inner = -sign * BEAM
        self._paper.polygon(
            [(x0 - half, y0), (x1 + half, y1), (x1 + half, y1 + inner), (x0 - half, y0 + inner)]
        )

    def _tie(self, first: _Stem, second: _Stem) -> None:
        """A curve from head to head, on the other side than the stems."""
        side = -1 if first.up else 1
        width = WHOLE_WIDTH if first.note.length.name == "whole" else HEAD_WIDTH
        x0, x1 = first.x + width * 0.75, second.x + HEAD_WIDTH * 0.25
        y = _y(first.place) + side * 0.62
        height = side * min(1.1, 0.35 + 0.09 * (x1 - x0))
        t = np.linspace(0, 1, 16)
        x, bow = x0 + (x1 - x0) * t, 4 * t * (1 - t)
        outer, inner = y + bow * height, y + bow * (height - side * 0.22)
        self._paper.polygon([*zip(x, outer), *zip(x[::-1], inner[::-1])])


def key_places(clef: Clef, count: int, alteration: int) -> list[int]:
    """Places on the staff of the ``count`` signs of a key signature."""
    pattern = TREBLE_SHARPS if alteration > 0 else TREBLE_FLATS
    shift = (TREBLE_LOWEST - clef.lowest + 3) % 7 - 3
    # An octave lower where a sign would stand above the staff, which the treble clef's G sharp may.
    return [place + shift - 7 * (shift > 0 and place + shift > 8) for place in pattern[:count]]


def _digits_width(text: str) -> float:
    masks = [glyph(digit) for digit in text]
    return sum(mask.right - mask.left for mask in masks) + 0.1 * (len(text) - 1)


def _y(place: float) -> float:
    """Staff spaces above the middle line."""
    return (place - MIDDLE) / 2
