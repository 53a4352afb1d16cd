"""The operators of op_speed.py once more, as one writes them down from their formulas, one by one.

They are what the operators of ppocr_lite are measured beside. No attempt at speed is made here, and none at
slowness: pictures and arrays are handled by OpenCV and NumPy, and what the formulas say for each polygon,
edge, box, line or point is a loop.
"""

import math
from typing import Any

import cv2
import numpy as np
import pyclipper

Sample = dict[str, Any]


def border_map(sample: Sample, *, ratio: float = 0.4, low: float = 0.3, high: float = 0.7) -> None:
    """``threshold_map`` and ``threshold_mask`` of a page."""
    height, width = sample["image"].shape[:2]
    canvas = np.zeros((height, width), np.float32)
    mask = np.zeros((height, width), np.float32)
    for polygon, ignored in zip(sample["polys"], sample["ignore_tags"]):
        area, perimeter = measure(polygon)
        if ignored or area == 0:
            continue
        distance = abs(area) * (1 - ratio**2) / perimeter
        outline = offset(polygon, distance)[0]
        cv2.fillPoly(mask, [outline], 1.0)
        (left, top), (right, bottom) = outline.min(axis=0), outline.max(axis=0)
        x, y = np.meshgrid(np.arange(right - left + 1.0), np.arange(bottom - top + 1.0))
        local = polygon - np.array([left, top], np.float32)
        maps = np.zeros((len(local), *x.shape), np.float32)
        for i in range(len(local)):
            maps[i] = np.clip(to_edge(x, y, local[i], local[(i + 1) % len(local)]) / distance, 0, 1)
        nearest = maps.min(axis=0)
        x0, x1, y0, y1 = max(0, left), min(width - 1, right), max(0, top), min(height - 1, bottom)
        part = nearest[y0 - top : y1 - top + 1, x0 - left : x1 - left + 1]
        canvas[y0 : y1 + 1, x0 : x1 + 1] = np.fmax(1 - part, canvas[y0 : y1 + 1, x0 : x1 + 1])
    sample["threshold_map"], sample["threshold_mask"] = canvas * (high - low) + low, mask


