"""The models inside the package: complete, small, and they read the demo pictures."""

import json
from collections import Counter
from pathlib import Path

import pytest

from ppocr_lite import TextSystem
from ppocr_lite.config import parse_yaml
from ppocr_lite.images import read_image
from ppocr_lite.structures import OCRResult

TASKS = ("det", "cls", "rec")
MAX_TOTAL_MB = 12
MIN_F1 = 0.85
"""On the project's own demo pictures; what the models reach is in their cards."""


@pytest.fixture(scope="module")
def folder(repo: Path) -> Path:
    return repo / "ppocr_lite" / "models" / "en"


@pytest.fixture(scope="module")
def system() -> TextSystem:
    return TextSystem()


def words(text: str) -> Counter[str]:
    return Counter(text.split())


def f1(found: Counter[str], true: Counter[str]) -> float:
    return 2 * sum((found & true).values()) / max(1, sum(found.values()) + sum(true.values()))


def labels(repo: Path) -> dict[str, Counter[str]]:
    rows = (repo / "doc" / "imgs" / "label.txt").read_text(encoding="utf-8").splitlines()
    pairs = [row.split("\t") for row in rows]
    return {Path(name).name: words(" ".join(r["transcription"] for r in json.loads(v))) for name, v in pairs}


@pytest.mark.parametrize("task", TASKS)
def test_each_is_complete_and_was_checked(folder: Path, task: str) -> None:
    assert (folder / task / "README.md").read_text(encoding="utf-8").startswith("# ")
    described = parse_yaml((folder / task / "inference.yml").read_text(encoding="utf-8"), task)
    assert described["Parity"]["onnx"]["max_abs_diff"] < 1e-4
    assert described["Parity"]["onnx"]["text_agreement"] == 1.0
    assert "inference.onnx" in described["Hashes"]


def test_they_are_small(folder: Path) -> None:
    total = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    assert total < MAX_TOTAL_MB * 1e6


@pytest.mark.parametrize("name", ["letter.jpg", "invoice.png", "screen.png", "receipt.jpg"])
def test_demo_pictures_are_read_with_their_spaces(repo: Path, system: TextSystem, name: str) -> None:
    result = system(repo / "doc" / "imgs" / name)
    assert f1(words(result.text), labels(repo)[name]) >= MIN_F1
    assert any(line.text.count(" ") >= 2 for line in result.lines)


def test_a_page_upside_down_is_read_too(repo: Path, system: TextSystem) -> None:
    image = read_image(repo / "doc" / "imgs" / "letter.jpg")[::-1, ::-1].copy()
    result: OCRResult = system(image)
    assert f1(words(result.text), labels(repo)["letter.jpg"]) >= MIN_F1
    assert all(line.rotated for line in result.lines)


def test_openvino_reads_the_same(repo: Path, system: TextSystem) -> None:
    pytest.importorskip("openvino")
    picture = repo / "doc" / "imgs" / "screen.png"
    assert TextSystem(engine="openvino")(picture).text == system(picture).text
