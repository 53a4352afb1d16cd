"""Skewed pages, photographed or scanned askew: seen once more, turned upright.

A detector that has learnt lines which run across sees lines that climb or fall worse the steeper they are:
long ones in pieces, close ones run together. The regions that it does find tell the angle of a page.
"""

import math

import cv2
import numpy as np

from ppocr_lite.geometry import edge_lengths
from ppocr_lite.structures import DetResult

LONG_RATIO = 2.5
"""Width over height of the regions that tell the direction of lines."""
LEAST_LINES = 4
SAME_DIRECTION = 10.0
"""Degrees from the median within which a line agrees with it."""
LEAST_AGREEMENT = 0.7
"""Share of the lines, by length, that agree; signs at all angles are no page."""


def sides(quads: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean widths and heights [n] of quads [n, 4, 2]."""
    edges = edge_lengths(quads)
    return edges[:, [0, 2]].mean(axis=1), edges[:, [1, 3]].mean(axis=1)


def evidence(found: DetResult, *, power: float = 1.0) -> float:
    """Pixels of text: lengths of the long regions, in whatever direction, by their scores.

    ``power``: of the lengths; with 2 a whole line counts for more than its pieces.
    """
    width, height = sides(found.quads)
    longer, shorter = np.maximum(width, height), np.minimum(width, height)
    return float((longer**power * found.scores)[longer >= LONG_RATIO * shorter].sum())


def skew_of(found: DetResult) -> float:
    """Angle of the page in degrees, positive where lines fall; 0 where too few lines agree on one."""
    width, height = sides(found.quads)
    quads, width = (values[width >= LONG_RATIO * height] for values in (found.quads, width))
    if len(quads) < LEAST_LINES:
        return 0.0
    along = quads[:, 1] - quads[:, 0] + quads[:, 2] - quads[:, 3]
    angles = np.degrees(np.arctan2(along[:, 1], along[:, 0]))
    order = np.argsort(angles)
    total = np.cumsum(width[order])
    median = float(angles[order][np.searchsorted(total, total[-1] / 2)])
    agreeing = width[np.abs(angles - median) <= SAME_DIRECTION].sum()
    return median if agreeing >= LEAST_AGREEMENT * width.sum() else 0.0


def turned(image: np.ndarray, degrees: float) -> tuple[np.ndarray, np.ndarray]:
    """The whole image turned so that lines which fall by ``degrees`` run across.

    Returns:
        uint8 [h, w, 3], around it the colour of the image's border, and the affine matrix [2, 3] that brings
        its points back to the image.
    """
    height, width = image.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    cos, sin = abs(math.cos(math.radians(degrees))), abs(math.sin(math.radians(degrees)))
    size = (math.ceil(width * cos + height * sin), math.ceil(width * sin + height * cos))
    matrix[:, 2] += (size[0] - width) / 2, (size[1] - height) / 2
    border = np.concatenate([image[0], image[-1], image[:, 0], image[:, -1]])
    colour = [float(v) for v in np.median(border, axis=0)]
    upright = cv2.warpAffine(
        image, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=colour
    )
    return upright, np.asarray(cv2.invertAffineTransform(matrix))


def mapped(found: DetResult, matrix: np.ndarray) -> DetResult:
    """The regions with their points moved by an affine matrix [2, 3]."""
    return found.moved(lambda points: points @ matrix[:, :2].T + matrix[:, 2])
