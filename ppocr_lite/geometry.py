"""Quads and polygons: order of points, crops, offset, overlap, reading order. NumPy and OpenCV only.

A quad is ``[4, 2]`` (x, y) in pixels, y down, clockwise from top-left.
"""

import math
from collections.abc import Iterable, Sequence

import cv2
import numpy as np

VERTICAL_RATIO = 1.5
"""Crops at least this much taller than wide are turned by 90 degrees (PaddleOCR's rule)."""
MAX_CROP_SIDE = 32000
"""OpenCV's warp addresses pixels with 16-bit integers."""

Points = list[tuple[float, float]]


def order_quad(points: np.ndarray) -> np.ndarray:
    """Order 4 corners TL, TR, BR, BL: of the two leftmost the upper is first, the lower last.

    This is the rule of PaddleOCR's ``get_mini_boxes``. Returns float32 [4, 2].
    """
    by_x = sorted(np.asarray(points, np.float32).tolist())
    left = sorted(by_x[:2], key=lambda p: p[1])
    right = sorted(by_x[2:], key=lambda p: p[1])
    return np.array([left[0], right[0], right[1], left[1]], np.float32)


def min_area_quad(points: np.ndarray) -> np.ndarray:
    """Corners, ordered, of the smallest rectangle around ``points`` [k, 2]."""
    # The angle of minAreaRect changed its range between OpenCV releases; the corners did not.
    return order_quad(cv2.boxPoints(cv2.minAreaRect(np.asarray(points, np.float32).reshape(-1, 1, 2))))


def min_area_quads(outlines: Iterable[np.ndarray]) -> np.ndarray:
    """:func:`min_area_quad` of many outlines [k, 2] or [k, 1, 2] at once, float32 [n, 4, 2]."""
    corners = [cv2.boxPoints(cv2.minAreaRect(outline.astype(np.float32))) for outline in outlines]
    return _order_quads(np.array(corners, np.float32).reshape(-1, 4, 2))


def _order_quads(points: np.ndarray) -> np.ndarray:
    """:func:`order_quad` for each of [n, 4, 2]."""
    rows = np.arange(len(points))[:, None]
    by_x = points[rows, np.lexsort((points[..., 1], points[..., 0]), axis=-1)]
    y = by_x[..., 1]
    left, right = (y[:, 1] < y[:, 0]).astype(int), (y[:, 3] < y[:, 2]).astype(int)  # is the second upper?
    return np.asarray(by_x[rows, np.stack([left, 2 + right, 3 - right, 1 - left], axis=1)])


def quad_size(quad: np.ndarray) -> tuple[float, float]:
    """(width, height) in pixels: the longer of each pair of opposite sides."""
    p = np.asarray(quad, np.float64)
    width = max(math.dist(p[0], p[1]), math.dist(p[2], p[3]))
    height = max(math.dist(p[0], p[3]), math.dist(p[1], p[2]))
    return width, height


def edge_lengths(quads: np.ndarray) -> np.ndarray:
    """Pixels of the upper, right, lower and left edges, float [n, 4], of quads [n, 4, 2]."""
    lengths: np.ndarray = np.linalg.norm(np.roll(quads, -1, axis=1) - quads, axis=2)
    return lengths


def crop_quad(image: np.ndarray, quad: np.ndarray) -> np.ndarray:
    """:func:`straighten`, with tall crops turned to the left."""
    crop = straighten(image, quad)
    tall = crop.shape[0] >= VERTICAL_RATIO * crop.shape[1]
    return np.ascontiguousarray(np.rot90(crop) if tall else crop)


def straighten(image: np.ndarray, quad: np.ndarray) -> np.ndarray:
    """Cut out a quad and straighten it: bicubic warp, borders replicated.

    Args:
        image: uint8 [H, W] or [H, W, C]; the quad may reach beyond it.
        quad: [4, 2]; a side shorter than one pixel counts as one pixel.

    Returns:
        uint8 [h, w] or [h, w, C] with h, w >= 1.
    """
    quad = np.asarray(quad, np.float32)
    width, height = _crop_size(quad)
    straight = _upright_pixels(image, quad)
    if straight is not None:
        return straight
    region, origin = _surroundings(image, quad)
    target = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    source = _not_flat(quad - origin)
    matrix = cv2.getPerspectiveTransform(source, target)
    crop: np.ndarray = cv2.warpPerspective(
        region, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE, flags=cv2.INTER_CUBIC
    )
    return crop


def crop_turns(quad: np.ndarray) -> int:
    """Quarter turns to the left that :func:`crop_quad` gives the crop of a quad: 1 for a tall one, else 0."""
    width, height = _crop_size(quad)
    return int(height >= VERTICAL_RATIO * width)


