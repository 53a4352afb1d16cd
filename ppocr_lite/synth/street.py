"""Photographs out of doors: house fronts, signs and shop names, each in a perspective of its own."""

from string import capwords

import cv2
import numpy as np

from ppocr_lite.synth.canvas import Canvas
from ppocr_lite.synth.colours import lay_ink, tint
from ppocr_lite.synth.sampling import Rng, between, chance
from ppocr_lite.synth.setter import Setter

_TRIES = 30


def street(s: Setter) -> None:
    """Walls, windows, poles and leaves behind three to sixteen boards with one to four lines each."""
    rng, canvas = s.rng, s.canvas
    _surroundings(s)
    wanted = int(rng.integers(3, 17))
    for _ in range(_TRIES):
        if wanted == 0:
            break
        wanted -= _board(s, s.em * between(rng, 0.8, 1.6) * (2.2 if chance(rng, 0.25) else 1.0))
    if chance(rng, 0.3):  # something stands before it all
        x, thick = between(rng, 0, canvas.width), between(rng, 0.004, 0.02) * canvas.width
        clear = not any(b[0] - thick < x < b[2] + thick for b in canvas.boxes)
        if clear:
            canvas.fill(
                (x - thick, 0, x + thick, canvas.height), tint(rng, between(rng, 20, 160), amount=0.3)
            )


def _surroundings(s: Setter) -> None:
    """Paint the canvas: light from above, then fronts with windows, bricks or leaves."""
    rng, canvas = s.rng, s.canvas
    h, w = canvas.height, canvas.width
    top, bottom = (tint(rng, between(rng, 40, 230), amount=0.3) for _ in range(2))
    slope = np.linspace(0, 1, h, dtype=np.float32)[:, None, None]
    canvas.paper[:] = top + slope * (bottom - top)
    for _ in range(int(rng.integers(2, 7))):
        left, right = sorted(between(rng, -0.2, 1.2) * w for _ in range(2))
        upper, lower = between(rng, -0.1, 0.7) * h, between(rng, 0.3, 1.1) * h
        box = (max(0, int(left)), max(0, int(upper)), min(w, int(right)), min(h, int(lower)))
        if box[2] - box[0] > 24 and box[3] - box[1] > 24:
            _front(s, box)
    texture = s.tiles.cut(rng, s.tiles.photo, h, w) - 0.5
    canvas.paper += (between(rng, 5, 45) * texture)[:, :, None]
    np.clip(canvas.paper, 0, 255, out=canvas.paper)


