"""The fonts that text is drawn with: found in folders, checked glyph by glyph, drawn by weight."""

import itertools
import logging
from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ppocr_lite.errors import DataError, MissingDependency
from ppocr_lite.synth import font_kinds
from ppocr_lite.synth.sfnt import FontTables, read_tables

logger = logging.getLogger(__name__)

DEFAULT_FONT_DIRS = ("/usr/share/fonts", "/usr/share/texmf/fonts/opentype")
"""Where Debian's font packages put their files."""

_SUFFIXES = (".ttf", ".otf", ".ttc")
_PROBE_SIZE = 24  # pixels; large enough to tell the glyphs of one font apart
_BASIC = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,-"
_CASE_PAIRS = ("aA", "eE", "gG", "rR", "dD", "hH", "qQ", "tT")  # letters whose two cases differ in shape


def image_font_module() -> Any:
    """Pillow's ImageFont; raises MissingDependency with the pip line."""
    try:
        from PIL import ImageFont
    except ImportError as error:
        raise MissingDependency(
            "Rendering text needs Pillow: pip install 'ppocr-lite[train]' (or: pip install pillow)"
        ) from error
    return ImageFont


@dataclass(frozen=True)
class FontInfo:
    """One usable font file: its names, kind (see font_kinds.KINDS), weight class and slant."""

    path: str
    family: str
    style: str
    kind: str
    weight: int
    italic: bool


class FontLibrary:
    """Fonts below ``folders`` that can draw characters of ``charset``.

    Left out: files that are no fonts, fonts whose character map lacks basic Latin letters, symbol fonts, and
    fonts that draw boxes. A font that draws capitals for small letters serves texts without small letters.
    A glyph counts only if the character map has it and it has ink that differs from the "missing" box.

    Args:
        folders: folders (searched below) or single font files.
        charset: the characters that texts may hold.
        kinds: keep only these kinds (font_kinds.KINDS); all by default.
        cache_size: loaded (font, size) pairs kept in memory.

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
        cache_size: int = 1200,
    ) -> None:
        self.charset = "".join(charset)
        self._column = {c: i for i, c in enumerate(self.charset)}
        self._cache_size = cache_size
        self._ligatures: dict[int, bool] = {}
        self._cache: OrderedDict[tuple[int, int], Any] = OrderedDict()
        paths = [Path(f) for f in folders]
        found: list[tuple[FontInfo, np.ndarray, float]] = []
        for path in _font_files(paths):
            item = self._examine(path)
            if item is not None and (kinds is None or item[0].kind in kinds):
                found.append(item)
        if not found:
            names = ", ".join(map(str, paths))
            raise DataError(
                f"{names}: no usable font here. Install Debian's fonts-liberation, or name other folders."
            )
        self.fonts: tuple[FontInfo, ...] = tuple(info for info, _, _ in found)
        self._coverage = np.stack([coverage for _, coverage, _ in found])  # [fonts, characters]
        self._weights = _share_among_families(self.fonts, np.array([weight for _, _, weight in found]))
        self._mixes: dict[tuple[tuple[str, float], ...], np.ndarray] = {}
        self.missing = "".join(c for c, ok in zip(self.charset, self._coverage.any(axis=0)) if not ok)
        if self.missing:
            logger.warning("No font has a glyph for %s: these characters will not be drawn.", self.missing)
        logger.info("%d usable fonts of %d families.", len(self.fonts), len({f.family for f in self.fonts}))

    def __len__(self) -> int:
        return len(self.fonts)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_cache": OrderedDict()}

    def has_glyphs(self, index: int, text: str) -> bool:
        """Whether font ``index`` draws every character of ``text``."""
        row = self._coverage[index]
        return all(c in self._column and row[self._column[c]] for c in set(text))

    def has_ligatures(self, index: int) -> bool:
        """Whether font ``index`` has single glyphs for ff, fi, fl, ffi and ffl (looked up once)."""
        if index not in self._ligatures:
            points = read_tables(self.fonts[index].path).codepoints
            self._ligatures[index] = {0xFB00, 0xFB01, 0xFB02, 0xFB03, 0xFB04} <= points
        return self._ligatures[index]

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
        """Index of the font to use when none has all of ``text``: it has the rarest and most others."""
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
        font = _open(self.fonts[index].path, size)
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

    def _examine(self, path: Path) -> tuple[FontInfo, np.ndarray, float] | None:
        """(info, which characters it draws [characters], weight) or None for a font that is no use."""
        try:
            tables = read_tables(path)
        except DataError as error:
            logger.debug("%s", error)
            return None
        weight = font_kinds.style_weight(tables)
        if weight == 0 or font_kinds.SKIPPED.search(f"{tables.family} {path.stem}"):
            return None
        if not all(ord(c) in tables.codepoints for c in _BASIC):
            return None
        coverage = _drawn_characters(path, tables, self.charset)
        if coverage is None:
            return None
        kind = font_kinds.kind_of(tables, path.stem)
        info = FontInfo(str(path), tables.family, tables.style, kind, tables.weight, tables.italic)
        return info, coverage, weight * font_kinds.family_weight(tables.family)


def _font_files(folders: Sequence[Path]) -> list[Path]:
    files: set[Path] = set()
    for folder in folders:
        if folder.is_file():
            files.add(folder)
        elif folder.is_dir():
            files.update(p for p in folder.rglob("*") if p.suffix.lower() in _SUFFIXES)
        else:
            raise DataError(f"{folder}: no such font folder or file.")
    return sorted(files)


def _share_among_families(fonts: Sequence[FontInfo], weights: np.ndarray) -> np.ndarray:
    """Divide each family's weight among its styles, so that a family of 30 styles counts as one."""
    totals: dict[str, float] = defaultdict(float)
    largest: dict[str, float] = defaultdict(float)
    for font, weight in zip(fonts, weights):
        totals[font.family] += float(weight)
        largest[font.family] = max(largest[font.family], float(weight))
    return np.array([w / totals[f.family] * largest[f.family] for f, w in zip(fonts, weights)])


