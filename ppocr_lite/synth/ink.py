"""Draws strings as ink masks: kerned runs, letter spacing, word gaps, uneven typewriter strokes."""

import re
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np

from ppocr_lite.charset import COLUMN_END
from ppocr_lite.errors import MissingDependency

Rng = np.random.Generator
Glyph = tuple[np.ndarray, int, int]
"""Ink uint8 [h, w], its left and its top from the pen's place on the baseline."""

_SHORT = 2  # characters of the shortest columns
_LIGATURES = {"ffi": "\ufb03", "ffl": "\ufb04", "fi": "\ufb01", "fl": "\ufb02"}


@runtime_checkable
class LetterFont(Protocol):
    """A font that draws letter by letter itself (see :mod:`ppocr_lite.synth.cells`)."""

    def glyph(self, letter: str) -> Glyph: ...


@dataclass(frozen=True)
class TextStyle:
    """How a string is set.

    Args:
        letter_gap: extra pixels between letters; negative is tight.
        word_gap: width of a space as a multiple of the font's own.
        wide_gap_chance: probability that a space becomes a wide gap, as between table columns, as if it
            were a tab.
        jitter: typewriter unevenness, the largest shift of a letter in pixels.
        uneven: largest loss of ink of a letter, 0..1.
    """

    letter_gap: float = 0.0
    word_gap: float = 1.0
    wide_gap_chance: float = 0.0
    jitter: float = 0.0
    uneven: float = 0.0

    @property
    def by_letter(self) -> bool:
        """Whether letters must be placed one by one."""
        return self.letter_gap != 0 or self.jitter > 0 or self.uneven > 0


@dataclass(frozen=True)
class Ink:
    """A drawn string: ``mask`` uint8 [H, W] (255 full ink) and its lines in pixels.

    ``baseline``, ``ascender``, ``descender``: rows of the mask; ``left``, ``right``: columns between which
    the string advances; ``runs``: (left, right) of each part between wide gaps; ``texts``: their strings.
    """

    mask: np.ndarray
    baseline: int
    ascender: int
    descender: int
    left: int
    right: int
    runs: tuple[tuple[int, int], ...]
    texts: tuple[str, ...]


@dataclass(frozen=True)
class Placed:
    """Part of a string at ``x`` pixels, ``dy`` below the baseline, with ``strength`` 0..1 of ink."""

    text: str
    x: float
    dy: float = 0.0
    strength: float = 1.0


def pillow() -> tuple[Any, Any]:
    """Pillow's Image and ImageDraw modules; raises MissingDependency with the pip line."""
    try:
        from PIL import Image, ImageDraw
    except ImportError as error:
        raise MissingDependency(
            "Rendering text needs Pillow: pip install 'ppocr-lite[train]' (or: pip install pillow)"
        ) from error
    return Image, ImageDraw


def lay_out(
    font: Any, text: str, style: TextStyle, rng: Rng
) -> tuple[list[Placed], float, list[tuple[float, float, str]]]:
    """Place ``text``: (parts, whole advance in pixels, runs between wide gaps as (left, right, text)).

    Tabs are gaps, too: what a column of its own takes, or one to three blanks before a letter or two.
    """
    plain = (
        style.word_gap == 1.0
        and style.wide_gap_chance == 0
        and not style.by_letter
        and COLUMN_END not in text
    )
    if plain and not isinstance(font, LetterFont):
        width = font.getlength(text)
        return [Placed(text, 0.0)], width, [(0.0, width, text)]
    space = max(1.0, font.getlength(" ")) * style.word_gap + style.letter_gap
    parts: list[Placed] = []
    runs: list[tuple[float, float, str]] = []
    words: list[str] = []
    widths: dict[str, float] = {}
    x = start = 0.0
    for gap, word in re.findall("(^|[ \t])([^ \t]*)", text):
        if gap == COLUMN_END or (gap and style.wide_gap_chance and rng.random() < style.wide_gap_chance):
            runs.append((start, x, " ".join(words)))
            blanks = _blanks(rng, word) if gap == COLUMN_END else 2.5 + 9 * rng.random()
            x += space * (round(blanks) if isinstance(font, LetterFont) else blanks)
            start, words = x, []
        elif gap:
            x += space
        words.append(word)
        x = _place_word(font, word, x, style, rng, parts, widths)
    runs.append((start, x, " ".join(words)))
    return parts, x, runs


