"""Rendered training data: text lines, pages and classifier crops from fonts and text files; staves of music.

Pillow (of the [train] extra) draws the glyphs of text and is imported when the first one is drawn.
"""

from typing import Any

from ppocr_lite.synth.classify import cls_sample, has_direction
from ppocr_lite.synth.fonts import DEFAULT_FONT_DIRS, FontLibrary
from ppocr_lite.synth.line import LineRenderer, LineSample
from ppocr_lite.synth.music import MusicStream
from ppocr_lite.synth.page import PageRenderer, PageSample
from ppocr_lite.synth.stream import SynthStream
from ppocr_lite.synth.text import TextSource

__all__ = [
    "DEFAULT_FONT_DIRS",
    "FontLibrary",
    "LineRenderer",
    "LineSample",
    "MusicStream",
    "PageRenderer",
    "PageSample",
    "SynthStream",
    "TextSource",
    "cls_sample",
    "has_direction",
    "open_stream",
]


def open_stream(kind: str, **options: Any) -> SynthStream | MusicStream:
    """The stream of one kind of samples: ``music``, or those of SynthStream; the options are the stream's."""
    return MusicStream(**options) if kind == MusicStream.kind else SynthStream(kind=kind, **options)
