"""What people do to print with pens: strokes across it, circles, ticks, scribbles, notes, highlighters.

Marks are ink without a label; what lies below them stays labelled, since it can still be read.
"""

from collections.abc import Callable

import cv2
import numpy as np

from ppocr_lite.synth.canvas import Box, Canvas
from ppocr_lite.synth.colours import lay_ink
from ppocr_lite.synth.sampling import Rng, between, chance

_PENS = ((150, 50, 30), (110, 30, 20), (40, 40, 40), (25, 25, 25), (40, 30, 190), (60, 110, 30))  # BGR
_FELT = ((90, 240, 250), (140, 250, 140), (210, 170, 255), (250, 220, 130), (110, 190, 255))

Points = np.ndarray
Stroke = Callable[[Rng, Box], Points]


def pen_colour(rng: Rng) -> np.ndarray:
    """A ballpoint's or pencil's ink, BGR float32 [3]."""
    return np.array(_PENS[int(rng.integers(len(_PENS)))], np.float32) + between(rng, 0, 40)


def annotate(canvas: Canvas) -> None:
    """Put some marks of one pen on the lines of a page, all of a few kinds; or highlight some lines."""
    rng = canvas.rng
    if not canvas.boxes:
        return
    if chance(rng, 0.2):
        _highlight(canvas)
        return
    layer = canvas.layer(pen_colour(rng))
    strokes = [STROKES[int(i)] for i in rng.integers(0, len(STROKES), 2)]
    for _ in range(1 + int(rng.poisson(2.5))):
        box = canvas.boxes[int(rng.integers(len(canvas.boxes)))]
        stroke = strokes[int(rng.integers(2))]
        whole_row = stroke in (_around, _below) and chance(rng, 0.4)
        points = stroke(rng, _row_of(box, canvas.boxes) if whole_row else box)
        draw_stroke(layer.mask, points, rng, thick=between(rng, 0.04, 0.11) * (box[3] - box[1]))


def _row_of(box: Box, boxes: list[Box]) -> Box:
    """The box around all boxes whose middle is on the height of ``box``: a name with its price."""
    row = [other for other in boxes if box[1] < (other[1] + other[3]) / 2 < box[3]]
    return (min(b[0] for b in row), box[1], max(b[2] for b in row), box[3])


def mark_line(image: np.ndarray, rng: Rng) -> np.ndarray:
    """One or two strokes of a pen over the picture of a line; float32, grey [h, w] stays grey."""
    h, w = image.shape[:2]
    mask = np.zeros((h, w), np.uint8)
    others = 1 if chance(rng, 0.7) else 2
    if chance(rng, 0.5):  # all of it in a loop, whose ends look like brackets, C or slashes
        slack, lift = between(rng, -0.3, 0.5) * h, between(rng, -0.3, 0.3) * h
        loop = _around(rng, (-slack, 0.15 * h + lift, w + slack, 0.85 * h + lift))
        draw_stroke(mask, loop, rng, thick=between(rng, 0.03, 0.1) * h)
        others = int(rng.integers(0, 2))
    for _ in range(others):
        # A part of the line, as the mark may come from a neighbour or belong to a few words.
        left = between(rng, -0.2, 0.8) * w
        lift = between(rng, -0.5, 0.5) * h
        box = (left, 0.15 * h + lift, left + between(rng, 1.5, 9) * h, 0.85 * h + lift)
        stroke = STROKES[int(rng.integers(len(STROKES)))]
        draw_stroke(mask, stroke(rng, box), rng, thick=between(rng, 0.03, 0.1) * h)
    strength = between(rng, 0.5, 1.0) / 255
    return lay_ink(image, mask.astype(np.float32) * np.float32(strength), pen_colour(rng))


