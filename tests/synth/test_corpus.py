import gzip

import pytest

from ppocr_lite.errors import DataError
from ppocr_lite.synth import corpus


def test_dictionary_entries_become_sentences():
    entry = (
        'Acropolis \\A*crop"o*lis\\, n. [Gr. akro`polis; city.]\n'
        "   The upper part, or the citadel, of a {Grecian} city;\n   especially, the citadel of Athens.\n"
        "   [1913 Webster]\n"
    )
    expected = "The upper part, or the citadel, of a Grecian city; especially, the citadel of Athens."
    assert list(corpus._dictionary(entry)) == [expected]


def test_web_and_manual_pages_lose_their_markup():
    page = "<style>p {}</style><p>The <b>quick</b> brown fox &amp; the lazy dog sleep.</p><pre>x = 1</pre>"
    assert list(corpus._web_page(page)) == ["The quick brown fox & the lazy dog sleep."]
    manual = ".TH CAT 1\n.SH NAME\nThe command \\fBcat\\fR joins files and prints them on the screen.\n"
    assert list(corpus._manual_page(manual)) == ["The command cat joins files and prints them on the screen."]


def test_collects_compressed_sources_into_text_files(tmp_path, monkeypatch):
    (tmp_path / "in").mkdir()
    sentence = "All legislative powers herein granted shall be vested in a Congress."
    (tmp_path / "in" / "a.gz").write_bytes(gzip.compress(sentence.encode()))
    source = corpus._Source("state", str(tmp_path / "in"), "*", corpus._plain)
    monkeypatch.setattr(corpus, "_sources", lambda: (source,))
    sizes = corpus.collect(tmp_path / "out")
    assert sizes == {"state.txt": len(sentence) + 1}
    assert (tmp_path / "out" / "state.txt").read_text(encoding="utf-8") == sentence + "\n"


def test_nothing_installed(tmp_path, monkeypatch):
    monkeypatch.setattr(corpus, "_sources", lambda: ())
    with pytest.raises(DataError, match="no text found. Install some of: wamerican"):
        corpus.collect(tmp_path)
