"""Rendered staves of music of one voice, with their tokens in PrIMuS's semantic encoding."""

from ppocr_lite.synth.music.grammar import GRAMMARS, Grammar, all_tokens, compose
from ppocr_lite.synth.music.staves import StaffRenderer, StaffSample
from ppocr_lite.synth.music.stream import MusicStream

__all__ = [
    "GRAMMARS",
    "Grammar",
    "MusicStream",
    "StaffRenderer",
    "StaffSample",
    "all_tokens",
    "compose",
]
