import json
from pathlib import Path

import cv2
import pytest

from ppocr_lite.charset import Charset
from ppocr_lite.errors import ConfigError
from ppocr_lite.synth.cli import list_fonts, main


def run(*arguments, report=lambda line: None):
    return main([str(a) for a in arguments], report=report)


def contents(folder: Path):
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_same_bytes_with_one_and_two_workers(tmp_path, font_file, text_dir):
    common = ["--fonts", font_file, "--texts", text_dir, "--num", 20, "--seed", 4]
    assert run("rec", *common, "--out", tmp_path / "a", "--workers", 1) == 0
    assert run("rec", *common, "--out", tmp_path / "b", "--workers", 2) == 0
    first = contents(tmp_path / "a")
    assert len(first) == 22  # 20 pictures, label.txt, gallery.png
    assert first == contents(tmp_path / "b")


def test_label_files_point_at_pictures(tmp_path, font_file, text_dir):
    run("det", "--fonts", font_file, "--texts", text_dir, "--num", 2, "--out", tmp_path, "--side", 200, 240)
    lines = (tmp_path / "label.txt").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 2
    for line in lines:
        name, label = line.split("\t")
        h, w = cv2.imread(str(tmp_path / name)).shape[:2]
        assert max(h, w) <= 241
        assert all(len(item["points"]) == 4 for item in json.loads(label))


def test_lmdb_keys(tmp_path, font_file, text_dir):
    lmdb = pytest.importorskip("lmdb", reason="LMDB is optional")
    run("cls", "--fonts", font_file, "--texts", text_dir, "--num", 3, "--out", tmp_path / "db", "--lmdb")
    with lmdb.open(str(tmp_path / "db"), readonly=True, lock=False) as env, env.begin() as transaction:
        assert transaction.get(b"num-samples") == b"3"
        assert transaction.get(b"label-000000001").decode() in ("0", "180")
        assert transaction.get(b"image-000000003")[:4] == b"\x89PNG"
        assert transaction.get(b"image-000000000") is None


def test_pages_do_not_go_into_lmdb(tmp_path, font_file, text_dir):
    with pytest.raises(ConfigError, match="pages are written as folders only"):
        run("det", "--fonts", font_file, "--texts", text_dir, "--num", 1, "--out", tmp_path, "--lmdb")


def test_label_files_take_no_tabs(tmp_path, font_file, text_dir):
    given = ("--fonts", font_file, "--texts", text_dir, "--num", 1, "--charset", "en_columns.txt")
    with pytest.raises(ConfigError, match="has the tab, which ends a label"):
        run("rec", *given, "--out", tmp_path / "files")
    assert not (tmp_path / "files").exists()
    pytest.importorskip("lmdb", reason="LMDB is optional")
    run("rec", *given, "--out", tmp_path / "db", "--lmdb")


def test_font_list_counts_by_kind(library):
    lines = list_fonts(library)
    assert lines[0] == "1 fonts of 1 families"
    assert "Aileron" in lines[1]


def test_rarest_character_is_reported(tmp_path, font_file, text_dir):
    said = []
    run("rec", "--fonts", font_file, "--texts", text_dir, "--num", 2, "--out", tmp_path, report=said.append)
    assert said[-1].startswith("Rarest character: ")


def test_staves_on_disk(tmp_path):
    common = ["--num", 20, "--seed", 4, "--grammar", "simple", "--charset", "music_simple.txt"]
    assert run("music", *common, "--out", tmp_path / "a") == 0
    assert run("music", *common, "--out", tmp_path / "b", "--workers", 2) == 0
    first = contents(tmp_path / "a")
    assert len(first) == 22  # 20 pictures, label.txt, gallery.png
    assert first == contents(tmp_path / "b")
    rows = (tmp_path / "a/label.txt").read_text(encoding="utf-8").splitlines()
    tokens = set(Charset.load("music_simple.txt", token_separator=" ").characters)
    for row in rows:
        name, label = row.split("\t")
        assert cv2.imread(str(tmp_path / "a" / name)).shape[0] == 128
        assert set(label.split(" ")) <= tokens


def test_dictionary_of_a_grammar(tmp_path):
    said = []
    assert run("tokens", "--grammar", "simple", "--out", tmp_path / "t.txt", report=said.append) == 0
    assert said == [f"{tmp_path}/t.txt: 130 tokens"]
    assert Charset.load(tmp_path / "t.txt", token_separator=" ").ctc_size == 131
