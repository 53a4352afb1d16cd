"""Lines are parted where a recognizer with a tab among its characters reads the end of a column."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ppocr_lite.geometry import crop_quad
from ppocr_lite.inference.columns import part_columns
from ppocr_lite.inference.model_files import EngineOptions
from ppocr_lite.inference.seen_line import SeenLine
from ppocr_lite.inference.system import TextSystem
from ppocr_lite.inference.text_recognizer import TextRecognizer
from ppocr_lite.postprocess.decoding import DecodingOptions
from ppocr_lite.structures import Alternative, DetResult, RecResult, TextSpan

Page = Callable[..., np.ndarray]
TIGHT = {"post": {"unclip_ratio": 0.02}}
CHARACTER = 10  # pixels in the lines below, which are 20 high


def boxed(text: str) -> RecResult:
    """A reading whose characters are as wide as CHARACTER, each with a score of its own."""
    scores = tuple(0.5 + 0.01 * i for i in range(len(text)))
    characters = tuple(TextSpan(c, s, _box(i, i + 1), i) for i, (c, s) in enumerate(zip(text, scores)))
    words, start = [], 0
    for word in text.replace("\t", " ").split(" "):
        if word:
            words.append(TextSpan(word, 0.7, _box(start, start + len(word)), start))
        start += len(word) + 1
    return RecResult(text, float(np.mean(scores)), scores, characters, tuple(words))


def _box(first: int, last: int) -> np.ndarray:
    left, right = first * CHARACTER, last * CHARACTER
    return np.array([[left, 0], [right, 0], [right, 20], [left, 20]], np.float32)


def upright(text: str, left: float = 100, top: float = 50) -> np.ndarray:
    return _moved(_box(0, len(text)), left, top)


def _moved(quad: np.ndarray, x: float, y: float) -> np.ndarray:
    return np.asarray(quad + np.array([x, y], np.float32))


def part(
    texts: Sequence[str], *, keep: bool = True, quads: Sequence[np.ndarray] | None = None, turns: int = 0
) -> tuple[DetResult, list[RecResult], list[int], list[int]]:
    """The parted lines, and how many crops were read again at each call."""
    asked = []

    def read_boxes(crops: Sequence[np.ndarray]) -> list[RecResult]:
        asked.append(len(crops))
        return [boxed(next(t for t in texts if len(t) * CHARACTER == c.shape[1])) for c in crops]

    lines = []
    for text in texts:
        result = boxed(text)
        kept = result if keep else replace(result, characters=(), words=())
        lines.append(SeenLine(kept, np.zeros((20, len(text) * CHARACTER, 3), np.uint8), turns))
    found = DetResult(np.stack(quads or [upright(t) for t in texts]), np.linspace(1, 0.5, len(texts)))
    return (*part_columns(found, lines, read_boxes), asked)


def test_each_column_is_a_region_with_its_text_and_score() -> None:
    regions, results, owners, asked = part(["ab cd\tef", "one line"], keep=False)
    assert [r.text for r in results] == ["ab cd", "ef", "one line"]
    assert owners == [0, 0, 1]
    assert asked == [1]  # only the line with a tab is read again
    assert results[0].char_scores == pytest.approx([0.5, 0.51, 0.52, 0.53, 0.54])
    assert results[1].score == pytest.approx(0.565)
    assert results[0].words == results[0].characters == ()
    np.testing.assert_allclose(regions.scores, [1, 1, 0.5])
    # The ink ends at 5 characters, the next begins at 6: a margin of 0.15 of 20 px on either side.
    np.testing.assert_allclose(regions.quads[0][:, 0], [100, 153, 153, 100], atol=0.01)
    np.testing.assert_allclose(regions.quads[1][:, 0], [157, 180, 180, 157], atol=0.01)


def test_boxes_that_were_asked_for_are_kept_and_not_read_twice() -> None:
    _, results, _, asked = part(["ab cd\tef"])
    assert asked == []
    assert [(w.text, w.start) for w in results[0].words] == [("ab", 0), ("cd", 3)]
    assert [(c.text, c.start) for c in results[1].characters] == [("e", 0), ("f", 1)]
    np.testing.assert_allclose(results[1].words[0].quad, _moved(_box(6, 8), 100, 50), atol=0.01)


@pytest.mark.parametrize("turns", [0, 2])
def test_a_line_on_its_head_is_parted_from_its_other_end(turns: int) -> None:
    regions, results, _, _ = part(["abcd\tef"], turns=turns)
    assert [r.text for r in results] == ["abcd", "ef"]
    lefts = regions.quads[:, 0, 0]
    assert (lefts[0] < lefts[1]) == (turns == 0)
    for quad in regions.quads:  # still clockwise from their top left
        assert quad[0].tolist() == quad.min(axis=0).tolist()


def test_a_tall_line_is_parted_along_its_length() -> None:
    quad = np.array([[0, 0], [20, 0], [20, 70], [0, 70]], np.float32)
    crop = crop_quad(np.zeros((80, 40, 3), np.uint8), quad)
    assert crop.shape[:2] == (20, 70)
    regions, results, _, _ = part(["abcd\tef"], quads=[quad], turns=1)
    assert [r.text for r in results] == ["abcd", "ef"]
    assert (np.ptp(regions.quads[:, :, 0], axis=1) == 20).all()
    heights = np.ptp(regions.quads[:, :, 1], axis=1)
    np.testing.assert_allclose(heights, [43, 23], atol=0.01)
    assert (
        regions.quads[0][:, 1].max() < regions.quads[1][:, 1].min()
    )  # turned to the left, it began at the top


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("GBP\t36.90", ["GBP 36.90"]),
        ("Total\t€\t-.50\tB", ["Total", "€ -.50", "B"]),
        ("Total GBP\t36.90", ["Total GBP", "36.90"]),  # not by itself
        ("USD\tTotal", ["USD", "Total"]),
        ("XGBP\t36.90", ["XGBP", "36.90"]),
    ],
)
@pytest.mark.parametrize("keep", [True, False])
def test_a_currency_by_itself_belongs_to_its_amount(text: str, wanted: list[str], keep: bool) -> None:
    _, results, owners, _ = part([text], keep=keep)
    assert [r.text for r in results] == wanted
    assert owners == [0] * len(wanted)
    if keep:
        assert ["".join(c.text for c in r.characters) for r in results] == wanted


@pytest.mark.parametrize("text", ["\tab", "ab\t", "ab"])
def test_tabs_at_the_ends_part_nothing(text: str) -> None:
    regions, results, _, asked = part([text], keep=False)
    assert [r.text for r in results] == ["ab"]
    assert len(results[0].char_scores) == 2
    assert asked == []
    np.testing.assert_allclose(regions.quads[0], upright(text))


def test_without_boxes_a_space_stands_for_the_tab() -> None:
    line = SeenLine(boxed("ab\tcd"), np.zeros((20, 50, 3), np.uint8), 0)
    found = DetResult(upright("ab\tcd")[None], np.ones(1))
    _, results, owners = part_columns(found, [line], None)
    assert [r.text for r in results] == ["ab cd"]
    assert owners == [0]
    assert "".join(c.text for c in results[0].characters) == "ab cd"


@pytest.mark.parametrize("asked", [{"alternatives": (Alternative("a\tb", 1, 0),)}, {"matched": True}])
def test_a_line_that_was_asked_for_as_a_whole_stays_whole(asked: dict[str, object]) -> None:
    line = SeenLine(replace(boxed("a\tb"), **asked), np.zeros((20, 30, 3), np.uint8), 0)  # type: ignore[arg-type]
    found = DetResult(upright("a\tb")[None], np.ones(1))
    _, results, _ = part_columns(found, [line], lambda crops: pytest.fail("not to be read again"))
    assert [r.text for r in results] == ["a b"]


def test_outlines_stay_with_their_regions() -> None:
    lines = [SeenLine(boxed(t), np.zeros((20, 10 * len(t), 3), np.uint8), 0) for t in ("a\tb", "cd")]
    outline = np.arange(10, dtype=np.float32).reshape(5, 2)
    quads = np.stack([upright("a\tb"), upright("cd", top=90)])
    found = DetResult(quads, np.ones(2), (outline, outline + 1))
    regions, _, _ = part_columns(found, lines, lambda crops: [])
    assert [len(p) for p in regions.polys] == [4, 4, 5]
    np.testing.assert_array_equal(regions.polys[2], outline + 1)


def receipt(*texts: str, lefts: Sequence[float] = (), **options: object) -> list[str]:
    """The texts that come out of rows below each other, which end at one place or begin at ``lefts``."""
    right = max(len(t) for t in texts) * CHARACTER
    starts = lefts or [right - len(t) * CHARACTER for t in texts]
    quads = [upright(t, left=x, top=30 * i) for i, (t, x) in enumerate(zip(texts, starts))]
    return [r.text for r in part(texts, quads=quads, **options)[1]]  # type: ignore[arg-type]


def test_a_space_ends_a_column_where_two_other_rows_have_it_at_this_place() -> None:
    rows = receipt("3.99\tB", "12.49\tB", "1.50 B", "Milk 1.50")
    assert rows == ["3.99", "B", "12.49", "B", "1.50", "B", "Milk 1.50"]
    assert receipt("3.99\tB", "1.50 B") == ["3.99", "B", "1.50 B"]  # one other row is not enough


def test_columns_that_begin_below_each_other_line_up_as_well() -> None:
    rows = receipt("Tax\t1.50", "Net\t10.00", "Sum 199.00", lefts=(0, 0, 0))
    assert rows == ["Tax", "1.50", "Net", "10.00", "Sum", "199.00"]


@pytest.mark.parametrize("text", ["3.99 C4", "3.99 per B", "Salt B", "B 3.99"])
def test_words_of_another_kind_stay_in_line(text: str) -> None:
    assert receipt("3.99\tB", "2.49\tB", text)[-1] == text


def test_a_space_at_another_place_stays_a_space() -> None:
    assert receipt("3.99\tB", "2.49\tB", "1.50 B", lefts=(0, 0, 50))[-1] == "1.50 B"


def test_rows_may_be_slanted() -> None:
    """By a third here: the rows themselves do not show it."""
    assert receipt("3.99\tB", "2.49\tB", "1.50 B", lefts=(0, 9, 18))[-2:] == ["1.50", "B"]


def test_a_row_with_one_column_may_get_another() -> None:
    rows = receipt("Egg\t3.99\tB", "Jam\t2.49\tB", "Tea\t1.50 B")
    assert rows[-3:] == ["Tea", "1.50", "B"]


def test_rows_on_their_head_line_up() -> None:
    rows = receipt("3.99\tB", "12.49\tB", "1.50 B", lefts=(0, 0, 0), turns=2)
    assert rows == ["3.99", "B", "12.49", "B", "1.50", "B"]


def test_only_rows_that_may_be_parted_are_read_again() -> None:
    texts = ["3.99\tB", "12.49\tB", "199.50 B", "Thank you"]
    quads = [upright(t, left=100 - 10 * len(t), top=30 * i) for i, t in enumerate(texts)]
    _, results, _, asked = part(texts, keep=False, quads=quads)
    assert asked == [2, 1]
    assert [r.text for r in results][-3:] == ["199.50", "B", "Thank you"]


def test_nothing_found_is_nothing_parted() -> None:
    regions, results, owners = part_columns(DetResult.empty(), [], lambda crops: [])
    assert (len(regions), results, owners) == (0, [], [])


@pytest.fixture(scope="module")
def tab_models(
    models: dict[str, Path], make_rec: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Path]:
    """The test script's ``c`` is a tab."""
    return {**models, "rec": make_rec(tmp_path_factory.mktemp("tab") / "rec.onnx", characters="ab\t")}


