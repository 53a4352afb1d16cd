"""What detectors take for text and is none: windows, fences, goods, barcodes, logos, scribbles, rules."""

from itertools import pairwise

import numpy as np

from ppocr_lite.synth import distractors, street
from ppocr_lite.synth.canvas import Canvas
from ppocr_lite.synth.colours import Colours, background, lay_ink
from ppocr_lite.synth.fonts import FontLibrary
from ppocr_lite.synth.sampling import NoiseTiles, Rng, Weighted, between, chance
from ppocr_lite.synth.scenes import PHOTO, SIGN, Scene
from ppocr_lite.synth.setter import Setter
from ppocr_lite.synth.text import TextSource

CropBox = tuple[int, int, int, int]
"""top, bottom, left, right in pixels."""

SCENERY = Weighted([(SIGN, 0.7), (PHOTO, 0.3)])
"""Scenes in which streets and halls are photographed."""

_LOOKS = 4  # places that are looked at; the one with the strongest contrast is cut


def scenery(rng: Rng, fonts: FontLibrary, texts: TextSource, tiles: NoiseTiles) -> tuple[np.ndarray, CropBox]:
    """Part of a street or a hall without its signs; (float32 BGR [H, W, 3] in 0..255, where to cut)."""
    height, width = int(between(rng, 110, 260)), int(between(rng, 180, 460))
    canvas = Canvas(height, width, fonts, rng, np.empty((height, width, 3), np.float32))
    setter = Setter(canvas, texts, tiles, rng, SIGN.fonts, 12.0)
    street.paint_scenery(setter)
    if chance(rng, 0.45):  # rows of windows are what looks most like print
        street.paint_tower(setter, (0, int(between(rng, 0, 0.3) * height), width, height))
    places = [_somewhere(rng, height, width) for _ in range(_LOOKS)]
    best = max(places, key=lambda box: float(canvas.paper[box[0] : box[1], box[2] : box[3], 1].std()))
    return canvas.paper, best


def mark(
    rng: Rng, fonts: FontLibrary, tiles: NoiseTiles, scene: Scene, colours: Colours
) -> tuple[np.ndarray, CropBox]:
    """A picture, code, logo, scribble, chart or empty box on the scene's paper; as ``scenery`` returns it."""
    high = int(between(rng, 14, 90))
    wide = max(14, int(high * np.exp(between(rng, np.log(0.8), np.log(7)))))
    room = int(between(rng, 0.1, 0.4) * high) + 4
    height, width = high + 2 * room, wide + 2 * room
    paper = background(rng, tiles, colours, height, width, photo=0.0)
    if paper.ndim == 2:
        paper = np.dstack((paper, paper, paper))
    canvas = Canvas(height, width, fonts, rng, paper)
    box = (room, room, room + wide, room + high)
    kind = rng.random()
    if kind < 0.25:
        distractors.picture(canvas, box, tiles)
    elif kind < 0.4:
        distractors.barcode(canvas, box)
    elif kind < 0.6:
        distractors.logo(canvas, box, rings=False)
    elif kind < 0.75:
        distractors.signature(canvas, box)
    elif kind < 0.85:
        distractors.chart(canvas, box)
    elif kind < 0.95:
        _cells(canvas, box)
    image = canvas.paper
    for layer in canvas.layers:
        ink = colours.ink if layer.colour is None else layer.colour
        image = lay_ink(image, layer.mask.astype(np.float32) / 255, ink)
    edge = int(room * between(rng, 0.2, 1.0))
    return image, (edge, height - edge, edge, width - edge)


def _cells(canvas: Canvas, box: tuple[float, float, float, float]) -> None:
    """Empty boxes of a form or a table, in one row."""
    rng = canvas.rng
    left, top, right, bottom = box
    thick, count = int(rng.integers(1, 4)), int(rng.integers(1, 5))
    edges = np.linspace(left, right, count + 1)
    gap = between(rng, 0.1, 0.4) * (right - left) / count if chance(rng, 0.4) else 0.0
    for a, b in pairwise(edges.tolist()):
        canvas.frame((a, top, b - gap, bottom), thick=thick)


def _somewhere(rng: Rng, height: int, width: int) -> CropBox:
    """A place of a line's shape: 1 to 10 times as wide as high."""
    high = int(between(rng, 0.06, 0.45) * height) + 6
    wide = min(width - 1, int(high * np.exp(between(rng, 0, np.log(10)))))
    top, left = int(rng.integers(0, height - high)), int(rng.integers(0, width - wide))
    return top, top + high, left, left + wide
