"""Which short notes stand under one beam, and the bars of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ppocr_lite.synth.music.notation import Barline, Note, Rest, Symbol, Time


@dataclass(frozen=True)
class Beam:
    """Notes under a beam.

    Args:
        notes: their numbers among all notes of the staff.
        bars: (level, first, last): level 0 is the outermost; first and last are places within ``notes``,
            where 0.5 is half way between the first two, at which a stub ends.
    """

    notes: tuple[int, ...]
    bars: tuple[tuple[int, float, float], ...]


def beams_of(symbols: Sequence[Symbol]) -> list[Beam]:
    """Beams join notes with flags that begin in one beat, with nothing between them."""
    return [_beam(group) for group in _groups(symbols) if len(group) > 1]


def _groups(symbols: Sequence[Symbol]) -> Iterator[list[tuple[int, int]]]:
    """(number of the note, its flags) of notes that stand together."""
    beat, position, number = 16, 0, 0
    begun = 0  # the beat in which the group began
    group: list[tuple[int, int]] = []
    for symbol in symbols:
        if isinstance(symbol, Time):
            beat = symbol.beat
        if isinstance(symbol, Note | Rest):
            if position // beat != begun or not (isinstance(symbol, Note) and symbol.length.flags):
                yield group
                group, begun = [], position // beat
            position += symbol.length.units
            if isinstance(symbol, Note):
                if symbol.length.flags:
                    group.append((number, symbol.length.flags))
                number += 1
        elif isinstance(symbol, Barline):
            yield group
            group, position, begun = [], 0, 0
    yield group


def _beam(group: Sequence[tuple[int, int]]) -> Beam:
    flags = [count for _, count in group]
    bars = [bar for level in range(max(flags)) for bar in _bars(flags, level)]
    return Beam(tuple(number for number, _ in group), tuple(bars))


def _bars(flags: Sequence[int], level: int) -> Iterator[tuple[int, float, float]]:
    """Runs of notes that have this level; a single note gets a stub to its neighbour's side."""
    start = 0
    while start < len(flags):
        if flags[start] <= level:
            start += 1
            continue
        end = start
        while end + 1 < len(flags) and flags[end + 1] > level:
            end += 1
        if end > start:
            yield level, start, end
        elif start:
            yield level, start - 0.45, start
        else:
            yield level, start, start + 0.45
        start = end + 1