def _front(s: Setter, box: tuple[int, int, int, int]) -> None:
    """One wall, or a bush, on the canvas."""
    rng, canvas = s.rng, s.canvas
    left, top, right, bottom = box
    part = canvas.paper[top:bottom, left:right]
    h, w = part.shape[:2]
    kind = rng.random()
    if kind < 0.2:
        leaves = s.tiles.cut(rng, s.tiles.clouds, h, w) > between(rng, 0.45, 0.7)
        part[leaves] = np.array((30, 80, 50), np.float32) * between(rng, 0.3, 1.8)
        return
    wall = tint(rng, between(rng, 40, 220), amount=between(rng, 0, 0.5))
    part[:] = wall + between(rng, 4, 30) * (s.tiles.cut(rng, s.tiles.grain, h, w) - 0.5)[:, :, None]
    shade = wall * between(rng, 0.5, 0.85)
    if kind < 0.45:
        course = int(between(rng, 5, 16))
        part[::course] = shade
        for row in range(0, h, course):
            part[row : row + course, (row // course % 2) * course :: 2 * course] = shade
    elif kind < 0.8:
        wide, high = int(between(rng, 12, 70)), int(between(rng, 14, 90))
        glass = tint(rng, between(rng, 20, 120), amount=0.4)
        for y in range(high // 2, h - high, int(high * between(rng, 1.4, 2.2))):
            for x in range(wide // 2, w - wide, int(wide * between(rng, 1.3, 2.5))):
                part[y : y + high, x : x + wide] = glass + between(rng, -12, 40)


def _board(s: Setter, em: float) -> bool:
    """Put one board, or letters on the wall, where there is room; False if there is none."""
    rng, canvas = s.rng, s.canvas
    face = canvas.face(dict(s.mix), max(9.0, em))
    lines = _wording(s, int(rng.integers(1, 5)) if chance(rng, 0.5) else 1)
    lines = [text for text in (canvas.drawable(face, line) for line in lines) if text.strip()]
    if not lines:
        return False
    pad = between(rng, 0.3, 1.2) * face.size
    width = max(face.font.getlength(text) for text in lines) + 2 * pad
    height = len(lines) * face.pitch + 1.4 * pad
    if width > 0.9 * canvas.width or height > 0.8 * canvas.height:
        return False
    target = _pose(rng, width, height)
    low, high = target.min(axis=0), target.max(axis=0)
    room = np.maximum(1, np.array((canvas.width, canvas.height)) - (high - low))
    corner = rng.random(2) * room
    target = (target - low + corner).astype(np.float32)
    bounds = (*target.min(axis=0), *target.max(axis=0))
    if not canvas.free(tuple(float(v) for v in bounds)):  # type: ignore[arg-type]
        return False
    board = Canvas(round(height), round(width), canvas.fonts, rng, np.zeros((1, 1, 3), np.float32))
    centred = chance(rng, 0.6)
    for i, text in enumerate(lines):
        x, side = (width / 2, "centre") if centred else (pad, "left")
        board.put(face, text, x, 0.7 * pad + (i + 0.78) * face.pitch, align=side)
    if board.boxes:
        _hang(s, board, target, panelled=chance(rng, 0.65))
    return bool(board.boxes)


def _wording(s: Setter, count: int) -> list[str]:
    """Words as on signs: few to a line, often capitals, some numbers."""
    rng, lines = s.rng, []
    for _ in range(count):
        kind = rng.random()
        if kind < 0.25:
            text = s.item()[:20]
        elif kind < 0.4:
            text = s.texts.name(rng)
        else:
            text = " ".join(
                s.texts.word(rng) for _ in range(1 if chance(rng, 0.6) else int(rng.integers(2, 4)))
            )
        lines.append(text.upper() if chance(rng, 0.55) else capwords(text) if chance(rng, 0.6) else text)
    return lines


def _pose(rng: Rng, width: float, height: float) -> np.ndarray:
    """Corners of a board seen from aside, clockwise from top left, around (0, 0); float32 [4, 2]."""
    x, y = np.array([-1, 1, 1, -1]) * width / 2, np.array([-1, -1, 1, 1]) * height / 2
    far = between(rng, 0.72, 1.0)  # how much lower the far side looks
    y = y * np.where(x < 0, far, 1.0) if chance(rng, 0.5) else y * np.where(x > 0, far, 1.0)
    x = x * between(rng, 0.75, 1.0)
    y = y + x * np.tan(between(rng, -0.2, 0.2))  # shear: verticals stay upright
    reach = 25.0 if chance(rng, 0.15) else 5.0
    angle = np.deg2rad(between(rng, -reach, reach))
    turned = np.stack((x * np.cos(angle) - y * np.sin(angle), x * np.sin(angle) + y * np.cos(angle)), axis=1)
    return turned.astype(np.float32)


def _hang(s: Setter, board: Canvas, target: np.ndarray, *, panelled: bool) -> None:
    """Warp the board's ink, and its panel, into the canvas at ``target``; add the lines' quads."""
    rng, canvas = s.rng, s.canvas
    h, w = board.height, board.width
    low = np.maximum(0, np.floor(target.min(axis=0)).astype(int) - 2)
    high = np.minimum((canvas.width, canvas.height), np.ceil(target.max(axis=0)).astype(int) + 3)
    size = (int(high[0] - low[0]), int(high[1] - low[1]))
    source = np.array([[0, 0], [w, 0], [w, h], [0, h]], np.float32)
    matrix = cv2.getPerspectiveTransform(source, (target - low).astype(np.float32))
    place = (slice(int(low[1]), int(high[1])), slice(int(low[0]), int(high[0])))
    part = canvas.paper[place]
    mask = board.layers[0].mask.astype(np.float32) / 255
    ink_mask = cv2.warpPerspective(mask, matrix, size, flags=cv2.INTER_LINEAR)
    if panelled or float(part.std()) > 30:  # letters over leaves and windows could not be read
        level = between(rng, 20, 235)
        panel = tint(rng, level, amount=between(rng, 0, 1))
        area = cv2.warpPerspective(np.ones((h, w), np.float32), matrix, size, flags=cv2.INTER_LINEAR)
        light = 1 + between(rng, -0.25, 0.25) * np.linspace(-1, 1, size[0], dtype=np.float32)
        part = part + area[:, :, None] * (panel * light[None, :, None] - part)
    else:
        level = float(part.mean())
    away = between(rng, 70, 200)
    ink_level = level + away if level < 110 or (level < 145 and chance(rng, 0.5)) else level - away
    ink = tint(rng, float(np.clip(ink_level, 0, 255)), amount=between(rng, 0, 0.9))
    if chance(rng, 0.3):  # raised letters throw a shadow
        shift = max(1, round(0.06 * board.smallest))
        part = lay_ink(part, 0.7 * np.roll(ink_mask, (shift, shift), axis=(0, 1)), np.full(3, 20, np.float32))
    canvas.paper[place] = np.clip(lay_ink(part, ink_mask, ink), 0, 255)
    boxes = np.array(board.boxes, np.float32)
    corners = boxes[:, [0, 1, 2, 1, 2, 3, 0, 3]].reshape(1, -1, 2)
    quads = cv2.perspectiveTransform(corners, matrix).reshape(-1, 4, 2) + low.astype(np.float32)
    for quad, text in zip(quads, board.texts):
        canvas.add_quad(quad, text)
    canvas.smallest = min(canvas.smallest, 0.8 * board.smallest)
