import pickle
import sys

import numpy as np
import pytest

from ppocr_lite.errors import DataError, MissingDependency
from ppocr_lite.synth import font_scan
from ppocr_lite.synth.font_kinds import kind_of, style_weight
from ppocr_lite.synth.font_scan import image_font_module
from ppocr_lite.synth.fonts import FontLibrary
from ppocr_lite.synth.sfnt import FontTables, read_tables


def tables(family, *, weight=400, italic=False, fixed=False, panose=(0,) * 10):
    return FontTables(frozenset(), family, "", weight, italic, fixed, panose)


def test_tables_of_a_known_font(font_file):
    found = read_tables(font_file)
    assert (found.family, found.weight, found.italic, found.fixed_pitch) == ("Aileron", 400, False, False)
    assert ord("a") in found.codepoints
    assert ord("é") not in found.codepoints


def test_a_file_that_is_no_font(tmp_path):
    file = tmp_path / "bad.ttf"
    file.write_bytes(b"not a font at all")
    with pytest.raises(DataError, match=r"bad\.ttf: not a readable TrueType or OpenType font"):
        read_tables(file)


@pytest.mark.parametrize(
    ("font", "kind"),
    [
        (tables("Liberation Serif"), "serif"),
        (tables("DejaVu Sans"), "sans"),
        (tables("DejaVu Sans Mono"), "mono"),
        (tables("Courier Prime"), "typewriter"),
        (tables("Dancing Script"), "handwriting"),
        (tables("Unheard Of", fixed=True), "mono"),
        (tables("Unheard Of", panose=(2, 11, 0, 0, 0, 0, 0, 0, 0, 0)), "sans"),
        (tables("Unheard Of", panose=(2, 2, 0, 0, 0, 0, 0, 0, 0, 0)), "serif"),
        (tables("Unheard Of", panose=(4, 0, 0, 0, 0, 0, 0, 0, 0, 0)), "display"),
    ],
)
def test_kind_by_name_then_by_panose(font, kind):
    assert kind_of(font, "file") == kind


def test_regular_is_drawn_most_and_hairlines_never():
    assert style_weight(tables("A", weight=100)) == 0
    assert style_weight(tables("A", weight=700)) == pytest.approx(0.35)
    assert style_weight(tables("A", weight=700, italic=True)) == pytest.approx(0.14)


def test_only_fonts_with_all_glyphs_are_drawn(library):
    rng = np.random.default_rng(0)
    assert library.has_glyphs(0, "Plain text 123.")
    assert not library.has_glyphs(0, "café")
    assert "é" in library.missing
    assert "a" not in library.missing
    assert library.sample(rng, "abc") == 0
    assert library.sample(rng, "é") is None
    assert library.sample(rng, "漢") is None


def test_library_without_usable_fonts(tmp_path, characters):
    (tmp_path / "broken.otf").write_bytes(b"OTTO nonsense")
    with pytest.raises(DataError, match="no usable font here"):
        FontLibrary([tmp_path], characters)
    with pytest.raises(DataError, match="no such font folder or file"):
        FontLibrary([tmp_path / "absent"], characters)


def test_fonts_with_greek_in_the_place_of_latin_are_left_out(font_file, characters, monkeypatch):
    """Of Greek symbol fonts G has the shape of Γ, like P empty at its lower right, and F that of Φ."""
    drawn = font_scan._shape
    assert len(FontLibrary([font_file], characters)) == 1
    monkeypatch.setattr(font_scan, "_shape", lambda font, c: drawn(font, {"G": "P", "F": "Q"}.get(c, c)))
    with pytest.raises(DataError, match="no usable font here"):
        FontLibrary([font_file], characters)


def test_library_travels_to_workers_without_loaded_fonts(library):
    library.load(0, 20)
    copy = pickle.loads(pickle.dumps(library))
    assert len(copy._cache) == 0
    assert copy.fonts == library.fonts
    assert copy.load(0, 20).getlength("a") == library.load(0, 20).getlength("a")


def test_cache_forgets_the_font_used_longest_ago(font_file, characters):
    library = FontLibrary([font_file], characters, cache_size=2)
    first = library.load(0, 10)
    library.load(0, 11)
    assert library.load(0, 10) is first
    library.load(0, 12)
    assert list(library._cache) == [(0, 10), (0, 12)]


def test_missing_pillow_names_the_pip_line(monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(MissingDependency, match="pip install 'ppocr-lite"):
        image_font_module()


def test_scan_is_kept_in_the_cache_file(font_file, characters, tmp_path, monkeypatch, caplog):
    cache = tmp_path / "deep" / "fonts.json"
    first = FontLibrary([font_file], characters, cache_file=cache)
    monkeypatch.setattr("ppocr_lite.synth.font_scan._examine", lambda *a: pytest.fail("examined again"))
    second = FontLibrary([font_file], characters, cache_file=cache)
    assert second.fonts == first.fonts
    assert (second._coverage == first._coverage).all()
    monkeypatch.undo()
    cache.write_text("{broken", encoding="utf-8")
    assert FontLibrary([font_file], characters, cache_file=cache).fonts == first.fonts
    assert "unreadable font cache" in caplog.text
    assert FontLibrary([font_file], "abc", cache_file=cache)._coverage.shape == (1, 3)
