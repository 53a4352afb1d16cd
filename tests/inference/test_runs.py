"""What the predict tools write and return."""

import json
import logging
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from ppocr_lite.images import read_image
from ppocr_lite.inference import runs, tool

Page = Callable[..., np.ndarray]
Run = Callable[..., tuple[int, str]]


@pytest.fixture
def package_logger() -> Iterator[None]:
    logger = logging.getLogger("ppocr_lite")
    kept = (logger.handlers, logger.level, logger.propagate)
    yield
    logger.handlers, logger.propagate = kept[0], kept[2]
    logger.setLevel(kept[1])


@pytest.fixture
def run(
    models: dict[str, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    package_logger: None,
) -> Run:
    """Run a tool's function as its script does; exit status and log."""

    def start(work: Callable[..., int], images: Path, *flags: str) -> tuple[int, str]:
        given = [
            f"--image_dir={images}", f"--det_model_dir={models['det']}", f"--rec_model_dir={models['rec']}",
            f"--cls_model_dir={models['cls']}", f"--draw_img_save_dir={tmp_path / 'out'}", "--use_gpu=False",
            "--det_db_unclip_ratio=0.02", "--cpu_threads=1",
        ]  # fmt: skip
        monkeypatch.setattr(sys, "argv", ["predict", *given, *flags])
        status = tool.run(work, "A tool: how it is called")
        return status, capsys.readouterr().out

    return start


@pytest.fixture
def folder(page: Page, tmp_path: Path) -> Path:
    place = tmp_path / "in"
    place.mkdir()
    cv2.imwrite(str(place / "a.png"), page(["cab", "ccb"]))
    cv2.imwrite(str(place / "b.jpg"), page([]))
    return place


def test_system_writes_results_and_drawings(run: Run, folder: Path, tmp_path: Path) -> None:
    status, log = run(
        runs.run_system, folder, "--save_crop_res=True", f"--crop_res_save_dir={tmp_path / 'crops'}"
    )
    assert status == 0
    rows = (tmp_path / "out/system_results.txt").read_text(encoding="utf-8").splitlines()
    name, items = rows[0].split("\t")
    assert name == "a.png"
    lines = json.loads(items)
    assert [line["transcription"] for line in lines] == ["cab", "ccb"]
    assert np.array(lines[0]["points"]).shape == (4, 2)
    assert isinstance(lines[0]["points"][0][0], int)
    assert rows[1] == "b.jpg\t[]"
    assert read_image(tmp_path / "out/a.png").shape == (320, 960, 3)
    assert sorted(p.name for p in (tmp_path / "crops").iterdir()) == ["mg_crop_0.jpg", "mg_crop_1.jpg"]
    assert "ppocr INFO: cab, 1.000" in log
    assert "The predict total time is" in log


def test_a_bad_file_is_reported_counted_and_the_others_read(run: Run, folder: Path, tmp_path: Path) -> None:
    (folder / "aa.png").write_bytes((folder / "a.png").read_bytes()[:300])
    status, log = run(runs.run_system, folder)
    assert status == 1
    assert f"ppocr ERROR: {folder}/aa.png: the picture is truncated" in log
    assert "1 of 3 pictures could not be read." in log
    rows = (tmp_path / "out/system_results.txt").read_text().splitlines()
    assert [row.split("\t")[0] for row in rows] == ["a.png", "b.jpg"]


def test_missing_and_empty_folders_and_models(run: Run, folder: Path, tmp_path: Path) -> None:
    status, log = run(runs.run_system, tmp_path / "gone")
    assert (status, "gone: no such file or folder" in log) == (2, True)
    (tmp_path / "empty").mkdir()
    status, log = run(runs.run_det, tmp_path / "empty")
    assert (status, "not find any img file" in log) == (2, True)
    status, log = run(runs.run_rec, folder, f"--rec_model_dir={tmp_path / 'gone'}")
    assert (status, "no such model folder or file" in log) == (2, True)


def test_warmup_benchmark_and_silence(run: Run, folder: Path) -> None:
    status, log = run(runs.run_system, folder, "--warmup=True", "--benchmark=True")
    assert status == 0
    assert "det.engine" in log
    status, log = run(runs.run_system, folder, "--show_log=False", "--e2e_model_dir=x")
    assert "INFO" not in log
    assert "WARNING: These flags have no effect" in log


def test_det_results(run: Run, folder: Path, tmp_path: Path) -> None:
    status, log = run(runs.run_det, folder)
    assert status == 0
    rows = (tmp_path / "out/det_results.txt").read_text().splitlines()
    name, boxes = rows[0].split("\t")
    assert name == "a.png"
    assert np.array(json.loads(boxes)).shape == (2, 4, 2)
    assert rows[1] == "b.jpg\t[]"
    assert (tmp_path / "out/det_res_a.png").is_file()
    assert "0 The predict time of" in log


def test_rec_and_cls_log_each_picture(run: Run, script: Callable[..., np.ndarray], tmp_path: Path) -> None:
    place = tmp_path / "words"
    place.mkdir()
    cv2.imwrite(str(place / "one.png"), script("aaaca"))
    cv2.imwrite(str(place / "two.png"), script("bbb"))
    (place / "three.png").write_bytes(b"")
    status, log = run(runs.run_rec, place)
    assert status == 1
    assert f"Predicts of {place}/one.png:('aaaca', 1.0)" in log
    assert "three.png: the file is empty" in log
    status, log = run(runs.run_cls, place)
    assert f"Predicts of {place}/one.png:['0', " in log
    assert f"Predicts of {place}/two.png:['180', " in log


def test_pdf_pages_have_names_of_their_own(run: Run, tmp_path: Path, page: Page) -> None:
    pdfium = pytest.importorskip("pypdfium2")
    place = tmp_path / "docs"
    place.mkdir()
    document = pdfium.PdfDocument.new()
    for _ in range(2):
        document.new_page(200, 100)
    document.save(place / "x.pdf")
    status, _ = run(runs.run_system, place)
    assert status == 0
    rows = (tmp_path / "out/system_results.txt").read_text().splitlines()
    assert rows == ["x.pdf_0\t[]", "x.pdf_1\t[]"]
    assert (tmp_path / "out/x.pdf_1.png").is_file()


def test_shares_are_joined_in_the_order_of_the_pictures(tmp_path: Path) -> None:
    pages = [f"m.pdf_{i}" for i in range(12)]
    (tmp_path / "system_results.txt.0").write_text("".join(f"{n}\t[]\n" for n in ["a.png", *pages]))
    (tmp_path / "system_results.txt.1").write_text("b.png\t[]\nz.png\t[]\n")
    runs.join_shares(str(tmp_path), 2)
    rows = (tmp_path / "system_results.txt").read_text().splitlines()
    assert [row.split("\t")[0] for row in rows] == ["a.png", "b.png", *pages, "z.png"]
    assert not (tmp_path / "system_results.txt.1").exists()


def test_decoding_flags(run: Run, script: Callable[..., np.ndarray], folder: Path, tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "one.png"), script("aaca"))
    flags = ["--rec_pattern=[ab]+", "--rec_alternatives=2", "--return_word_box"]
    status, log = run(runs.run_rec, tmp_path / "one.png", *flags)
    assert status == 0
    assert f"Predicts of {tmp_path}/one.png:('aa" in log
    assert "\n  alternatives: [('aa" in log
    assert "\n  words: [('aa" in log
    (tmp_path / "words.txt").write_text("aaca\nbbbbbbb\n")
    lexicon = [f"--rec_lexicon={tmp_path / 'words.txt'}"]
    assert "('aaca', 1.0) in the lexicon" in run(runs.run_rec, tmp_path / "one.png", *lexicon)[1]
    assert "('cab', 1.0) not in" not in run(runs.run_rec, tmp_path / "one.png", *lexicon)[1]
    run(runs.run_system, folder, "--return_word_box", "--rec_alternatives=1")
    row = (tmp_path / "out/system_results.txt").read_text().splitlines()[0]
    first, _ = json.loads(row.split("\t")[1])
    assert first["transcription"] == "cab"
    assert [word["transcription"] for word in first["words"]] == ["cab"]
    assert [c["transcription"] for c in first["characters"]] == ["c", "a", "b"]
    assert np.array(first["words"][0]["points"]).shape == (4, 2)
    assert first["alternatives"][0]["text"] == "cab"


def test_decoding_flags_that_cannot_be_met(run: Run, folder: Path) -> None:
    status, log = run(runs.run_system, folder, "--rec_pattern=a(")
    assert status == 2
    assert "pattern 'a(', character 3: a '(' is not closed" in log
    status, log = run(runs.run_system, folder, "--rec_word_list=/nowhere.txt")
    assert status == 2
    assert "/nowhere.txt: cannot be read" in log
