"""Kinds of originals (scan, fax, photograph, screen, ...): which fonts, colours and damages go together.

Damage is scaled by ``xh``, the x-height of the text in pixels, so that small print stays legible.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import cv2
import numpy as np

from ppocr_lite.synth import effects as fx
from ppocr_lite.synth.font_kinds import DEFAULT_MIX
from ppocr_lite.synth.printing import needle_print, thermal_print
from ppocr_lite.synth.sampling import NoiseTiles, Rng, between, chance

_SCREEN_MIX = {"serif": 0.16, "sans": 0.58, "mono": 0.18, "display": 0.06, "handwriting": 0.02}
_SIGN_MIX = {"serif": 0.25, "sans": 0.5, "display": 0.17, "handwriting": 0.04, "mono": 0.04}
_RECEIPT_MIX = {"mono": 0.35, "typewriter": 0.25, "sans": 0.33, "serif": 0.05, "display": 0.02}
_TYPED_MIX = {"typewriter": 0.85, "mono": 0.15}


@dataclass(frozen=True)
class Scene:
    """One kind of original.

    Args:
        name: what it is.
        fonts: share of each kind of font.
        printed: the ink was put on paper (it bleeds, wears and fades).
        paper: (lowest, highest) grey level of the background.
        contrast: (lowest, highest) grey levels between background and ink.
        colour: probability of coloured ink or paper.
        inverse: probability of light text on dark.
        light: deepest unevenness of the light, 0..1.
        blur: largest blur as a share of the x-height.
        noise: strongest noise in grey levels.
        jpeg: (probability, lowest quality).
        low_resolution: probability of a low-resolution original.
    """

    name: str
    fonts: Mapping[str, float] = field(default_factory=lambda: DEFAULT_MIX)
    printed: bool = True
    paper: tuple[float, float] = (205, 255)
    contrast: tuple[float, float] = (110, 250)
    colour: float = 0.1
    inverse: float = 0.02
    light: float = 0.15
    blur: float = 0.10
    noise: float = 7.0
    jpeg: tuple[float, int] = (0.5, 25)
    low_resolution: float = 0.2


CLEAN = Scene(
    "clean",
    printed=False,
    paper=(245, 255),
    contrast=(200, 255),
    light=0,
    blur=0,
    noise=0,
    jpeg=(0, 90),
    low_resolution=0,
)
SCAN = Scene("scan")
OLD = Scene(
    "old print",
    {"serif": 0.8, "sans": 0.1, "typewriter": 0.1},
    paper=(160, 245),
    contrast=(70, 190),
    colour=0.4,
    light=0.3,
    noise=10,
)
BILEVEL = Scene("bilevel", colour=0, noise=0, jpeg=(0.12, 30), blur=0.05)
FAX = Scene("fax", colour=0, noise=0, jpeg=(0.1, 30), blur=0.05)
TYPED = Scene("typed", _TYPED_MIX, paper=(180, 255), contrast=(105, 230), colour=0.15, light=0.2, noise=9)
PHOTO = Scene(
    "photo",
    paper=(110, 245),
    contrast=(65, 220),
    colour=0.5,
    inverse=0.06,
    light=0.55,
    blur=0.13,
    noise=14,
    jpeg=(0.8, 22),
    low_resolution=0.3,
)
RECEIPT = Scene(
    "receipt",
    _RECEIPT_MIX,
    paper=(130, 245),
    contrast=(60, 190),
    colour=0.4,
    light=0.5,
    blur=0.12,
    noise=12,
    jpeg=(0.8, 25),
    low_resolution=0.25,
)
SCREEN = Scene(
    "screen",
    _SCREEN_MIX,
    printed=False,
    paper=(0, 255),
    contrast=(90, 255),
    colour=0.55,
    inverse=0.35,
    light=0,
    blur=0.04,
    noise=2,
    jpeg=(0.4, 35),
    low_resolution=0.15,
)
SIGN = Scene(
    "sign",
    _SIGN_MIX,
    printed=False,
    paper=(0, 255),
    contrast=(80, 230),
    colour=0.85,
    inverse=0.45,
    light=0.4,
    blur=0.11,
    noise=12,
    jpeg=(0.8, 25),
    low_resolution=0.3,
)

SCENE_SHARES = (
    (CLEAN, 0.05), (SCAN, 0.16), (OLD, 0.07), (BILEVEL, 0.11), (FAX, 0.04), (TYPED, 0.06), (PHOTO, 0.14),
    (RECEIPT, 0.18), (SCREEN, 0.11), (SIGN, 0.08),
)  # fmt: skip
"""How often each kind of original is drawn."""


def age_ink(
    mask: np.ndarray, rng: Rng, tiles: NoiseTiles, scene: Scene, *, level: float, xh: float
) -> np.ndarray:
    """Bleed, wear and fade a mask (float32 0..1) as the scene's printer and the years did."""
    if not scene.printed:
        return mask
    worst = scene.name in ("old print", "fax", "typed", "receipt")
    if chance(rng, (0.75 if worst else 0.5) * level):
        room = min(1.0, xh / 12)  # thin strokes of small print do not survive much wear
        shift = between(rng, -0.12 * room, 0.22) * level
        rough = between(rng, 0, 0.24 if worst else 0.16) * level * room if chance(rng, 0.5) else 0.0
        sigma = between(rng, 0.35, 0.5 + 0.06 * xh)
        mask = fx.spread_ink(mask, rng, tiles, sigma=sigma, shift=shift, rough=rough)
    if chance(rng, (0.3 if worst else 0.12) * level):
        mask = fx.hole_ink(mask, rng, tiles, share=between(rng, 0.05, 0.24) * level * min(1.0, xh / 10))
    if chance(rng, (0.4 if worst else 0.2) * level):
        mask = fx.fade_ink(mask, rng, amount=between(rng, 0.1, 0.45) * level)
    return _in_dots(mask, rng, scene, xh) if scene.name in ("receipt", "typed") else mask


