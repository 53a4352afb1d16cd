"""Renders one line of text as a detector would cut it from a scan, a photograph or a screen."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from ppocr_lite.charset import COLUMN_END
from ppocr_lite.synth import cells, no_text
from ppocr_lite.synth import effects as fx
from ppocr_lite.synth.colours import Colours, background, choose_colours, lay_ink
from ppocr_lite.synth.fonts import FontLibrary
from ppocr_lite.synth.icons import draw_icon
from ppocr_lite.synth.ink import Ink, TextStyle, draw_text
from ppocr_lite.synth.marks import mark_line
from ppocr_lite.synth.patches import patched
from ppocr_lite.synth.sampling import Rng, Weighted, between, chance, shared_tiles
from ppocr_lite.synth.scenes import SCENE_SHARES, Scene, age_ink, photometric
from ppocr_lite.synth.strokes import draw_neighbours, draw_rules, outline
from ppocr_lite.synth.text import TextSource, single_spaced, without_last_word

# Font sizes (pixels to the em) at the resolution of the original: small print, body text, headings.
_SIZES = Weighted([((9.5, 15.0), 0.27), ((15.0, 24.0), 0.33), ((24.0, 38.0), 0.27), ((38.0, 72.0), 0.13)])
_MAX_AREA = 70_000  # pixels of a drawn line; longer lines are drawn smaller, for speed

_IN_CELLS = {"receipt": 0.55, "typed": 0.12, "screen": 0.06, "bilevel": 0.05, "fax": 0.1, "sign": 0.04}
"""How often a kind of original is printed in cells."""
_TILL_LINES = 0.55  # of the receipts' lines; the others say anything
_TECHNICAL_LINES = 0.12  # of the lines on screens, likewise
_PATCHED = {"screen": 0.12, "clean": 0.08, "photo": 0.05, "sign": 0.04}
"""How often a part of a line stands on another ground; 0.03 for all others."""
_WITH_ICON = {"screen": 0.1, "clean": 0.04}
"""How often an icon is cut out with the line; 0.01 for all others."""

_RESIZES = (cv2.INTER_LINEAR, cv2.INTER_LINEAR, cv2.INTER_AREA, cv2.INTER_CUBIC)
_LADDER = (16, 20, 24, 28, 32, 40)  # sizes drawn before shrinking; few, so that loaded fonts are used again


@dataclass(frozen=True)
class LineSample:
    """A rendered line: ``image`` uint8 BGR [H, W, 3], its ``text``, the scene's and the font's name.

    Text and font are empty where there is nothing to read.
    """

    image: np.ndarray
    text: str
    scene: str
    font: str

    @property
    def ratio(self) -> float:
        """Width over height."""
        return self.image.shape[1] / self.image.shape[0]


class LineRenderer:
    """Draws random lines of text.

    Args:
        fonts: where glyphs come from.
        texts: where strings come from.
        height: height of the images in pixels; None keeps each line's own.
        level: 0 clean .. 1 the full range of damage.
        max_ratio: widest image, width over height; longer strings lose words at their end.
        scenes: pairs (Scene, share); ``scenes.SCENE_SHARES`` by default.
        empty: share of crops without text among those that ``render`` chooses the string of, so that a
            recognizer learns to read nothing there (``CTCLabelEncode.keep_empty``).
    """

    def __init__(
        self,
        fonts: FontLibrary,
        texts: TextSource,
        *,
        height: int | None = 32,
        level: float = 1.0,
        max_ratio: float = 40.0,
        scenes: Sequence[tuple[Scene, float]] = SCENE_SHARES,
        empty: float = 0.0,
    ) -> None:
        self.fonts = fonts
        self.texts = texts
        self.height = height
        self.level = float(level)
        self.max_ratio = max_ratio
        self.empty = float(empty)
        self.tiles = shared_tiles()
        self._scene = Weighted(scenes)
        self._clean = scenes[0][0]
        self._gap = COLUMN_END if COLUMN_END in texts.charset else " "

    def render(self, rng: Rng, text: str | None = None, *, index: int | None = None) -> LineSample:
        """One line; ``text`` is drawn if given, else a string of the text source (see TextSource.sample)."""
        scene = self._scene(rng)
        if text is None and self.empty and chance(rng, self.empty):
            return self._without_text(rng, scene)
        text, font_index = self._choose(rng, scene, text, index)
        info = self.fonts.fonts[font_index]
        ink, em, scale = self._draw(rng, scene, text, font_index)
        while len(text) > 1 and (ink.right - ink.left) / (1.2 * em * scale) > self.max_ratio:
            shorter = text[: int(len(text) * 0.8)]
            text = without_last_word(shorter).strip() or shorter.strip()
            ink, em, scale = self._draw(rng, scene, text, font_index)
        mask = self._cut(rng, ink, em, scale)
        image = self._picture(rng, scene, mask, xh=0.48 * em)
        return LineSample(self._finish(rng, image), self._gap.join(ink.texts), scene.name, info.path)

    def _without_text(self, rng: Rng, scene: Scene) -> LineSample:
        """A crop as a detector cuts it where it is mistaken."""
        if chance(rng, 0.6):
            scene = no_text.SCENERY(rng)
            image, box = no_text.scenery(rng, self.fonts, self.texts, self.tiles)
        else:
            colours = choose_colours(rng, scene, level=self.level)
            image, box = no_text.mark(rng, self.fonts, self.tiles, scene, colours)
        top, bottom, left, right = box
        image = _tilt(rng, image, box) if chance(rng, 0.45) else image[top:bottom, left:right]
        image = photometric(image, rng, self.tiles, scene, level=self.level, xh=0.45 * (bottom - top))
        return LineSample(self._finish(rng, image), "", scene.name, "")

    def _choose(self, rng: Rng, scene: Scene, text: str | None, index: int | None) -> tuple[str, int]:
        """The string and a font that has its glyphs; without such a font the string loses characters."""
        if text is None:
            till = scene.name == "receipt" and chance(rng, _TILL_LINES)
            technical = scene.name == "screen" and chance(rng, _TECHNICAL_LINES)
            text = self.texts.sample(rng, index, till=till, technical=technical)
        font = self.fonts.sample(rng, text.replace(COLUMN_END, ""), mix=scene.fonts)
        if font is not None:
            return text, font
        font = self.fonts.nearest(text)
        drawable = "".join(c for c in text if self.fonts.has_glyphs(font, c))
        return single_spaced(drawable) or "0", font

    def _draw(self, rng: Rng, scene: Scene, text: str, font_index: int) -> tuple[Ink, float, float]:
        """Draw at ``scale`` times the original's size; returns (ink, em of the original in pixels, scale)."""
        em = between(rng, *_SIZES(rng))
        if scene.name in ("bilevel", "fax", "typed"):
            em = max(em, 13.0)
        em = min(em, max(12.0, (_MAX_AREA / max(8, len(text)) / 0.8) ** 0.5))
        scale = 1.0
        if scene.printed and em < _LADDER[-1] / 1.2 and chance(rng, 0.65):
            # Drawn larger and shrunk, as ink on paper meets a scanner's grid anywhere; hinting suits screens.
            wanted = em * between(rng, 1.2, 2.2)
            size = min(_LADDER, key=lambda step: abs(step - wanted))
            scale = max(1.0, size / em)
        size = _round_size(em * scale)
        font = self.fonts.load(font_index, size)
        info = self.fonts.fonts[font_index]
        if info.kind in cells.KINDS and chance(rng, _IN_CELLS.get(scene.name, 0.0)):
            font = cells.in_cells(font, rng, needles=scene.printed)
        icon = chance(rng, _WITH_ICON.get(scene.name, 0.01))
        ink = draw_text(
            font,
            text,
            rng,
            style=_style(rng, scene, size),
            pad=int(size * (2.25 if icon else 0.75)) + 2,
            ligatures=chance(rng, 0.5) and info.kind == "serif" and info.ligatures,
        )
        if icon:
            ink = _with_icon(rng, ink, size)
        if scene.printed and chance(rng, 0.45):
            draw_neighbours(ink.mask, ink, rng)
        if chance(rng, 0.2):
            draw_rules(ink.mask, ink, rng)
        return ink, size / scale, scale

    def _cut(self, rng: Rng, ink: Ink, em: float, scale: float) -> np.ndarray:
        """Cut the line as a detector would, and bring it to the original's size; float32 0..1 [h, w]."""
        top, bottom, left, right = _crop_box(rng, ink, em * scale)
        mask = ink.mask
        if chance(rng, 0.45):
            mask = _tilt(rng, mask, (top, bottom, left, right))
        else:
            mask = mask[top:bottom, left:right]
        # Condensed and wide type, and pixels that are not square (fax, 200 by 100 dpi).
        stretch = between(rng, 0.78, 1.3) if chance(rng, 0.25) else 1.0
        if scale > 1.001 or stretch != 1.0:
            size = (max(3, round(mask.shape[1] * stretch / scale)), max(6, round(mask.shape[0] / scale)))
            kind = cv2.INTER_AREA if scale > 1.001 else cv2.INTER_LINEAR
            mask = cv2.resize(mask, size, interpolation=kind)
        image = mask.astype(np.float32) * np.float32(1 / 255)
        if chance(rng, 0.05) and image.shape[1] > 4 * image.shape[0]:
            image = fx.curve_rows(image, rng, height=between(rng, 0.02, 0.07) * image.shape[0])
        return image

    def _picture(self, rng: Rng, scene: Scene, mask: np.ndarray, *, xh: float) -> np.ndarray:
        """From the mask to the damaged picture; float32 0..255, [h, w] or [h, w, 3]."""
        level = self.level
        if chance(rng, 0.35 * (1 - level)):
            scene = self._clean
        colours = choose_colours(rng, scene, level=level)
        mask = age_ink(mask, rng, self.tiles, scene, level=level, xh=xh)
        photo = 0.0
        if scene.name == "sign" or (scene.name == "photo" and chance(rng, 0.08)):
            contrast = abs(float(colours.paper.mean()) - float(colours.ink.mean()))
            photo = between(rng, 0.2, 0.75) * contrast * level
        image = background(rng, self.tiles, colours, *mask.shape, photo=photo)
        if scene.name == "sign" and chance(rng, 0.35):
            image = outline(image, mask, colours, rng, xh=xh)
        if scene.printed and chance(rng, 0.07 * level):
            image = fx.show_through(
                image, rng, mask, strength=between(rng, 8, 40), sigma=between(rng, 0.6, 1.6)
            )
        image = _lay(rng, scene, image, mask, colours)
        if chance(rng, _PATCHED.get(scene.name, 0.03) * level):
            image = patched(rng, image, mask, scene, colours)
        if scene.printed and chance(rng, (0.28 if scene.name == "receipt" else 0.035) * level):
            image = mark_line(image, rng)
        return photometric(image, rng, self.tiles, scene, level=level, xh=xh)

    def _finish(self, rng: Rng, image: np.ndarray) -> np.ndarray:
        """uint8 BGR at the wanted height, resized as the recognizer's own transform would."""
        image = np.clip(image + 0.5, 0, 255).astype(np.uint8)
        if self.height is not None and image.shape[0] != self.height:
            width = max(4, round(image.shape[1] * self.height / image.shape[0]))
            kind = _RESIZES[int(rng.random() * 4)]
            image = cv2.resize(image, (width, self.height), interpolation=kind)
        return cv2.cvtColor(image, cv2.COLOR_GRAY2BGR) if image.ndim == 2 else image