def crop_to_image(quads: np.ndarray, quad: np.ndarray, *, turns: int) -> np.ndarray:
    """Quads in a crop -> the same in the image that it was cut out of.

    Args:
        quads: [n, 4, 2] in pixels of the crop, from its top-left corner on.
        quad: [4, 2], what was cut out.
        turns: quarter turns to the left of the crop, as by ``np.rot90``, with those of :func:`crop_turns`.

    Returns:
        float32 [n, 4, 2]; the first corner of each is the one next to ``quad``'s first.
    """
    quad = np.asarray(quad, np.float32)
    width, height = _crop_size(quad)
    x, y = np.asarray(quads, np.float64).reshape(-1, 2).T
    for turn in range(turns % 4, 0, -1):
        # One turn back: after an odd turn the crop is as high as the straight one is wide.
        x, y = (width if turn % 2 else height) - y, x
    target = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    matrix = cv2.getPerspectiveTransform(target, _not_flat(quad))
    points = cv2.perspectiveTransform(np.stack([x, y], axis=1).reshape(-1, 1, 2), matrix)
    return np.roll(points.reshape(-1, 4, 2), turns, axis=1).astype(np.float32)


def _crop_size(quad: np.ndarray) -> tuple[int, int]:
    """(width, height) in pixels of a quad that is cut out, before a tall one is turned."""
    width, height = (min(max(int(side), 1), MAX_CROP_SIDE) for side in quad_size(quad))
    return width, height


def _upright_pixels(image: np.ndarray, quad: np.ndarray) -> np.ndarray | None:
    """The crop of a quad along the pixel grid inside the image: a copy, as the warp would give; else None."""
    (x0, y0), (x1, y1) = quad[0], quad[2]
    if quad.tolist() != [[x0, y0], [x1, y0], [x1, y1], [x0, y1]] or not (quad == np.trunc(quad)).all():
        return None
    left, top, right, bottom = int(x0), int(y0), int(x1), int(y1)
    if not (0 <= left < right <= image.shape[1] and 0 <= top < bottom <= image.shape[0]):
        return None
    if max(right - left, bottom - top) > MAX_CROP_SIDE:
        return None
    return np.ascontiguousarray(image[top:bottom, left:right])


def _surroundings(image: np.ndarray, quad: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The part of the image that the quad's warp reads, and its origin (x, y)."""
    margin = 4  # the bicubic kernel reaches 2 px, and one more for each rounding
    h, w = image.shape[:2]
    low = np.clip(np.floor(quad.min(axis=0)) - margin, 0, [w - 1, h - 1]).astype(int)
    high = np.clip(np.ceil(quad.max(axis=0)) + margin + 1, low + 1, [w, h]).astype(int)
    return image[low[1] : high[1], low[0] : high[0]], low.astype(np.float32)


def _not_flat(quad: np.ndarray) -> np.ndarray:
    """A quad of a pixel's size in the place of one without area, which has no perspective transform."""
    if polygon_area(quad) >= 0.5:
        return quad
    (x0, y0), (x1, y1) = quad.min(axis=0), quad.max(axis=0)
    x1, y1 = max(x1, x0 + 1), max(y1, y0 + 1)
    return np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]], np.float32)


def from_straight(points: np.ndarray) -> np.ndarray:
    """How far below (y) the straight line that fits them best each of some points [m, 2] is, float64 [m]."""
    x, y = (points.astype(np.float64) - points.mean(axis=0)).T
    return np.asarray(y - x * (x @ y) / max(float(x @ x), 1e-9))


def polygon_area(polygon: np.ndarray) -> float:
    """Area of one simple polygon [k, 2], always >= 0."""
    return abs(_signed_area(np.asarray(polygon, np.float64).tolist()))


def polygon_perimeter(polygon: np.ndarray) -> float:
    """Length of the closed outline [k, 2]."""
    p = np.asarray(polygon, np.float64)
    return float(np.linalg.norm(p - np.roll(p, 1, axis=0), axis=1).sum())


def unclip(quads: np.ndarray, ratio: float) -> np.ndarray:
    """Grow rectangles outward by ``area * ratio / perimeter`` on every side, in closed form.

    Equals the smallest rectangle around a round-join polygon offset by the same distance.

    Args:
        quads: one rectangle [4, 2] or many [n, 4, 2], clockwise from top-left. A quad that is no rectangle
            grows along its mean axes.
        ratio: DB's ``unclip_ratio``.

    Returns:
        float32, same shape.
    """
    q = np.asarray(quads, np.float64)
    nxt = np.roll(q, -1, axis=-2)
    sides = np.linalg.norm(nxt - q, axis=-1)  # [..., 4]
    cross = q[..., 0] * nxt[..., 1] - q[..., 1] * nxt[..., 0]
    area = np.abs(cross.sum(axis=-1)) / 2
    distance = area * ratio / np.maximum(sides.sum(axis=-1), 1e-9)
    right = _unit(q[..., 1, :] - q[..., 0, :] + q[..., 2, :] - q[..., 3, :])
    down = _unit(q[..., 3, :] - q[..., 0, :] + q[..., 2, :] - q[..., 1, :])
    shift = np.stack([-right - down, right - down, right + down, down - right], axis=-2)
    return (q + shift * distance[..., None, None]).astype(np.float32)


