"""How a page bows: by how much each place of it lies too low, fitted to lines; points and pictures flattened.

A surface fitted to lines of text is the idea of Cao, Ding and Liu, "Rectifying the bound document image
captured by the camera: a model based approach" (ICDAR 2003); theirs is a cylinder, and has a camera.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from ppocr_lite.geometry import MAX_CROP_SIDE, from_straight

STRAIGHTENED = 0.6
"""Of the deviation of lines as much may be left at most, else it was not the page that bowed."""
KNOTS = 16
"""Of the spline across the page; two pages of a book meet in a cusp."""
STIFFNESS = 3e-5
"""Weight of its bending against the lines' deviation."""
BENT = 0.75
"""Quantile of the lines' deviations that tells how a page bows: beside the spine more than elsewhere."""
LEAST_STIFFNESS = 1e-6
"""Of each weight, where no line tells."""
ROUNDS = 4
OUTLIER = 0.3
"""Of a line's height; what deviates by more counts less in the next round."""
MOST_ADDED = 0.5
"""Of the picture's height; a page that needs more room to lie flat is mistaken."""
STEP = 16
"""Pixels between the places for which the height is worked out; those between are interpolated."""
STRIP = 256
"""Rows that are drawn at a time."""
TURNS_BACK = 12
"""Rounds of looking for the row of the page that a row of the flat picture shows."""


@dataclass(frozen=True, eq=False)
class Bow:
    """By how much a page lies too low, for each of its places.

    Args:
        size: (height, width) of the picture in pixels.
        weights: float64 [2 KNOTS], of the spline at the middle of the lines' height and of how it changes.
        limits: (left, top, right, bottom) of the lines that told; beyond, what holds at the edge does.
        top, height: the flat picture has so many rows more above, and so many in all.
    """

    size: tuple[int, int]
    weights: np.ndarray
    limits: tuple[float, float, float, float]
    top: int = 0
    height: int = 0

    def at(self, points: np.ndarray) -> np.ndarray:
        """Pixels by which points [..., 2] of the page lie too low."""
        return np.asarray(_terms(points, self.limits) @ self.weights)

    def to_flat(self, points: np.ndarray) -> np.ndarray:
        """Points [..., 2] of the page in the flat picture."""
        return np.stack([points[..., 0], points[..., 1] - self.at(points) + self.top], axis=-1)

    def to_page(self, points: np.ndarray) -> np.ndarray:
        """Points [..., 2] of the flat picture on the page."""
        wanted = np.asarray(points, np.float64) - (0, self.top)
        found = wanted.copy()
        for _ in range(TURNS_BACK):
            found[..., 1] = wanted[..., 1] + self.at(found)
        return found

    def to_page_clipped(self, points: np.ndarray) -> np.ndarray:
        """:meth:`to_page`, within the picture; float32."""
        height, width = self.size
        return np.clip(self.to_page(points), 0, [width - 1, height - 1]).astype(np.float32)

    def flattened(self, image: np.ndarray) -> np.ndarray:
        """The flat picture of a page, uint8 [H, W, 3]; beyond its edge the edge is repeated."""
        width = self.size[1]
        flat = np.empty((self.height, width, *image.shape[2:]), image.dtype)
        across = np.broadcast_to(np.arange(width, dtype=np.float32), (STRIP, width))
        for start in range(0, self.height, STRIP):
            rows = min(STRIP, self.height - start)
            heights = self._rows(start, rows)
            cv2.remap(
                *(image, across[:rows], heights, cv2.INTER_CUBIC),
                dst=flat[start : start + rows],
                borderMode=cv2.BORDER_REPLICATE,
            )
        return flat

    def _rows(self, start: int, count: int) -> np.ndarray:
        """The rows of the page that ``count`` rows of the flat picture show, float32 [count, W]."""
        width = self.size[1]
        x = np.arange(0, width + STEP, STEP, dtype=np.float64)
        y = np.arange(start, start + count + STEP, STEP, dtype=np.float64)
        grid = np.stack(np.meshgrid(x, y), axis=-1)
        rows = self.to_page(grid)[..., 1].astype(np.float32)
        larger = np.array([[STEP, 0, 0], [0, STEP, 0]], np.float64)  # a pixel's middle stays one
        return cv2.warpAffine(rows, larger, (width, count), flags=cv2.INTER_LINEAR)


