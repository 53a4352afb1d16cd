"""Programs and terminals on a page: indented lines of one width, numbers before them, braces alone."""

import numpy as np

from ppocr_lite.synth.canvas import Face
from ppocr_lite.synth.sampling import Rng, between, chance
from ppocr_lite.synth.setter import Setter
from ppocr_lite.synth.technical import source_line, terminal_line
from ppocr_lite.synth.wording import pick

_ALONE = ("{", "}", "}", "};", ")", ");", "],", "})", "} else {", "else:", "end", "*/", "?;", "...")
_INDENT = 4
"""Characters."""
_DEEPEST = 4
_GUTTERS = ("", "", "|", ":", " |")
"""Behind the numbers of lines."""

Colour = np.ndarray | None


def listing(s: Setter, left: float, width: float, *, rows: int, colour: Colour = None) -> None:
    """Set at most ``rows`` lines of a program, or of a terminal, from the current row on.

    Args:
        colour: of the ink, BGR float32 [3]; None is the page's own.
    """
    rng = s.rng
    face = s.canvas.face({"mono": 0.8, "typewriter": 0.2}, s.em * between(rng, 0.85, 1.1), sample="f_0({});")
    pitch = face.size * between(rng, 1.15, 1.55)
    terminal, numbered = chance(rng, 0.3), chance(rng, 0.5)
    gutter, first = pick(rng, _GUTTERS), int(10 ** between(rng, 0, 3.5))
    x, space = left, face.font.getlength(" ")
    if numbered and not terminal:
        x += face.font.getlength(f"{first + rows}{gutter}") + space
    step, depth = _INDENT * space, int(rng.integers(0, 2))
    for number in range(first, first + rows):
        if s.y > s.bottom:
            return
        if x > left:
            s.canvas.put(face, f"{number}{gutter}", x - space, s.y, align="right", colour=colour)
        start = x if terminal else x + depth * step
        text = _row(s, face, left + width - start, terminal=terminal)
        if text:
            s.canvas.put(face, text, start, s.y, colour=colour)
        s.y += pitch
        depth = min(max(depth + _step(rng, text), 0), _DEEPEST)


def _row(s: Setter, face: Face, room: float, *, terminal: bool) -> str:
    """A line that fits into ``room`` pixels; nothing where one is left blank."""
    rng = s.rng
    if chance(rng, 0.07):
        return ""
    if not terminal and chance(rng, 0.15):
        return pick(rng, _ALONE)
    text = s.texts.clean((terminal_line if terminal else source_line)(rng, s.texts))
    while text and face.font.getlength(text) > room:
        text = text[: int(len(text) * 0.85)].strip()
    return text


def _step(rng: Rng, text: str) -> int:
    """How much deeper the next line stands."""
    if text.endswith(("{", ":", "(")):
        return 1
    return int(rng.integers(-1, 1)) if chance(rng, 0.3) else 0