def _in_dots(mask: np.ndarray, rng: Rng, scene: Scene, xh: float) -> np.ndarray:
    """What the printers of tills and of old computers do."""
    kind = rng.random()
    if scene.name == "typed":
        return needle_print(mask, rng, pitch=xh / between(rng, 5.5, 9)) if kind < 0.1 and xh > 10 else mask
    if kind < 0.5:
        return thermal_print(mask, rng, pitch=xh / between(rng, 7, 14))
    if kind < 0.65 and xh > 10:
        return needle_print(mask, rng, pitch=xh / between(rng, 5.5, 9))
    return (
        fx.dot_matrix(mask, rng, pitch=between(rng, 2.0, max(2.2, xh / 5))) if kind < 0.8 and xh > 6 else mask
    )


def photometric(
    image: np.ndarray, rng: Rng, tiles: NoiseTiles, scene: Scene, *, level: float, xh: float
) -> np.ndarray:
    """Light, optics, sensor and file: everything that happens to the picture after the ink.

    Args:
        image: float32 0..255, [H, W] or [H, W, 3].
        level: 0 leaves it nearly clean, 1 is the full range of damage.
        xh: x-height of the (smaller) text in pixels.
    """
    if level <= 0 or scene.name == "clean":
        return image
    if scene.printed and chance(rng, 0.6):
        strength = level * (12 if scene.name != "old print" else 30)
        clouds = strength * rng.random() if chance(rng, 0.4) else 0.0
        image = fx.paper_texture(image, rng, tiles, grain=strength * 1.5 * rng.random(), clouds=clouds)
    photographed = scene.name in ("photo", "receipt")
    if (photographed or scene.name == "old print") and chance(rng, 0.2 * level):
        depth = min(60.0, 8 + 2.5 * xh) * level  # small print does not bear hard edges
        image = fx.creases(image, rng, count=int(rng.integers(1, 6)), depth=between(rng, 5, depth))
    if scene.light > 0 and chance(rng, 0.3 + scene.light):
        image = fx.uneven_light(image, rng, depth=scene.light * level * rng.random())
    if photographed and chance(rng, 0.15 * level):
        image = fx.cast_shadow(image, rng, depth=between(rng, 0.1, 0.6) * level)
    if scene.name == "screen" and chance(rng, 0.08 * level):
        image = fx.moire(image, rng, depth=between(rng, 6, 40))
    if chance(rng, 0.04 * level) and xh > 7:
        image = fx.halftone(image, rng, pitch=between(rng, 2.0, max(2.5, xh / 4)), depth=between(rng, 15, 50))
    if scene.low_resolution and chance(rng, scene.low_resolution * level):
        least = min(1.0, 5.6 / max(xh, 1))  # below about 5 pixels of x-height nobody can read
        if least < 0.95:
            image = fx.resample(image, rng, factor=between(rng, max(0.3, least), 0.95))
    if scene.blur > 0 and chance(rng, 0.55 * level + 0.1):
        image = fx.blur(image, rng, sigma=max(0.25, scene.blur * xh * level * rng.random()))
    if scene.noise > 0 and chance(rng, 0.7 * level + 0.1):
        image = fx.sensor_noise(image, rng, tiles, sigma=scene.noise * level * rng.random())
    if scene.name in ("bilevel", "fax"):
        image = _binarize(image, rng, tiles, scene, level=level, xh=xh)
    elif scene.printed and chance(rng, 0.08 * level):
        image = fx.speckle(image, rng, tiles, share=between(rng, 0.0005, 0.006))
    if chance(rng, 0.06 * level):
        image = _sharpen(image, rng)
    likely, worst = scene.jpeg
    if chance(rng, likely * (0.3 + 0.7 * level)):
        least_quality = worst if xh > 8 else worst + 20
        image = fx.jpeg(image, quality=int(95 - (95 - least_quality) * level * rng.random() ** 1.3))
    return image


