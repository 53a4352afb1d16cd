"""A page being set: text lines with their boxes, rules, panels, pictures."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np

from ppocr_lite.synth.fonts import FontLibrary
from ppocr_lite.synth.ink import Ink, TextStyle, draw_text
from ppocr_lite.synth.sampling import Rng

Box = tuple[float, float, float, float]
"""left, top, right, bottom in pixels."""

_SPLIT_GAP = 1.0  # a gap wider than this many em begins a new box: about 2.5 spaces


@dataclass(frozen=True)
class Face:
    """A font at a size: ``index`` in the library, ``size`` in pixels to the em, the loaded ``font``."""

    index: int
    size: int
    font: Any

    @property
    def pitch(self) -> float:
        """Usual distance of baselines in pixels."""
        return 1.2 * self.size


@dataclass
class Layer:
    """Ink of one colour (float32 BGR [3]; None takes the page's own) as a mask uint8 [H, W]."""

    mask: np.ndarray
    colour: np.ndarray | None = None


@dataclass
class Canvas:
    """A page of ``height`` x ``width`` pixels with ink layers and the boxes of its lines.

    ``paper`` is drawn on first (pictures, panels), then layer by layer the ink. ``boxes`` and ``texts`` are
    the ground truth, one entry for each line or each part between wide gaps; ``slanted`` has the corners of
    those that are no upright rectangles, by their number.
    """

    height: int
    width: int
    fonts: FontLibrary
    rng: Rng
    paper: np.ndarray
    layers: list[Layer] = field(default_factory=list)
    boxes: list[Box] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    smallest: float = 1e9
    slanted: dict[int, np.ndarray] = field(default_factory=dict)

    def face(self, kind_shares: dict[str, float], size: float, *, sample: str = "Hamburg 0123,.") -> Face:
        """A font of the given kinds that draws ``sample``, at ``size`` pixels."""
        index = self.fonts.sample(self.rng, sample, mix=kind_shares)
        return self.sized(0 if index is None else index, size)

    def sized(self, index: int, size: float) -> Face:
        """Font ``index`` at ``size`` pixels."""
        pixels = max(7, round(size))
        return Face(index, pixels, self.fonts.load(index, pixels))

    def drawable(self, face: Face, text: str) -> str:
        """``text`` without the characters that the font lacks."""
        if self.fonts.has_glyphs(face.index, text):
            return text
        return " ".join("".join(c for c in text if self.fonts.has_glyphs(face.index, c)).split())

    def layer(self, colour: np.ndarray | None = None) -> Layer:
        """The layer of a colour; None is the page's ink. A new colour makes a new layer."""
        for layer in self.layers:
            if layer.colour is colour:
                return layer
        self.layers.append(Layer(np.zeros((self.height, self.width), np.uint8), colour))
        return self.layers[-1]

    def put(
        self,
        face: Face,
        text: str,
        x: float,
        baseline: float,
        *,
        align: str = "left",
        width: float | None = None,
        style: TextStyle | None = None,
        colour: np.ndarray | None = None,
        layer: Layer | None = None,
    ) -> float:
        """Set one line with its ``baseline`` at that row; returns the x where it ends.

        Args:
            align: ``left`` of x, ``right`` of x or ``centre`` on x.
            width: spread the words to this width (justified), as far as spaces may stretch.
            style: spacing; not with ``width``.
        """
        text = self.drawable(face, text)
        if not text.strip():
            return x
        if width is not None:
            style = self._justify(face, text, width)
        ink = draw_text(face.font, text, self.rng, style=style, pad=3)
        advance = ink.right - ink.left
        x -= {"left": 0.0, "right": advance, "centre": advance / 2}[align]
        dx, dy = round(x) - ink.left, round(baseline) - ink.baseline
        if (
            dx + ink.left < 0
            or dx + ink.right > self.width
            or dy + ink.baseline > self.height
            or baseline < 8
        ):
            return x + advance  # off the page: neither drawn nor labelled
        _paste(ink.mask, (layer or self.layer(colour)).mask, dx, dy)
        for (left, right), run in zip(ink.runs, ink.texts):
            box = _ink_box(ink, face, left, right)
            if box is not None and run.strip():
                self.boxes.append((box[0] + dx, box[1] + dy, box[2] + dx, box[3] + dy))
                self.texts.append(run.strip())
        self.smallest = min(self.smallest, float(face.size))
        return x + advance

    def add_quad(self, quad: np.ndarray, text: str) -> None:
        """Label a line that is drawn already: its corners float32 [4, 2], clockwise from its top left."""
        self.slanted[len(self.boxes)] = quad
        left, top, right, bottom = (float(v) for v in (*quad.min(axis=0), *quad.max(axis=0)))
        self.boxes.append((left, top, right, bottom))
        self.texts.append(text)

    def quads(self) -> np.ndarray:
        """The corners of all lines, float32 [n, 4, 2]."""
        boxes = np.array(self.boxes, np.float32).reshape(-1, 4)
        quads = boxes[:, [0, 1, 2, 1, 2, 3, 0, 3]].reshape(-1, 4, 2)
        for number, quad in self.slanted.items():
            quads[number] = quad
        return quads

    def rule(
        self, start: tuple[float, float], end: tuple[float, float], *, thick: int = 1, dash: float = 0
    ) -> None:
        """A straight line, dashed when ``dash`` (pixels) is given."""
        mask = self.layer().mask
        a, b = np.array(start), np.array(end)
        length = float(np.hypot(*(b - a)))
        count = int(length / (2 * dash)) if dash else 1
        for i in range(max(1, count)):
            first = a + (b - a) * (i / max(1, count))
            last = first + (b - a) / max(1, count) * (0.55 if dash else 1.0)
            cv2.line(mask, _point(first), _point(last), 255, thick)

    def frame(self, box: Box, *, thick: int = 1) -> None:
        """The outline of a rectangle."""
        cv2.rectangle(self.layer().mask, _point(box[:2]), _point(box[2:]), 255, thick)

    def fill(self, box: Box, colour: np.ndarray) -> None:
        """Fill a rectangle of the paper with a colour (BGR [3])."""
        left, top, right, bottom = (round(v) for v in box)
        self.paper[max(0, top) : max(0, bottom), max(0, left) : max(0, right)] = colour

    def paste(self, image: np.ndarray, left: float, top: float) -> None:
        """Lay a picture, float32 [h, w, 3], on the paper; what reaches over the edge is cut off."""
        x, y = max(0, round(left)), max(0, round(top))
        part = image[: max(0, self.height - y), : max(0, self.width - x)]
        self.paper[y : y + part.shape[0], x : x + part.shape[1]] = part

    def free(self, box: Box) -> bool:
        """Whether ``box`` lies on the page and touches no box of a line."""
        left, top, right, bottom = box
        if left < 0 or top < 0 or right >= self.width or bottom >= self.height:
            return False
        return not any(left < b[2] and b[0] < right and top < b[3] and b[1] < bottom for b in self.boxes)

    def wrap(self, face: Face, words: Sequence[str], width: float) -> list[str]:
        """Break words into lines of at most ``width`` pixels."""
        space = face.font.getlength(" ")
        lines: list[str] = []
        current: list[str] = []
        used = 0.0
        for word in words:
            length = face.font.getlength(word)
            if current and used + space + length > width:
                lines.append(" ".join(current))
                current, used = [], 0.0
            if length > width:
                continue  # a word wider than the column is left out
            used += length + (space if current else 0)
            current.append(word)
        return [*lines, " ".join(current)] if current else lines

    def _justify(self, face: Face, text: str, width: float) -> TextStyle | None:
        gaps = text.count(" ")
        if not gaps:
            return None
        space = max(1.0, face.font.getlength(" "))
        needed = (width - face.font.getlength(text)) / gaps + space
        return (
            TextStyle(word_gap=needed / space)
            if 0.7 * space <= needed < 0.85 * _SPLIT_GAP * face.size
            else None
        )


def _point(point: Sequence[float] | np.ndarray) -> tuple[int, int]:
    return round(float(point[0])), round(float(point[1]))


def _paste(source: np.ndarray, target: np.ndarray, dx: int, dy: int) -> None:
    """Draw ``source`` into ``target`` with its corner at (dx, dy), the darker ink winning."""
    h, w = target.shape
    top, left = max(0, dy), max(0, dx)
    bottom, right = min(h, dy + source.shape[0]), min(w, dx + source.shape[1])
    if bottom > top and right > left:
        view = target[top:bottom, left:right]
        np.maximum(view, source[top - dy : bottom - dy, left - dx : right - dx], out=view)


def _ink_box(ink: Ink, face: Face, left: int, right: int) -> Box | None:
    """The box of the ink between two columns, at least as high as small letters; None without ink."""
    margin = 2
    part = ink.mask[:, max(0, left - margin) : right + margin] > 70
    rows, columns = np.flatnonzero(part.any(axis=1)), np.flatnonzero(part.any(axis=0))
    if len(rows) == 0:
        return None
    x = max(0, left - margin)
    # A dash or a dot alone would give a box too flat to find or to cut.
    top = min(float(rows[0]), ink.baseline - 0.45 * face.size)
    bottom = max(float(rows[-1] + 1), float(ink.baseline))
    return x + float(columns[0]) - 1, top - 1, x + float(columns[-1]) + 2, bottom + 1
