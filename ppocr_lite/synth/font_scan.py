"""Examines font files: which are usable for text, and which characters each really draws."""

import itertools
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ppocr_lite.errors import DataError, MissingDependency
from ppocr_lite.synth import font_kinds
from ppocr_lite.synth.sfnt import FontTables, read_tables

logger = logging.getLogger(__name__)

_SUFFIXES = (".ttf", ".otf", ".ttc")
_CACHE_VERSION = 2  # raised when the rules of examination change
_PROBE_SIZE = 24  # pixels; large enough to tell the glyphs of one font apart
_BASIC = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,-"
_CASE_PAIRS = ("aA", "eE", "gG", "rR", "dD", "hH", "qQ", "tT")  # letters whose two cases differ in shape
_ALIKE_PAIRS = 5  # of these, when small letters are capitals
LIGATURES = frozenset(range(0xFB00, 0xFB05))


@dataclass(frozen=True)
class FontInfo:
    """One usable font file: its names, kind (see font_kinds.KINDS), weight class and slant.

    ``ligatures``: it has the single glyphs for ff, fi, fl, ffi and ffl.
    """

    path: str
    family: str
    style: str
    kind: str
    weight: int
    italic: bool
    ligatures: bool


@dataclass(frozen=True)
class ScannedFont:
    """A usable font: ``coverage`` bool [characters of the charset] that it draws; how often it is wanted."""

    info: FontInfo
    coverage: np.ndarray
    weight: float


def image_font_module() -> Any:
    """Pillow's ImageFont; raises MissingDependency with the pip line."""
    try:
        from PIL import ImageFont
    except ImportError as error:
        raise MissingDependency(
            "Rendering text needs Pillow: pip install 'ppocr-lite[train]' (or: pip install pillow)"
        ) from error
    return ImageFont


def scan_fonts(
    folders: Sequence[Path], charset: str, *, cache_file: str | Path | None = None
) -> list[ScannedFont]:
    """The usable fonts below ``folders`` (or single files), by path.

    Args:
        cache_file: results of earlier scans, by path, size and time of the file; used if it is there, and
            written if anything new was examined and the place is writable.

    Raises:
        DataError: a folder does not exist.
    """
    cache = _ScanCache(Path(cache_file) if cache_file else None, charset)
    found = [cache.examine(path) for path in _font_files(folders)]
    cache.save()
    return [font for font in found if font is not None]


class _ScanCache:
    """Results of examinations, kept in a JSON file."""

    def __init__(self, file: Path | None, charset: str) -> None:
        self._file = file
        self._charset = charset
        self._entries: dict[str, Any] = {}
        self._changed = False
        if file is not None and file.is_file():
            try:
                stored = json.loads(file.read_text(encoding="utf-8"))
                if stored["version"] == _CACHE_VERSION and stored["charset"] == charset:
                    self._entries = dict(stored["fonts"])
            except (OSError, ValueError, KeyError, TypeError) as error:
                logger.warning("%s: unreadable font cache, examined anew (%r).", file, error)

    def examine(self, path: Path) -> ScannedFont | None:
        """What is known or found out of the font at ``path``; None for one that is no use."""
        state = path.stat()
        stamp = [state.st_size, state.st_mtime_ns]
        entry = self._entries.get(str(path))
        if entry is not None and entry["stamp"] == stamp:
            return _from_entry(entry["font"], len(self._charset))
        font = _examine(path, self._charset)
        self._entries[str(path)] = {"stamp": stamp, "font": _to_entry(font)}
        self._changed = True
        return font

    def save(self) -> None:
        """Write the file if something was examined; a place that cannot be written to is only logged."""
        if self._file is None or not self._changed:
            return
        stored = {"version": _CACHE_VERSION, "charset": self._charset, "fonts": self._entries}
        # Written aside and renamed: several processes may start at once.
        part = self._file.with_name(f"{self._file.name}.{id(self)}.part")
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            part.write_text(json.dumps(stored), encoding="utf-8")
            part.replace(self._file)
        except OSError as error:
            logger.warning("%s: the font cache was not written (%s).", self._file, error)