def _unit(vector: np.ndarray) -> np.ndarray:
    return vector / np.maximum(np.linalg.norm(vector, axis=-1, keepdims=True), 1e-9)


def intersection_area(a: np.ndarray, b: np.ndarray) -> float:
    """Area that two simple polygons [k, 2] share: exact, also for polygons that are not convex."""
    p = np.asarray(a, np.float64)
    q = np.asarray(b, np.float64)
    if len(p) < 3 or len(q) < 3:
        return 0.0
    if (p.max(axis=0) <= q.min(axis=0)).any() or (q.max(axis=0) <= p.min(axis=0)).any():
        return 0.0
    p_parts, q_parts = _convex_parts(p.tolist()), _convex_parts(q.tolist())
    total = sum(i * j * _convex_overlap(s, t) for i, s in p_parts for j, t in q_parts)
    return max(float(total), 0.0)


def polygon_iou(a: np.ndarray, b: np.ndarray) -> float:
    """Intersection over union of two simple polygons, 0..1; 0 when both have no area."""
    shared = intersection_area(a, b)
    union = polygon_area(a) + polygon_area(b) - shared
    return min(shared / union, 1.0) if union > 0 else 0.0


def _signed_area(p: Sequence[Sequence[float]]) -> float:
    return sum(p[i - 1][0] * p[i][1] - p[i][0] * p[i - 1][1] for i in range(len(p))) / 2


def _turns(p: Sequence[Sequence[float]]) -> list[float]:
    return [
        (p[i - 1][0] - p[i - 2][0]) * (p[i][1] - p[i - 1][1])
        - (p[i - 1][1] - p[i - 2][1]) * (p[i][0] - p[i - 1][0])
        for i in range(len(p))
    ]


def _convex_parts(p: Sequence[Sequence[float]]) -> list[tuple[int, Points]]:
    """Counter-clockwise-positive convex parts with signs; their signed sum covers the polygon once.

    A convex polygon is its own part. Otherwise the fan of triangles from the first point: those that the
    outline runs through backwards count negative, which cancels what lies outside.
    """
    turns = _turns(p)
    if len(p) <= 4 and (min(turns) >= 0 or max(turns) <= 0):
        pieces = [p]
    else:
        pieces = [[p[0], p[i], p[i + 1]] for i in range(1, len(p) - 1)]
    parts: list[tuple[int, Points]] = []
    whole = 1 if _signed_area(p) >= 0 else -1
    for piece in pieces:
        area = _signed_area(piece)
        if area != 0:
            points = [(x, y) for x, y in (piece if area > 0 else piece[::-1])]
            parts.append((whole if area > 0 else -whole, points))
    return parts


def _convex_overlap(subject: Points, clip: Points) -> float:
    """Sutherland-Hodgman clipping of one convex polygon by another, both of positive signed area."""
    points = subject
    ax, ay = clip[-1]
    for bx, by in clip:
        if not points:
            return 0.0
        ex, ey = bx - ax, by - ay
        sides = [ex * (y - ay) - ey * (x - ax) for x, y in points]
        kept: Points = []
        for i, side in enumerate(sides):
            previous = sides[i - 1]
            if (side >= 0) != (previous >= 0):
                t = previous / (previous - side)
                (px, py), (cx, cy) = points[i - 1], points[i]
                kept.append((px + t * (cx - px), py + t * (cy - py)))
            if side >= 0:
                kept.append(points[i])
        points = kept
        ax, ay = bx, by
    return abs(_signed_area(points)) if len(points) > 2 else 0.0


def sorted_boxes(quads: np.ndarray) -> np.ndarray:
    """PaddleOCR 2.x's order: by (y, x) of the first point, then x within steps of less than 10 px.

    Returns the quads [n, 4, 2] themselves. :func:`reading_order` is the better rule for real pages.
    """
    order = sorted(range(len(quads)), key=lambda i: (quads[i][0][1], quads[i][0][0]))
    for i in range(len(order) - 1):
        for j in range(i, -1, -1):
            (x, y), (next_x, next_y) = quads[order[j]][0], quads[order[j + 1]][0]
            if abs(next_y - y) >= 10 or next_x >= x:
                break
            order[j], order[j + 1] = order[j + 1], order[j]
    return np.asarray(quads)[order]


def reading_order(quads: np.ndarray) -> np.ndarray:
    """Indices int64 [n] that put quads [n, 4, 2] in the order in which a page is read.

    Works in the page's own frame (turned by the median slope of the lines): columns of running text that a
    clear gutter separates are read one after the other, between lines that cross the gutter; all else,
    tables and receipts too, by rows of quads that overlap vertically by half.
    """
    from ppocr_lite.reading import order_boxes  # the page analysis has a file of its own

    return order_boxes(np.asarray(quads, np.float64))
