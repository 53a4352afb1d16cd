"""Reads what the renderer needs of a TrueType or OpenType file: character map, names, weight, slant.

A few struct reads instead of a font library: thousands of system fonts are scanned in a second or two.
Format: the OpenType specification, tables ``cmap`` (formats 4 and 12), ``name``, ``OS/2``, ``post``.
"""

import struct
from dataclasses import dataclass
from pathlib import Path

from ppocr_lite.errors import DataError

# Unicode character maps, best first: (platform, encoding). (3, 0) is a symbol font and is left out.
_UNICODE_MAPS = ((3, 10), (0, 6), (0, 4), (3, 1), (0, 3), (0, 2), (0, 1), (0, 0))


@dataclass(frozen=True)
class FontTables:
    """What a font file says of itself.

    Args:
        codepoints: code points that its Unicode character map gives a glyph.
        family, style: names ("Liberation Serif", "Bold Italic").
        weight: 100 (thin) .. 400 (regular) .. 900 (black).
        italic, fixed_pitch: slanted; all glyphs of one width.
        panose: the ten numbers of the PANOSE classification; zeros if the font has none.
    """

    codepoints: frozenset[int]
    family: str
    style: str
    weight: int
    italic: bool
    fixed_pitch: bool
    panose: tuple[int, ...]


def read_tables(path: str | Path) -> FontTables:
    """Read ``path``; raises DataError when it is not a font with a Unicode character map."""
    try:
        data = Path(path).read_bytes()
        tables = _directory(data)
        names = _names(data, *tables["name"]) if "name" in tables else {}
        codepoints = _codepoints(data, tables["cmap"][0])
        fixed, angle = _post(data, tables.get("post"))
        weight, panose, selection = _os2(data, tables.get("OS/2"))
    except (OSError, struct.error, KeyError, IndexError, ValueError) as error:
        raise DataError(f"{path}: not a readable TrueType or OpenType font ({error!r}).") from error
    style = names.get(17) or names.get(2, "")
    italic = angle != 0 or bool(selection & 1) or "ital" in style.lower() or "obli" in style.lower()
    family = names.get(16) or names.get(1) or Path(path).stem
    return FontTables(codepoints, family, style, weight, italic, fixed, panose)


def _directory(data: bytes) -> dict[str, tuple[int, int]]:
    """Table tag -> (offset, length); the first font of a collection."""
    start = struct.unpack_from(">I", data, 12)[0] if data[:4] == b"ttcf" else 0
    if data[start : start + 4] not in (b"\0\1\0\0", b"OTTO", b"true"):
        raise ValueError("unknown signature")
    (count,) = struct.unpack_from(">H", data, start + 4)
    tables = {}
    for i in range(count):
        tag, _, offset, length = struct.unpack_from(">4sIII", data, start + 12 + 16 * i)
        tables[tag.decode("latin-1")] = (offset, length)
    return tables


def _names(data: bytes, offset: int, length: int) -> dict[int, str]:
    """English names by their number (1 family, 2 style, 16 and 17 typographic family and style)."""
    _, count, strings = struct.unpack_from(">HHH", data, offset)
    names: dict[int, str] = {}
    for i in range(count):
        platform, _, language, number, size, where = struct.unpack_from(">6H", data, offset + 6 + 12 * i)
        if number not in (1, 2, 16, 17) or (platform, language) not in ((3, 0x409), (1, 0), (0, 0)):
            continue
        raw = data[offset + strings + where : offset + strings + where + size]
        text = raw.decode("mac-roman" if platform == 1 else "utf-16-be", "replace")
        if platform == 3 or number not in names:
            names[number] = text
    return names


def _codepoints(data: bytes, offset: int) -> frozenset[int]:
    (count,) = struct.unpack_from(">H", data, offset + 2)
    found = {}
    for i in range(count):
        platform, encoding, where = struct.unpack_from(">HHI", data, offset + 4 + 8 * i)
        found[platform, encoding] = offset + where
    for key in _UNICODE_MAPS:
        if key in found:
            (kind,) = struct.unpack_from(">H", data, found[key])
            if kind == 12:
                return _format12(data, found[key])
            if kind == 4:
                return _format4(data, found[key])
    raise ValueError("no Unicode character map")


def _format12(data: bytes, offset: int) -> frozenset[int]:
    (groups,) = struct.unpack_from(">I", data, offset + 12)
    points: set[int] = set()
    for i in range(groups):
        first, last, glyph = struct.unpack_from(">III", data, offset + 16 + 12 * i)
        if first > 0xFFFF:  # beyond any charset here; huge emoji and CJK ranges need not be listed
            continue
        points.update(range(first + (glyph == 0), min(last, 0xFFFF) + 1))
    return frozenset(points)


def _format4(data: bytes, offset: int) -> frozenset[int]:
    segments = struct.unpack_from(">H", data, offset + 6)[0] // 2
    ends_at = offset + 14
    starts_at = ends_at + 2 * segments + 2
    deltas_at, ranges_at = starts_at + 2 * segments, starts_at + 4 * segments
    points: set[int] = set()
    for i in range(segments):
        (last,) = struct.unpack_from(">H", data, ends_at + 2 * i)
        (first,) = struct.unpack_from(">H", data, starts_at + 2 * i)
        (delta,) = struct.unpack_from(">H", data, deltas_at + 2 * i)
        (shift,) = struct.unpack_from(">H", data, ranges_at + 2 * i)
        for point in range(first, last + 1):
            glyph = (point + delta) & 0xFFFF
            if shift:
                where = ranges_at + 2 * i + shift + 2 * (point - first)
                (glyph,) = struct.unpack_from(">H", data, where) if where + 2 <= len(data) else (0,)
            if glyph and point != 0xFFFF:
                points.add(point)
    return frozenset(points)


def _post(data: bytes, table: tuple[int, int] | None) -> tuple[bool, int]:
    """(fixed pitch, italic angle in 1/65536 degrees)."""
    if table is None:
        return False, 0
    angle, _, _, fixed = struct.unpack_from(">ihhI", data, table[0] + 4)
    return fixed != 0, angle


def _os2(data: bytes, table: tuple[int, int] | None) -> tuple[int, tuple[int, ...], int]:
    """(weight class, PANOSE, selection bits)."""
    if table is None:
        return 400, (0,) * 10, 0
    (weight,) = struct.unpack_from(">H", data, table[0] + 4)
    panose = tuple(data[table[0] + 32 : table[0] + 42])
    (selection,) = struct.unpack_from(">H", data, table[0] + 62)
    return weight if weight >= 100 else weight * 100, panose, selection
