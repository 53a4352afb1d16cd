"""Result dataclasses: checks at birth, filtering without loss, JSON there and back."""

import json

import numpy as np
import pytest

from ppocr_lite.errors import DataError
from ppocr_lite.structures import Alternative, DetResult, OCRResult, RecResult, TextLine, TextSpan, Timings

QUADS = np.array([[[0, 40], [50, 40], [50, 60], [0, 60]], [[0, 0], [50, 0], [50, 20], [0, 20]]], np.float32)


def make_result() -> OCRResult:
    found = DetResult(QUADS, np.array([0.9, 0.8], np.float32)).sorted()
    texts = [RecResult("Größe 1", 0.95), RecResult("blur", 0.3)]
    return OCRResult.join(found, texts, image_size=(60, 50), rotated=[False, True])


def test_det_result_refuses_unequal_lengths() -> None:
    with pytest.raises(ValueError, match=r"quads \(2, 4, 2\) do not fit 3 scores; expected \[n, 4, 2\]"):
        DetResult(QUADS, np.zeros(3, np.float32))
    with pytest.raises(ValueError, match="1 polys do not fit 2 scores"):
        DetResult(QUADS, np.zeros(2, np.float32), (QUADS[0],))


def test_det_result_selects_all_fields_at_once() -> None:
    found = DetResult(QUADS, np.array([0.9, 0.8], np.float32), (QUADS[0], QUADS[1]))
    kept = found[found.scores < 0.85]
    assert len(kept) == 1
    np.testing.assert_array_equal(kept.polys[0], QUADS[1])
    np.testing.assert_array_equal(found.sorted().quads, QUADS[::-1])
    assert len(DetResult.empty().sorted()) == 0


def test_det_result_moves_and_joins_all_fields() -> None:
    quads = np.zeros((1, 4, 2), np.float32)
    one = DetResult(quads, np.ones(1, np.float32), spines=(np.zeros((3, 2), np.float32),))
    moved = one.moved(lambda points: points + 2.0)
    assert moved.quads.dtype == moved.spines[0].dtype == np.float32
    assert (moved.quads == 2).all()
    assert (moved.spines[0] == 2).all()
    both = one.joined(moved)
    assert both.quads[:, 0, 0].tolist() == [0, 2]
    assert [spine[0, 0] for spine in both[[1, 0]].spines] == [2, 0]
    bare = DetResult(quads, np.ones(1, np.float32))
    assert one.joined(bare).spines == ()  # unknown for some
    assert len(one.joined(bare)) == 2
    assert one.joined(DetResult.empty()) is one
    assert DetResult.empty().joined(one) is one
    with pytest.raises(ValueError, match="2 spines do not fit 1 scores"):
        DetResult(quads, np.ones(1, np.float32), spines=(quads[0], quads[0]))


def test_text_line_refuses_another_shape() -> None:
    with pytest.raises(ValueError, match=r"shape \(4, 2\), but got \(3, 2\)"):
        TextLine(np.zeros((3, 2)), "a", 1.0)


def test_join_refuses_unequal_lengths() -> None:
    with pytest.raises(ValueError, match="1 texts do not fit 0 regions"):
        OCRResult.join(DetResult.empty(), [RecResult("a", 1.0)], image_size=(1, 1))


def test_text_has_the_lines_in_reading_order() -> None:
    result = make_result()
    assert result.text == "Größe 1\nblur"
    assert [line.rotated for line in result] == [False, True]
    assert result.lines[0].det_score == pytest.approx(0.8)


def test_filter_keeps_what_it_takes_out() -> None:
    kept = make_result().filter(0.5)
    assert [line.text for line in kept] == ["Größe 1"]
    assert [line.text for line in kept.dropped] == ["blur"]
    assert len(kept.filter(0.99).dropped) == 2


def test_json_there_and_back() -> None:
    result = make_result().filter(0.5)
    text = result.to_json()
    assert "Größe" in text
    again = OCRResult.from_dict(json.loads(text))
    assert again.to_dict() == result.to_dict()
    assert again.image_size == (60, 50)
    assert again.lines[0].quad.dtype == np.float32


def test_timings_there_and_back() -> None:
    timings = Timings(1.0, 2.0, 3.0, 7.5, {"crop": 0.25})
    assert Timings.from_dict(timings.to_dict()) == timings


def test_another_version_is_refused() -> None:
    values = {**make_result().to_dict(), "version": 99}
    with pytest.raises(DataError, match="version 99 cannot be read"):
        OCRResult.from_dict(values)


def test_words_characters_and_alternatives_there_and_back() -> None:
    span = TextSpan("Gr", 0.9, QUADS[0], 3)
    rec = RecResult("Gr", 0.9, (), (span,), (span,), (Alternative("Gr", 0.9, -0.1),), True)
    result = OCRResult.join(DetResult(QUADS[:1], np.ones(1, np.float32)), [rec], image_size=(60, 50))
    values = json.loads(result.to_json())
    again = OCRResult.from_dict(values)
    assert again.to_dict() == result.to_dict()
    (line,) = again.lines
    assert (line.words[0].text, line.words[0].start, line.matched) == ("Gr", 3, True)
    np.testing.assert_array_equal(line.characters[0].quad, QUADS[0])
    assert line.alternatives == (Alternative("Gr", 0.9, -0.1),)


def test_files_of_earlier_releases_are_read_and_nothing_is_added_unasked() -> None:
    values = make_result().to_dict()
    assert set(values["lines"][0]) == {"text", "score", "det_score", "quad", "rotated"}
    (line, _) = OCRResult.from_dict(values).lines
    assert (line.words, line.characters, line.alternatives, line.matched) == ((), (), (), None)