def to_edge(x: np.ndarray, y: np.ndarray, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Distance of pixels to an edge by the law of cosines, to an end where the angle is acute."""
    a = (x - float(first[0])) ** 2 + (y - float(first[1])) ** 2
    b = (x - float(second[0])) ** 2 + (y - float(second[1])) ** 2
    c = float(((first - second) ** 2).sum())
    with np.errstate(divide="ignore", invalid="ignore"):
        cosine = (c - a - b) / (2 * np.sqrt(a * b))
        distance = np.sqrt(a * b * np.nan_to_num(1 - cosine**2) / c)
    acute = cosine < 0
    distance[acute] = np.sqrt(np.minimum(a, b))[acute]
    return distance


def shrink_map(sample: Sample, *, ratio: float = 0.4, smallest: float = 8) -> None:
    """``shrink_map`` and ``shrink_mask`` of a page."""
    height, width = sample["image"].shape[:2]
    shrunk = np.zeros((height, width), np.float32)
    mask = np.ones((height, width), np.float32)
    for i, polygon in enumerate(sample["polys"]):
        polygon = np.clip(polygon, 0, [width - 1, height - 1])
        area, perimeter = measure(polygon)
        small = min(np.ptp(polygon[:, 0]), np.ptp(polygon[:, 1])) < smallest or abs(area) < 1
        pieces: list[np.ndarray] = []
        if not small and not sample["ignore_tags"][i]:
            for multiple in np.arange(ratio, 1, ratio):
                pieces = offset(polygon, -abs(area) * (1 - multiple**2) / perimeter)
                if len(pieces) == 1:
                    break
        for piece in pieces:
            cv2.fillPoly(shrunk, [piece], 1.0)
        if not pieces:
            cv2.fillPoly(mask, [polygon.astype(np.int32)], 0.0)
            sample["ignore_tags"][i] = True
    sample["shrink_map"], sample["shrink_mask"] = shrunk, mask


def measure(polygon: np.ndarray) -> tuple[float, float]:
    """(area, perimeter), corner by corner."""
    points = polygon.tolist()
    area = perimeter = 0.0
    for (x, y), (next_x, next_y) in zip(points, points[1:] + points[:1]):
        area += (x * next_y - next_x * y) / 2
        perimeter += math.hypot(next_x - x, next_y - y)
    return area, perimeter


def offset(polygon: np.ndarray, distance: float) -> list[np.ndarray]:
    """Grown or shrunk outlines with round corners."""
    clipper = pyclipper.PyclipperOffset()
    clipper.AddPath(polygon.astype(np.int64).tolist(), pyclipper.JT_ROUND, pyclipper.ET_CLOSEDPOLYGON)
    return [np.array(outline, np.int32) for outline in clipper.Execute(distance)]


def db_boxes(
    probability: np.ndarray, *, thresh: float, box_thresh: float, max_candidates: int, unclip_ratio: float
) -> list[np.ndarray]:
    """Boxes of a probability map [H, W], each float32 [4, 2]."""
    height, width = probability.shape
    bitmap = (probability > thresh).astype(np.uint8)
    contours, _ = cv2.findContours(bitmap, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    boxes = []
    for contour in contours[:max_candidates]:
        box, short = smallest_box(contour)
        if short < 3 or mean_in_box(probability, box) < box_thresh:
            continue
        area, perimeter = measure(box)
        grown = offset(box, abs(area) * unclip_ratio / perimeter)
        box, short = smallest_box(grown[0].reshape(-1, 1, 2))
        if short < 5:
            continue
        box[:, 0] = np.clip(np.round(box[:, 0]), 0, width)
        box[:, 1] = np.clip(np.round(box[:, 1]), 0, height)
        boxes.append(box)
    return boxes


def smallest_box(contour: np.ndarray) -> tuple[np.ndarray, float]:
    """Corners of the smallest rectangle, clockwise from top-left, and its short side."""
    rectangle = cv2.minAreaRect(contour)
    points = sorted(cv2.boxPoints(rectangle).tolist())
    left, right = sorted(points[:2], key=lambda p: p[1]), sorted(points[2:], key=lambda p: p[1])
    return np.array([left[0], right[0], right[1], left[1]], np.float32), min(rectangle[1])


def mean_in_box(probability: np.ndarray, box: np.ndarray) -> float:
    """Mean over the pixels of a box."""
    height, width = probability.shape
    x0, x1 = np.clip([np.floor(box[:, 0].min()), np.ceil(box[:, 0].max())], 0, width - 1).astype(int)
    y0, y1 = np.clip([np.floor(box[:, 1].min()), np.ceil(box[:, 1].max())], 0, height - 1).astype(int)
    mask = np.zeros((y1 - y0 + 1, x1 - x0 + 1), np.uint8)
    cv2.fillPoly(mask, [(box - [x0, y0]).astype(np.int32)], 1)
    return float(cv2.mean(probability[y0 : y1 + 1, x0 : x1 + 1], mask)[0])


def ctc_texts(probs: np.ndarray, characters: list[str]) -> list[tuple[str, float]]:
    """(text, score) of each line of [N, T, K]; ``characters`` has the blank first."""
    best, top = probs.argmax(axis=2), probs.max(axis=2)
    texts = []
    for indices, values in zip(best, top):
        kept, scores = [], []
        for t in range(len(indices)):
            if indices[t] == 0 or (t > 0 and indices[t] == indices[t - 1]):
                continue
            kept.append(characters[int(indices[t])])
            scores.append(values[t])
        texts.append(("".join(kept), float(np.mean(scores)) if scores else 0.0))
    return texts


def rec_aug(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Distort, stretch, perspective, and the six steps that follow, each of these with 0.4."""
    h, w = image.shape[:2]
    image = warp(image, *distorted(w, h, int(rng.integers(3, 7)), rng))
    image = warp(image, *stretched(w, h, int(rng.integers(3, 7)), rng))
    image = warp(image, *pressed(w, h, rng))
    if rng.random() <= 0.4:
        rows = int(rng.integers(1, 9))
        image = image[rows:] if rng.random() < 0.5 else image[:-rows]
    if rng.random() <= 0.4:
        image = cv2.GaussianBlur(image, (5, 5), 1)
    if rng.random() <= 0.4:
        hsv = cv2.cvtColor(image, cv2.COLOR_BGR2HSV)
        hsv[..., 2] = np.clip(hsv[..., 2] * rng.uniform(0.9, 1.1), 0, 255)
        image = cv2.cvtColor(hsv, cv2.COLOR_HSV2BGR)
    if rng.random() <= 0.4:
        source = image.copy()
        for i in range(int(rng.random() * min(h, w) * 0.01)):
            image[i:, i:] = source[: len(source) - i, : w - i]
    if rng.random() <= 0.4:
        image = np.clip(image + rng.normal(0, 8, image.shape), 0, 255).astype(np.uint8)
    return 255 - image if rng.random() <= 0.4 else image


Points = list[list[float]]


def distorted(w: int, h: int, segment: int, rng: np.random.Generator) -> tuple[Points, Points]:
    """Control points before and after: corners go inward, the others about."""
    cut = w // segment
    draw = _drawer(rng, cut // 3)
    half = (cut // 3) / 2
    before: Points = [[0, 0], [w, 0], [w, h], [0, h]]
    after: Points = [[draw(), draw()], [w - draw(), draw()], [w - draw(), h - draw()], [draw(), h - draw()]]
    for i in range(1, segment):
        before += [[cut * i, 0], [cut * i, h]]
        after.append([cut * i + draw() - half, draw() - half])
        after.append([cut * i + draw() - half, h + draw() - half])
    return before, after


def stretched(w: int, h: int, segment: int, rng: np.random.Generator) -> tuple[Points, Points]:
    """Control points before and after: pairs above each other go sideways."""
    cut = w // segment
    draw = _drawer(rng, cut * 4 // 5)
    before: Points = [[0, 0], [w, 0], [w, h], [0, h]]
    after: Points = [[0, 0], [w, 0], [w, h], [0, h]]
    for i in range(1, segment):
        move = draw() - (cut * 4 // 5) / 2
        before += [[cut * i, 0], [cut * i, h]]
        after += [[cut * i + move, 0], [cut * i + move, h]]
    return before, after


def pressed(w: int, h: int, rng: np.random.Generator) -> tuple[Points, Points]:
    """Control points before and after: either side gets shorter."""
    draw = _drawer(rng, h // 2)
    return [[0, 0], [w, 0], [w, h], [0, h]], [[0, draw()], [w, draw()], [w, h - draw()], [0, h - draw()]]


def _drawer(rng: np.random.Generator, high: int) -> Any:
    return lambda: int(rng.integers(high))


def warp(image: np.ndarray, before: Points, after: Points, *, step: int = 100) -> np.ndarray:
    """Moving least squares at every ``step`` px, bilinear between and in the picture."""
    h, w = image.shape[:2]
    columns = [*range(0, w - 1, step), w - 1]
    rows = [*range(0, h - 1, step), h - 1]
    shift = np.zeros((len(rows), len(columns), 2))
    for r, y in enumerate(rows):
        for c, x in enumerate(columns):
            shift[r, c] = moved(np.array([x, y], float), np.array(before, float), np.array(after, float)) - [
                x,
                y,
            ]
    dense = np.zeros((h, w, 2))
    for r in range(len(rows) - 1):
        for c in range(len(columns) - 1):
            y0, y1, x0, x1 = rows[r], rows[r + 1], columns[c], columns[c + 1]
            t = ((np.arange(y0, y1 + 1) - y0) / (y1 - y0))[:, None, None]
            s = ((np.arange(x0, x1 + 1) - x0) / (x1 - x0))[None, :, None]
            upper = shift[r, c] * (1 - s) + shift[r, c + 1] * s
            lower = shift[r + 1, c] * (1 - s) + shift[r + 1, c + 1] * s
            dense[y0 : y1 + 1, x0 : x1 + 1] = upper * (1 - t) + lower * t
    map_x = np.clip(dense[..., 0] + np.arange(w), 0, w - 1)
    map_y = np.clip(dense[..., 1] + np.arange(h)[:, None], 0, h - 1)
    return bilinear(image, map_x, map_y)


def moved(v: np.ndarray, q: np.ndarray, p: np.ndarray) -> np.ndarray:
    """Where the similarity of least squares that takes the points p to q takes v, point by point."""
    squared = ((p - v) ** 2).sum(axis=1)
    if (squared == 0).any():
        return q[squared.argmin()]
    weights = 1 / squared
    p_mean = (weights[:, None] * p).sum(axis=0) / weights.sum()
    q_mean = (weights[:, None] * q).sum(axis=0) / weights.sum()
    mu = (weights * ((p - p_mean) ** 2).sum(axis=1)).sum()
    away = v - p_mean
    result = q_mean.copy()
    for weight, hat, target in zip(weights, p - p_mean, q):
        along = hat[0] * away[0] + hat[1] * away[1]
        across = hat[0] * away[1] - hat[1] * away[0]
        result[0] += weight / mu * (along * target[0] - across * target[1])
        result[1] += weight / mu * (across * target[0] + along * target[1])
    return result


def bilinear(image: np.ndarray, map_x: np.ndarray, map_y: np.ndarray) -> np.ndarray:
    """The picture at fractional positions."""
    h, w = image.shape[:2]
    x0, y0 = np.floor(map_x).astype(int), np.floor(map_y).astype(int)
    x1, y1 = np.minimum(x0 + 1, w - 1), np.minimum(y0 + 1, h - 1)
    s, t = (map_x - x0)[..., None], (map_y - y0)[..., None]
    upper = image[y0, x0] * (1 - s) + image[y0, x1] * s
    lower = image[y1, x0] * (1 - s) + image[y1, x1] * s
    return np.clip(np.round(upper * (1 - t) + lower * t), 0, 255).astype(np.uint8)