def _to_entry(font: ScannedFont | None) -> dict[str, Any] | None:
    if font is None:
        return None
    return {"info": asdict(font.info), "coverage": np.packbits(font.coverage).tolist(), "weight": font.weight}


def _from_entry(entry: Mapping[str, Any] | None, count: int) -> ScannedFont | None:
    if entry is None:
        return None
    coverage = np.unpackbits(np.array(entry["coverage"], np.uint8), count=count).astype(bool)
    return ScannedFont(FontInfo(**entry["info"]), coverage, float(entry["weight"]))


def _examine(path: Path, charset: str) -> ScannedFont | None:
    """What the font draws, or None for a font that is no use."""
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
    coverage = _drawn_characters(path, tables, charset)
    if coverage is None:
        return None
    info = FontInfo(
        str(path),
        tables.family,
        tables.style,
        font_kinds.kind_of(tables, path.stem),
        tables.weight,
        tables.italic,
        tables.codepoints >= LIGATURES,
    )
    return ScannedFont(info, coverage, weight * font_kinds.family_weight(tables.family))


def _font_files(folders: Sequence[Path]) -> list[Path]:
    files: set[Path] = set()
    for folder in folders:
        if folder.is_file():
            files.add(folder)
        elif folder.is_dir():
            # Links may lead nowhere, as in packages that were unpacked and not installed.
            files.update(p for p in folder.rglob("*") if p.suffix.lower() in _SUFFIXES and p.is_file())
        else:
            raise DataError(f"{folder}: no such font folder or file.")
    return sorted(files)


def open_font(path: str | Path, size: int) -> Any:
    """A FreeType font at ``size`` pixels to the em; raises DataError when FreeType refuses the file."""
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


def _latin(capital_g: np.ndarray, capital_f: np.ndarray) -> bool:
    """False for symbol fonts with Greek in the place of Latin: Γ has nothing at its lower right, Φ has."""

    def ink(glyph: np.ndarray) -> float:
        foot = glyph[2 * glyph.shape[0] // 3 :, 2 * glyph.shape[1] // 3 :]
        return float((foot > 100).mean()) if foot.size else 0.0

    return ink(capital_g) >= ink(capital_f)


def _drawn_characters(path: Path, tables: FontTables, charset: str) -> np.ndarray | None:
    """Which characters of ``charset`` the font really draws, bool [n]; None if not even Latin letters."""
    try:
        font = open_font(path, _PROBE_SIZE)
        missing = font.getmask("\uffff", mode="L")
        drawn = np.array(
            [ord(c) in tables.codepoints and (c == " " or _has_ink(font, c, missing)) for c in charset], bool
        )
        plain = [_shape(font, c) for c in "abcdeABCDE12345"]
        pairs = [(_shape(font, pair[0]), _shape(font, pair[1])) for pair in _CASE_PAIRS]
    except (DataError, OSError, ValueError) as error:
        logger.debug("%s: skipped (%s).", path, error)
        return None
    if not _latin(_shape(font, "G"), _shape(font, "F")):
        return None
    if any(g.size == 0 for g in plain) or any(_same(a, b) for a, b in itertools.pairwise(plain)):
        return None
    if sum(_alike(lower, upper) for lower, upper in pairs) >= _ALIKE_PAIRS:
        drawn &= np.array([not c.islower() for c in charset])
    return drawn


def _has_ink(font: Any, character: str, missing: Any) -> bool:
    """Whether the glyph has ink and is not the box that stands for missing ones."""
    mask = font.getmask(character, mode="L")
    if mask.getbbox() is None:
        return False
    return mask.size != missing.size or list(mask) != list(missing)


def _same(first: np.ndarray, second: np.ndarray) -> bool:
    return first.shape == second.shape and bool((first == second).all())
