"""Brings a set page before the camera or the scanner: rotation, perspective, curl, a desk behind it."""

import cv2
import numpy as np

from ppocr_lite.geometry import min_area_quad
from ppocr_lite.synth.colours import tint
from ppocr_lite.synth.sampling import NoiseTiles, Rng, between, chance

_EDGE_POINTS = 5  # along a line's upper and lower edge, to follow a curl


def place(
    image: np.ndarray,
    lines: np.ndarray,
    rng: Rng,
    tiles: NoiseTiles,
    *,
    level: float,
    desk: bool,
    photographed: bool,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Warp a page and its lines.

    Args:
        image: float32 [H, W] or [H, W, 3].
        lines: corners of the lines, clockwise from top left, float32 [n, 4, 2].
        desk: the page lies on something that is seen around it.
        photographed: perspective and stronger rotation; a scanner only rotates a little.

    Returns: (image, quads float32 [n, 4, 2], share of each line inside the image [n]).
    """
    h, w = image.shape[:2]
    border = _median_border(image)
    curl = between(rng, 0.002, 0.012) * h * level if photographed and chance(rng, 0.35) else 0.0
    if curl:
        image, bend = _curl(image, rng, curl)
    else:
        bend = np.zeros(w, np.float32)
    edges = _edge_points(lines, bend)
    matrix, size = _camera(rng, w, h, level=level, desk=desk, photographed=photographed)
    if matrix is None:
        warped = image
    elif desk:
        warped = _on_desk(image, rng, tiles, matrix, size)
    else:
        warped = cv2.warpPerspective(
            image, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=border
        )
    if matrix is not None and len(edges):
        edges = cv2.perspectiveTransform(edges.reshape(1, -1, 2), matrix).reshape(edges.shape)
    quads = _quads(edges, curled=curl > 0)
    return warped, quads, _inside(quads, size)


def _edge_points(lines: np.ndarray, bend: np.ndarray) -> np.ndarray:
    """Points along the edges of each line after the bend, clockwise from top left; float32 [n, 2 * k, 2]."""
    t = np.linspace(0, 1, _EDGE_POINTS, dtype=np.float32)[None, :, None]
    top_left, top_right, bottom_right, bottom_left = (lines[:, i, None] for i in range(4))  # each [n, 1, 2]
    upper = top_left + (top_right - top_left) * t
    lower = bottom_right + (bottom_left - bottom_right) * t
    points = np.concatenate((upper, lower), axis=1).astype(np.float32)
    points[:, :, 1] += bend[np.clip(np.round(points[:, :, 0]).astype(int), 0, len(bend) - 1)]
    return points


def _quads(edges: np.ndarray, *, curled: bool) -> np.ndarray:
    k = _EDGE_POINTS
    corners = edges[:, [0, k - 1, k, 2 * k - 1]]
    if not curled or len(edges) == 0:
        return np.ascontiguousarray(corners, np.float32)
    return np.stack([_around(points, own) for points, own in zip(edges, corners)]).astype(np.float32)


def _around(points: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """The smallest rectangle around bent edges, its corners in the order of the line's own corners."""
    quad = min_area_quad(points)
    turns = [np.roll(quad, -i, axis=0) for i in range(4)]
    return min(turns, key=lambda q: float(np.abs(q - corners).sum()))


def _inside(quads: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Share of each quad's bounding box that lies in the image, float32 [n]."""
    if len(quads) == 0:
        return np.zeros(0, np.float32)
    low, high = quads.min(axis=1), quads.max(axis=1)
    whole = np.prod(np.maximum(high - low, 1e-3), axis=1)
    limit = np.array(size, np.float32)
    seen = np.clip(np.minimum(high, limit) - np.maximum(low, 0), 0, None)
    return np.prod(seen, axis=1) / whole


def _median_border(image: np.ndarray) -> tuple[float, ...]:
    frame = np.concatenate((image[0], image[-1], image[:, 0], image[:, -1]))
    middle = np.median(frame, axis=0)
    return tuple(float(v) for v in np.atleast_1d(middle))


def _curl(image: np.ndarray, rng: Rng, height: float) -> tuple[np.ndarray, np.ndarray]:
    """Bend all rows alike by up to ``height`` pixels; returns (image, downward shift of each column [W])."""
    h, w = image.shape[:2]
    x = np.arange(w, dtype=np.float32)
    bend = height * np.sin(x / w * 6.28 * between(rng, 0.15, 0.7) + between(rng, 0, 6.28))
    bend = (bend - bend.mean()).astype(np.float32)
    columns, rows = np.meshgrid(x, np.arange(h, dtype=np.float32))
    bent = cv2.remap(image, columns, rows - bend[None, :], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return bent, bend


def _camera(
    rng: Rng, w: int, h: int, *, level: float, desk: bool, photographed: bool
) -> tuple[np.ndarray | None, tuple[int, int]]:
    """(perspective matrix or None, (width, height) of the picture)."""
    if not desk and not chance(rng, 0.65):
        return None, (w, h)
    corners = np.array([[0, 0], [w, 0], [w, h], [0, h]], np.float32)
    middle = np.array((w / 2, h / 2), np.float32)
    reach = 12.0 if photographed and chance(rng, 0.3) else 3.0
    angle = np.deg2rad(between(rng, -reach, reach)) * level
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]], np.float32)
    target = (corners - middle) @ turn.T
    if photographed:
        target += (rng.random((4, 2), dtype=np.float32) - 0.5) * (0.12 * level * min(w, h))
    if desk:
        low = target.min(axis=0) - np.array((w, h), np.float32) * rng.random(2) * 0.15
        high = target.max(axis=0) + np.array((w, h), np.float32) * rng.random(2) * 0.15
    else:
        low, high = -middle, middle
    scale = min(1.0, max(w, h) / float((high - low).max()))
    target = ((target - low) * scale).astype(np.float32)
    size = ((high - low) * scale).astype(int)
    return cv2.getPerspectiveTransform(corners, target), (max(32, int(size[0])), max(32, int(size[1])))


def _on_desk(
    image: np.ndarray, rng: Rng, tiles: NoiseTiles, matrix: np.ndarray, size: tuple[int, int]
) -> np.ndarray:
    """The warped page over a table top, with a soft shadow."""
    w, h = size
    base = tint(rng, between(rng, 20, 210), amount=0.6 if chance(rng, 0.3) else 0.2)
    pattern = tiles.cut(rng, tiles.photo if chance(rng, 0.5) else tiles.clouds, h, w) - 0.5
    surface = base + between(rng, 20, 130) * pattern[:, :, None]
    surface = surface + between(rng, 0, 12) * tiles.cut(rng, tiles.white, h, w)[:, :, None]
    if image.ndim == 2:
        image = np.dstack((image, image, image))
    page = cv2.warpPerspective(image, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    area = cv2.warpPerspective(np.ones(image.shape[:2], np.float32), matrix, size, flags=cv2.INTER_LINEAR)
    shadow = cv2.blur(np.roll(area, (3, 3), axis=(0, 1)), (15, 15))[:, :, None]
    surface = surface * (1 - 0.5 * shadow)
    return surface + area[:, :, None] * (page - surface)