def _round_size(size: float) -> int:
    """A font size in pixels; large ones in steps, so that loaded fonts are used again."""
    step = 1 if size < 24 else 2 if size < 40 else 4
    return max(8, round(size / step) * step)


def _style(rng: Rng, scene: Scene, size: int) -> TextStyle:
    if scene.name == "typed":
        uneven = between(rng, 0, 0.45) if chance(rng, 0.5) else 0.0
        return TextStyle(jitter=between(rng, 0, 0.04) * size if chance(rng, 0.6) else 0.0, uneven=uneven)
    gap = 0.0
    if chance(rng, 0.11):
        gap = size * (between(rng, -0.045, 0) if chance(rng, 0.4) else between(rng, 0, 0.22) * rng.random())
    word_gap = between(rng, 0.75, 2.2) if chance(rng, 0.4) else 1.0
    return TextStyle(letter_gap=gap, word_gap=word_gap, wide_gap_chance=0.15 if chance(rng, 0.05) else 0.0)


def _with_icon(rng: Rng, ink: Ink, size: int) -> Ink:
    """An icon before the line, more rarely behind it, without a label; the line then reaches over it."""
    side = between(rng, 0.65, 1.15) * size
    gap = between(rng, 0.25, 0.8) * size
    before = chance(rng, 0.8)
    left = ink.left - gap - side if before else ink.right + gap
    middle = ink.baseline - between(rng, 0.25, 0.42) * size
    strength = 255 if chance(rng, 0.6) else int(between(rng, 90, 255))
    draw_icon(rng, ink.mask, left, middle - side / 2, side, strength=strength)
    if before:
        return replace(ink, left=max(0, round(left)))
    return replace(ink, right=min(ink.mask.shape[1] - 1, round(left + side)))


