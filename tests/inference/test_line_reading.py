"""Reading with DecodingOptions: recognizers, lines in pieces, pages, and what cannot be done."""

import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from ppocr_lite.charset import Charset
from ppocr_lite.errors import ConfigError
from ppocr_lite.inference import line_reading
from ppocr_lite.inference.line_steps import PieceSteps, join_steps
from ppocr_lite.inference.model_files import EngineOptions
from ppocr_lite.inference.predictor import decoded_output
from ppocr_lite.inference.system import TextSystem
from ppocr_lite.inference.text_recognizer import TextRecognizer
from ppocr_lite.postprocess.attention import AttnLabelDecode
from ppocr_lite.postprocess.decoding import DecodingOptions
from ppocr_lite.structures import DetResult, OCRResult, TextLine

Script = Callable[..., np.ndarray]
Page = Callable[..., np.ndarray]
CELL = 16
BOXES = DecodingOptions(return_word_box=True)
ONE = EngineOptions(threads=1)


@pytest.fixture
def recognizer(models: dict[str, Path]) -> TextRecognizer:
    return TextRecognizer.open(models["rec"], engine=ONE)


def cells(line: TextLine | object) -> np.ndarray:
    """Left and right side of each character."""
    return np.array([[c.quad[0, 0], c.quad[1, 0]] for c in line.characters])  # type: ignore[attr-defined]


