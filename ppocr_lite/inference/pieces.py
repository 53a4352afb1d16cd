"""Lines that a detector found in pieces: regions that touch end to end become one."""

import numpy as np

from ppocr_lite.inference.skew import sides
from ppocr_lite.structures import DetResult

MAX_OVERLAP, MAX_GAP = 0.5, 0.15
"""In heights of the lower region, along the line; between words there is more room."""
MAX_STEP = 0.25
"""In heights of the higher region: how far apart their middles may be across the line."""
MAX_RATIO = 1.6
"""Of the heights: a piece without ascenders is lower than one with them."""
MIN_COSINE = 0.996
"""Of the angle between them, 5 degrees."""


def join_pieces(found: DetResult) -> DetResult:
    """The regions, quads from their top left, with those made one that touch end to end; scores by length."""
    if found.polys:
        return found
    while (pair := _touching(found.quads)) is not None:
        left, right = pair
        widths, _ = sides(found.quads[[left, right]])
        score = np.average(found.scores[[left, right]], weights=np.maximum(widths, 1e-6))
        quad = found.quads[left].copy()
        quad[1:3] = found.quads[right, 1:3]
        spines = (np.concatenate([found.spines[left], found.spines[right]]),) if found.spines else ()
        joined = DetResult(quad[None], np.array([score], np.float32), spines=spines)
        found = found[np.delete(np.arange(len(found)), [left, right])].joined(joined)
    return found


def _touching(quads: np.ndarray) -> tuple[int, int] | None:
    """Numbers of a region and of the one that begins where it ends; None where there are no such two."""
    if len(quads) < 2:
        return None
    widths, heights = sides(quads)
    starts, ends = (quads[:, 0] + quads[:, 3]) / 2, (quads[:, 1] + quads[:, 2]) / 2
    along = (ends - starts) / np.maximum(np.linalg.norm(ends - starts, axis=1), 1e-6)[:, None]
    ways = starts[None] - ends[:, None]  # [left, right, 2]
    gaps = np.einsum("ijk,ik->ij", ways, along)
    steps = np.abs(ways[..., 1] * along[:, None, 0] - ways[..., 0] * along[:, None, 1])
    lower, higher = np.minimum.outer(heights, heights), np.maximum.outer(heights, heights)
    touch = (gaps > -MAX_OVERLAP * lower) & (gaps < MAX_GAP * lower) & (steps < MAX_STEP * higher)
    touch &= (higher < MAX_RATIO * lower) & (along @ along.T > MIN_COSINE) & (widths >= heights)[:, None]
    np.fill_diagonal(touch, False)
    if not touch.any():
        return None
    left, right = np.unravel_index(int(np.argmin(np.where(touch, np.abs(gaps), np.inf))), gaps.shape)
    return int(left), int(right)
