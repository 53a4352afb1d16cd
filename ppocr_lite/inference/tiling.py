"""Very long images, a receipt roll or a ribbon of text, are detected piece by piece.

Scaled as a whole to the detector's side limit their text would be a few pixels high and vanish.
"""

from collections.abc import Sequence

import numpy as np

from ppocr_lite.structures import DetResult

MAX_ASPECT = 8.0
"""Longer images are cut; a text line photographed by itself is shorter than that in most cases."""
TILE_ASPECT = 5.0
MIN_TILE_PX = 640
OVERLAP = 0.2
"""Share of a tile that the next one sees too."""
SAME_LINE = 0.5
"""Share of the smaller height that two pieces of one line have in common."""

Tile = tuple[int, int, int, int]


def tiles_of(height: int, width: int) -> list[Tile]:
    """(top, left, bottom, right) of overlapping tiles along the longer side; one tile for usual images."""
    longer, shorter = max(height, width), min(height, width)
    if longer <= MAX_ASPECT * max(shorter, MIN_TILE_PX / TILE_ASPECT):
        return [(0, 0, height, width)]
    length = int(max(TILE_ASPECT * shorter, MIN_TILE_PX))
    count = int(np.ceil((longer - length * OVERLAP) / (length * (1 - OVERLAP))))
    starts = np.linspace(0, longer - length, count).astype(int).tolist()
    if width >= height:
        return [(0, s, height, s + length) for s in starts]
    return [(s, 0, s + length, width) for s in starts]


def join_tiles(parts: Sequence[DetResult], tiles: Sequence[Tile]) -> DetResult:
    """All regions in the whole image's pixels; pieces of a line that overlap across a seam become one."""
    along = 0 if tiles[0][0] == tiles[-1][0] else 1  # x or y
    quads: list[np.ndarray] = []
    scores: list[float] = []
    for number, (part, (top, left, _, _)) in enumerate(zip(parts, tiles, strict=True)):
        seam_start = tiles[number][1 - along]
        for quad, score in zip(part.quads + np.array([left, top], np.float32), part.scores):
            twin = None
            if number:
                seam_end = tiles[number - 1][3 - along]
                twin = _twin(quad, quads, along, seam_start, seam_end)
            if twin is None:
                quads.append(quad)
                scores.append(float(score))
            else:
                quads[twin] = _union(quads[twin], quad)
                scores[twin] = max(scores[twin], float(score))
    if not quads:
        return DetResult.empty()
    return DetResult(np.stack(quads).astype(np.float32), np.array(scores, np.float32))


def _twin(quad: np.ndarray, quads: list[np.ndarray], along: int, start: float, end: float) -> int | None:
    """Index of the region that shows, in the strip both tiles see, the same line."""
    low, high = quad.min(axis=0), quad.max(axis=0)
    if low[along] >= end:
        return None
    across = 1 - along
    best, most = None, 0.0
    for index, other in enumerate(quads):
        other_low, other_high = other.min(axis=0), other.max(axis=0)
        if other_high[along] <= start:
            continue
        shared = np.minimum(high, other_high) - np.maximum(low, other_low)
        smaller = np.minimum(high - low, other_high - other_low)
        # Along the seam any overlap will do; across it the pieces must lie side by side.
        if shared[along] > 0 and shared[across] >= SAME_LINE * smaller[across] and shared[along] > most:
            best, most = index, float(shared[along])
    return best


def _union(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    points = np.concatenate([a, b])
    (x0, y0), (x1, y1) = points.min(axis=0), points.max(axis=0)
    return np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]], np.float32)