@pytest.mark.parametrize("scale", [1.0, 0.5, 3.0])
def test_boxes_in_pixels_of_the_crop(scale: float, recognizer: TextRecognizer, script: Script) -> None:
    crop = script("cab")
    crop = cv2.resize(crop, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    (result,) = recognizer([crop], decoding=BOXES)
    assert result.text == "cab"
    drawn = np.array([[16, 32], [48, 64], [80, 96]]) * scale
    np.testing.assert_allclose(cells(result)[[0, -1], [0, 1]], drawn[[0, -1], [0, 1]], atol=scale)
    np.testing.assert_allclose(cells(result).mean(axis=1), drawn.mean(axis=1), atol=4.5 * scale)
    np.testing.assert_array_equal(result.words[0].quad[2], [cells(result)[-1, 1], crop.shape[0]])


def test_text_and_score_are_those_without_boxes(recognizer: TextRecognizer, script: Script) -> None:
    crops = [script(t) for t in ("abc", "cab" * 9, "b", "", "ccaab", "c" * 150)]
    plain = recognizer(crops)
    with_boxes = recognizer(crops, decoding=BOXES)
    assert [(r.text.replace(" ", ""), pytest.approx(r.score, abs=1e-6)) for r in with_boxes] == [
        (r.text.replace(" ", ""), r.score) for r in plain
    ]
    assert plain[0].characters == plain[0].words == plain[0].alternatives == ()


def test_boxes_of_a_line_read_in_pieces(models: dict[str, Path], script: Script) -> None:
    text = "cabbacacb" * 4
    recognizer = TextRecognizer.open(models["rec"], engine=ONE, max_aspect=8, decoding=BOXES)
    (result,) = recognizer([script(text)])
    assert result.text == text  # its characters know no space
    drawn = (2 * np.arange(len(text)) + 1.5) * CELL
    np.testing.assert_allclose(cells(result).mean(axis=1), drawn, atol=CELL / 2)


def test_a_pattern_holds_for_the_whole_line(models: dict[str, Path], script: Script) -> None:
    options = DecodingOptions(pattern="(ab)*ac")
    recognizer = TextRecognizer.open(models["rec"], engine=ONE, max_aspect=8, decoding=options)
    (result,) = recognizer([script("ab" * 12 + "aa")])
    assert result.text == "ab" * 12 + "ac"


def test_options_of_a_call_win(recognizer: TextRecognizer, script: Script) -> None:
    crops = [script("cab"), script("bb")]
    decoder = recognizer.make_decoder(DecodingOptions(word_list=["cac", "ab"], alternatives=2))
    first, second = recognizer(crops, decoding=decoder)
    assert (first.text, second.text) == ("cac", "ab")
    assert [a.text for a in first.alternatives] == ["cac", "ab"]
    fixed = TextRecognizer(recognizer.predictor, decoding=DecodingOptions(allow_chars="ab"))
    assert [r.text for r in fixed(crops)] == ["aab", "bb"]
    assert [r.text for r in fixed(crops, decoding=DecodingOptions())] == ["cab", "bb"]
    assert recognizer([], decoding=decoder) == []


def test_many_lines_keep_their_order(
    recognizer: TextRecognizer, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line_reading, "LINES_AT_ONCE", 7)
    texts = ["abc" * (1 + i % 5) + "ab"[i % 2] for i in range(30)]
    results = recognizer([script(t) for t in texts], decoding=DecodingOptions(beam_size=3))
    assert [r.text for r in results] == texts


def test_lexicon(recognizer: TextRecognizer, script: Script) -> None:
    options = DecodingOptions(lexicon=["cabab", "bbbbbbbb"])
    near, far = recognizer([script("cabac"), script("a")], decoding=options)
    assert (near.text, near.matched, far.text, far.matched) == ("cabab", True, "a", False)


def test_recognizers_that_cannot(recognizer: TextRecognizer) -> None:
    recognizer.predictor.choose = decoded_output
    with pytest.raises(
        ConfigError, match="beam_size: needs the probabilities .* without Global.export_decode"
    ):
        recognizer.make_decoder(DecodingOptions(beam_size=5))
    assert recognizer.make_decoder(DecodingOptions()) is None
    recognizer.predictor.postprocess = AttnLabelDecode(charset=Charset(tuple("ab")))
    with pytest.raises(
        ConfigError, match="pattern: for recognizers with CTC only; this one has AttnLabelDecode"
    ):
        TextRecognizer(recognizer.predictor, decoding=DecodingOptions(pattern="a"))


@pytest.mark.parametrize("spaced", ["a|b", "a |b", "a| b", "a|", "|b"])
def test_a_gap_at_a_cut_becomes_one_space(spaced: str) -> None:
    charset = Charset(tuple("ab "))
    pieces = []
    for number, text in enumerate(spaced.split("|")):
        probs = np.zeros((2 * len(text) + 1, 4))
        probs[:, 0] = 1
        for i, character in enumerate(text):
            probs[2 * i + 1] = 0
            probs[2 * i + 1, charset.encode(character)[0]] = 1
        pieces.append((PieceSteps(probs, 0.5), 40, number > 0))
    steps = join_steps(pieces, charset)
    best = steps.probs.argmax(axis=1)
    kept = best[(best != 0) & (np.append(0, best[:-1]) != best)]
    assert charset.decode(kept.tolist()) == ("a b" if len(kept) == 3 else spaced.strip("|"))
    assert steps.edges[0, 0] == 0
    assert steps.edges[-1, 1] == 80  # the padding is no part of the crop
    assert (np.diff(steps.edges[:, 0]) >= 0).all()


def build(models: dict[str, Path], **options: object) -> TextSystem:
    tight = {"post": {"unclip_ratio": 0.02}}
    return TextSystem(models["det"], models["rec"], models["cls"], engine=ONE, det_options=tight, **options)  # type: ignore[arg-type]


def centres(result: OCRResult) -> list[tuple[str, int, int]]:
    return [
        (c.text, *(int(v) for v in np.rint(c.quad.mean(axis=0)))) for line in result for c in line.characters
    ]


def test_boxes_in_pixels_of_the_page(models: dict[str, Path], page: Page) -> None:
    system = build(models, decoding=BOXES)
    image = page(["cab", "aac"])
    result = system(image)
    drawn = [
        (c, 16 + 24 + 32 * i, 48 + 64 * row) for row, t in enumerate(("cab", "aac")) for i, c in enumerate(t)
    ]
    for found, wanted in zip(centres(result), drawn, strict=True):
        assert found[0] == wanted[0]
        np.testing.assert_allclose(found[1:], wanted[1:], atol=5)
    again = OCRResult.from_dict(json.loads(result.to_json()))
    assert again.to_dict() == result.to_dict()
    assert [w.text for w in again.lines[0].words] == ["cab"]
    assert "words" not in system(image, decoding=DecodingOptions()).to_dict()["lines"][0]


def find_at(system: TextSystem, quad: list[list[float]]) -> TextSystem:
    """The system with a detector that always finds this one line."""
    found = DetResult(np.array([quad], np.float32), np.ones(1, np.float32))
    system.detector = lambda images, clock: [found]  # type: ignore[assignment]
    return system


@pytest.mark.parametrize(("turns", "mode"), [(0, "vote"), (2, "each"), (3, "vote"), (1, "each")])
def test_boxes_of_turned_lines(turns: int, mode: str, models: dict[str, Path], page: Page) -> None:
    """Read as it stands, turned by the classifier, turned for being tall, and both.

    The tiny classifier says 180 where b prevails, which a is upside down.
    """
    upright = page(["caaca"], size=(480, 480))
    low, high = np.array([16.0, 32.0]), np.array([16 + 11 * CELL, 64.0])
    for _ in range(turns):
        low, high = np.array([low[1], 480 - high[0]]), np.array([high[1], 480 - low[0]])
    quad = [[*low], [high[0], low[1]], [*high], [low[0], high[1]]]
    system = find_at(build(models, decoding=BOXES, cls_mode=mode), quad)
    (line,) = system(np.ascontiguousarray(np.rot90(upright, turns))).lines
    assert line.text == "caaca"
    assert line.rotated == (mode == "each")
    for i, character in enumerate(line.characters):
        x, y = 16 + 24 + 32 * i, 48
        for _ in range(turns):
            x, y = y, 480 - x
        np.testing.assert_allclose(character.quad.mean(axis=0), [x, y], atol=5)
        np.testing.assert_allclose(character.quad[0], character.quad.min(axis=0), atol=0.1)
    np.testing.assert_allclose(
        line.words[0].quad.min(axis=0),
        low
        + (CELL if turns % 2 == 0 else 0) * np.array([1, 0])
        + (CELL if turns % 2 else 0) * np.array([0, 1]),
        atol=1,
    )


def test_a_single_tall_letter(models: dict[str, Path]) -> None:
    """Its crop is turned for being tall, and read as it stands all the same."""
    image = np.full((200, 200, 3), 255, np.uint8)
    image[40:72, 90:106] = 0
    system = TextSystem(models["det"], models["rec"], False, engine=ONE, decoding=BOXES)
    quad = [[86, 40], [106, 40], [106, 72], [86, 72]]
    (line,) = find_at(system, quad)(image).lines
    assert line.text == "c"
    np.testing.assert_allclose(line.characters[0].quad, [[90, 40], [106, 40], [106, 72], [90, 72]], atol=4)
