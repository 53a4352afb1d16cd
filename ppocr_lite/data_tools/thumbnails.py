"""Small pictures of samples with their polygons, to be put into a page; a dot marks the first point."""

import base64

import cv2
import numpy as np

from ppocr_lite.data_tools.det_rules import is_region, parse_regions
from ppocr_lite.data_tools.pictures import PictureStore
from ppocr_lite.data_tools.polygons import read_points
from ppocr_lite.data_tools.rows import Row
from ppocr_lite.errors import DataError, MissingDependency

MAX_WIDTH, MAX_HEIGHT = 360, 240
"""Pixels of a thumbnail."""
CONTEXT = 1.5
"""A region is shown with so many times its size around it."""
MIN_AROUND_PX, MAX_AROUND_PX = 60, 200
QUALITY = 80
GOOD, BAD = (0, 160, 0), (0, 0, 230)
"""BGR of outlines."""


def thumbnail(store: PictureStore, row: Row, *, task: str, region: int = -1) -> str:
    """A ``data:`` address with the row's first picture, or empty where that cannot be read.

    Args:
        region: of a page, the region to show and to draw in red; -1 shows the whole page.
    """
    if not row.images:
        return ""
    try:
        image = store.decode(row.images[0])
    except (DataError, MissingDependency, OSError, cv2.error):
        return ""
    if task == "det":
        image = _with_outlines(image, row.label, region)
    scale = min(MAX_WIDTH / image.shape[1], MAX_HEIGHT / image.shape[0], 2.0)
    size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    _, data = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return f"data:image/jpeg;base64,{base64.b64encode(data.tobytes()).decode('ascii')}"


def _with_outlines(image: np.ndarray, label: str, region: int) -> np.ndarray:
    """The picture, or the part around a region, with outlines; red where ``region`` is."""
    outlines = _outlines(label)
    window = _window(image, outlines.get(region))
    origin = np.array([window[0], window[1]])
    part = np.ascontiguousarray(image[window[1] : window[3], window[0] : window[2]])
    # Lines must be visible after the picture has been made small.
    thickness = max(1, round(max(part.shape[1] / MAX_WIDTH, part.shape[0] / MAX_HEIGHT)))
    for index, points in sorted(outlines.items(), key=lambda item: item[0] == region):
        shifted = np.rint(points - origin).astype(np.int32)
        colour = BAD if index == region else GOOD
        cv2.polylines(part, [shifted.reshape(-1, 1, 2)], True, colour, thickness, cv2.LINE_AA)
        cv2.circle(part, shifted[0].tolist(), 2 * thickness, colour, cv2.FILLED)
    return part


def _outlines(label: str) -> dict[int, np.ndarray]:
    regions = parse_regions(label)
    found = {}
    for index, region in enumerate([] if isinstance(regions, str) else regions):
        points = read_points(region["points"]) if is_region(region) else None
        if points is not None and len(points):
            found[index] = points
    return found


def _window(image: np.ndarray, points: np.ndarray | None) -> tuple[int, int, int, int]:
    """(left, top, right, bottom) of what is shown, inside the picture and never empty."""
    height, width = image.shape[:2]
    if points is None:
        return 0, 0, width, height
    low, high = points.min(axis=0), points.max(axis=0)
    around = np.clip(CONTEXT * (high - low), MIN_AROUND_PX, MAX_AROUND_PX)
    left, top = np.clip(low - around, 0, [width - 1, height - 1]).astype(int)
    right, bottom = np.clip(high + around, [left + 1, top + 1], [width, height]).astype(int)
    return int(left), int(top), int(right), int(bottom)
