"""Boxes of characters and words, fitted to the ink of drawn bars."""

import numpy as np

from ppocr_lite.charset import Charset
from ppocr_lite.inference.char_boxes import character_spans, word_spans
from ppocr_lite.postprocess.aligned import AlignedText
from ppocr_lite.structures import TextSpan

CHARSET = Charset(tuple("abc 語文"))
STEP = 5


def bars(*columns: tuple[int, int], width: int = 200, height: int = 20, shadow: float = 0.0) -> np.ndarray:
    """White paper with dark bars, and a shadow that grows to the right."""
    crop = np.full((height, width), 255.0)
    for left, right in columns:
        crop[5:15, left:right] = 20
    crop -= np.linspace(0, shadow, width)
    return np.repeat(crop.clip(0, 255).astype(np.uint8)[:, :, None], 3, axis=2)


def spans(text: str, steps: list[int], crop: np.ndarray, charset: Charset = CHARSET) -> tuple[TextSpan, ...]:
    """Boxes of characters that were read at one step each, of 5 px."""
    runs = np.array([[s, s] for s in steps])
    aligned = AlignedText(tuple(text), tuple(0.5 + 0.01 * i for i in range(len(text))), runs)
    count = crop.shape[1] // STEP
    edges = np.stack([np.arange(count), np.arange(count) + 1], axis=1) * float(STEP)
    return character_spans(aligned, edges, crop, charset=charset)


def sides(found: tuple[TextSpan, ...]) -> list[list[float]]:
    return [[float(span.quad[0, 0]), float(span.quad[1, 0])] for span in found]


def test_by_hand() -> None:
    crop = bars((20, 30), (34, 44), (80, 90))
    found = spans("ab c", [4, 8, 12, 16], crop)  # read somewhere within each bar, the space between
    assert sides(found) == [[20, 32.5], [32.5, 44], [44, 80], [80, 90]]
    assert [span.start for span in found] == [0, 1, 2, 3]
    np.testing.assert_array_equal(found[0].quad, [[20, 0], [32.5, 0], [32.5, 20], [20, 20]])
    words = word_spans(found)
    assert [(w.text, w.start) for w in words] == [("ab", 0), ("c", 3)]
    assert sides(words) == [[20, 44], [80, 90]]
    assert words[0].score == np.mean([0.5, 0.51])


def test_a_shadow_along_the_line() -> None:
    crop = bars((20, 30), (34, 44), (80, 90), (140, 150), shadow=160)
    found = word_spans(spans("ab c b", [4, 8, 12, 16, 20, 28], crop))
    np.testing.assert_allclose(sides(found), [[20, 44], [80, 90], [140, 150]], atol=1)


def test_characters_that_touch_are_cut_where_ink_is_least() -> None:
    crop = bars((20, 40), (41, 60))
    crop[9:11, 40] = 20  # a thin bridge
    assert sides(spans("ab", [5, 10], crop)) == [[20, 40.5], [40.5, 60]]
    plain = bars((20, 60))
    (_, cut), (again, _) = sides(spans("ab", [5, 10], plain))  # nothing to see: about the middle of the steps
    assert cut == again
    assert 38 <= cut <= 42


def test_ends_of_the_line_and_spaces_there() -> None:
    found = spans(" a ", [1, 10, 30], bars((46, 58)))
    np.testing.assert_allclose(sides(found), [[0, 46], [46, 58], [58, 200]])
    assert [w.text for w in word_spans(found)] == ["a"]
    assert sides(spans(" ", [3], bars())) == [[15, 20]]
    assert spans("", [], bars()) == ()
    assert word_spans(()) == ()


def test_two_spaces_share_the_gap() -> None:
    found = spans("a  b", [4, 8, 11, 16], bars((20, 30), (80, 90)))
    assert sides(found) == [[20, 30], [30, 55], [55, 80], [80, 90]]


def test_a_plain_crop_still_gives_boxes_in_order() -> None:
    crop = np.full((20, 100), 128, np.uint8)
    found = sides(spans("abc", [2, 8, 14], crop))
    assert found == sorted(found)
    assert all(0 <= left <= right <= 100 for left, right in found)


def test_each_chinese_character_is_a_word() -> None:
    crop = bars((10, 25), (30, 45), (60, 70), (72, 82))
    words = word_spans(spans("語文 ab", [3, 7, 10, 13, 15], crop))
    assert [(w.text, w.start) for w in words] == [("語", 0), ("文", 1), ("ab", 3)]


def test_right_to_left_spans_come_in_reading_order() -> None:
    charset = Charset(("א", "ב"), right_to_left=True)
    found = spans("אב", [4, 8], bars((20, 30), (34, 44)), charset)  # printed from the left: א, then ב
    assert [(s.text, s.start) for s in found] == [("ב", 0), ("א", 1)]
    assert sides(found) == [[32, 44], [20, 32]] or sides(found) == [[32.5, 44], [20, 32.5]]
    assert sides(word_spans(found)) == [[20, 44]]
