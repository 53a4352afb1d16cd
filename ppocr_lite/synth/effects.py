"""Damage that prints, scanners, cameras and files do: each effect is one function.

Images are float32 in 0..255, [H, W] or [H, W, 3]; ink masks are float32 in 0..1, [H, W].
"""

import cv2
import numpy as np

from ppocr_lite.synth.sampling import NoiseTiles, Rng, between, chance, smooth_field


def spread_ink(
    mask: np.ndarray, rng: Rng, tiles: NoiseTiles, *, sigma: float, shift: float, rough: float
) -> np.ndarray:
    """Ink that bled (``shift`` > 0) or wore thin (< 0), edges ``rough`` from 0 (smooth) to 0.5 (eaten)."""
    soft = cv2.GaussianBlur(mask, (0, 0), sigma)
    # Hairlines blur to less than half ink and would vanish; real print avoids that by its weight.
    core = soft[mask > 0.6]
    if core.size:
        soft *= min(2.5, max(1.0, 0.8 / max(0.2, float(core.mean()))))
    if rough > 0:
        soft = soft + rough * cv2.GaussianBlur(tiles.cut(rng, tiles.white, *mask.shape), (0, 0), 0.7)
    gain = 2.5 / (0.6 + sigma)
    return np.clip((soft - 0.5 + shift) * gain + 0.5, 0, 1)


def hole_ink(mask: np.ndarray, rng: Rng, tiles: NoiseTiles, *, share: float) -> np.ndarray:
    """Knock spots out of the ink: about ``share`` of its area, in grains of a pixel or two."""
    grain = tiles.cut(rng, tiles.grain, *mask.shape)
    return mask * (np.clip((grain - share) * 12, 0, 1) if share > 0 else 1)


def fade_ink(mask: np.ndarray, rng: Rng, *, amount: float) -> np.ndarray:
    """Ink that pales by up to ``amount`` (0..1) from place to place."""
    return mask * (1 - amount * smooth_field(rng, *mask.shape, rows=2, columns=5))


def dot_matrix(mask: np.ndarray, rng: Rng, *, pitch: float) -> np.ndarray:
    """Ink printed as dots ``pitch`` pixels apart: thermal and dot-matrix printers."""
    h, w = mask.shape
    y = (np.arange(h, dtype=np.float32) + rng.random() * pitch) * (2 * np.pi / pitch)
    x = (np.arange(w, dtype=np.float32) + rng.random() * pitch) * (2 * np.pi / pitch)
    depth = between(rng, 0.25, 0.6)
    dots = 1 - depth * (0.5 - 0.25 * (np.cos(y)[:, None] + np.cos(x)[None, :]))
    return mask * dots.astype(np.float32)


def halftone(image: np.ndarray, rng: Rng, *, pitch: float, depth: float) -> np.ndarray:
    """Printing dots ``pitch`` pixels apart, turned by 45 degrees, ``depth`` grey levels deep."""
    h, w = image.shape[:2]
    y = np.arange(h, dtype=np.float32)[:, None] * (np.pi / pitch)
    x = np.arange(w, dtype=np.float32)[None, :] * (np.pi / pitch)
    phase = 6.28 * rng.random()
    screen = (depth / 2) * (np.cos(x + y + phase) + np.cos(x - y))
    return image + (screen if image.ndim == 2 else screen[:, :, None])


def paper_texture(
    image: np.ndarray, rng: Rng, tiles: NoiseTiles, *, grain: float, clouds: float
) -> np.ndarray:
    """Add paper grain and slow blotches, in grey levels."""
    h, w = image.shape[:2]
    field = np.zeros((h, w), np.float32)
    if grain > 0:
        field += (tiles.cut(rng, tiles.grain, h, w) - 0.5) * grain
    if clouds > 0:
        field += (tiles.cut(rng, tiles.clouds, h, w) - 0.7) * clouds
    return image + (field if image.ndim == 2 else field[:, :, None])


def uneven_light(image: np.ndarray, rng: Rng, *, depth: float) -> np.ndarray:
    """Darken parts by up to ``depth`` (0..1): a slope of light, sometimes the edge of a shadow."""
    h, w = image.shape[:2]
    field = smooth_field(rng, h, w, rows=2, columns=3)
    if chance(rng, 0.3):
        angle, place = between(rng, -0.8, 0.8), between(rng, 0.1, 0.9) * w
        x = np.arange(w, dtype=np.float32)[None, :] + np.tan(angle) * np.arange(h, dtype=np.float32)[:, None]
        edge = 1 / (1 + np.exp(-np.clip((x - place) / between(rng, 1, 0.1 * w + 2), -30, 30)))
        field = 0.4 * field + 0.6 * (edge if chance(rng, 0.5) else 1 - edge)
    factor = (1 - depth * field).astype(np.float32)
    return image * (factor if image.ndim == 2 else factor[:, :, None])


