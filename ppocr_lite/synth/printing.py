"""How printers that work in dots leave their ink: thermal heads, needle printers. Masks are float32 0..1."""

import cv2
import numpy as np

from ppocr_lite.synth.sampling import Rng, between, chance


def thermal_print(mask: np.ndarray, rng: Rng, *, pitch: float) -> np.ndarray:
    """A thermal head's print: square dots, dots that never print, bands that came out pale.

    Args:
        pitch: pixels of a dot; below 1.3 the dots cannot be seen and only the rest happens.
    """
    h, w = mask.shape
    if pitch >= 1.3 and chance(rng, 0.7):
        size = (max(2, round(w / pitch)), max(2, round(h / pitch)))
        dots = cv2.resize(mask, size, interpolation=cv2.INTER_AREA)
        dots = np.clip((dots - between(rng, 0.25, 0.4)) * 6, 0, 1)
        mask = cv2.resize(dots, (w, h), interpolation=cv2.INTER_NEAREST)
    strength = _side_slope(rng, w)[None, :] * _bands(rng, h, spacing=between(rng, 6, 60) * pitch)[:, None]
    for _ in range(int(rng.poisson(0.8 * max(0.2, min(1.0, w / (300 * pitch)))))):
        x, wide = int(rng.integers(0, w)), max(1, round(pitch))
        strength[:, x : x + wide] *= between(rng, 0.0, 0.45)  # a dead element: a hairline along the paper
    return mask * strength.astype(np.float32)


def needle_print(mask: np.ndarray, rng: Rng, *, pitch: float) -> np.ndarray:
    """Round dots ``pitch`` pixels apart (2 at least), as needles or drops leave them; some rows pale."""
    h, w = mask.shape
    pitch = max(2.0, pitch)
    size = (max(2, round(w / pitch)), max(2, round(h / pitch)))
    hit = cv2.resize(mask, size, interpolation=cv2.INTER_AREA) > between(rng, 0.28, 0.42)
    spread = cv2.resize(hit.astype(np.float32), (w, h), interpolation=cv2.INTER_NEAREST)
    y = (np.arange(h, dtype=np.float32) + 0.5) * (size[1] / h) % 1 - 0.5
    x = (np.arange(w, dtype=np.float32) + 0.5) * (size[0] / w) % 1 - 0.5
    distance = np.sqrt(y[:, None] ** 2 + x[None, :] ** 2)  # from the middle of the dot, in pitches
    radius, edge = between(rng, 0.38, 0.54), 0.5 / pitch
    dots = spread * np.clip((radius - distance) / edge + 0.5, 0, 1)
    if chance(rng, 0.5):
        dots *= _bands(rng, h, spacing=between(rng, 3, 20) * pitch)[:, None]
    return dots.astype(np.float32)


def _side_slope(rng: Rng, width: int) -> np.ndarray:
    """Strength across the paper where the head lies on unevenly, [W]."""
    if not chance(rng, 0.4):
        return np.ones(width, np.float32)
    x = np.linspace(-1, 1, width, dtype=np.float32)
    return 1 - between(rng, 0.1, 0.6) * np.clip(x if chance(rng, 0.5) else -x, 0, 1)


def _bands(rng: Rng, height: int, *, spacing: float) -> np.ndarray:
    """Strength along the paper, pale in bands, [H]."""
    if not chance(rng, 0.45):
        return np.ones(height, np.float32)
    knots = max(2, int(height / max(2.0, spacing)) + 2)
    pale = np.clip(rng.random(knots, dtype=np.float32) - 0.4, 0, None) * between(rng, 0.3, 0.95)
    return 1 - np.interp(np.linspace(0, knots - 1, height), np.arange(knots), pale).astype(np.float32)