def _crop_box(rng: Rng, ink: Ink, em: float) -> tuple[int, int, int, int]:
    """(top, bottom, left, right) of a detector's box: near the ink, sometimes loose, sometimes cutting it."""
    band = ink.mask[ink.ascender - int(0.1 * em) : ink.descender + 1]
    rows = np.flatnonzero(cv2.reduce(band[:, ink.left : ink.right + 1], 1, cv2.REDUCE_MAX) > 60)
    first = ink.ascender - int(0.1 * em)
    ink_top, ink_bottom = (
        (first + rows[0], first + rows[-1] + 1) if len(rows) else (ink.ascender, ink.baseline)
    )
    # Boxes hug the ink, or span the full line from capitals to descenders even where a word has none.
    full_top, full_bottom = ink.baseline - 0.72 * em, ink.baseline + 0.2 * em
    lean = rng.random() if chance(rng, 0.6) else 0.0
    top = ink_top + lean * min(0.0, full_top - ink_top)
    bottom = ink_bottom + lean * max(0.0, full_bottom - ink_bottom)
    low, high = (-0.05, 0.16) if chance(rng, 0.55) else (0.0, 0.34)
    top -= between(rng, low, high) * em
    bottom += between(rng, low, high) * em
    if chance(rng, 0.12):  # along the foot of the line; commas and descenders lose their tails
        bottom = min(bottom, ink.baseline + between(rng, 0.03, 0.16) * em)
    sides = (-0.04, 0.25) if chance(rng, 0.7) else (0.0, 0.7)
    left = ink.left - between(rng, *sides) * em
    right = ink.right + between(rng, *sides) * em
    h, w = ink.mask.shape
    top_px, left_px = max(0, round(top)), max(0, round(left))
    return top_px, min(h, max(round(bottom), top_px + 4)), left_px, min(w, max(round(right), left_px + 3))