def _open(path: str | Path, size: int) -> Any:
    module = image_font_module()
    try:
        # The basic layout is the same on every machine; Raqm is not always there.
        return module.truetype(str(path), size, layout_engine=module.Layout.BASIC)
    except OSError as error:
        raise DataError(f"{path}: FreeType cannot open this font ({error}).") from error


def _shape(font: Any, character: str) -> np.ndarray:
    """The glyph's ink, uint8 [h, w], cut to its box; [0, 0] when it has none."""
    mask = font.getmask(character, mode="L")
    pixels = np.array(mask, dtype=np.uint8).reshape(mask.size[1], mask.size[0])
    rows, columns = (
        np.flatnonzero(pixels.max(axis=1, initial=0)),
        np.flatnonzero(pixels.max(axis=0, initial=0)),
    )
    if len(rows) == 0:
        return np.zeros((0, 0), np.uint8)
    return pixels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _alike(first: np.ndarray, second: np.ndarray) -> bool:
    """Whether two glyphs have the same shape, whatever their size."""
    if first.size == 0 or second.size == 0:
        return first.size == second.size
    grid = np.linspace(0, 0.999, 12)
    samples = [
        m[(grid * m.shape[0]).astype(int)][:, (grid * m.shape[1]).astype(int)].astype(np.float32)
        for m in (first, second)
    ]
    ratio = (first.shape[0] / first.shape[1]) / (second.shape[0] / second.shape[1])
    return bool(np.abs(samples[0] - samples[1]).mean() < 55 and 0.75 < ratio < 1.33)


def _drawn_characters(path: Path, tables: FontTables, charset: str) -> np.ndarray | None:
    """Which characters of ``charset`` the font really draws, bool [n]; None if not even Latin letters."""
    try:
        font = _open(path, _PROBE_SIZE)
        missing = _shape(font, "\uffff")
        glyphs = {c: _shape(font, c) for c in charset if ord(c) in tables.codepoints}
        glyphs.update({c: _shape(font, c) for c in _BASIC if c not in glyphs})
    except (DataError, OSError, ValueError) as error:
        logger.debug("%s: skipped (%s).", path, error)
        return None
    plain = [glyphs[c] for c in "abcdeABCDE12345"]
    if any(g.size == 0 for g in plain) or any(_same(a, b) for a, b in itertools.pairwise(plain)):
        return None
    drawn = np.zeros(len(charset), bool)
    for i, c in enumerate(charset):
        if c in glyphs:
            drawn[i] = c == " " or (glyphs[c].size > 0 and not _same(glyphs[c], missing))
    if (
        sum(_alike(glyphs[pair[0]], glyphs[pair[1]]) for pair in _CASE_PAIRS) >= 5
    ):  # small capitals, or capitals only
        drawn &= np.array([not c.islower() for c in charset])
    return drawn


def _same(first: np.ndarray, second: np.ndarray) -> bool:
    return first.shape == second.shape and bool((first == second).all())
