"""Geometric warps of text lines by moving least squares.

Schaefer et al., "Image Deformation Using Moving Least Squares", SIGGRAPH 2006 (the similarity form), as used
for text in Luo et al., "Learn to Augment", CVPR 2020, arXiv:2003.06606. Points and ranges are PaddleOCR's.
"""

from functools import lru_cache, partial
from typing import Any

import cv2
import numpy as np

GRID_STEP_PX = 100
"""The deformation is computed at this distance and interpolated between."""


def tia_distort(image: np.ndarray, segment: int = 4, *, rng: Any) -> np.ndarray:
    """Move the corners inward and the points between segments about, by up to a third of a segment.

    Args:
        image: uint8 [H, W] or [H, W, C]; the result has the same shape.
        segment: parts that the width is cut into.
        rng: numpy Generator.
    """
    h, w = image.shape[:2]
    cut = w // segment
    thresh = max(1, cut // 3)  # PaddleOCR 2.x fails on images too small to move anything
    draw = partial(_draw, rng, thresh)
    source = _outline(w, h)
    target = [
        [draw(), draw()],
        [w - draw(), draw()],
        [w - draw(), h - draw()],
        [draw(), h - draw()],
    ]
    half = thresh * 0.5
    for i in range(1, segment):
        source += [[cut * i, 0], [cut * i, h]]
        target.append([cut * i + draw() - half, draw() - half])
        target.append([cut * i + draw() - half, h + draw() - half])
    return warp(image, np.array(source), np.array(target))


def tia_stretch(image: np.ndarray, segment: int = 4, *, rng: Any) -> np.ndarray:
    """Move the borders between segments sideways by up to 0.4 of a segment; the corners stay.

    Arguments as for :func:`tia_distort`.
    """
    h, w = image.shape[:2]
    cut = w // segment
    thresh = max(1, cut * 4 // 5)
    half = thresh * 0.5
    source, target = _outline(w, h), _outline(w, h)
    for i in range(1, segment):
        move = _draw(rng, thresh) - half
        source += [[cut * i, 0], [cut * i, h]]
        target += [[cut * i + move, 0], [cut * i + move, h]]
    return warp(image, np.array(source), np.array(target))


def tia_perspective(image: np.ndarray, *, rng: Any) -> np.ndarray:
    """Press the left and the right side together, each by up to half the height above and below."""
    h, w = image.shape[:2]
    draw = partial(_draw, rng, max(1, h // 2))
    target = [[0, draw()], [w, draw()], [w, h - draw()], [0, h - draw()]]
    return warp(image, np.array(_outline(w, h)), np.array(target))


def warp(image: np.ndarray, source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Warp so that the points ``source`` [K, 2] of the image come to ``target`` [K, 2] (x, y)."""
    h, w = image.shape[:2]
    (columns, across), (rows, down) = _grid(w), _grid(h)
    nodes = np.empty((len(rows), len(columns), 2))
    nodes[..., 0], nodes[..., 1] = columns, rows[:, None]
    shift = _deform(nodes.reshape(-1, 2), source, target).reshape(nodes.shape) - nodes
    dense = down @ (np.moveaxis(shift, -1, 0) @ across.T)  # bilinear, [2, H, W]
    map_x, map_y = dense.astype(np.float32)
    map_x += np.arange(w, dtype=np.float32)
    map_y += np.arange(h, dtype=np.float32)[:, None]
    np.clip(map_x, 0, w - 1, out=map_x)
    np.clip(map_y, 0, h - 1, out=map_y)
    return cv2.remap(image, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def _deform(points: np.ndarray, source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Where in the image each point [N, 2] of the result comes from, [N, 2]."""
    p, q = target.astype(np.float64), source.astype(np.float64)
    offset = p[None] - points[:, None]  # [N, K, 2]
    squared = (offset**2).sum(axis=-1)
    exact = squared == 0
    weight = 1.0 / np.where(exact, 1.0, squared)  # [N, K]
    total = weight.sum(axis=1, keepdims=True)
    p_mean, q_mean = weight @ p / total, weight @ q / total  # [N, 2]
    p_hat = p[None] - p_mean[:, None]
    mu = (weight * (p_hat**2).sum(axis=-1)).sum(axis=1)
    v = points - p_mean
    dot = np.einsum("nkc,nc->nk", p_hat, v) * weight
    cross = (p_hat[..., 0] * v[:, None, 1] - p_hat[..., 1] * v[:, None, 0]) * weight
    result = (
        np.stack([dot @ q[:, 0] - cross @ q[:, 1], cross @ q[:, 0] + dot @ q[:, 1]], axis=-1)
        / np.maximum(mu, np.finfo(np.float64).tiny)[:, None]
    )
    # q is not centred: its mean drops out because the weighted p_hat sum up to zero.
    result += q_mean
    hit = exact.any(axis=1)
    result[hit] = q[exact[hit].argmax(axis=1)]
    return result


@lru_cache(maxsize=256)  # images come in few heights and, in batches of one width, few widths
def _grid(size: int) -> tuple[np.ndarray, np.ndarray]:
    """Positions [L] of the grid lines along a side, and their bilinear weights [size, L] at each pixel."""
    lines = np.unique(np.append(np.arange(0, size, GRID_STEP_PX), size - 1))
    weights = np.stack([np.interp(np.arange(size), lines, unit) for unit in np.eye(len(lines))], axis=1)
    lines.flags.writeable = weights.flags.writeable = False  # shared by all calls
    return lines, weights


def _outline(w: int, h: int) -> list[list[float]]:
    return [[0, 0], [w, 0], [w, h], [0, h]]


def _draw(rng: Any, high: int) -> int:
    return int(rng.integers(high))