def _tilt(rng: Rng, image: np.ndarray, box: tuple[int, int, int, int]) -> np.ndarray:
    """Cut ``box`` (top, bottom, left, right) with corners that are a little off: rotation, slant."""
    top, bottom, left, right = box
    h, w = bottom - top, right - left
    corners = np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float32)
    corners += (rng.random((4, 2), dtype=np.float32) - 0.5) * (0.14 * h, 0.09 * h)
    rise = (
        between(rng, -0.06, 0.06) * h
        if chance(rng, 0.5)
        else np.tan(between(rng, -0.03, 0.03)) * min(w, 4 * h)
    )
    corners[1:3, 1] += rise / 2
    corners[[0, 3], 1] -= rise / 2
    if chance(rng, 0.25):
        corners[:2, 0] += between(rng, -0.2, 0.2) * h  # slant
    target = np.array([[0, 0], [w, 0], [w, h], [0, h]], np.float32)
    matrix = cv2.getPerspectiveTransform(corners.astype(np.float32), target)
    return cv2.warpPerspective(image, matrix, (w, h), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def _lay(rng: Rng, scene: Scene, image: np.ndarray, mask: np.ndarray, colours: Colours) -> np.ndarray:
    if scene.name == "screen" and chance(rng, 0.25):
        return lay_ink(image, fx.subpixel(mask), colours.ink)
    return lay_ink(image, mask, colours.ink)
