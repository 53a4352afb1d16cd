"""Random staves: which symbols may follow one another, and the list of all tokens."""

from collections.abc import Iterator
from dataclasses import dataclass

from ppocr_lite.errors import ConfigError
from ppocr_lite.registry import did_you_mean
from ppocr_lite.synth.music.notation import (
    ALTERATIONS,
    KEYS,
    LETTERS,
    TIMES,
    UNITS,
    Barline,
    Clef,
    Key,
    Length,
    MultiRest,
    Note,
    Rest,
    Symbol,
    Tie,
    Time,
    note_token,
)
from ppocr_lite.synth.sampling import Rng, Weighted, chance

LEAPS = Weighted([(0, 0.14), (1, 0.46), (2, 0.22), (3, 0.08), (4, 0.05), (5, 0.03), (7, 0.02)])
"""Steps between one note and the next, up or down."""
UNUSUAL = (("E", 1), ("B", 1), ("F", -1), ("C", -1))
"""Letters that only key signatures alter so."""


@dataclass(frozen=True)
class Grammar:
    """What staves are made of.

    Args:
        clefs: name and share of each.
        keys: key signatures, each as likely; one without sharps and flats is not drawn and has no token.
        times: time signatures.
        lengths: of notes and rests, with the share of each among those that fit.
        places: lowest and highest place of a note on the staff.
        symbols: a number between these is drawn for a staff, which has as many whole bars as fit, or one.
        accidental, rest, multirest: probabilities, of a note, of a note or rest, of a staff.
        tie: probability that two equal notes in a row are tied.
        most_bars_of_rest: of a multirest.
    """

    clefs: tuple[tuple[str, float], ...]
    keys: tuple[str, ...]
    times: tuple[str, ...]
    lengths: tuple[tuple[Length, float], ...]
    places: tuple[int, int] = (-4, 12)
    symbols: tuple[int, int] = (10, 30)
    accidental: float = 0.07
    rest: float = 0.12
    tie: float = 0.3
    multirest: float = 0.05
    most_bars_of_rest: int = 30


_ALL_LENGTHS = (
    (Length("whole"), 1.0), (Length("half", 1), 0.7), (Length("half"), 2.0), (Length("quarter", 1), 1.2),
    (Length("quarter"), 5.0), (Length("eighth", 1), 0.8), (Length("eighth"), 5.0),
    (Length("sixteenth"), 2.5), (Length("thirty_second"), 0.3),
)  # fmt: skip

FULL = Grammar(
    clefs=(("G2", 0.6), ("F4", 0.15), ("C1", 0.08), ("C3", 0.08), ("C4", 0.05), ("G1", 0.02), ("F3", 0.02)),
    keys=tuple(KEYS),
    times=tuple(TIMES),
    lengths=_ALL_LENGTHS,
)
SIMPLE = Grammar(
    clefs=(("G2", 0.7), ("F4", 0.3)),
    keys=("CM", "GM", "DM", "FM", "BbM"),
    times=("2/4", "3/4", "C"),
    lengths=((Length("half"), 1.5), (Length("quarter"), 4.0), (Length("eighth"), 3.0)),
    places=(-2, 10),
    symbols=(6, 14),
    accidental=0.0,
    rest=0.1,
    tie=0.0,
    multirest=0.0,
)
GRAMMARS = {"full": FULL, "simple": SIMPLE}


def find_grammar(name: str) -> Grammar:
    """The grammar of this name; ConfigError where there is none."""
    if name not in GRAMMARS:
        known = ", ".join(GRAMMARS)
        raise ConfigError(f"grammar: no '{name}'.{did_you_mean(name, GRAMMARS)} Known: {known}.")
    return GRAMMARS[name]


def all_tokens(grammar: Grammar) -> list[str]:
    """Every token that a staff of ``grammar`` can have, in an order of their kinds."""
    return list(dict.fromkeys(_tokens(grammar)))


def _tokens(grammar: Grammar) -> Iterator[str]:
    lengths = [length for length, _ in grammar.lengths]
    yield from (Clef(name).token for name, _ in grammar.clefs)
    yield from (Key(name).token for name in grammar.keys if KEYS[name])
    yield from (Time(name).token for name in grammar.times)
    yield Barline.token
    if grammar.tie:
        yield Tie.token
    yield from (Rest(length).token for length in lengths)
    if grammar.multirest:
        yield from (MultiRest(bars).token for bars in range(2, grammar.most_bars_of_rest + 1))
    low, high = grammar.places
    bottoms = [Clef(name).lowest for name, _ in grammar.clefs]
    for step in range(min(bottoms) + low, max(bottoms) + high + 1):
        if any(low <= step - bottom <= high for bottom in bottoms):
            choices = alterations(grammar, LETTERS[step % 7])
            yield from (note_token(step, a, length) for a in choices for length in lengths)


