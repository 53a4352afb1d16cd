"""From a picture to its text with tiny networks."""

import json
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from ppocr_lite.errors import ConfigError, DataError, ModelFileError
from ppocr_lite.inference import system as system_module
from ppocr_lite.inference.model_files import EngineOptions
from ppocr_lite.inference.system import TextSystem
from ppocr_lite.inference.text_detector import TextDetector
from ppocr_lite.structures import DetResult

Page = Callable[..., np.ndarray]
TIGHT = {"post": {"unclip_ratio": 0.02}}  # the tiny detector marks all of a line, not its core


def build(models: dict[str, Path], **options: object) -> TextSystem:
    return TextSystem(
        models["det"],
        models["rec"],
        models["cls"],
        engine=EngineOptions(threads=1),
        det_options=TIGHT,
        **options,
    )  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def system(models: dict[str, Path]) -> TextSystem:
    return build(models)


def test_reads_a_page(system: TextSystem, page: Page) -> None:
    result = system(page(["cabcab", "aac", "cacac"]))
    assert result.text == "cabcab\naac\ncacac"
    assert result.image_size == (320, 480)
    assert result.timings.total_ms >= result.timings.stages["det.engine"] > 0
    assert result.timings.rec_ms >= result.timings.stages["rec.engine"]
    np.testing.assert_allclose(result.lines[0].quad[0], [16, 32], atol=4)


def test_path_bytes_and_array_are_the_same(system: TextSystem, page: Page, tmp_path: Path) -> None:
    image = page(["cab"])
    file = tmp_path / "p.png"
    cv2.imwrite(str(file), image)
    assert system(file).text == system(str(file)).text == system(file.read_bytes()).text == "cab"


def test_from_models_takes_engine_options_and_no_classifier(models: dict[str, Path], page: Page) -> None:
    made = TextSystem.from_models(models["det"], models["rec"], threads=1, det_options=TIGHT)
    assert made.classifier is None
    assert made(page(["cb"])).text == "cb"


def test_a_page_upside_down_is_turned(system: TextSystem, page: Page) -> None:
    # Letters a prevail, so the tiny classifier says 0 for the page as it is, 180 for the page turned over.
    # Both ways read with equal scores (b for a): only a strictly better reading may turn a page.
    turned = page(["caac", "aacac"])[::-1, ::-1]
    result = system(np.ascontiguousarray(turned))
    assert not any(line.rotated for line in result)
    each = build_each(system)(np.ascontiguousarray(turned))
    assert all(line.rotated for line in each)
    assert each.text.split() == ["caac", "aacac"]


def build_each(system: TextSystem) -> TextSystem:
    return TextSystem(system.detector, system.recognizer, system.classifier, cls_mode="each")


def test_a_line_cut_out_is_read_though_none_is_found_in_it(
    models: dict[str, Path], script: Callable[..., np.ndarray]
) -> None:
    def blind(images: list[np.ndarray], clock: object) -> list[DetResult]:
        return [DetResult.empty() for _ in images]

    blind.pipeline = SimpleNamespace(transforms=[])  # type: ignore[attr-defined]
    reader = TextSystem(TextDetector(blind), models["rec"], models["cls"])  # type: ignore[arg-type]
    line = script("cabcab")
    assert reader(line).text == "cabcab"
    assert reader(line).lines[0].quad.max() == line.shape[1] - 1
    page = np.full((480, 640, 3), 255, np.uint8)
    page[:32, : line.shape[1]] = line
    assert len(reader(page)) == 0  # of another shape than a line


def test_low_scores_are_dropped_but_kept_at_hand(models: dict[str, Path], page: Page) -> None:
    image = page(["cab"])
    made = build(models, drop_score=1.1)
    assert len(made(image)) == 0
    assert [line.text for line in made(image).dropped] == ["cab"]


def described(models: dict[str, Path], folder: Path, drop_score: object) -> dict[str, Path]:
    """The models, the recognizer with a description that has a ``drop_score``."""
    (folder / "rec").mkdir()
    shutil.copy(models["rec"], folder / "rec" / "inference.onnx")
    characters = json.dumps(list("abc"))
    text = f"PostProcess: {{name: CTCLabelDecode, character_dict: {characters}, drop_score: {drop_score}}}\n"
    (folder / "rec" / "inference.yml").write_text(text, encoding="utf-8")
    return {**models, "rec": folder / "rec"}


def test_a_recognizer_may_say_which_lines_to_drop(
    models: dict[str, Path], page: Page, tmp_path: Path
) -> None:
    own = described(models, tmp_path, 1.1)
    image = page(["cab"])
    assert build(models).drop_score == 0.5
    assert [line.text for line in build(own)(image).dropped] == ["cab"]
    assert [line.text for line in build(own, drop_score=0.3)(image).lines] == ["cab"]


def test_a_drop_score_that_is_no_number(models: dict[str, Path], tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="drop_score.*'?high"):
        build(described(models, tmp_path, "high"))


@pytest.mark.parametrize(
    "shape", [(1, 1), (1, 1, 3), (5, 40, 3), (2000, 3, 3), (3, 2000), (50, 30_000)], ids=str
)
def test_odd_sizes_without_text(system: TextSystem, shape: tuple[int, ...]) -> None:
    result = system(np.full(shape, 255, np.uint8))
    assert len(result) == len(result.dropped) == 0
    assert result.text == ""


def test_a_line_30000_px_wide_is_read_in_pieces(
    system: TextSystem, script: Callable[..., np.ndarray]
) -> None:
    text = "cabcabcacb" * 90
    line = script(text)
    image = np.full((64, 30_000, 3), 255, np.uint8)
    image[16:48, 300 : 300 + line.shape[1]] = line
    result = system(image)
    assert line.shape[1] > 28_000
    assert result.text.replace(" ", "") == text


def test_zero_size_and_missing_pictures(system: TextSystem, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no pixels"):
        system(np.zeros((0, 10, 3), np.uint8))
    with pytest.raises(DataError, match=r"gone\.png: no such file"):
        system(tmp_path / "gone.png")
    with pytest.raises(DataError, match="upload 7: the file is empty"):
        system(b"", name="upload 7")


def test_several_threads_read_their_own_pages(system: TextSystem, page: Page) -> None:
    texts = ["cab" * n for n in range(1, 5)]
    pages = [page([text]) for text in texts]
    found: dict[int, list[str]] = {}

    def work(n: int) -> None:
        found[n] = [system(pages[n]).text for _ in range(5)]

    threads = [threading.Thread(target=work, args=(n,)) for n in range(len(pages))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [found[n] for n in range(len(pages))] == [[text] * 5 for text in texts]


def test_missing_embedded_models_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("ppocr_lite.inference.model_files.__file__", str(tmp_path / "a" / "b" / "c.py"))
    with pytest.raises(ModelFileError, match="no embedded det model"):
        system_module.TextSystem()


def test_unknown_mode(models: dict[str, Path]) -> None:
    with pytest.raises(ConfigError, match="cls_mode: 'all' is none of vote, each"):
        build(models, cls_mode="all")
