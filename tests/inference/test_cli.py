"""The console script: text, JSON, stdin, failures."""

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from ppocr_lite import __version__, cli
from ppocr_lite.inference import system as system_module

Page = Callable[..., np.ndarray]


@pytest.fixture
def flags(models: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    # The tiny detector marks whole lines, so they must not grow.
    opened = system_module.TextDetector.open
    monkeypatch.setattr(
        system_module.TextDetector, "open",
        lambda model, **options: opened(model, **{**options, "post": {"unclip_ratio": 0.02}}),
    )  # fmt: skip
    return ["--det", str(models["det"]), "--rec", str(models["rec"]), "--no-cls", "--threads", "1"]


@pytest.fixture
def folder(page: Page, tmp_path: Path) -> Path:
    for name, text in (("a.png", "cab"), ("b.png", "ccb")):
        cv2.imwrite(str(tmp_path / name), page([text]))
    return tmp_path


def test_read_one(flags: list[str], folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["read", str(folder / "a.png"), *flags]) == 0
    assert capsys.readouterr().out == "cab\n"


def test_read_folder_with_a_bad_file(
    flags: list[str], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "aa.jpg").write_bytes(b"\xff\xd8\xff\xe0 no")
    assert cli.main(["read", str(folder), *flags]) == 1
    out, err = capsys.readouterr()
    assert out == f"== {folder}/a.png ==\ncab\n== {folder}/b.png ==\nccb\n"
    assert "aa.jpg: the picture is truncated" in err
    assert "1 of 3 pictures could not be read" in err


def test_json_and_missing_file(flags: list[str], folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = [str(folder / "gone.png"), str(folder / "b.png")]
    assert cli.main(["read", *paths, "--format", "json", *flags]) == 1
    out, err = capsys.readouterr()
    row = json.loads(out)
    assert (row["file"], row["page"], row["lines"][0]["text"]) == (paths[1], 0, "ccb")
    assert "gone.png: no such file" in err


def test_decoding(flags: list[str], folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wishes = ["--pattern", "a{2}b", "--return-word-box", "--alternatives", "1", "--drop-score", "0.1"]
    assert cli.main(["read", str(folder / "a.png"), *flags, "--format", "json", *wishes]) == 0
    (line,) = json.loads(capsys.readouterr().out)["lines"]
    assert line["text"] == line["words"][0]["text"] == line["alternatives"][0]["text"] == "aab"
    assert line["score"] < 0.7  # it is cab
    assert cli.main(["read", str(folder / "a.png"), *flags, "--beam-size", "0"]) == 2
    assert "beam_size: expected at least 1" in capsys.readouterr().err


def test_ngram(flags: list[str], folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "t.txt").write_text("cab cab\nabba\n")
    model = str(tmp_path / "n.npz")
    assert cli.main(["ngram", str(tmp_path / "t.txt"), "--out", model, "--order", "3"]) == 0
    assert "n-grams of up to 3 of 2 lines" in capsys.readouterr().out
    assert cli.main(["read", str(folder / "a.png"), *flags, "--ngram", model]) == 0
    assert capsys.readouterr().out == "cab\n"
    assert cli.main(["ngram", str(tmp_path / "t.txt"), "--out", str(tmp_path / "no" / "n.npz")]) == 2


def test_stdin(
    flags: list[str], folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO((folder / "b.png").read_bytes())))
    assert cli.main(["read", "-", *flags]) == 0
    assert capsys.readouterr().out == "ccb\n"


def test_bad_model_is_an_error(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["read", str(folder), "--det", "/nowhere"]) == 2
    assert capsys.readouterr().err == (
        "ppocr-lite: /nowhere: no such model folder or file. "
        "Export one with tools/export_model.py, or pass a .onnx file.\n"
    )


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["version"]) == 0
    assert capsys.readouterr().out == f"ppocr_lite {__version__}\n"


def test_layout_keeps_rows(flags: list[str], folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One line of text: set out it is itself, from the left edge."""
    assert cli.main(["read", str(folder / "a.png"), *flags, "--format", "layout"]) == 0
    assert capsys.readouterr().out == "cab\n"
