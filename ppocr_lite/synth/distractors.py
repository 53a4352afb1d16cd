"""What pages hold beside text, unlabelled: pictures, barcodes, logos, stamps, signatures, dark edges."""

import cv2
import numpy as np

from ppocr_lite.synth.canvas import Box, Canvas
from ppocr_lite.synth.colours import tint
from ppocr_lite.synth.sampling import NoiseTiles, Rng, between, chance


def picture(canvas: Canvas, box: Box, tiles: NoiseTiles) -> None:
    """A photograph-like or line-art picture."""
    rng = canvas.rng
    w, h = int(box[2] - box[0]), int(box[3] - box[1])
    if w < 8 or h < 8:
        return
    tile = tiles.cut(rng, tiles.photo if chance(rng, 0.75) else tiles.clouds, h, w)
    low, high = between(rng, 0, 90), between(rng, 140, 255)
    grey = low + (high - low) * tile
    image: np.ndarray = np.dstack((grey, grey, grey)).astype(np.float32)
    if chance(rng, 0.5):
        image = image * (tint(rng, 128, amount=0.8) / 128)
    canvas.paste(np.clip(image, 0, 255), box[0], box[1])
    if chance(rng, 0.5):
        canvas.frame(box, thick=int(rng.integers(1, 4)))


def chart(canvas: Canvas, box: Box) -> None:
    """Axes with curves or bars."""
    rng = canvas.rng
    left, top, right, bottom = box
    canvas.rule((left, bottom), (right, bottom))
    canvas.rule((left, top), (left, bottom))
    count = int(rng.integers(4, 16))
    xs = np.linspace(left + 4, right - 4, count)
    ys = bottom - (bottom - top) * rng.random(count) * 0.9
    if chance(rng, 0.5):
        for x, y in zip(xs, ys):
            half = (right - left) / count * 0.3
            cv2.rectangle(canvas.layer().mask, (int(x - half), int(y)), (int(x + half), int(bottom)), 170, -1)
    else:
        points = np.stack((xs, ys), axis=1).astype(np.int32)
        cv2.polylines(canvas.layer().mask, [points], False, 255, int(rng.integers(1, 3)), cv2.LINE_AA)


def barcode(canvas: Canvas, box: Box) -> None:
    """Upright bars of random widths, or a square of random modules."""
    rng = canvas.rng
    left, top, right, bottom = (int(v) for v in box)
    mask = canvas.layer().mask
    if chance(rng, 0.65):
        x = left
        while x < right:
            bar, gap = (int(v) for v in rng.integers(1, 5, 2))
            mask[top:bottom, x : min(right, x + bar)] = 255
            x += bar + gap
    else:
        side = min(right - left, bottom - top)
        modules = (rng.random((21, 21)) < 0.5).astype(np.uint8) * 255
        if side >= 21:
            code = cv2.resize(modules, (side, side), interpolation=cv2.INTER_NEAREST)
            target = mask[top : top + side, left : left + side]
            np.maximum(target, code[: target.shape[0], : target.shape[1]], out=target)


