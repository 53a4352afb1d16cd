"""Fonts and texts packed: what is in the archive, that it draws the same, what is refused."""

import io
import tarfile

import numpy as np
import pytest

from ppocr_lite.errors import DataError
from ppocr_lite.synth import FontLibrary
from ppocr_lite.synth.kit import pack, unpack


def test_packed_fonts_are_smaller_and_draw_the_same(library, text_dir, tmp_path):
    pytest.importorskip("fontTools")
    done = pack(library, sorted(text_dir.glob("*.txt")), tmp_path / "kit.tar.xz")
    assert (done["fonts"], done["texts"]) == (1, 3)
    fonts, texts = unpack(tmp_path / "kit.tar.xz", tmp_path / "kit")
    assert sorted(p.name for p in texts.iterdir()) == ["names.txt", "prose.txt", "words.txt"]
    again = FontLibrary([fonts], library.charset)
    assert again.missing == library.missing
    masks = [lib.load(0, 30).getmask("AVA 12.5, Quick", mode="L") for lib in (library, again)]
    assert masks[0].size == masks[1].size
    assert np.array_equal(np.array(masks[0]), np.array(masks[1]))


def test_an_unpacked_archive_is_left_as_it_is(library, text_dir, tmp_path):
    pytest.importorskip("fontTools")
    pack(library, text_dir.glob("*.txt"), tmp_path / "kit.tar.xz")
    _, texts = unpack(tmp_path / "kit.tar.xz", tmp_path / "kit")
    (texts / "prose.txt").write_text("changed", encoding="utf-8")
    unpack(tmp_path / "kit.tar.xz", tmp_path / "kit")
    assert (texts / "prose.txt").read_text(encoding="utf-8") == "changed"


def test_nothing_to_pack(library, tmp_path):
    pytest.importorskip("fontTools")
    with pytest.raises(DataError, match="no text to pack"):
        pack(library, [], tmp_path / "kit.tar.xz")


def test_no_archive(tmp_path):
    (tmp_path / "a.tar.xz").write_bytes(b"no archive")
    with pytest.raises(DataError, match="cannot be unpacked"):
        unpack(tmp_path / "a.tar.xz", tmp_path / "out")


@pytest.mark.parametrize("name", ["../evil.txt", "corpus/../../evil", "other/a.txt", "corpus/.hidden"])
def test_other_members_are_refused(tmp_path, name):
    with tarfile.open(tmp_path / "a.tar.xz", "w:xz") as archive:
        info = tarfile.TarInfo(name)
        info.size = 1
        archive.addfile(info, io.BytesIO(b"x"))
    with pytest.raises(DataError, match="does not belong"):
        unpack(tmp_path / "a.tar.xz", tmp_path / "out")
    assert not (tmp_path / "evil.txt").exists()
