"""Fonts and texts in one small archive, to render on a machine that has neither.

Fonts lose the glyphs and tables that the renderer never looks at. They draw the same, but for the few that
FreeType hints by the look of all their glyphs.
"""

import io
import logging
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from ppocr_lite.errors import DataError, MissingDependency
from ppocr_lite.synth.font_scan import LIGATURES
from ppocr_lite.synth.fonts import FontLibrary

logger = logging.getLogger(__name__)

FONTS, TEXTS = "fonts", "corpus"
"""Folders of the archive."""
_DROPPED_TABLES = ("GSUB", "GPOS", "GDEF", "BASE", "JSTF", "DSIG", "MATH", "COLR", "CPAL", "SVG ", "meta")


def pack(library: FontLibrary, texts: Iterable[Path], file: str | Path) -> dict[str, int]:
    """Write the fonts of ``library`` and the text files to ``file``, a ``.tar.xz``; returns counts.

    Raises:
        DataError: there is no text file.
        MissingDependency: fontTools, which makes the fonts small, is not there.
    """
    target = Path(file)
    target.parent.mkdir(parents=True, exist_ok=True)
    counts = {"fonts": 0, "texts": 0}
    part = target.with_name(target.name + ".part")
    with tarfile.open(part, "w:xz") as archive:
        for name, data in _small_fonts(library):
            _add(archive, f"{FONTS}/{name}", data)
            counts["fonts"] += 1
        for path in texts:
            _add(archive, f"{TEXTS}/{path.name}", path.read_bytes())
            counts["texts"] += 1
    if not counts["texts"]:
        part.unlink()
        raise DataError(f"{target}: no text to pack. Collect some with: tools/synth.py corpus --out DIR")
    part.replace(target)
    return {**counts, "bytes": target.stat().st_size}


def unpack(file: str | Path, folder: str | Path) -> tuple[Path, Path]:
    """Unpack an archive of :func:`pack` below ``folder`` unless it is there; returns (fonts, texts).

    Raises:
        DataError: the archive is missing, broken, or holds other things.
    """
    out = Path(folder)
    fonts, texts = out / FONTS, out / TEXTS
    try:
        stamp = Path(file).stat()
        done = out / ".unpacked"
        mark = f"{stamp.st_size} {stamp.st_mtime_ns}"
        if done.is_file() and done.read_text(encoding="ascii") == mark:
            return fonts, texts
        with tarfile.open(file, "r:xz") as archive:
            for member in archive:
                _extract(archive, member, out)
        done.write_text(mark, encoding="ascii")
    except (OSError, tarfile.TarError, EOFError) as error:
        raise DataError(f"{file}: cannot be unpacked ({error}). Make it with: tools/synth.py pack") from error
    return fonts, texts


def _extract(archive: tarfile.TarFile, member: tarfile.TarInfo, out: Path) -> None:
    """Write one file of the archive; only plain files of the two folders are taken."""
    folder, _, name = member.name.partition("/")
    content = archive.extractfile(member) if member.isfile() else None
    if content is None or folder not in (FONTS, TEXTS) or not name or "/" in name or name.startswith("."):
        raise DataError(f"'{member.name}' does not belong into an archive of fonts and texts.")
    (out / folder).mkdir(parents=True, exist_ok=True)
    (out / folder / name).write_bytes(content.read())


def _add(archive: tarfile.TarFile, name: str, data: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(data)  # time, owner and mode stay the same everywhere: so does the archive
    archive.addfile(info, io.BytesIO(data))


def _small_fonts(library: FontLibrary) -> Iterator[tuple[str, bytes]]:
    """(file name, font file) of each font, by name: alike fonts side by side compress better."""
    wanted = {ord(c) for c in library.charset} | LIGATURES
    names: set[str] = set()
    for font in sorted(library.fonts, key=lambda f: (f.family, f.style, f.path)):
        path = Path(font.path)
        name = path.name
        while name in names:
            name = f"_{name}"
        names.add(name)
        yield name, _subset(path, wanted)


def _subset(path: Path, codepoints: set[int]) -> bytes:
    """The font file with the glyphs of ``codepoints`` alone."""
    subset, font_class = _font_tools()
    options = subset.Options()
    options.drop_tables = [*options.drop_tables, *_DROPPED_TABLES]
    options.layout_features = []
    options.legacy_kern = True  # the table that the renderer's basic layout reads
    options.hinting = True
    options.notdef_outline = True  # the box by which missing glyphs are told
    options.name_IDs = [1, 2, 16, 17]
    options.ignore_missing_unicodes = True
    with font_class(path, fontNumber=0, lazy=True) as font:
        cutter = subset.Subsetter(options)
        cutter.populate(unicodes=codepoints)
        try:
            cutter.subset(font)
            out = io.BytesIO()
            font.save(out)
        except Exception as error:  # fontTools raises many kinds on odd tables
            logger.warning("%s: packed whole, as fontTools cannot cut it (%r).", path, error)
            return path.read_bytes()
    return out.getvalue()


def _font_tools() -> tuple[Any, Any]:
    try:
        from fontTools import subset, ttLib
    except ImportError:
        raise MissingDependency("Packing fonts needs fontTools: pip install fonttools") from None
    return subset, ttLib.TTFont