def _binarize(
    image: np.ndarray, rng: Rng, tiles: NoiseTiles, scene: Scene, *, level: float, xh: float
) -> np.ndarray:
    """The bilevel scanner or fax: threshold, dirt, coarse rows, and often a later change of resolution."""
    dark, light = (float(v) for v in np.percentile(_thinned(image), (0.4, 90)))
    if scene.name == "fax" and chance(rng, 0.7) and xh > 9:
        image = fx.fax_lines(image, rng)
    room = min(1.0, max(0.0, xh - 5) / 9)  # thin strokes at few pixels do not bear a high threshold
    image = fx.bilevel(
        image,
        rng,
        tiles,
        dark=dark,
        light=light,
        shift=between(rng, -0.14 * room, 0.25) * level + 0.06 * (1 - room),
        noise=between(rng, 0, 0.14 * room) * level if chance(rng, 0.6) else 0.0,
    )
    if chance(rng, 0.3 * level):
        image = fx.speckle(image, rng, tiles, share=between(rng, 0.0005, 0.02) * level)
    if chance(rng, 0.15 * level):
        image = fx.speckle(image, rng, tiles, share=between(rng, 0.001, 0.02) * level, dark=False)
    if chance(rng, 0.4):  # the page was later shown or stored at another size
        image = fx.resample(image, rng, factor=between(rng, min(0.95, max(0.4, 6 / max(xh, 1))), 1.0))
    elif chance(rng, 0.2):
        image = fx.blur(image, rng, sigma=between(rng, 0.3, 0.7))
    return image


def _thinned(image: np.ndarray) -> np.ndarray:
    """Every n-th pixel, enough of them for a histogram."""
    step = max(1, int((image.size / 4000) ** 0.5))
    return image[::step, ::step]


def _sharpen(image: np.ndarray, rng: Rng) -> np.ndarray:
    amount = between(rng, 0.4, 1.8)
    return np.clip(image + amount * (image - cv2.GaussianBlur(image, (0, 0), between(rng, 0.8, 1.6))), 0, 255)
