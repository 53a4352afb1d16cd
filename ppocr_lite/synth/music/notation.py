"""Symbols of a monophonic staff, and what they are called in PrIMuS's semantic encoding.

Calvo-Zaragoza and Rizo, "End-to-End Neural Optical Music Recognition of Monophonic Scores", Applied Sciences
2018: a token tells what a symbol means, so a note has the pitch that sounds (``note-F#4_quarter`` where the
key signature has the sharp), and not the place where it is drawn.

Pitches without their alteration are counted in steps: octave * 7 + letter from C, so C4 is 28. Places on a
staff are counted in steps from its lowest line: 0 to 8 are on the staff, lines are even.
"""

from dataclasses import dataclass

LETTERS = "CDEFGAB"
SHARPS_ORDER = "FCGDAEB"
"""In which a key signature adds sharps; flats come in the opposite order."""
ALTERATIONS = {-1: "b", 0: "", 1: "#"}
UNITS = {"whole": 64, "half": 32, "quarter": 16, "eighth": 8, "sixteenth": 4, "thirty_second": 2}
"""Lengths in 64ths of a whole note; a dot adds half of them."""
KEYS = {
    **{"CM": 0, "GM": 1, "DM": 2, "AM": 3, "EM": 4, "BM": 5, "F#M": 6, "C#M": 7},
    **{"FM": -1, "BbM": -2, "EbM": -3, "AbM": -4, "DbM": -5, "GbM": -6, "CbM": -7},
}
"""Number of sharps; of flats below 0."""
TIMES = {
    **{"C": (4, 16), "C/": (2, 32), "2/4": (2, 16), "3/4": (3, 16), "4/4": (4, 16), "2/2": (2, 32)},
    **{"3/2": (3, 32), "3/8": (1, 24), "6/8": (2, 24), "9/8": (3, 24), "12/8": (4, 24)},
}
"""Beats of a bar, and units of a beat: three eighths where eighths go in threes."""
CLEF_STEPS = {"G": 4 * 7 + 4, "F": 3 * 7 + 3, "C": 4 * 7}
"""The note on a clef's line: G4, F3, C4."""


@dataclass(frozen=True)
class Clef:
    """``G2``: the letter of its shape, and its line, counted from below."""

    name: str

    @property
    def token(self) -> str:
        return f"clef-{self.name}"

    @property
    def line(self) -> int:
        """Place of the line that it names."""
        return 2 * (int(self.name[1]) - 1)

    @property
    def lowest(self) -> int:
        """Step of the lowest line."""
        return CLEF_STEPS[self.name[0]] - self.line


@dataclass(frozen=True)
class Key:
    """A key signature, by the name of its major key."""

    name: str

    @property
    def token(self) -> str:
        return f"keySignature-{self.name}"

    @property
    def altered(self) -> dict[str, int]:
        """Letters with a sharp (1) or a flat (-1), in the order in which they are drawn."""
        count = KEYS[self.name]
        letters = SHARPS_ORDER[:count] if count > 0 else SHARPS_ORDER[::-1][:-count]
        return dict.fromkeys(letters, 1 if count > 0 else -1)


@dataclass(frozen=True)
class Time:
    """A time signature: ``3/4``, ``C``, ``C/``."""

    name: str

    @property
    def token(self) -> str:
        return f"timeSignature-{self.name}"

    @property
    def beat(self) -> int:
        """Units of a beat."""
        return TIMES[self.name][1]

    @property
    def bar(self) -> int:
        """Units of a bar."""
        beats, units = TIMES[self.name]
        return beats * units


@dataclass(frozen=True)
class Length:
    """How long a note or a rest is."""

    name: str
    dots: int = 0

    @property
    def text(self) -> str:
        """As tokens end: ``quarter.``"""
        return self.name + "." * self.dots

    @property
    def units(self) -> int:
        """In 64ths of a whole note."""
        return UNITS[self.name] * 3 // 2 if self.dots else UNITS[self.name]

    @property
    def flags(self) -> int:
        """Flags, or beams, of a note."""
        return max(0, list(UNITS).index(self.name) - 2)


@dataclass(frozen=True)
class Note:
    """A note.

    Args:
        step: of its letter and octave.
        alteration: -1, 0 or 1, as it sounds.
        length: how long.
        sign: the accidental that is drawn before it; None where key signature and bar make one needless.
    """

    step: int
    alteration: int
    length: Length
    sign: int | None = None

    @property
    def token(self) -> str:
        return note_token(self.step, self.alteration, self.length)


@dataclass(frozen=True)
class Rest:
    """A rest."""

    length: Length

    @property
    def token(self) -> str:
        return f"rest-{self.length.text}"


@dataclass(frozen=True)
class MultiRest:
    """Several bars of rest."""

    bars: int

    @property
    def token(self) -> str:
        return f"multirest-{self.bars}"


@dataclass(frozen=True)
class Barline:
    """The end of a bar."""

    token = "barline"


@dataclass(frozen=True)
class Tie:
    """Joins the note before with the note behind (which a bar line may precede)."""

    token = "tie"


Symbol = Clef | Key | Time | Note | Rest | MultiRest | Barline | Tie


def note_token(step: int, alteration: int, length: Length) -> str:
    """
    >>> note_token(28, 1, Length("half", 1))
    'note-C#4_half.'
    """
    octave, letter = divmod(step, 7)
    return f"note-{LETTERS[letter]}{ALTERATIONS[alteration]}{octave}_{length.text}"