def blur(image: np.ndarray, rng: Rng, *, sigma: float) -> np.ndarray:
    """Out of focus by ``sigma`` pixels: gaussian, a disc, or a streak of motion."""
    kind = rng.random()
    if kind < 0.6:
        return cv2.GaussianBlur(image, (0, 0), sigma)
    size = max(3, int(sigma * 3.4) | 1)
    kernel = np.zeros((size, size), np.float32)
    middle = size // 2
    if kind < 0.8:
        cv2.circle(kernel, (middle, middle), middle, 1.0, -1)
    else:
        angle = between(rng, 0, np.pi)
        reach = np.array((np.cos(angle), np.sin(angle))) * middle
        a, b = np.round(middle - reach).astype(int), np.round(middle + reach).astype(int)
        cv2.line(kernel, (int(a[0]), int(a[1])), (int(b[0]), int(b[1])), 1.0, 1)
    return cv2.filter2D(image, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REPLICATE)


def sensor_noise(image: np.ndarray, rng: Rng, tiles: NoiseTiles, *, sigma: float) -> np.ndarray:
    """Noise of ``sigma`` grey levels: even, stronger in the light (photon), smoothed, or coloured."""
    h, w = image.shape[:2]
    noise = tiles.cut(rng, tiles.white, h, w)
    kind = rng.random()
    if kind < 0.25:
        noise = cv2.GaussianBlur(noise, (0, 0), between(rng, 0.5, 1.1)) * 1.8
    elif kind < 0.5:
        level = image if image.ndim == 2 else image[:, :, 1]
        noise = noise * np.sqrt(np.clip(level, 8, 255) / 128)
    if image.ndim == 2:
        return image + sigma * noise
    if kind > 0.75:
        colour = np.stack([tiles.cut(rng, tiles.white, h, w) for _ in range(3)], axis=2)
        return image + sigma * (0.6 * noise[:, :, None] + 0.6 * colour)
    return image + sigma * noise[:, :, None]


def speckle(image: np.ndarray, rng: Rng, tiles: NoiseTiles, *, share: float, dark: bool = True) -> np.ndarray:
    """Dirt: about ``share`` of the pixels become black (or white), single or in small clots."""
    h, w = image.shape[:2]
    field = tiles.cut(rng, tiles.uniform if chance(rng, 0.5) else tiles.grain, h, w)
    hit = field < share * (1 if field.mean() < 0.505 else 0.5)
    image = image.copy()
    image[hit] = between(rng, 0, 60) if dark else between(rng, 200, 255)
    return image


def jpeg(image: np.ndarray, *, quality: int) -> np.ndarray:
    """The image after JPEG of ``quality`` 1..100."""
    coded = np.clip(image, 0, 255).astype(np.uint8)
    _, data = cv2.imencode(".jpg", coded, [cv2.IMWRITE_JPEG_QUALITY, quality])
    mode = cv2.IMREAD_GRAYSCALE if image.ndim == 2 else cv2.IMREAD_COLOR
    return np.asarray(cv2.imdecode(data, mode), np.float32)


def resample(image: np.ndarray, rng: Rng, *, factor: float) -> np.ndarray:
    """Shrink by ``factor`` < 1 and enlarge back: a low-resolution original."""
    h, w = image.shape[:2]
    small = (max(2, round(w * factor)), max(2, round(h * factor)))
    down = (cv2.INTER_AREA, cv2.INTER_AREA, cv2.INTER_LINEAR)[int(rng.random() * 3)]
    up = (cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_LINEAR)[int(rng.random() * 3)]
    return cv2.resize(cv2.resize(image, small, interpolation=down), (w, h), interpolation=up)


def bilevel(
    image: np.ndarray, rng: Rng, tiles: NoiseTiles, *, dark: float, light: float, shift: float, noise: float
) -> np.ndarray:
    """Black and white only, as a scanner's threshold gives; [H, W].

    Args:
        dark, light: grey levels of ink and paper.
        shift: where between them the threshold lies, against the middle (-0.5..0.5); > 0 makes letters bold.
        noise: noise before the threshold as a share of the contrast.
    """
    grey = image if image.ndim == 2 else cv2.cvtColor(np.clip(image, 0, 255), cv2.COLOR_BGR2GRAY)
    if noise > 0:
        grey = grey + (light - dark) * noise * tiles.cut(rng, tiles.white, *grey.shape)
    threshold = dark + (light - dark) * (0.5 + shift)
    return np.where(grey > threshold, 255, 0).astype(np.float32)


def fax_lines(image: np.ndarray, rng: Rng) -> np.ndarray:
    """Coarse rows of a fax: half the vertical resolution, some rows repeated or lost."""
    h, w = image.shape[:2]
    step = between(rng, 1.2, 2.0)
    rows = (np.floor(np.arange(h) / step) * step).astype(int)
    if chance(rng, 0.3) and h > 12:
        rows[int(rng.integers(0, h)) :] += 1
    image = image[np.clip(rows, 0, h - 1)]
    if chance(rng, 0.15):
        row = int(rng.integers(0, h))
        image = image.copy()
        image[row : row + 1, : int(w * rng.random())] = 0 if chance(rng, 0.5) else 255
    return image


