"""Colours of ink and background that keep text legible."""

from dataclasses import dataclass

import numpy as np

from ppocr_lite.synth.sampling import NoiseTiles, Rng, between, chance
from ppocr_lite.synth.scenes import Scene

_LUMA = np.array((0.114, 0.587, 0.299), np.float32)  # of blue, green, red


@dataclass(frozen=True)
class Colours:
    """``paper`` and ``ink`` as float32 BGR [3] in 0..255; ``grey`` when neither has a hue."""

    paper: np.ndarray
    ink: np.ndarray
    grey: bool


def choose_colours(rng: Rng, scene: Scene, *, level: float) -> Colours:
    """Background and ink of ``scene``; faint contrasts come with a high ``level``."""
    paper = between(rng, *scene.paper)
    if scene.paper[0] < 100:  # screens and signs: mostly the ends of the scale
        paper = between(rng, 200, 255) if chance(rng, 0.65) else paper
    low, high = scene.contrast
    low = high - (high - low) * (0.3 + 0.7 * level)
    contrast = high - (high - low) * rng.random() ** 1.6
    inverse = chance(rng, scene.inverse)
    if inverse:
        paper = 255 - paper if paper > 127 else paper
        ink = paper + max(contrast, 60)
        if ink > 255:
            paper, ink = max(0.0, paper - (ink - 255)), 255.0
    else:
        ink = paper - contrast
        if ink < 0:
            paper, ink = min(255.0, paper - ink), 0.0
    if not chance(rng, scene.colour):
        return Colours(np.full(3, paper, np.float32), np.full(3, ink, np.float32), grey=True)
    vivid = 0.9 if not scene.printed else 0.22
    paper_bgr = tint(rng, paper, amount=vivid * rng.random() if chance(rng, 0.8) else 0.0)
    ink_bgr = tint(rng, ink, amount=rng.random() if chance(rng, 0.5) else 0.1)
    return Colours(paper_bgr, ink_bgr, grey=False)


def tint(rng: Rng, luma: float, *, amount: float) -> np.ndarray:
    """A colour of brightness ``luma`` (0..255), its random hue ``amount`` (0..1) strong; BGR float32 [3]."""
    hue = rng.random(3).astype(np.float32) - 0.5
    hue -= float(hue @ _LUMA)
    room = min(luma, 255 - luma) + 25
    return np.clip(luma + hue * (2.2 * amount * room), 0, 255)


def background(
    rng: Rng, tiles: NoiseTiles, colours: Colours, height: int, width: int, *, photo: float
) -> np.ndarray:
    """The paper, float32 [H, W] or [H, W, 3]; ``photo``: grey levels of a photograph mixed in."""
    if colours.grey and photo <= 0:
        return np.full((height, width), float(colours.paper[0]), np.float32)
    image = np.empty((height, width, 3), np.float32)
    image[:] = colours.paper
    if photo > 0:
        pattern = tiles.cut(rng, tiles.photo, height, width) - 0.5
        other = tiles.cut(rng, tiles.clouds, height, width) - 0.5
        image += photo * (pattern[:, :, None] * tint(rng, 128, amount=0.5) / 128)
        image += 0.5 * photo * (other[:, :, None] * tint(rng, 128, amount=1.0) / 128)
    return image


def lay_ink(image: np.ndarray, mask: np.ndarray, ink: np.ndarray) -> np.ndarray:
    """``image`` with ``ink`` (BGR [3]) where ``mask`` (0..1, [H, W] or per channel [H, W, 3]) has it."""
    if image.ndim == 2 and mask.ndim == 2:
        return image + mask * (float(ink[1]) - image)
    if image.ndim == 2:
        image = np.dstack((image, image, image))
    if mask.ndim == 2:
        mask = mask[:, :, None]
    return image + mask * (ink - image)