def alterations(grammar: Grammar, letter: str) -> list[int]:
    """How notes of a letter can be altered, by a key signature or by an accidental."""
    usual = {Key(name).altered.get(letter, 0) for name in grammar.keys}
    return sorted(usual.union(free_alterations(letter) if grammar.accidental else ()))


def free_alterations(letter: str) -> list[int]:
    """What accidentals may do to a letter, whatever the key."""
    return [alteration for alteration in ALTERATIONS if (letter, alteration) not in UNUSUAL]


def compose(grammar: Grammar, rng: Rng) -> list[Symbol]:
    """A random staff: clef, key and time signature, and whole bars."""
    clef = Clef(Weighted(grammar.clefs)(rng))
    key = Key(grammar.keys[int(rng.integers(len(grammar.keys)))])
    time = Time(grammar.times[int(rng.integers(len(grammar.times)))])
    symbols: list[Symbol] = [clef, *([key] if KEYS[key.name] else []), time]
    wanted = int(rng.integers(grammar.symbols[0], grammar.symbols[1] + 1))
    if chance(rng, grammar.multirest):
        symbols += [MultiRest(int(rng.integers(2, grammar.most_bars_of_rest + 1))), Barline()]
    melody = _Melody(grammar, clef, key)
    while True:
        bar = [*melody.bar(time, rng), Barline()]
        symbols += bar
        if len(symbols) + len(bar) > wanted:
            return melody.tied(symbols, rng)


class _Melody:
    """Makes bars one after another; remembers how high the last note was."""

    def __init__(self, grammar: Grammar, clef: Clef, key: Key) -> None:
        self._grammar = grammar
        self._lowest = clef.lowest
        self._key = key
        self._place = 4

    def bar(self, time: Time, rng: Rng) -> Iterator[Symbol]:
        """Notes and rests that fill a bar."""
        in_force: dict[int, int] = {}  # alterations by step, until the bar ends
        position = 0
        while position < time.bar:
            length = self._length(position, time, rng)
            position += length.units
            if chance(rng, self._grammar.rest):
                yield Rest(length)
            else:
                yield self._note(length, in_force, rng)

    def _length(self, position: int, time: Time, rng: Rng) -> Length:
        """One that fits into the bar and begins where lengths of its kind do."""
        left = time.bar - position
        fitting = [
            (length, share)
            for length, share in self._grammar.lengths
            if length.units <= left and position % time.beat % min(UNITS[length.name], time.beat) == 0
        ]
        return Weighted(fitting)(rng)

    def _note(self, length: Length, in_force: dict[int, int], rng: Rng) -> Note:
        low, high = self._grammar.places
        leap = LEAPS(rng) * (1 if chance(rng, 0.5) else -1)
        if not low <= self._place + leap <= high:
            leap = -leap
        self._place = min(max(self._place + leap, low), high)
        step = self._lowest + self._place
        usual = self._usual(step)
        alteration = in_force.get(step, usual)
        if chance(rng, self._grammar.accidental):
            choices = sorted({usual, *free_alterations(LETTERS[step % 7])})
            alteration = choices[int(rng.integers(len(choices)))]
        sign = None if alteration == in_force.get(step, usual) else alteration
        in_force[step] = alteration
        return Note(step, alteration, length, sign)

    def tied(self, symbols: list[Symbol], rng: Rng) -> list[Symbol]:
        """With ties between some equal notes that follow each other, also over a bar line."""
        found: list[Symbol] = []
        for index, symbol in enumerate(symbols):
            found.append(symbol)
            behind = index + 1 + isinstance(_at(symbols, index + 1), Barline)
            if self._may_tie(symbol, _at(symbols, behind)) and chance(rng, self._grammar.tie):
                found.append(Tie())
        return found

    def _may_tie(self, first: Symbol | None, second: Symbol | None) -> bool:
        """Two equal notes, unaltered: over a bar line a tie would carry an accidental that is not drawn."""
        if not isinstance(first, Note) or not isinstance(second, Note) or second.sign is not None:
            return False
        equal = (first.step, first.alteration) == (second.step, second.alteration)
        return equal and first.alteration == self._usual(first.step)

    def _usual(self, step: int) -> int:
        """The alteration that the key signature gives."""
        return self._key.altered.get(LETTERS[step % 7], 0)


def _at(symbols: list[Symbol], index: int) -> Symbol | None:
    return symbols[index] if index < len(symbols) else None