def system(models: dict[str, Path], **options: object) -> TextSystem:
    given = {"det": models["det"], "rec": models["rec"], "cls": False, "det_options": TIGHT, **options}
    return TextSystem(engine=EngineOptions(threads=1), **given)  # type: ignore[arg-type]


def test_the_system_parts_and_orders_columns(tab_models: dict[str, Path], page: Page) -> None:
    read = system(tab_models)
    result = read(page(["abcab", "aba", "bcbb"]))
    assert result.text.split("\n") == ["ab", "ab", "aba", "b", "bb"]
    assert [[line.text for line in row] for row in result.rows] == [["ab", "ab"], ["aba"], ["b", "bb"]]
    first, second = result.lines[:2]
    assert first.quad[:, 0].max() < second.quad[:, 0].min()
    assert not first.words
    with_boxes = read(page(["abcab"]), decoding=DecodingOptions(return_word_box=True))
    assert [[w.text for w in line.words] for line in with_boxes.lines] == [["ab"], ["ab"]]


def test_lines_stay_whole_when_columns_shall_not_be_parted(tab_models: dict[str, Path], page: Page) -> None:
    assert system(tab_models, part_columns=False)(page(["abcab"])).text == "ab ab"


def test_only_recognizers_that_can_tell_where_a_tab_is_read_columns(
    models: dict[str, Path], tab_models: dict[str, Path]
) -> None:
    assert TextRecognizer.open(tab_models["rec"]).reads_columns
    assert not TextRecognizer.open(models["rec"]).reads_columns
