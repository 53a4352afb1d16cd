"""Text away from paper: screens, slides, signs, scattered words. Each function fills one canvas."""

from string import capwords

import numpy as np

from ppocr_lite.synth import distractors
from ppocr_lite.synth.colours import tint
from ppocr_lite.synth.icons import draw_icon
from ppocr_lite.synth.listings import listing
from ppocr_lite.synth.sampling import between, chance
from ppocr_lite.synth.setter import Setter


def screen(s: Setter) -> None:
    """A window: title bar, menu, side panel, text, buttons, list rows, programs or a terminal."""
    rng, canvas = s.rng, s.canvas
    bar_ink, bar = _pair(s)
    height = 2.4 * s.em
    canvas.fill((0, 0, canvas.width, height), bar)
    canvas.put(s.body, s.prose(30), 0.8 * s.em, 1.6 * s.em, colour=bar_ink)
    x = 0.8 * s.em
    s.y = height + 1.6 * s.em
    for _ in range(int(rng.integers(2, 8))):
        x = canvas.put(s.body, s.texts.word(rng).capitalize(), x, s.y) + 1.6 * s.em
        if x > canvas.width - 6 * s.em:
            break
    s.skip(factor=1.6)
    left = s.margin
    if chance(rng, 0.5) and canvas.width > 40 * s.em:
        left = _side_panel(s, height)
    width = canvas.width - left - s.margin
    if chance(rng, 0.2):
        _program(s, left, width, rows=80)
    while s.y < canvas.height - 3 * s.em:
        kind = rng.random()
        if kind < 0.35:
            s.paragraph(left, width, lines=int(rng.integers(1, 7)))
            s.skip(factor=0.7)
        elif kind < 0.5:
            _buttons(s, left)
        elif kind < 0.65:
            shares = [between(rng, 1, 3) for _ in range(int(rng.integers(2, 5)))]
            s.table(left, width, rows=int(rng.integers(2, 8)), columns=shares, ruled=0.3)
        elif kind < 0.75 and s.y < canvas.height - 12 * s.em:
            box = (left, s.y, left + width * between(rng, 0.2, 0.8), s.y + between(rng, 4, 9) * s.em)
            distractors.picture(canvas, box, s.tiles)
            s.y = box[3] + 2 * s.em
        elif kind < 0.8:
            _choices(s, left, width)
        elif kind < 0.87:
            _program(s, left, width, rows=int(rng.integers(2, 12)))
        else:
            face = s.face(between(rng, 0.8, 1.9))
            s.skip(face, 0.3)
            for part in canvas.wrap(face, s.prose(40).split(), width)[:1]:
                s.line(part, face, x=left)
            s.skip(factor=0.4)


def _pair(s: Setter) -> tuple[np.ndarray, np.ndarray]:
    """(ink, panel): two colours far apart in brightness."""
    rng = s.rng
    dark, light = between(rng, 0, 90), between(rng, 190, 255)
    ink, panel = (dark, light) if chance(rng, 0.5) else (light, dark)
    return tint(rng, ink, amount=0.3), tint(rng, panel, amount=0.7)


def _side_panel(s: Setter, top: float) -> float:
    rng, canvas = s.rng, s.canvas
    width = between(rng, 9, 14) * s.em
    ink, panel = _pair(s)
    start = s.y
    canvas.fill((0, start - 1.2 * s.em, width, canvas.height), panel)
    icons = 0.9 if chance(rng, 0.5) else 0.0
    while s.y < canvas.height - 2 * s.em:
        x = 0.8 * s.em
        if chance(rng, icons):
            x = _icon(s, x, ink)
        for part in canvas.wrap(s.body, s.prose(18).split(), width - 0.8 * s.em - x)[:1]:
            canvas.put(s.body, part, x, s.y, colour=ink)
        s.skip(factor=between(rng, 1.0, 1.8))
    s.y = start
    return width + s.margin


def _buttons(s: Setter, left: float) -> None:
    rng, canvas = s.rng, s.canvas
    x = left
    ink, panel = _pair(s)
    icons = chance(rng, 0.3)
    s.skip(factor=0.5)
    for _ in range(int(rng.integers(1, 5))):
        text = s.texts.word(rng).capitalize()
        width = s.body.font.getlength(text) + (3.6 if icons else 2) * s.em
        if x + width > canvas.width - s.em:
            break
        canvas.fill((x, s.y - 1.3 * s.em, x + width, s.y + 0.7 * s.em), panel)
        start = _icon(s, x + s.em, ink) if icons else x + s.em
        canvas.put(s.body, text, start, s.y, colour=ink)
        x += width + s.em
    s.skip(factor=1.8)


def _choices(s: Setter, left: float, width: float) -> None:
    """Rows with an icon each: boxes to tick, folders, entries of a menu; some with a value at the right."""
    rng, canvas = s.rng, s.canvas
    colour = None if chance(rng, 0.6) else tint(rng, between(rng, 60, 190), amount=1.0)
    values = chance(rng, 0.3)
    for _ in range(int(rng.integers(2, 9))):
        if s.y > canvas.height - 2 * s.em:
            return
        x = _icon(s, left, colour)
        text = s.item() if chance(rng, 0.3) else s.prose(int(between(rng, 4, 32)))
        for part in canvas.wrap(s.body, text.split(), 0.7 * width)[:1]:
            canvas.put(s.body, part, x, s.y)
        if values:
            canvas.put(s.body, s.figure(), left + width, s.y, align="right")
        s.skip(factor=between(rng, 1.0, 1.5))


