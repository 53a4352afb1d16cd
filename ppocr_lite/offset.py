"""Growing and shrinking polygons with round corners, to the pixel as the Clipper library does it.

PaddleOCR 2.x cuts corners to whole pixels before and rounds after; both is kept, so that regions are equal.
"""

from collections.abc import Iterable, Iterator
from importlib import import_module
from itertools import chain
from typing import Any

import numpy as np

from ppocr_lite.errors import MissingDependency

ARC_TOLERANCE_PX = 0.25
"""Clipper's default: how far the polygon that stands for an arc may be off it."""


def grow_quads(quads: np.ndarray, distances: np.ndarray) -> np.ndarray:
    """Round-join outlines of convex quads, all at once, without any further package.

    Args:
        quads: [n, 4, 2], clockwise on the screen; cut to whole pixels here.
        distances: [n], above 0, in pixels.

    Returns:
        int32 [n, k, 2]; points may repeat, as arcs differ in their number of points.
    """
    corners = np.trunc(np.asarray(quads, np.float64))
    delta = np.asarray(distances, np.float64)
    ahead = np.roll(corners, -1, axis=1) - corners  # side i runs from corner i to corner i + 1
    length = np.maximum(np.linalg.norm(ahead, axis=-1, keepdims=True), 1e-12)
    normal = np.stack([ahead[..., 1], -ahead[..., 0]], axis=-1) / length  # [n, 4, 2], outward
    before = np.roll(normal, 1, axis=1)
    sine = np.clip(before[..., 0] * normal[..., 1] - before[..., 1] * normal[..., 0], -1, 1)
    cosine = (before * normal).sum(axis=-1)
    turn = np.arctan2(sine, cosine)  # [n, 4] of each corner
    tolerance = np.minimum(ARC_TOLERANCE_PX, delta * ARC_TOLERANCE_PX)
    around = np.minimum(np.pi / np.arccos(1 - tolerance / delta), delta * np.pi)  # points of a full circle
    steps = np.maximum(np.floor(around[:, None] / (2 * np.pi) * np.abs(turn) + 0.5), 1)  # [n, 4]
    count = np.arange(int(steps.max()) + 1 if len(steps) else 1)
    angle = count * (2 * np.pi / around)[:, None, None]  # [n, 1, S]
    cos, sin = np.cos(angle), np.sin(angle)
    arc = np.stack(
        [
            before[..., :1] * cos - before[..., 1:] * sin,
            before[..., :1] * sin + before[..., 1:] * cos,
        ],
        axis=-1,
    )  # [n, 4, S, 2]
    # Clipper leaves a corner that turns by less than a pixel as a single point.
    blunt = (np.abs(sine * delta[:, None]) < 1) & (cosine > 0)
    arc = np.where(blunt[..., None, None], before[:, :, None], arc)
    done = (count >= steps[..., None]) & ~blunt[..., None]
    arc = np.where(done[..., None], normal[:, :, None], arc)
    points = corners[:, :, None] + arc * delta[:, None, None, None]
    rounded = np.trunc(points + np.copysign(0.5, points))
    return rounded.astype(np.int32).reshape(len(corners), -1, 2)


def offset_polygon(polygon: np.ndarray, distance: float) -> list[np.ndarray]:
    """Grow (or shrink, below 0) any polygon [P, 2] with round joins; without pyclipper convex ones alone.

    Returns:
        int32 [P, 2] outlines; none where the polygon vanishes.
    """
    return next(offset_polygons(np.asarray(polygon)[None], [distance]))


def offset_polygons(polygons: np.ndarray, distances: Iterable[float]) -> Iterator[list[np.ndarray]]:
    """:func:`offset_polygon` of each of [K, P, 2]."""
    pyclipper = _pyclipper()
    if pyclipper is None:
        yield from (_offset_convex(np.trunc(p), d) for p, d in zip(polygons.astype(np.float64), distances))
        return
    join, end = pyclipper.JT_ROUND, pyclipper.ET_CLOSEDPOLYGON
    for path, distance in zip(polygons.astype(np.int64).tolist(), distances):
        offset = pyclipper.PyclipperOffset()
        try:
            offset.AddPath(path, join, end)
        except pyclipper.ClipperException:  # no area is left after cutting to whole pixels
            yield []
            continue
        # Half of the time of np.array, which looks for the shape itself.
        yield [np.fromiter(chain.from_iterable(p), np.int32).reshape(-1, 2) for p in offset.Execute(distance)]


def _pyclipper() -> Any:
    try:
        return import_module("pyclipper")
    except ImportError:
        return None


def _offset_convex(corners: np.ndarray, distance: float) -> list[np.ndarray]:
    """What Clipper gives for a convex polygon [P, 2], but for a pixel where it rounds otherwise."""
    following = np.roll(corners, -1, axis=0)
    area = float((corners[:, 0] * following[:, 1] - following[:, 0] * corners[:, 1]).sum()) / 2
    if area == 0:
        return []
    if area < 0:
        corners = corners[::-1]
    if not _is_convex(corners):
        raise MissingDependency(
            "growing and shrinking polygons that are not convex needs pyclipper: "
            'pip install "ppocr-lite[train]"'
        )
    if distance > 0:
        return [grow_quads(corners[None], np.array([distance]))[0]]
    kept = corners
    for start, end in zip(corners, np.roll(corners, -1, axis=0)):
        length = float(np.hypot(*(end - start)))
        if length > 0:
            inward = np.array([start[1] - end[1], end[0] - start[0]]) / length
            kept = _beyond(kept, start, inward, -distance)
        if len(kept) < 3:
            return []
    return [np.trunc(kept + np.copysign(0.5, kept)).astype(np.int32)]


def _is_convex(corners: np.ndarray) -> bool:
    """Whether a clockwise polygon turns to the same side everywhere."""
    ahead = np.roll(corners, -1, axis=0) - corners
    before = np.roll(ahead, 1, axis=0)
    return bool((before[:, 0] * ahead[:, 1] - before[:, 1] * ahead[:, 0] >= 0).all())


def _beyond(points: np.ndarray, start: np.ndarray, inward: np.ndarray, least: float) -> np.ndarray:
    """The part of a polygon [P, 2] at least so far from a line (Sutherland and Hodgman)."""
    far = (points - start) @ inward - least
    out = []
    for i in range(len(points)):
        here, there = far[i - 1], far[i]
        if (here < 0) != (there < 0):
            out.append(points[i - 1] + (points[i] - points[i - 1]) * (here / (here - there)))
        if there >= 0:
            out.append(points[i])
    return np.array(out).reshape(-1, 2)
