"""Recognizers of every make: heights, channels, fixed widths, engines, long lines."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import yaml

from ppocr_lite.errors import ConfigError, ModelFileError
from ppocr_lite.inference.long_lines import join_pieces, split_line
from ppocr_lite.inference.model_files import EngineOptions
from ppocr_lite.inference.text_recognizer import LineResize, TextRecognizer
from ppocr_lite.postprocess.decoding import DecodingOptions
from ppocr_lite.structures import RecResult

MakeModel = Callable[..., Path]
Script = Callable[..., np.ndarray]


@pytest.mark.parametrize("engine", ["onnxruntime", "openvino"])
def test_engines_agree(engine: str, models: dict[str, Path], script: Script) -> None:
    pytest.importorskip(engine)
    recognizer = TextRecognizer.open(models["rec"], engine=EngineOptions(engine=engine, threads=1))
    texts = ["abc", "cab" * 9, "b", "", "ccaab"]
    assert [r.text for r in recognizer([script(t) for t in texts])] == texts


@pytest.mark.parametrize("height", [32, 48, 64])
@pytest.mark.parametrize("channels", [1, 3])
def test_height_and_channels_come_from_the_network(
    height: int, channels: int, make_rec: MakeModel, script: Script, tmp_path: Path
) -> None:
    file = make_rec(tmp_path / "r.onnx", height=height, channels=channels)
    (result,) = TextRecognizer.open(file)([script("abcab", height=height)])
    assert result.text == "abcab"
    assert result.score > 0.99
    assert len(result.char_scores) == 5


def test_height_by_flag_for_a_network_that_takes_any(
    make_rec: MakeModel, script: Script, tmp_path: Path
) -> None:
    file = make_rec(tmp_path / "r.onnx", dynamic_height=True)
    assert TextRecognizer.open(file, image_shape=[3, 32, 320])([script("acb")])[0].text == "acb"
    fixed = make_rec(tmp_path / "f.onnx")
    with pytest.raises(ModelFileError, match="so the image shape .* cannot be used"):
        TextRecognizer.open(fixed, image_shape=[3, 48, 320])


@pytest.mark.parametrize(("fill", "expected"), [(None, 0.0), (255, 1.0)])
def test_lines_are_filled_as_in_training(fill: float | None, expected: float) -> None:
    resize = LineResize((1, 32, 64), bucket=32, min_width=64, max_width=640, fill=fill)
    image = resize({"image": np.full((32, 20), 51, np.uint8)})["image"]
    assert image.shape == (1, 32, 64)
    assert image[0, 5, [10, 40]].tolist() == pytest.approx([-0.6, expected])


def test_fixed_width_network(make_rec: MakeModel, script: Script, tmp_path: Path) -> None:
    recognizer = TextRecognizer.open(make_rec(tmp_path / "r.onnx", width=320))
    assert [r.text for r in recognizer([script("abc"), script("cabb")])] == ["abc", "cabb"]


def test_network_without_softmax(make_rec: MakeModel, script: Script, tmp_path: Path) -> None:
    (result,) = TextRecognizer.open(make_rec(tmp_path / "r.onnx", softmax=False))([script("abc")])
    assert result.text == "abc"
    assert 0.99 < result.score <= 1


def test_width_buckets_of_the_model(make_rec: MakeModel, script: Script, tmp_path: Path) -> None:
    make_rec(tmp_path / "inference.onnx")
    ops = [{"RecResizeImg": {"image_shape": [3, 32, 640], "width_bucket": 64}}]
    (tmp_path / "inference.yml").write_text(yaml.safe_dump({"PreProcess": {"transform_ops": ops}}))
    recognizer = TextRecognizer.open(tmp_path)
    assert recognizer.predictor.prepare(script("a"))["image"].shape == (3, 32, 64)
    assert recognizer.predictor.prepare(script("abc"))["image"].shape == (3, 32, 128)
    assert recognizer.predictor.prepare(script("c" * 30))["image"].shape == (3, 32, 1024)


def test_order_is_kept_whatever_the_batches(models: dict[str, Path], script: Script) -> None:
    texts = ["abc" * (1 + i % 7) + "ab"[i % 2] for i in range(40)]
    for batch_size in (1, 3, 16):
        recognizer = TextRecognizer.open(models["rec"], batch_size=batch_size)
        assert [r.text for r in recognizer([script(t) for t in texts])] == texts


def test_a_line_of_any_length(models: dict[str, Path], script: Script) -> None:
    recognizer = TextRecognizer.open(models["rec"])
    assert recognizer.max_aspect == 80
    text = "cabbacacb" * 30
    (result,) = recognizer([script(text)])
    assert result.text.replace(" ", "") == text
    assert len(result.char_scores) == len(result.text)


def test_the_greatest_length_can_be_chosen(
    models: dict[str, Path], script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    recognizer = TextRecognizer.open(models["rec"], max_aspect=10)
    widths: list[int] = []
    prepare = recognizer.predictor.prepare
    monkeypatch.setattr(recognizer.predictor, "prepare", lambda c: (widths.append(c.shape[1]), prepare(c))[1])
    assert recognizer([script("cab" * 20)])[0].text.replace(" ", "") == "cab" * 20
    assert max(widths) <= 320
    assert sum(widths) == (2 * 60 + 1) * 16


def test_a_crop_of_one_pixel(models: dict[str, Path]) -> None:
    results = TextRecognizer.open(models["rec"])([np.full((1, 1, 3), 255, np.uint8)])
    assert results == [RecResult("", 0.0)]
    assert TextRecognizer.open(models["rec"])([]) == []


def test_split_looks_for_the_widest_gap() -> None:
    crop = np.full((10, 100, 3), 200, np.uint8)
    crop[:, ::4] = 20  # strokes everywhere
    crop[:, 52:60] = 200
    pieces = list(split_line(crop, 7.0))
    widths = [piece.shape[1] for piece, _ in pieces]
    assert sum(widths) == 100
    assert 52 < widths[0] < 60
    assert [gap for _, gap in pieces] == [False, True]
    assert len(list(split_line(crop, None))) == len(list(split_line(crop, 10.0))) == 1


def test_pieces_join_with_a_space_only_at_a_gap() -> None:
    one, two = RecResult("ab", 0.5, (0.4, 0.6)), RecResult("c", 0.9, (0.9,))
    assert join_pieces([(one, False), (two, False)]) == RecResult(
        "abc", pytest.approx(1.9 / 3), (0.4, 0.6, 0.9)
    )
    assert join_pieces([(one, False), (two, True)]).text == "ab c"
    assert join_pieces([(one, False), (RecResult(" c", 0.9), True)]).text == "ab c"
    assert join_pieces([(RecResult("", 0.0), False)]) == RecResult("", 0.0)


TOKENS = {"PostProcess": {"character_dict": ["clef-G2", "tie", "barline"], "token_separator": " "}}


def test_a_network_of_tokens(make_rec: MakeModel, script: Script, tmp_path: Path) -> None:
    """The letters of the script stand for tokens here."""
    make_rec(tmp_path / "inference.onnx", characters=None)
    (tmp_path / "inference.yml").write_text(yaml.safe_dump(TOKENS))
    recognizer = TextRecognizer.open(tmp_path)
    results = recognizer([script("acca"), script("abc" * 30)])
    assert results[0].text == "clef-G2 barline barline clef-G2"
    assert results[0].symbols == ("clef-G2", "barline", "barline", "clef-G2")
    assert len(results[0].char_scores) == 4
    assert results[1].symbols == ("clef-G2", "tie", "barline") * 30


def test_long_sequences_are_joined_by_the_separator(
    make_rec: MakeModel, script: Script, tmp_path: Path
) -> None:
    make_rec(tmp_path / "inference.onnx", characters=None)
    (tmp_path / "inference.yml").write_text(yaml.safe_dump(TOKENS))
    (result,) = TextRecognizer.open(tmp_path, max_aspect=5)([script("abc" * 10)])
    assert result.symbols == ("clef-G2", "tie", "barline") * 10
    assert len(result.char_scores) == 30
    empty = RecResult("", 0.0, separator=" ")
    assert join_pieces([(empty, False), (result, True), (empty, False)]).text == result.text


def test_decoding_of_tokens(make_rec: MakeModel, script: Script, tmp_path: Path) -> None:
    make_rec(tmp_path / "inference.onnx", characters=None)
    (tmp_path / "inference.yml").write_text(yaml.safe_dump(TOKENS))
    recognizer = TextRecognizer.open(tmp_path)
    (found,) = recognizer([script("acb")], decoding=DecodingOptions(beam_size=4, alternatives=2))
    assert found.symbols == ("clef-G2", "barline", "tie")
    assert found.alternatives[0].text == found.text
    with pytest.raises(ConfigError, match="pattern, return_word_box: for texts that are made of characters"):
        recognizer([script("a")], decoding=DecodingOptions(pattern="a", return_word_box=True))


def test_tokens_of_a_dictionary_file(make_rec: MakeModel, script: Script, tmp_path: Path) -> None:
    make_rec(tmp_path / "inference.onnx", characters=None)
    (tmp_path / "inference.yml").write_text(yaml.safe_dump({"PostProcess": {"token_separator": " "}}))
    (tmp_path / "tokens.txt").write_text("one\ntwo\nthree\n")
    (result,) = TextRecognizer.open(tmp_path, char_dict_path=tmp_path / "tokens.txt")([script("ac")])
    assert result.text == "one three"
    (tmp_path / "tokens.txt").write_text("one\ntwo\n")
    with pytest.raises(ModelFileError, match="has 2 tokens and needs 3"):
        TextRecognizer.open(tmp_path, char_dict_path=tmp_path / "tokens.txt")
    (tmp_path / "tokens.txt").write_text("one\ntwo\ntwo\n")
    with pytest.raises(ModelFileError, match="'two' on lines 2, 3"):
        TextRecognizer.open(tmp_path, char_dict_path=tmp_path / "tokens.txt")