def _icon(s: Setter, x: float, colour: np.ndarray | None) -> float:
    """Draw an icon on the current row; returns where the words behind it begin."""
    side = between(s.rng, 0.8, 1.2) * s.em
    draw_icon(s.rng, s.canvas.layer(colour).mask, x, s.y - 0.35 * s.em - side / 2, side)
    return x + side + between(s.rng, 0.3, 0.8) * s.em


def _program(s: Setter, left: float, width: float, *, rows: int) -> None:
    """A program or a terminal, sometimes on a ground of its own."""
    if chance(s.rng, 0.6):
        listing(s, left, width, rows=rows)
    else:
        ink, panel = _pair(s)
        foot = min(s.y + rows * 1.5 * s.em, s.canvas.height)
        s.canvas.fill((left - 0.5 * s.em, s.y - 1.3 * s.em, left + width, foot), panel)
        listing(s, left, width - s.em, rows=rows, colour=ink)
        s.y = max(s.y, min(foot, s.canvas.height) + s.em)
    s.skip(factor=0.5)


def slide(s: Setter) -> None:
    """A presentation's page: large title, bullets, a picture or a chart."""
    rng, canvas = s.rng, s.canvas
    if chance(rng, 0.4):
        _, panel = _pair(s)
        canvas.fill((0, 0, canvas.width, 0.5 * s.em), panel)
    title = s.face(between(rng, 1.5, 2.4))
    s.skip(title, 0.8)
    s.paragraph(s.left, s.right - s.left, lines=2, face=title)
    s.skip(factor=0.8)
    width = (s.right - s.left) * (0.55 if chance(rng, 0.4) else 1.0)
    if width < s.right - s.left:
        box = (s.left + width + s.em, s.y, s.right, s.y + between(rng, 8, 16) * s.em)
        if box[3] < s.bottom and chance(rng, 0.5):
            distractors.chart(canvas, box)
        elif box[3] < s.bottom:
            distractors.picture(canvas, box, s.tiles)
    mark = ("•", "-", "»", "–")[int(rng.integers(4))]
    while s.y < s.bottom - 2 * s.em:
        depth = int(rng.integers(0, 3)) * 1.5 * s.em
        s.paragraph(s.left + depth, width - depth, lines=int(rng.integers(1, 4)), hang=mark)
        s.skip(factor=0.5)


def sign(s: Setter) -> None:
    """Boards with a few large lines over a photograph."""
    rng, canvas = s.rng, s.canvas
    for _ in range(int(rng.integers(1, 6))):
        face = s.face(between(rng, 1.0, 4.5))
        words = s.prose(int(between(rng, 4, 40)))
        words = words.upper() if chance(rng, 0.6) else capwords(words)
        lines = canvas.wrap(face, words.split(), 0.85 * canvas.width)[: int(rng.integers(1, 4))]
        if not lines:
            continue
        width = max(face.font.getlength(t) for t in lines)
        height = len(lines) * face.pitch
        left, top = (
            between(rng, 4, max(5, canvas.width - width - 8)),
            between(rng, 2, max(3, canvas.height - height)),
        )
        box = (
            left - 0.6 * face.size,
            top - 0.2 * face.size,
            left + width + 0.6 * face.size,
            top + height + 0.3 * face.size,
        )
        if not canvas.free((max(0, box[0]), max(0, box[1]), box[2], box[3])):
            continue
        ink = None
        if chance(rng, 0.6):
            ink, panel = _pair(s)
            canvas.fill(box, panel)
        centred = chance(rng, 0.5)
        for i, text in enumerate(lines):
            x = left + width / 2 if centred else left
            canvas.put(
                face, text, x, top + (i + 0.8) * face.pitch, align="centre" if centred else "left", colour=ink
            )


def scattered(s: Setter) -> None:
    """Words, figures and short lines of many sizes and fonts wherever there is room."""
    rng, canvas = s.rng, s.canvas
    for _ in range(int(between(rng, 8, 70))):
        face = canvas.face(dict(s.mix), s.em * between(rng, 0.75, 1.2) * (3.0 if chance(rng, 0.1) else 1.0))
        text = canvas.drawable(face, s.texts.sample(rng)[: int(between(rng, 3, 45))].strip())
        width = face.font.getlength(text)
        if not text or width > 0.95 * canvas.width:
            continue
        x, y = (
            between(rng, 2, canvas.width - width - 3),
            between(rng, 1.2 * face.size, canvas.height - 0.4 * face.size),
        )
        gap = between(rng, 0.1, 0.5) * face.size
        if not canvas.free((x - gap, y - face.size - gap, x + width + gap, y + 0.3 * face.size + gap)):
            continue
        ink = None
        if chance(rng, 0.1):
            ink, panel = _pair(s)
            canvas.fill((x - gap, y - face.size, x + width + gap, y + 0.35 * face.size), panel)
        canvas.put(face, text, x, y, colour=ink)
