"""Renders whole pages and scenes with the quads and the text of their lines."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from ppocr_lite.synth import distractors, layouts, scene_layouts, street
from ppocr_lite.synth import effects as fx
from ppocr_lite.synth import scenes as kinds
from ppocr_lite.synth.canvas import Canvas
from ppocr_lite.synth.colours import Colours, background, choose_colours, lay_ink
from ppocr_lite.synth.fonts import FontLibrary
from ppocr_lite.synth.ink import TextStyle
from ppocr_lite.synth.marks import annotate
from ppocr_lite.synth.patches import highlight
from ppocr_lite.synth.placing import place
from ppocr_lite.synth.sampling import Rng, Weighted, between, chance, shared_tiles
from ppocr_lite.synth.scenes import Scene, age_ink, photometric
from ppocr_lite.synth.setter import Setter
from ppocr_lite.synth.text import TextSource

_PAPER = Weighted(
    [
        (kinds.CLEAN, 0.05), (kinds.SCAN, 0.35), (kinds.OLD, 0.12), (kinds.BILEVEL, 0.2), (kinds.FAX, 0.05),
        (kinds.TYPED, 0.06), (kinds.PHOTO, 0.17),
    ]
)  # fmt: skip
_LETTER = Weighted(
    [(kinds.TYPED, 0.3), (kinds.SCAN, 0.3), (kinds.BILEVEL, 0.2), (kinds.FAX, 0.1), (kinds.PHOTO, 0.1)]
)
_RECEIPT = Weighted([(kinds.RECEIPT, 0.8), (kinds.SCAN, 0.1), (kinds.BILEVEL, 0.1)])
_SCREEN = Weighted([(kinds.SCREEN, 0.9), (kinds.CLEAN, 0.1)])
_SIGN = Weighted([(kinds.SIGN, 1.0)])
_ANY = Weighted(list(kinds.SCENE_SHARES))

_LEAST_HEIGHT = 5.5  # pixels of a line's box; smaller print is marked as illegible


@dataclass(frozen=True)
class Layout:
    """One kind of page: ``fill`` sets it, in one of ``scenes``.

    ``aspect`` is height over width, ``columns`` the characters of body text across the page: (least, most).
    """

    name: str
    fill: Callable[[Setter], None]
    scenes: Weighted[Scene]
    aspect: tuple[float, float]
    columns: tuple[float, float]


LAYOUTS: tuple[tuple[Layout, float], ...] = (
    (Layout("letter", layouts.letter, _LETTER, (0.7, 1.45), (45, 95)), 0.13),
    (Layout("article", layouts.article, _PAPER, (0.7, 1.5), (40, 120)), 0.16),
    (Layout("form", layouts.form, _PAPER, (0.6, 1.45), (45, 105)), 0.18),
    (Layout("receipt", layouts.receipt, _RECEIPT, (1.2, 2.6), (22, 44)), 0.16),
    (Layout("title page", layouts.title_page, _PAPER, (0.7, 1.5), (25, 70)), 0.05),
    (Layout("dense", layouts.dense, _PAPER, (0.5, 1.5), (60, 130)), 0.06),
    (Layout("screen", scene_layouts.screen, _SCREEN, (0.5, 1.2), (45, 120)), 0.12),
    (Layout("slide", scene_layouts.slide, _SCREEN, (0.55, 0.8), (30, 60)), 0.04),
    (Layout("sign", scene_layouts.sign, _SIGN, (0.6, 1.4), (18, 45)), 0.08),
    (Layout("street", street.street, _SIGN, (0.55, 1.4), (45, 130)), 0.16),
    (Layout("scattered", scene_layouts.scattered, _ANY, (0.6, 1.4), (35, 90)), 0.08),
)
"""Kinds of pages and how often each is drawn."""


@dataclass(frozen=True)
class PageSample:
    """A rendered page.

    ``image`` uint8 BGR [H, W, 3]; ``quads`` float32 [n, 4, 2] in pixels, clockwise from the corner where the
    text's top left is; ``texts``: one string for each quad, "###" where a line is cut by the image's edge or
    too small to read.
    """

    image: np.ndarray
    quads: np.ndarray
    texts: list[str]
    layout: str
    scene: str


class PageRenderer:
    """Draws random pages.

    Args:
        fonts, texts: where glyphs and strings come from.
        level: 0 clean .. 1 the full range of damage.
        side: (least, most) pixels of the longer side.
        turned: probability of a page turned by 90, 180 or 270 degrees.
        min_em: smallest body text in pixels to the em.
        kinds: pairs (Layout, share); LAYOUTS by default.
    """

    def __init__(
        self,
        fonts: FontLibrary,
        texts: TextSource,
        *,
        level: float = 1.0,
        side: tuple[int, int] = (640, 1280),
        turned: float = 0.02,
        min_em: float = 9.5,
        kinds: Sequence[tuple[Layout, float]] = LAYOUTS,
    ) -> None:
        self.fonts = fonts
        self.texts = texts
        self.level = float(level)
        self.side = side
        self.turned = turned
        self.min_em = min_em
        self.tiles = shared_tiles()
        self._layout = Weighted(kinds)

    def render(self, rng: Rng) -> PageSample:
        """One page with at least one line of text."""
        while True:
            layout = self._layout(rng)
            scene = layout.scenes(rng)
            colours = choose_colours(rng, scene, level=self.level)
            canvas = self._set(rng, layout, scene, colours)
            if canvas.boxes:
                break
        xh = 0.48 * canvas.smallest
        image = self._ink(rng, scene, canvas, colours, xh)
        on_desk = scene.name in ("receipt", "photo") and chance(
            rng, 0.75 if layout.name == "receipt" else 0.3
        )
        photographed = scene.name in ("receipt", "photo", "sign")
        image, quads, seen = place(
            image, canvas.quads(), rng, self.tiles, level=self.level, desk=on_desk, photographed=photographed
        )
        image = photometric(image, rng, self.tiles, scene, level=self.level, xh=xh)
        if scene.name in ("scan", "bilevel", "fax", "old print") and chance(rng, 0.15 * self.level):
            image = distractors.dark_edges(image, rng, self.tiles)
        legible = (seen > 0.75) & (_heights(quads) >= _LEAST_HEIGHT)
        texts = [t if ok else "###" for t, ok in zip(canvas.texts, legible)]
        kept = seen > 0.08
        quads, texts = quads[kept], [t for t, k in zip(texts, kept) if k]
        image, quads = self._turn(rng, image, quads)
        return PageSample(_to_bgr(image), quads, texts, layout.name, scene.name)

    def _set(self, rng: Rng, layout: Layout, scene: Scene, colours: Colours) -> Canvas:
        """Choose the size and set the page's text and pictures."""
        longer, aspect = between(rng, *self.side), between(rng, *layout.aspect)
        width = longer / max(1.0, aspect)
        height = width * aspect
        em = width * 0.88 / (between(rng, *layout.columns) * 0.47)
        em = min(max(em, self.min_em), 60.0)
        photo = 0.0
        if scene.name == "sign":
            photo = between(rng, 0.3, 0.8) * abs(float(colours.paper.mean() - colours.ink.mean()))
        paper = background(rng, self.tiles, colours, round(height), round(width), photo=photo)
        if paper.ndim == 2:
            paper = np.dstack((paper, paper, paper))
        canvas = Canvas(round(height), round(width), self.fonts, rng, paper)
        style = None
        if scene.name == "typed" and chance(rng, 0.6):
            style = TextStyle(jitter=between(rng, 0, 0.035) * em, uneven=between(rng, 0, 0.4))
        layout.fill(Setter(canvas, self.texts, self.tiles, rng, scene.fonts, em, style))
        if scene.name in ("screen", "clean") and chance(rng, 0.5 * self.level):
            highlight(canvas, scene, colours)
        if layout.name not in ("dense", "street"):
            distractors.scatter(canvas, self.tiles, amount=0.8)
        if scene.printed and chance(rng, (0.25 if layout.name == "receipt" else 0.07) * self.level):
            annotate(canvas)
        return canvas

    def _ink(self, rng: Rng, scene: Scene, canvas: Canvas, colours: Colours, xh: float) -> np.ndarray:
        """Lay the ink on the paper; float32 [H, W] when nothing has a hue, else [H, W, 3]."""
        image = canvas.paper
        if colours.grey and all(layer.colour is None for layer in canvas.layers) and _is_grey(image):
            image = np.ascontiguousarray(image[:, :, 0])
        if scene.printed and chance(rng, 0.12 * self.level):
            back = canvas.layers[0].mask.astype(np.float32) / 255
            strength, sigma = between(rng, 6, 35), between(rng, 0.7, 1.8)
            image = fx.show_through(image, rng, back, strength=strength, sigma=sigma)
        for layer in canvas.layers:
            mask = age_ink(
                layer.mask.astype(np.float32) / 255, rng, self.tiles, scene, level=self.level, xh=xh
            )
            if scene.name == "screen" and layer.colour is None and chance(rng, 0.25):
                mask = fx.subpixel(mask)
            image = lay_ink(image, mask, colours.ink if layer.colour is None else layer.colour)
        return image

    def _turn(self, rng: Rng, image: np.ndarray, quads: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        if not chance(rng, self.turned):
            return image, quads
        quarter = int(rng.integers(1, 4))
        for _ in range(quarter):  # each turns by 90 degrees to the left
            width = image.shape[1]
            image = cv2.rotate(image, cv2.ROTATE_90_COUNTERCLOCKWISE)
            quads = np.stack((quads[:, :, 1], width - quads[:, :, 0]), axis=2)
        return image, quads


def _heights(quads: np.ndarray) -> np.ndarray:
    """Mean length of the left and right sides in pixels, [n]."""
    left, right = quads[:, 3] - quads[:, 0], quads[:, 2] - quads[:, 1]
    return (np.hypot(left[:, 0], left[:, 1]) + np.hypot(right[:, 0], right[:, 1])) / 2


def _is_grey(image: np.ndarray) -> bool:
    sample = image[::7, ::7]
    return bool((sample[:, :, 0] == sample[:, :, 1]).all() and (sample[:, :, 1] == sample[:, :, 2]).all())


def _to_bgr(image: np.ndarray) -> np.ndarray:
    image = np.clip(image + 0.5, 0, 255).astype(np.uint8)
    return cv2.cvtColor(image, cv2.COLOR_GRAY2BGR) if image.ndim == 2 else image
