"""What the layouts share: a canvas with texts, body size, margins; the setting of paragraphs and tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from ppocr_lite.synth.canvas import Canvas, Face
from ppocr_lite.synth.cells import CellFont, in_cells
from ppocr_lite.synth.ink import TextStyle
from ppocr_lite.synth.sampling import NoiseTiles, Rng, between, chance
from ppocr_lite.synth.text import TextSource


@dataclass
class Setter:
    """Sets text on ``canvas``: ``em`` body size in pixels, ``margin`` the free border, ``y`` the next row."""

    canvas: Canvas
    texts: TextSource
    tiles: NoiseTiles
    rng: Rng
    mix: Mapping[str, float]
    em: float
    style: TextStyle | None = None
    margin: float = 0.0
    y: float = 0.0

    def __post_init__(self) -> None:
        self.body = self.face(1.0)
        self.margin = self.margin or between(self.rng, 0.03, 0.11) * self.canvas.width
        self.y = self.y or between(self.rng, 0.02, 0.09) * self.canvas.height + self.em
        self.leading = between(self.rng, 1.05, 1.55)

    @property
    def left(self) -> float:
        return self.margin

    @property
    def right(self) -> float:
        return self.canvas.width - self.margin

    @property
    def bottom(self) -> float:
        """The last row for text."""
        return self.canvas.height - 0.4 * self.margin

    def face(self, factor: float) -> Face:
        """Another font of the same kinds, ``factor`` times the body's size."""
        return self.canvas.face(dict(self.mix), self.em * factor)

    def enlarged(self, factor: float) -> Face:
        """The body's own font, ``factor`` times as large."""
        larger = self.canvas.sized(self.body.index, self.body.size * factor)
        if not isinstance(self.body.font, CellFont):
            return larger
        pitch = max(3, round(self.body.font.pitch * larger.size / self.body.size))
        return replace(larger, font=replace(self.body.font, font=larger.font, pitch=pitch))

    def set_in_cells(self) -> None:
        """Give every character of the body's font the same room, as printers of tills do."""
        self.body = replace(self.body, font=in_cells(self.body.font, self.rng, needles=True))

    def prose(self, length: int) -> str:
        return self.texts.prose(self.rng, length)

    def item(self) -> str:
        return self.texts.item(self.rng)

    def line(
        self,
        text: str,
        face: Face | None = None,
        *,
        x: float | None = None,
        align: str = "left",
        colour: np.ndarray | None = None,
        advance: bool = True,
    ) -> float:
        """Set one line at the current row and (``advance``) go to the next; returns where it ends."""
        face = face or self.body
        start = self.left if x is None else x
        end = self.canvas.put(face, text, start, self.y, align=align, style=self.style, colour=colour)
        if advance:
            self.skip(face)
        return end

    def skip(self, face: Face | None = None, factor: float = 1.0) -> None:
        """Go down by ``factor`` lines."""
        self.y += (face or self.body).size * self.leading * factor

    def paragraph(
        self,
        left: float,
        width: float,
        *,
        lines: int,
        face: Face | None = None,
        align: str = "left",
        indent: float = 0.0,
        hang: str = "",
    ) -> None:
        """Set running text of at most ``lines`` lines from the current row on, down to the bottom.

        Args:
            align: ``left``, ``centre`` or ``justify``.
            hang: a mark before the first line, as bullets and numbers stand in lists.
        """
        face = face or self.body
        if width < 4 * face.size:
            return
        words = self.texts.paragraph(self.rng, int(lines * width / (0.45 * face.size)) + 1).split()
        if hang:
            self.canvas.put(face, hang, left, self.y)
            left, width = left + 1.6 * face.size, width - 1.6 * face.size
        wrapped = self.canvas.wrap(face, words, width - indent)[:lines]
        for i, text in enumerate(wrapped):
            if self.y > self.bottom:
                return
            last = i == len(wrapped) - 1
            x = left + (indent if i == 0 else 0)
            spread = width - (x - left) if align == "justify" and not last and not self.style else None
            where = x + (width / 2 if align == "centre" else 0)
            side = "centre" if align == "centre" else "left"
            self.canvas.put(face, text, where, self.y, align=side, width=spread, style=self.style)
            self.skip(face)

    def table(self, left: float, width: float, *, rows: int, columns: Sequence[float], ruled: float) -> None:
        """A table of random cells; ``columns``: shares of the width, ``ruled``: how likely rules are."""
        rng, canvas, face = self.rng, self.canvas, self.body
        pitch = face.size * between(rng, 1.3, 2.2)
        edges = left + width * np.cumsum([0.0, *columns]) / sum(columns)
        numeric = [i > 0 and chance(rng, 0.6) for i in range(len(columns))]
        top = self.y - face.size
        rule_rows, rule_columns, thick = chance(rng, ruled), chance(rng, ruled), int(rng.integers(1, 3))
        heading = self.face(1.0)
        set_rows = 0
        for row in range(rows):
            baseline = top + (row + 0.5) * pitch + 0.35 * face.size
            if top + (row + 1) * pitch > self.bottom:
                break
            if row % 2 and ruled < 0.3:
                canvas.fill(
                    (left, top + row * pitch, left + width, top + (row + 1) * pitch),
                    canvas.paper[0, 0] * 0.93,
                )
            for i, (a, b) in enumerate(pairwise(edges)):
                self._cell(heading if row == 0 else face, (a, b), baseline, number=numeric[i] and row > 0)
            set_rows += 1
        if rule_rows:
            for row in range(set_rows + 1):
                canvas.rule((left, top + row * pitch), (left + width, top + row * pitch), thick=thick)
        if rule_columns and set_rows:
            for edge in edges:
                canvas.rule((edge, top), (edge, top + set_rows * pitch), thick=thick)
        self.y = top + set_rows * pitch + 1.5 * face.size

    def _cell(self, face: Face, span: tuple[float, float], baseline: float, *, number: bool) -> None:
        rng = self.rng
        if chance(rng, 0.1):
            return
        if number:
            text = self.figure()
        else:
            text = self.item() if chance(rng, 0.4) else self.prose(int(between(rng, 4, 24)))
        room = span[1] - span[0] - 0.6 * face.size
        while text and face.font.getlength(text) > room:
            text = text.rpartition(" ")[0]
        if not text:
            return
        if number and chance(rng, 0.85):
            self.canvas.put(face, text, span[1] - 0.3 * face.size, baseline, align="right")
        else:
            self.canvas.put(face, text, span[0] + 0.3 * face.size, baseline)

    def figure(self) -> str:
        """A figure as cells of tables have it."""
        rng = self.rng
        value = 10 ** (rng.random() * 5)
        form = rng.random()
        if form < 0.5:
            return f"{value:,.2f}"
        if form < 0.75:
            return str(int(value))
        return f"{value:.1f}%" if form < 0.85 and value < 100 else f"${value:,.2f}"
