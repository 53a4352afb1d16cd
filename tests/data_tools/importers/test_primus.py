"""ppocr-lite data import primus: the folders of the data set, made by hand."""

import cv2
import numpy as np
import pytest

from ppocr_lite import cli
from ppocr_lite.charset import Charset

STAVES = {
    "000100-1_1_1": "clef-G2\tkeySignature-DM\ttimeSignature-3/4\tnote-F#4_half.\tbarline\t",
    "000100-1_1_2": "clef-F4\ttimeSignature-C\trest-whole\tbarline",
    "200020-2_1_1": "clef-C1\tmultirest-23\tbarline\tnote-Bb4_quarter.\n",
}


@pytest.fixture
def corpus(tmp_path):
    """Three staves, the last one in a folder of folders."""
    for name, tokens in STAVES.items():
        package = "package_ab" if name.startswith("2") else "."
        folder = tmp_path / "Corpus" / package / name
        folder.mkdir(parents=True)
        cv2.imwrite(str(folder / f"{name}.png"), np.full((40, 90, 3), 255, np.uint8))
        cv2.imwrite(str(folder / f"{name}_distorted.jpg"), np.full((40, 90, 3), 200, np.uint8))
        (folder / f"{name}.semantic").write_text(tokens)
        (folder / f"{name}.agnostic").write_text("clef.G-L2\tnote.half-S2\t")
        (folder / f"{name}.mei").write_text("<mei/>")
    return tmp_path / "Corpus"


@pytest.fixture
def load(corpus, capsys):
    """Function that imports; gives the exit status, the rows {path: label}, what is printed."""

    def call(*flags):
        out = corpus.parent / "out"
        status = cli.main(["data", "import", "primus", str(corpus), "--out", str(out), *map(str, flags)])
        captured = capsys.readouterr()
        file = out / "rec_label.txt"
        lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
        return status, dict(line.split("\t") for line in lines), captured.out + captured.err

    return call


def test_all_staves(corpus, load):
    status, rows, printed = load("--dictionary", corpus.parent / "tokens.txt")
    assert status == 0
    assert rows == {
        "000100-1_1_1/000100-1_1_1.png": "clef-G2 keySignature-DM timeSignature-3/4 note-F#4_half. barline",
        "000100-1_1_2/000100-1_1_2.png": "clef-F4 timeSignature-C rest-whole barline",
        "package_ab/200020-2_1_1/200020-2_1_1.png": "clef-C1 multirest-23 barline note-Bb4_quarter.",
    }
    assert f"rec_label.txt: 3 rows (data_dir: {corpus})" in printed
    assert f"{corpus.parent}/tokens.txt: 11 tokens" in printed
    tokens = Charset.load(corpus.parent / "tokens.txt", token_separator=" ")
    assert all(not tokens.unknown(label) for label in rows.values())


def test_lists_of_ids_are_respected(corpus, load):
    (corpus / "train.txt").write_text("200020-2_1_1\r\n000100-1_1_2\n\n200020-2_1_1\n")
    status, rows, _ = load("--list", corpus / "train.txt")
    assert status == 0
    assert [path.split("/")[-1] for path in rows] == ["200020-2_1_1.png", "000100-1_1_2.png"]


def test_other_encoding_and_pictures(load):
    status, rows, _ = load("--encoding", "agnostic", "--distorted")
    assert status == 0
    assert rows["000100-1_1_2/000100-1_1_2_distorted.jpg"] == "clef.G-L2 note.half-S2"


def test_an_id_that_is_not_there(corpus, load):
    (corpus / "train.txt").write_text("000100-1_1_1\nnowhere\n")
    status, rows, printed = load("--list", corpus / "train.txt")
    assert (status, rows) == (2, {})
    assert f"train.txt:2: no file nowhere.semantic below {corpus}" in printed
    status, rows, printed = load("--list", corpus / "train.txt", "--skip-bad")
    assert (status, len(rows)) == (1, 1)
    assert "1 left out:" in printed


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("000100-1_1_1/000100-1_1_1.semantic", "\t\n", "000100-1_1_1.semantic: no tokens in it"),
        ("000100-1_1_1/000100-1_1_1.semantic", "clef-G2 barline", "'clef-G2 barline' has a blank in it"),
        ("copy/000100-1_1_1.semantic", "barline", "the id 000100-1_1_1 is there twice"),
        ("new/new.semantic", "barline", "new.semantic: no picture 'new' in"),
        ("train.txt", "\n", "train.txt: no id in it"),
    ],
)
def test_errors(corpus, load, name, content, message):
    (corpus / name).parent.mkdir(exist_ok=True)
    (corpus / name).write_text(content)
    flags = ["--list", corpus / name] if name.endswith(".txt") else []
    status, rows, printed = load(*flags)
    assert (status, rows) == (2, {})
    assert message in printed


def test_folders_without_staves(corpus, capsys):
    out = str(corpus / "out")
    assert cli.main(["data", "import", "primus", str(corpus / "none"), "--out", out]) == 2
    assert "none: no such folder" in capsys.readouterr().err
    (corpus / "empty").mkdir()
    assert cli.main(["data", "import", "primus", str(corpus / "empty"), "--out", out]) == 2
    assert "empty: no .semantic file" in capsys.readouterr().err
