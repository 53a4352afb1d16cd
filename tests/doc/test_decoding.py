"""What doc/decoding.md shows works, and every option stands in it."""

import re
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from ppocr_lite.inference.args import GROUPS
from ppocr_lite.postprocess.decoding import DecodingOptions
from ppocr_lite.postprocess.pattern import compile_pattern

BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def page(repo: Path) -> str:
    return (repo / "doc" / "decoding.md").read_text(encoding="utf-8")


def test_python_blocks_run_in_order(
    page: str, repo: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if not (repo / "ppocr_lite/models/en/rec/inference.onnx").is_file():
        pytest.skip("no embedded models in this checkout")
    from ppocr_lite.charset import Charset

    monkeypatch.chdir(repo)
    charset = Charset(tuple("abcdefghijklmnopqrstuvwxyz"))
    probs = np.full((9, 27), 0.01)
    for step, label in enumerate(charset.encode("hotal")):
        probs[2 * step, label] = 0.9
    names: dict = {"charset": charset, "probs": probs}
    first, second = (code for language, code in BLOCK.findall(page) if language == "python")
    exec(compile(first, "doc/decoding.md, block 1", "exec"), names)
    words, amounts = capsys.readouterr().out.split("[[")[0], capsys.readouterr().out
    assert words.startswith("Harbour 0.9")
    assert amounts == ""
    shown = names["read"]("doc/imgs/receipt.jpg", decoding=names["amounts"]).filter(0.8).text
    assert shown.split() == ["7.60", "5.25", "8.90", "11.70", "3.45"]
    exec(compile(second, "doc/decoding.md, block 2", "exec"), names)
    assert names["decode"](probs, names["lexicon"]).text == "hotel"


def test_patterns_can_be_read(page: str) -> None:
    (block,) = (text for _, text in BLOCK.findall(page) if "number plates" in text)
    classes = list(enumerate((chr(i) for i in range(32, 127)), 1))
    for row in block.splitlines():
        assert len(compile_pattern(row.split("     ")[0].rstrip(), classes)) > 3


def test_every_option_and_flag_is_listed(page: str) -> None:
    for field in fields(DecodingOptions):
        assert f"`{field.name}`" in page
    for flag in GROUPS["decoding of recognizers with CTC"]:
        assert f"`--{flag.name}`" in page
        assert f"`--{flag.name.removeprefix('rec_').replace('_', '-')}`" in page
