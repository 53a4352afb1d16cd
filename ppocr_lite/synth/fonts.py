"""The fonts that text is drawn with: found in folders, checked glyph by glyph, drawn by weight."""

import logging
from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ppocr_lite.charset import COLUMN_END
from ppocr_lite.errors import DataError
from ppocr_lite.synth import font_kinds
from ppocr_lite.synth.font_scan import FontInfo, open_font, scan_fonts

logger = logging.getLogger(__name__)

DEFAULT_FONT_DIRS = ("/usr/share/fonts", "/usr/share/texmf/fonts/opentype")
"""Where Debian's font packages put their files."""


class FontLibrary:
    """Fonts below ``folders`` that can draw characters of ``charset``.

    Left out: files that are no fonts, fonts whose character map lacks basic Latin letters, symbol fonts, and
    fonts that draw boxes. A font that draws capitals for small letters serves texts without small letters.
    A glyph counts only if the character map has it and it has ink that differs from the "missing" box.

    Args:
        folders: folders (searched below) or single font files.
        charset: the characters that texts may hold; a tab needs no glyph.
        kinds: keep only these kinds (font_kinds.KINDS); all by default.
        cache_size: loaded (font, size) pairs kept in memory.
        cache_file: JSON file that keeps what was found, for a quicker start; written if fonts were examined.

    Picklable: workers receive the list of fonts and open the files themselves.

    Raises:
        DataError: a folder does not exist, or holds no usable font.
    """

    def __init__(
        self,
        folders: Iterable[str | Path],
        charset: Sequence[str],
        *,
        kinds: Sequence[str] | None = None,
        cache_size: int = 800,
        cache_file: str | Path | None = None,
    ) -> None:
        self.charset = "".join(c for c in charset if c != COLUMN_END)
        self._column = {c: i for i, c in enumerate(self.charset)}
        self._cache_size = cache_size
        self._cache: OrderedDict[tuple[int, int], Any] = OrderedDict()
        paths = [Path(f) for f in folders]
        scanned = scan_fonts(paths, self.charset, cache_file=cache_file)
        found = [font for font in scanned if kinds is None or font.info.kind in kinds]
        if not found:
            names = ", ".join(map(str, paths))
            raise DataError(
                f"{names}: no usable font here. Install Debian's fonts-liberation, or name other folders."
            )
        self.fonts: tuple[FontInfo, ...] = tuple(font.info for font in found)
        self._coverage = np.stack([font.coverage for font in found])  # [fonts, characters]
        self._weights = _share_among_families(self.fonts, np.array([font.weight for font in found]))
        self._mixes: dict[tuple[tuple[str, float], ...], np.ndarray] = {}
        self.missing = "".join(
            c for c, ok in zip(self.charset, np.asarray(self._coverage.any(axis=0))) if not ok
        )
        if self.missing:
            logger.warning("No font has a glyph for %s: these characters will not be drawn.", self.missing)
        logger.info("%d usable fonts of %d families.", len(self.fonts), len({f.family for f in self.fonts}))

    def __len__(self) -> int:
        return len(self.fonts)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_cache": OrderedDict()}

    def has_glyphs(self, index: int, text: str) -> bool:
        """Whether font ``index`` draws every character of ``text``; tabs, between columns, are not drawn."""
        row = self._coverage[index]
        return all(c in self._column and row[self._column[c]] for c in set(text) if c != COLUMN_END)

    def sample(
        self, rng: np.random.Generator, text: str, *, mix: Mapping[str, float] | None = None
    ) -> int | None:
        """Index of a font that has all glyphs of ``text``, or None if there is none.

        Args:
            mix: share of each kind (``font_kinds.DEFAULT_MIX`` by default).
        """
        share = self._cumulative(mix or font_kinds.DEFAULT_MIX)
        for _ in range(12):
            index = int(np.searchsorted(share, rng.random() * share[-1], side="right"))
            if self.has_glyphs(index, text):
                return index
        columns = [self._column[c] for c in set(text) if c in self._column]
        if len(columns) < len(set(text)):
            return None
        weights = np.diff(share, prepend=0.0)
        for usable in (
            weights * self._coverage[:, columns].all(axis=1),
            self._coverage[:, columns].all(axis=1),
        ):
            if usable.sum() > 0:
                total = np.cumsum(usable, dtype=np.float64)
                return int(np.searchsorted(total, rng.random() * total[-1], side="right"))
        return None

    def nearest(self, text: str) -> int:
        """Index of the font to use when none has all of ``text``: it has the rarest one, and most others."""
        columns = [self._column[c] for c in set(text) if c in self._column and c not in self.missing]
        if not columns:
            return 0
        covered = self._coverage[:, columns]
        rarest = int(np.argmin(covered.sum(axis=0)))
        return int(np.argmax(covered.sum(axis=1) * covered[:, rarest]))

    def load(self, index: int, size: int) -> Any:
        """The FreeType font ``index`` at ``size`` pixels to the em; the last used ones stay loaded."""
        key = (index, size)
        if key in self._cache:
            self._cache.move_to_end(key)
            return self._cache[key]
        font = open_font(self.fonts[index].path, size)
        self._cache[key] = font
        if len(self._cache) > self._cache_size:
            self._cache.popitem(last=False)
        return font

    def _cumulative(self, mix: Mapping[str, float]) -> np.ndarray:
        key = tuple(sorted(mix.items()))
        if key not in self._mixes:
            weights = self._weights.copy()
            for kind in font_kinds.KINDS:
                members = np.array([f.kind == kind for f in self.fonts])
                total = weights[members].sum()
                weights[members] *= mix.get(kind, 0.0) / total if total > 0 else 0.0
            if weights.sum() <= 0:  # the folders have no font of the kinds asked for
                weights = self._weights
            self._mixes[key] = np.cumsum(weights)
        return self._mixes[key]


def _share_among_families(fonts: Sequence[FontInfo], weights: np.ndarray) -> np.ndarray:
    """Divide each family's weight among its styles, so that a family of 30 styles counts as one."""
    totals: dict[str, float] = defaultdict(float)
    largest: dict[str, float] = defaultdict(float)
    for font, weight in zip(fonts, weights):
        totals[font.family] += float(weight)
        largest[font.family] = max(largest[font.family], float(weight))
    return np.array([w / totals[f.family] * largest[f.family] for f, w in zip(fonts, weights)])