def show_through(
    image: np.ndarray, rng: Rng, other: np.ndarray, *, strength: float, sigma: float
) -> np.ndarray:
    """Darken by ``strength`` grey levels where the mirrored mask ``other`` (0..1) of the back has ink."""
    h, w = image.shape[:2]
    ghost = cv2.GaussianBlur(other[:, ::-1], (0, 0), sigma)
    shifts = (int(rng.integers(-h // 2, h // 2 + 1)), int(rng.integers(0, w)))
    ghost = np.roll(ghost, shifts, axis=(0, 1)) * strength
    return image - (ghost if image.ndim == 2 else ghost[:, :, None])


def subpixel(mask: np.ndarray) -> np.ndarray:
    """Coverage of the three stripes of a screen pixel, [H, W, 3], from a mask: colour fringes at edges."""
    third = np.array([[0.33, 0.34, 0.33]], np.float32)
    middle = cv2.filter2D(mask, -1, third)
    left = cv2.filter2D(mask, -1, np.array([[0.6, 0.4, 0.0]], np.float32))
    right = cv2.filter2D(mask, -1, np.array([[0.0, 0.4, 0.6]], np.float32))
    return np.dstack((left, middle, right))


def curve_rows(image: np.ndarray, rng: Rng, *, height: float) -> np.ndarray:
    """Bend the rows into an arc or a wave of ``height`` pixels, as on a curled page."""
    h, w = image.shape[:2]
    x, y = np.meshgrid(np.arange(w, dtype=np.float32), np.arange(h, dtype=np.float32))
    waves, phase = between(rng, 0.3, 1.2), between(rng, 0, 6.28)
    offset = height * np.sin(x[0] / w * 6.28 * waves + phase)
    offset -= offset.mean()
    return cv2.remap(image, x, y + offset[None, :], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def creases(image: np.ndarray, rng: Rng, *, count: int, depth: float) -> np.ndarray:
    """Folds of the paper: straight edges, one side brighter and one darker by up to ``depth`` grey levels."""
    h, w = image.shape[:2]
    field = np.zeros((h, w), np.float32)
    for _ in range(count):
        # Mostly along the sides, as letters and receipts are folded; else crumpled.
        angle = between(rng, -0.06, 0.06) + (np.pi / 2 if chance(rng, 0.5) else 0.0)
        angle = between(rng, 0, np.pi) if chance(rng, 0.35) else angle
        sine, cosine = np.float32(np.sin(angle)), np.float32(np.cos(angle))
        place = between(rng, 0, w) * sine + between(rng, 0, h) * cosine
        x, y = np.arange(w, dtype=np.float32), np.arange(h, dtype=np.float32)
        distance = (y * cosine)[:, None] + (x * sine - np.float32(place))[None, :]
        reach = np.float32(between(rng, 0.02, 0.2) * min(h, w) + 1)
        slope = distance / reach
        field += np.float32(between(rng, -depth, depth)) * slope / (1 + slope * slope)
    return image + (field if image.ndim == 2 else field[:, :, None])


def moire(image: np.ndarray, rng: Rng, *, depth: float) -> np.ndarray:
    """Slow stripes ``depth`` grey levels deep where a camera's grid meets that of a screen."""
    h, w = image.shape[:2]
    pattern = np.zeros((h, w), np.float32)
    for _ in range(2):
        period, angle = between(rng, 3, 24), between(rng, 0, 6.28)
        y = np.arange(h, dtype=np.float32) * np.float32(6.28 / period * np.sin(angle))
        x = np.arange(w, dtype=np.float32) * np.float32(6.28 / period * np.cos(angle))
        # The cosine of a sum from those of its parts: four vectors instead of one plane of cosines.
        pattern += np.outer(np.cos(y), np.cos(x)) - np.outer(np.sin(y), np.sin(x))
    pattern *= np.float32(depth / 4)
    return image + (pattern if image.ndim == 2 else pattern[:, :, None])


def cast_shadow(image: np.ndarray, rng: Rng, *, depth: float) -> np.ndarray:
    """The shadow of a hand, an arm or a telephone: a soft shape from one side, up to ``depth`` (0..1)."""
    h, w = image.shape[:2]
    small = np.zeros((48, 48), np.float32)
    side = int(rng.integers(4))
    for _ in range(int(rng.integers(1, 4))):
        along, reach = between(rng, 4, 44), between(rng, 10, 40)
        end = (along + between(rng, -14, 14), reach)
        points = [(along, -8.0), end] if side < 2 else [(-8.0, along), (reach, end[0])]
        start, stop = (tuple(round(v) if side % 2 == 0 else 47 - round(v) for v in p) for p in points)
        cv2.line(small, start, stop, 1.0, int(rng.integers(4, 16)))
    small = cv2.GaussianBlur(small, (0, 0), between(rng, 0.6, 5))
    factor = 1 - depth * cv2.resize(small, (w, h), interpolation=cv2.INTER_LINEAR)
    return image * (factor if image.ndim == 2 else factor[:, :, None])
