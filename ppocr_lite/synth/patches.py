"""A part of a line on another ground: words selected or highlighted, chips, cells of another colour."""

import numpy as np

from ppocr_lite.synth.canvas import Canvas
from ppocr_lite.synth.colours import Colours, background, choose_colours, lay_ink, tint
from ppocr_lite.synth.sampling import Rng, between, chance, shared_tiles
from ppocr_lite.synth.scenes import Scene

INK = 0.25
"""Of the mask; columns with less are gaps, where patches begin and end."""
GAP = 0.2
"""Of the line's height; narrower gaps are within words."""
AT_GAPS = 0.85
"""So many patches begin and end between words, the others anywhere."""


def patched(rng: Rng, image: np.ndarray, mask: np.ndarray, scene: Scene, colours: Colours) -> np.ndarray:
    """The line with some of its words on another ground, which is drawn with new colours or tinted.

    Args:
        image: float32 0..255, [h, w] or [h, w, 3], with the ink.
        mask: the ink, float32 0..1 [h, w].
        scene: whose colours the patch may have.
        colours: of the line.

    Returns:
        The same shape; [h, w, 3] where the patch has a hue.
    """
    height = mask.shape[0]
    left, right = _ends(rng, mask)
    if right - left < 3:
        return image
    lift = between(rng, 0.0, 0.15) * height if chance(rng, 0.4) else 0.0
    top, bottom = round(lift), max(round(height - lift * between(rng, 0.3, 1.5)), round(lift) + 3)
    part = mask[top:bottom, left:right]
    ground = _ground(rng, scene, colours)
    patch = lay_ink(background(rng, shared_tiles(), ground, *part.shape, photo=0.0), part, ground.ink)
    if image.ndim < patch.ndim:
        image = np.dstack((image, image, image))
    elif patch.ndim < image.ndim:
        patch = np.dstack((patch, patch, patch))
    image = image.copy()
    image[top:bottom, left:right] = patch
    return image


def highlight(canvas: Canvas, scene: Scene, colours: Colours) -> None:
    """Put some lines of a page, or parts of them, on another ground; boxes and texts stay.

    Args:
        colours: of the page; lines in other colours are left alone.
    """
    rng = canvas.rng
    ground = _ground(rng, scene, colours)
    own = canvas.layer().mask
    for _ in range(int(rng.integers(1, 8)) if canvas.boxes else 0):
        left, top, right, bottom = canvas.boxes[int(rng.integers(len(canvas.boxes)))]
        high = bottom - top
        ends = [left - 0.2 * high, right + 0.2 * high]
        if chance(rng, 0.5):
            ends = sorted(between(rng, *ends) for _ in range(2))
        pad = between(rng, 0.0, 0.25) * high
        rows = slice(max(0, round(top - pad)), max(0, round(bottom + pad)))
        columns = slice(max(0, round(ends[0])), max(0, round(ends[1])))
        if not own[rows, columns].any() or (canvas.paper[rows, columns] != colours.paper).any():
            continue
        canvas.paper[rows, columns] = ground.paper
        if ground.ink is not colours.ink:
            canvas.layer(ground.ink).mask[rows, columns] = own[rows, columns]
            own[rows, columns] = 0


def _ground(rng: Rng, scene: Scene, colours: Colours) -> Colours:
    """The patch's colours: felt pen, or what a program paints behind words that keep their ink; or others."""
    if chance(rng, 0.4):
        return Colours(_tinted(rng, colours.paper), colours.ink, grey=False)
    return choose_colours(rng, scene, level=0.5)


def _ends(rng: Rng, mask: np.ndarray) -> tuple[int, int]:
    """Where a patch begins and ends, in columns of the mask."""
    width = mask.shape[1]
    places = [0, *_middles_of_gaps(mask), width]
    if len(places) > 2 and chance(rng, AT_GAPS):
        first, last = sorted(rng.choice(len(places), 2, replace=False).tolist())
        return int(places[first]), int(places[last])
    first, last = sorted((rng.random(2) * width).tolist())
    return int(first), int(last)


def _middles_of_gaps(mask: np.ndarray) -> list[int]:
    """The middles of the columns without ink between words."""
    empty = np.concatenate(([False], mask.max(axis=0) < INK, [False]))
    turns = np.flatnonzero(empty[1:] != empty[:-1]).reshape(-1, 2)
    wide = turns[turns[:, 1] - turns[:, 0] > GAP * mask.shape[0]]
    return [int(middle) for middle in wide.mean(axis=1) if 0 < middle < mask.shape[1] - 1]


def _tinted(rng: Rng, paper: np.ndarray) -> np.ndarray:
    """The paper's colour with a hue, and somewhat nearer to the middle of the scale."""
    luma = float(paper.mean())
    return tint(rng, luma + (128 - luma) * between(rng, 0.05, 0.3), amount=between(rng, 0.3, 1.0))