def bow_of(spines: Sequence[np.ndarray], heights: np.ndarray, size: tuple[int, int]) -> Bow | None:
    """How a page bows, by its lines; None where that straightens them but little, or OpenCV cannot draw it.

    Args:
        spines: points [m, 2] along the middle of each line.
        heights: [n] of the lines, in pixels.
        size: (height, width) of the picture in pixels.
    """
    points = np.concatenate(spines).astype(np.float64)
    lines = np.repeat(np.arange(len(spines)), [len(s) for s in spines])
    (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
    limits = (float(left), float(top), float(right), float(bottom))
    # A line's own height is unknown: what is left of each when its mean is taken away says how it bows. The
    # terms are those at that height, else the page could be pressed flat, all its rows into one.
    rows = _centred(points[:, 1:], lines)[:, 0]
    level = np.stack([points[:, 0], points[:, 1] - rows], axis=1)
    terms = _centred(_terms(level, limits), lines)
    weights = np.zeros(terms.shape[1])
    trust = np.ones(len(points))
    stiffness = len(points) * (STIFFNESS * _bending() + LEAST_STIFFNESS * np.eye(len(weights)))
    for _ in range(ROUNDS):
        trusted = (terms * trust[:, None]).T
        weights = np.linalg.solve(trusted @ terms + stiffness, trusted @ rows)
        trust = 1 / (1 + ((rows - terms @ weights) / (OUTLIER * heights[lines])) ** 2)
    bow = Bow(size, weights, limits)
    straight = [bow.to_flat(np.asarray(spine, np.float64)) for spine in spines]
    if deviation_of(straight, heights) > STRAIGHTENED * deviation_of(spines, heights):
        return None
    lifted = bow.to_flat(_edge(size))[:, 1]
    above, below = max(0.0, -lifted.min()), max(0.0, lifted.max() + 1 - size[0])
    if not above + below < MOST_ADDED * size[0] or max(size[1], size[0] + above + below) > MAX_CROP_SIDE:
        return None
    top = int(np.ceil(above))
    return replace(bow, top=top, height=top + size[0] + int(np.ceil(below)))


def _terms(points: np.ndarray, limits: tuple[float, float, float, float]) -> np.ndarray:
    """What the weights are of at points [..., 2]: cubic B-splines of x, and these times y."""
    low, high = np.array(limits[:2]), np.array(limits[2:])
    inside = np.clip(np.asarray(points, np.float64), low, high)
    x, y = np.moveaxis((inside - low) / np.maximum(high - low, 1e-6), -1, 0)
    pieces = KNOTS - 3
    piece = np.minimum((x * pieces).astype(int), pieces - 1)
    f = x * pieces - piece
    shares = ((1 - f) ** 3, 3 * f**3 - 6 * f**2 + 4, -3 * f**3 + 3 * f**2 + 3 * f + 1, f**3)
    splines = np.zeros((*x.shape, KNOTS))
    for i, share in enumerate(shares):
        np.put_along_axis(splines, (piece + i)[..., None], share[..., None] / 6, axis=-1)
    return np.concatenate([splines, splines * (2 * y - 1)[..., None]], axis=-1)


def _bending() -> np.ndarray:
    """Squares of the second differences of both halves of the weights, as a matrix."""
    second = np.diff(np.eye(KNOTS), 2, axis=0)
    return np.kron(np.eye(2), second.T @ second)


def _centred(values: np.ndarray, lines: np.ndarray) -> np.ndarray:
    """Values [n, k] less the means of the lines, numbered [n], that they are of."""
    sums = np.zeros((lines[-1] + 1, values.shape[1]))
    np.add.at(sums, lines, values)
    return np.asarray(values - (sums / np.bincount(lines)[:, None])[lines])


def deviation_of(spines: Sequence[np.ndarray], heights: np.ndarray) -> float:
    """Distances of spines from their straight lines, root mean square, over the heights: a high quantile."""
    if not len(spines):
        return 0.0
    deviations = np.array([np.sqrt(np.mean(from_straight(spine) ** 2)) for spine in spines])
    return float(np.quantile(deviations / np.maximum(heights, 1e-6), BENT))


def _edge(size: tuple[int, int]) -> np.ndarray:
    """Points along the upper and lower edge of a picture."""
    height, width = size
    x = np.linspace(0, width - 1, 65)
    return np.concatenate([np.stack([x, np.full_like(x, y)], axis=1) for y in (0, height - 1)])