def _blanks(rng: Rng, following: str) -> float:
    """Width of a gap between columns, in spaces; before one or two letters often no more than one."""
    if len(following) <= _SHORT and rng.random() < 0.8:
        return float(rng.choice([1, 1, 1, 2, 3]))
    return 1.6 + (1.2 if rng.random() < 0.25 else 7.0) * rng.random()


def _place_word(
    font: Any,
    word: str,
    x: float,
    style: TextStyle,
    rng: Rng,
    parts: list[Placed],
    widths: dict[str, float],
) -> float:
    """Append the parts of ``word`` from ``x`` on, keep letters' ``widths``; return where it ends."""
    if not style.by_letter and not isinstance(font, LetterFont):
        parts.append(Placed(word, x))
        return x + font.getlength(word)
    for letter in word:
        if letter not in widths:
            widths[letter] = font.getlength(letter)
        dy = style.jitter * (2 * rng.random() - 1) if style.jitter else 0.0
        strength = 1 - style.uneven * rng.random() ** 2 if style.uneven else 1.0
        parts.append(Placed(letter, x + dy * 0.5, dy, strength))
        x += widths[letter] + style.letter_gap
    return x - style.letter_gap


def draw_text(
    font: Any,
    text: str,
    rng: Rng,
    *,
    style: TextStyle | None = None,
    pad: int | None = None,
    ligatures: bool = False,
) -> Ink:
    """Draw ``text`` with a FreeType ``font``.

    Args:
        style: spacing and unevenness; the font's own by default.
        pad: pixels left free on all sides; half the font's height by default.
        ligatures: draw fi, fl, ffi, ffl as the font's single glyphs (the caller checks that it has them).
    """
    ascent, descent = font.getmetrics()
    pad = (ascent + descent) // 2 if pad is None else pad
    style = style or TextStyle()
    parts, width, runs = lay_out(font, text, style, rng)
    size = (int(width) + 2 * pad + 2, ascent + descent + 2 * pad)
    draw = _draw_letters if style.by_letter or isinstance(font, LetterFont) else _draw_runs
    return Ink(
        draw(font, parts, size, (pad, pad + ascent), ligatures),
        baseline=pad + ascent,
        ascender=pad,
        descender=pad + ascent + descent,
        left=pad,
        right=pad + int(np.ceil(width)),
        runs=tuple((pad + int(a), pad + int(np.ceil(b))) for a, b, _ in runs),
        texts=tuple(t for _, _, t in runs),
    )


def _draw_runs(
    font: Any, parts: list[Placed], size: tuple[int, int], origin: tuple[int, int], ligatures: bool
) -> np.ndarray:
    """Draw each part with the font's kerning; uint8 [H, W] of ``size`` (width, height)."""
    image_module, draw_module = pillow()
    canvas = image_module.new("L", size, 0)
    draw = draw_module.Draw(canvas)
    for part in parts:
        shown = part.text
        if ligatures:
            for letters, sign in _LIGATURES.items():
                shown = shown.replace(letters, sign)
        draw.text((origin[0] + part.x, origin[1]), shown, 255, font=font, anchor="ls")
    return np.array(canvas)


def _draw_letters(
    font: Any, parts: list[Placed], size: tuple[int, int], origin: tuple[int, int], ligatures: bool
) -> np.ndarray:
    """Draw letter by letter, each kind once, at whole pixels; no ligatures where letters stand apart."""
    canvas = np.zeros((size[1], size[0]), np.uint8)
    glyphs: dict[str, Glyph] = {}
    for part in parts:
        if part.text not in glyphs:
            glyphs[part.text] = glyph_of(font, part.text)
        glyph, left, top = glyphs[part.text]
        x, y = max(0, round(origin[0] + part.x) + left), max(0, round(origin[1] + part.dy) + top)
        target = canvas[y : y + glyph.shape[0], x : x + glyph.shape[1]]
        glyph = glyph[: target.shape[0], : target.shape[1]]
        if part.strength < 1:
            glyph = (glyph * part.strength).astype(np.uint8)
        np.maximum(target, glyph, out=target)
    return canvas


def glyph_of(font: Any, letter: str) -> Glyph:
    """The ink of one letter, without ligatures and kerning."""
    if isinstance(font, LetterFont):
        return font.glyph(letter)
    mask, (left, top) = font.getmask2(letter, mode="L", anchor="ls")
    width, height = mask.size
    return np.array(mask, np.uint8).reshape(height, width), int(left), int(top)