def draw_stroke(mask: np.ndarray, points: Points, rng: Rng, *, thick: float) -> None:
    """Draw a smooth line through points [n, 2] into a mask uint8, darker where the pen was pressed."""
    dense = np.linspace(0, len(points) - 1, 8 * len(points))
    path = np.stack([np.interp(dense, np.arange(len(points)), points[:, i]) for i in (0, 1)], axis=1)
    kernel = min(9, len(path))
    padded = np.pad(path, ((kernel // 2, kernel // 2), (0, 0)), mode="edge")
    path = np.stack([np.convolve(padded[:, i], np.ones(kernel) / kernel, "valid") for i in (0, 1)], axis=1)
    fixed = np.round(path * 16).astype(np.int32)
    width, strength = max(1, round(thick)), int(between(rng, 150, 255))
    drawn = np.zeros_like(mask)
    cv2.polylines(drawn, [fixed], False, strength, width, cv2.LINE_AA, 4)
    np.maximum(mask, drawn, out=mask)


def _across(rng: Rng, box: Box) -> Points:
    """A line struck through, more or less level."""
    height = box[3] - box[1]
    ends = (box[0] - between(rng, -0.5, 1) * height, box[2] + between(rng, -0.5, 1) * height)
    count = 5
    y = (box[1] + box[3]) / 2 + between(rng, -0.3, 0.3) * height
    rise = between(rng, -0.7, 0.7) * height * np.linspace(-1, 1, count)
    return np.stack((np.linspace(*ends, count), y + rise + rng.normal(0, 0.06 * height, count)), axis=1)


def _zigzag(rng: Rng, box: Box) -> Points:
    """Up and down along the line, as one crosses out."""
    height, count = box[3] - box[1], int(rng.integers(4, 14))
    width = min(box[2] - box[0], between(rng, 2, 8) * height)
    x = box[0] + np.linspace(0, width, count)
    y = np.where(np.arange(count) % 2, box[1] - 0.1 * height, box[3] + 0.1 * height)
    return np.stack((x, y + rng.normal(0, 0.15 * height, count)), axis=1)


def _around(rng: Rng, box: Box) -> Points:
    """A loop around the line, not quite closed: an ellipse, or nearly a rectangle."""
    turn = np.linspace(between(rng, 0, 6), between(rng, 11, 13.5), 32)
    rx = (box[2] - box[0]) / 2 * between(rng, 1.0, 1.2) + 4
    ry = (box[3] - box[1]) * between(rng, 0.6, 1.1)
    power = 1.0 if chance(rng, 0.4) else between(rng, 0.15, 0.9)  # of a superellipse
    cos, sin = (np.sign(v) * np.abs(v) ** power for v in (np.cos(turn), np.sin(turn)))
    x, y = (box[0] + box[2]) / 2 + rx * cos, (box[1] + box[3]) / 2 + ry * sin
    return np.stack((x, y), axis=1) + rng.normal(0, 0.05 * ry, (len(turn), 2))


def _tick(rng: Rng, box: Box) -> Points:
    """A check mark at one end of the line."""
    height = (box[3] - box[1]) * between(rng, 0.8, 2.2)
    x = box[0] if chance(rng, 0.5) else box[2]
    y = (box[1] + box[3]) / 2
    shape = np.array([(-0.35, -0.1), (0, 0.4), (between(rng, 0.4, 0.9), -between(rng, 0.5, 1.0))])
    return np.array((x, y)) + shape * height


def _below(rng: Rng, box: Box) -> Points:
    """A line drawn below, straight or in waves."""
    height, count = box[3] - box[1], 12
    wave = between(rng, 0, 0.12) * height * np.sin(np.arange(count) * between(rng, 1.2, 2.4))
    y = box[3] + between(rng, -0.05, 0.25) * height + wave
    return np.stack((np.linspace(box[0], box[2], count), y), axis=1)


def _note(rng: Rng, box: Box) -> Points:
    """Loops like hasty writing that begin on the line and run on."""
    height = (box[3] - box[1]) * between(rng, 0.6, 1.6)
    count = int(rng.integers(14, 40))
    t = np.arange(count)
    x = between(rng, box[0], box[2]) + 0.22 * height * t + 0.3 * height * np.sin(1.9 * t)
    y = between(rng, box[1], box[3]) + 0.45 * height * np.cos(1.9 * t) * (0.4 + rng.random(count))
    return np.stack((x, y + between(rng, -0.1, 0.1) * t * height * 0.1), axis=1)


STROKES: tuple[Stroke, ...] = (_across, _zigzag, _around, _tick, _below, _note)


def _highlight(canvas: Canvas) -> None:
    """Bright felt pen over some lines; the print stays on top."""
    rng = canvas.rng
    factor = np.array(_FELT[int(rng.integers(len(_FELT)))], np.float32) / 255
    for _ in range(int(rng.integers(1, 6))):
        left, top, right, bottom = canvas.boxes[int(rng.integers(len(canvas.boxes)))]
        end = left + (right - left) * between(rng, 0.3, 1.0)
        rows = slice(max(0, int(top)), max(0, int(bottom)))
        columns = slice(max(0, int(left)), max(0, int(end)))
        canvas.paper[rows, columns] *= factor