def logo(canvas: Canvas, box: Box, *, rings: bool = True) -> None:
    """A few shapes in one colour; without ``rings`` none that is a letter O or a bullet for itself."""
    rng = canvas.rng
    colour = None if chance(rng, 0.5) else tint(rng, between(rng, 40, 140), amount=1.0)
    mask = canvas.layer(colour).mask
    left, top, right, bottom = (int(v) for v in box)
    size = max(6, min(right - left, bottom - top))
    centre = (left + size // 2, top + size // 2)
    kind = rng.random() if rings else between(rng, 0.4, 1.0)
    if kind < 0.4:
        cv2.circle(mask, centre, size // 2, 255, -1 if chance(rng, 0.5) else max(1, size // 10))
        cv2.circle(mask, centre, size // 4, 0 if chance(rng, 0.5) else 255, -1)
    elif kind < 0.7:
        points = np.array(centre) + rng.integers(-size // 2, size // 2 + 1, (5, 2))
        cv2.fillConvexPoly(mask, cv2.convexHull(points.astype(np.int32)), 255)
    else:
        cv2.rectangle(mask, (left, top), (left + size, top + size), 255, -1)
        cv2.ellipse(mask, centre, (size // 3, size // 6), rng.random() * 180, 0, 360, 0, -1)


def stamp(canvas: Canvas) -> None:
    """A round or square office stamp, pale, over whatever is there."""
    rng = canvas.rng
    layer = canvas.layer(tint(rng, between(rng, 90, 150), amount=0.9))
    size = int(between(rng, 0.05, 0.12) * min(canvas.width, canvas.height)) + 6
    x, y = int(rng.integers(0, canvas.width)), int(rng.integers(0, canvas.height))
    strength = int(between(rng, 60, 170))
    for shrink in (1.0, 0.92, 0.6):
        if chance(rng, 0.7):
            cv2.ellipse(
                layer.mask,
                (x, y),
                (int(size * shrink), int(size * shrink)),
                0,
                0,
                360,
                strength,
                2,
                cv2.LINE_AA,
            )
    for _ in range(3):
        angle = rng.random() * 6.28
        end = (int(x + size * np.cos(angle)), int(y + size * np.sin(angle)))
        cv2.line(layer.mask, (x, y), end, strength, 2, cv2.LINE_AA)


def signature(canvas: Canvas, box: Box) -> None:
    """A scribble of pen strokes."""
    rng = canvas.rng
    colour = None if chance(rng, 0.5) else np.array((between(rng, 90, 190), 50.0, 30.0), np.float32)
    count = int(rng.integers(12, 40))
    xs = np.linspace(box[0], box[2], count) + rng.normal(0, 0.05 * (box[2] - box[0]), count)
    ys = (box[1] + box[3]) / 2 + rng.normal(0, 0.3 * (box[3] - box[1]), count)
    dense = np.linspace(0, count - 1, count * 6)
    points = np.stack(
        (np.interp(dense, np.arange(count), xs), np.interp(dense, np.arange(count), ys)), axis=1
    )
    points = cv2.blur(points.astype(np.float32), (1, 7)).astype(np.int32)
    cv2.polylines(canvas.layer(colour).mask, [points], False, 230, int(rng.integers(1, 3)), cv2.LINE_AA)


def dark_edges(image: np.ndarray, rng: Rng, tiles: NoiseTiles) -> np.ndarray:
    """Black bands at the image's edges, as a scanner's open lid or a book's fold leaves them."""
    h, w = image.shape[:2]
    factor = np.ones((h, w), np.float32)
    for side in range(4):
        if chance(rng, 0.35):
            length = w if side < 2 else h
            depth = between(rng, 0.003, 0.025) * (h if side < 2 else w)
            edge = depth * (0.5 + tiles.cut(rng, tiles.clouds, 1, length)[0])
            across = np.arange(h if side < 2 else w, dtype=np.float32)
            if side % 2:
                across = across[::-1]
            band = 1 / (
                1 + np.exp(-np.clip((across[:, None] - edge[None, :]) / between(rng, 0.4, 3), -30, 30))
            )
            factor *= band if side < 2 else band.T
    return image * (factor if image.ndim == 2 else factor[:, :, None])


def scatter(canvas: Canvas, tiles: NoiseTiles, *, amount: float) -> None:
    """Put a few distractors where there is no text."""
    rng = canvas.rng
    for _ in range(int(rng.poisson(1.2 * amount))):
        w, h = (between(rng, 0.05, 0.25) * v for v in (canvas.width, canvas.height))
        left, top = between(rng, 0, canvas.width - w), between(rng, 0, canvas.height - h)
        box = (left, top, left + w, top + h)
        if not canvas.free((left - 4, top - 4, left + w + 4, top + h + 4)):
            continue
        kind = rng.random()
        if kind < 0.35:
            picture(canvas, box, tiles)
        elif kind < 0.5:
            barcode(canvas, box)
        elif kind < 0.65:
            logo(canvas, box)
        elif kind < 0.8:
            signature(canvas, box)
        else:
            chart(canvas, box)
    if chance(rng, 0.12 * amount):
        stamp(canvas)
