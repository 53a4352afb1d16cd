"""A small font and a small text, so that the renderer's tests need no system fonts."""

from pathlib import Path

import pytest

from ppocr_lite.charset import Charset
from ppocr_lite.synth import FontLibrary, TextSource

TEXT = """The quick brown fox jumps over the lazy dog, and then it sleeps for a long while in the sun.
Dr. Smith paid $1,234.50 on March 3, 1998 for "seven" boxes of tea; they were sent to the old harbour.
Every good report has a heading, some running text and a page number at the foot of each page.
"""


@pytest.fixture(scope="session")
def font_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The font that Pillow carries: ASCII and a few signs, no accented letters."""
    image_font = pytest.importorskip("PIL.ImageFont", reason="Pillow draws the glyphs ([train] extra)")
    file = tmp_path_factory.mktemp("fonts") / "aileron.ttf"
    file.write_bytes(image_font.load_default(20).path.getvalue())
    return file


@pytest.fixture(scope="session")
def text_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("texts")
    (folder / "prose.txt").write_text(TEXT, encoding="utf-8")
    (folder / "words.txt").write_text("apple\nriver\nquiz\njacket\nvexing\n", encoding="utf-8")
    (folder / "names.txt").write_text("Alice\nBob\nKurt\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def characters() -> tuple[str, ...]:
    return Charset.load("en_printable.txt").characters


@pytest.fixture(scope="session")
def library(font_file: Path, characters: tuple[str, ...]) -> FontLibrary:
    return FontLibrary([font_file], characters)


@pytest.fixture(scope="session")
def texts(text_dir: Path, characters: tuple[str, ...]) -> TextSource:
    return TextSource([text_dir], characters)
