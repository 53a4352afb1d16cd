"""Outlines of text regions as people draw them: what is wrong with one, and how it can be mended.

Coordinates are (x, y) in pixels, y down; clockwise is as seen on the screen.
"""

from typing import Any

import numpy as np

from ppocr_lite.geometry import min_area_quad, polygon_area

MARGIN_PX = 1.0
"""An outline may reach so far beyond the picture; tools differ in what they call the last pixel."""
MIN_AREA = 1.0
"""Square pixels; MakeShrinkMap ignores what is smaller."""


MAX_COORDINATE = 1 << 20
"""Pixels; no picture is so large, and drawing and areas stay exact below it."""


def read_points(value: Any) -> np.ndarray | None:
    """float64 [k, 2]; None where a point is not a pair of finite numbers of a sensible size."""
    if not isinstance(value, list):
        return None
    points = []
    for point in value:
        if not isinstance(point, list) or len(point) != 2 or not all(_is_finite(c) for c in point):
            return None
        points.append((float(point[0]), float(point[1])))
    return np.array(points, np.float64).reshape(-1, 2)


def signed_area(points: np.ndarray) -> float:
    """Shoelace area, above 0 for clockwise outlines."""
    x, y = points[:, 0], points[:, 1]
    return float((x * np.roll(y, -1) - np.roll(x, -1) * y).sum() / 2)


def crosses_itself(points: np.ndarray) -> bool:
    """Whether two sides cut each other; repeated points and mere touching do not count.

    >>> crosses_itself(np.array([[0, 0], [10, 0], [0, 10], [10, 10]]))
    True
    """
    p = points.tolist()
    count = len(p)
    for i in range(count - 2):
        for j in range(i + 2, count - (i == 0)):
            if _cut(p[i], p[i + 1], p[j], p[(j + 1) % count]):
                return True
    return False


def beyond(points: np.ndarray, height: int, width: int) -> float:
    """How many pixels the outline reaches beyond a picture, 0 or more."""
    low, high = points.min(axis=0), points.max(axis=0)
    return float(max(-low.min(), high[0] - width, high[1] - height, 0.0))


def mend(points: np.ndarray, height: int, width: int) -> tuple[np.ndarray | None, list[str]]:
    """An outline that training can use, or None where there is nothing to save; and what was done.

    Points are clipped to the picture one by one, as PaddleOCR does, so that four stay four. The first point
    stays the first, because there the text begins.
    """
    done = []
    if crosses_itself(points):
        points = _around_centre(points) if len(points) == 4 else min_area_quad(points).astype(np.float64)
        done.append("self_crossing")
    if beyond(points, height, width) > MARGIN_PX:
        points = np.clip(points, 0, [width, height])
        done.append("outside_image")
    if polygon_area(points) < MIN_AREA:
        return None, [*done, "flat_polygon"]
    if signed_area(points) < 0:
        points = np.concatenate([points[:1], points[:0:-1]])
        done.append("winding")
    return points, done


def _is_finite(value: Any) -> bool:
    # A comparison with NaN is false.
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= MAX_COORDINATE


def _around_centre(quad: np.ndarray) -> np.ndarray:
    """The four points clockwise around their centre, from the first one on."""
    offset = quad - quad.mean(axis=0)
    angles = np.arctan2(offset[:, 1], offset[:, 0])
    order = np.argsort(angles, kind="stable")  # with y down, growing angles are clockwise
    return quad[np.roll(order, -int(np.flatnonzero(order == 0)[0]))]


def _side(a: list[float], b: list[float], c: list[float]) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _cut(a: list[float], b: list[float], c: list[float], d: list[float]) -> bool:
    return _side(a, b, c) * _side(a, b, d) < 0 and _side(c, d, a) * _side(c, d, b) < 0
