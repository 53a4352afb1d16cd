"""Pages that bow: found by the middles of their lines, flattened, and read as flat ones are."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from rapidfuzz.distance import Levenshtein

from ppocr_lite import TextSystem
from ppocr_lite.geometry import from_straight
from ppocr_lite.images import read_image
from ppocr_lite.inference.bow import Bow, bow_of, deviation_of
from ppocr_lite.inference.clock import StageClock
from ppocr_lite.inference.flatten import flat_view
from ppocr_lite.inference.page_side import PageView
from ppocr_lite.structures import DetResult, OCRResult, RecResult

LETTER = Path(__file__).parents[2] / "doc" / "imgs" / "letter.jpg"
SIZE = (400, 600)
HEIGHTS = np.full(8, 20.0)


def sag(x: np.ndarray, depth: float, width: int = SIZE[1]) -> np.ndarray:
    """Pixels by which places at ``x`` lie too low: most at both sides of the page."""
    return np.asarray(4 * depth * (x / width - 0.5) ** 2)


def spines(depth: float, *, count: int = 8) -> list[np.ndarray]:
    x = np.linspace(30, 570, 9)
    return [np.stack([x, 40 * (i + 1) + sag(x, depth)], axis=1) for i in range(count)]


def found(depth: float, *, count: int = 8) -> DetResult:
    """Lines 20 pixels high, with the rectangles around them."""
    middles = spines(depth, count=count)
    quads = []
    for spine in middles:
        top, bottom = spine[:, 1].min() - 10, spine[:, 1].max() + 10
        quads.append([[30, top], [570, top], [570, bottom], [30, bottom]])
    scores = np.ones(count, np.float32)
    return DetResult(np.array(quads, np.float32), scores, spines=tuple(s.astype(np.float32) for s in middles))


class Detector:
    """Sees lines that hang by the next of ``depths`` at each look."""

    def __init__(self, *depths: float) -> None:
        self.depths = list(depths)
        self.looks = 0

    def __call__(self, images: list[np.ndarray], clock: StageClock) -> list[DetResult]:
        self.looks += 1
        return [found(self.depths.pop(0))]


PICTURE = np.zeros((*SIZE, 3), np.uint8)


def test_deviation_of_straight_and_of_bent_lines() -> None:
    assert deviation_of([np.array([[0, 0], [50, 7], [100, 14]])], np.array([10.0])) == pytest.approx(0)
    # The straight line through 0, 6, 0 is level at 2; the deviations' root mean square is the root of 24 / 3.
    assert from_straight(np.array([[0.0, 0], [1, 6], [2, 0]])) == pytest.approx([-2, 4, -2])
    assert deviation_of([np.array([[0.0, 0], [1, 6], [2, 0]])], np.array([2.0])) == pytest.approx(8**0.5 / 2)


@pytest.mark.parametrize("depth", [8, 30, -20])
def test_lines_are_straight_in_the_flat_picture(depth: float) -> None:
    bow = bow_of(spines(depth), HEIGHTS, SIZE)
    assert bow is not None
    flat = [bow.to_flat(spine) for spine in spines(depth)]
    assert max(np.abs(from_straight(line)).max() for line in flat) < 0.04 * abs(depth)
    assert bow.top == pytest.approx(-min(0, _edge_lift(bow)), abs=1)
    points = np.stack(np.meshgrid(np.linspace(0, 599, 20), np.linspace(0, 399, 20)), axis=-1)
    np.testing.assert_allclose(bow.to_page(bow.to_flat(points)), points, atol=0.01)


def _edge_lift(bow: Bow) -> float:
    x = np.arange(600)
    return float((-bow.at(np.stack([x, np.zeros(600)], axis=1))).min())


def test_outliers_do_not_bend_the_page() -> None:
    wild = spines(20)
    wild[3][4, 1] += 60
    bow = bow_of(wild, HEIGHTS, SIZE)
    assert bow is not None
    assert np.abs(from_straight(bow.to_flat(spines(20)[0]))).max() < 2


def test_lines_that_bow_each_their_own_way_are_no_page() -> None:
    rng = np.random.default_rng(0)
    x = np.linspace(30, 570, 9)
    wild = [np.stack([x, 12 * (i + 1) + rng.normal(0, 8, 9)], axis=1) for i in range(30)]
    assert bow_of(wild, np.full(30, 20.0), SIZE) is None


def test_no_page_bows_by_half_its_height() -> None:
    assert bow_of(spines(190), HEIGHTS, SIZE) is not None
    assert bow_of(spines(260), HEIGHTS, SIZE) is None


@pytest.mark.parametrize("size", [(40000, 600), (400, 40000)])
def test_pictures_too_large_for_opencv_are_left_alone(size: tuple[int, int]) -> None:
    assert bow_of(spines(30), HEIGHTS, size) is None


def test_two_pages_of_a_book_meet_in_a_cusp() -> None:
    lines = []
    for left, right in ((20, 280), (320, 580)):
        x = np.linspace(left, right, 9)
        hang = 30 * np.exp(-np.abs(x / SIZE[1] - 0.5) / 0.12)
        lines += [np.stack([x, 40 * (i + 1) + hang], axis=1) for i in range(8)]
    bow = bow_of(lines, np.full(16, 20.0), SIZE)
    assert bow is not None
    assert max(np.abs(from_straight(line)).max() for line in lines) > 6
    assert max(np.abs(from_straight(bow.to_flat(line))).max() for line in lines) < 0.7


def test_rows_of_the_flat_picture_are_the_lines() -> None:
    columns = np.arange(SIZE[1])
    image = np.full((*SIZE, 3), 255, np.uint8)
    for i in range(8):
        for x, y in zip(columns, np.round(40 * (i + 1) + sag(columns, 25)).astype(int)):
            image[y - 2 : y + 3, x] = 0
    bow = bow_of(spines(25), HEIGHTS, SIZE)
    assert bow is not None
    flat = bow.flattened(image)
    assert flat.shape == (bow.height, SIZE[1], 3)
    dark = (flat[:, 40:560, 0] < 100).mean(axis=1)
    assert (dark > 0.95).sum() >= 8 * 2  # rows that are ink from side to side
    assert (image[:, 40:560, 0] < 100).mean(axis=1).max() < 0.7


def test_a_page_with_straight_lines_is_not_looked_at_again() -> None:
    detector = Detector()
    view = PageView(PICTURE, found(0.5))
    assert flat_view(detector, view, StageClock()) is view  # type: ignore[arg-type]
    assert detector.looks == 0


@pytest.mark.parametrize(("count", "spined"), [(3, True), (8, False)])
def test_too_few_lines_tell_nothing(count: int, spined: bool) -> None:
    lines = found(20, count=count)
    view = PageView(PICTURE, lines if spined else replace(lines, spines=()))
    assert flat_view(Detector(), view, StageClock()) is view  # type: ignore[arg-type]


def test_a_page_askew_is_not_sheared() -> None:
    lines = found(20)
    steep = tuple(spine + np.stack([0 * spine[:, 0], 0.3 * spine[:, 0]], axis=1) for spine in lines.spines)
    view = PageView(PICTURE, replace(lines, spines=steep))
    assert flat_view(Detector(), view, StageClock()) is view  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("depths", "looks", "taken"),
    [
        ((0.2,), 1, True),
        ((6.0, 0.2), 2, True),  # flattened a second time by what the flat picture shows
        ((19.0,), 1, False),  # hardly straighter
        ((6.0, 5.5), 2, True),  # the first flat picture is kept
    ],
)
def test_looks_at_flat_pictures(depths: tuple[float, ...], looks: int, taken: bool) -> None:
    detector = Detector(*depths)
    view = PageView(PICTURE, found(20), turns=1)
    flat = flat_view(detector, view, StageClock())  # type: ignore[arg-type]
    assert detector.looks == looks
    assert (flat is not view) == taken
    if taken:
        assert flat.bow is not None
        assert (flat.turns, flat.before, flat.angle) == (0, 1, 90)
        assert flat.image.shape[0] == flat.bow.height


@pytest.mark.parametrize("turns", [0, 2])
@pytest.mark.parametrize("before", [0, 1])
def test_results_come_back_to_the_picture(before: int, turns: int) -> None:
    bow = bow_of(spines(20), HEIGHTS, SIZE)
    assert bow is not None
    on_page = np.array([[100, 150], [300, 150], [300, 180], [100, 180]], np.float32)
    flat = bow.to_flat(on_page)
    if turns:
        flat = np.roll([SIZE[1] - 1, bow.height - 1] - flat, 2, axis=0)
    view = PageView(bow.flattened(PICTURE), found(0), turns=turns, bow=bow, before=before)
    picture = SIZE if not before else SIZE[::-1]
    lines = DetResult(flat[None].astype(np.float32), np.ones(1, np.float32))
    result = view.in_picture(OCRResult.join(lines, [RecResult("ab", 1.0)], image_size=picture))
    if before:  # the page is the picture turned to the left once
        on_page = np.roll(np.stack([picture[1] - 1 - on_page[:, 1], on_page[:, 0]], axis=1), 1, axis=0)
    np.testing.assert_allclose(result.lines[0].quad, on_page, atol=0.05)
    assert result.lines[0].rotated == (turns == 2)
    assert result.image_size == picture


@pytest.fixture(scope="module")
def upright() -> OCRResult:
    return TextSystem()(LETTER)


def bowed(image: np.ndarray, share: float) -> np.ndarray:
    """The picture with lines that hang at both sides by a share of its width."""
    width = image.shape[1]
    pad = int(share * width) + 1
    image = cv2.copyMakeBorder(image, pad, pad, 0, 0, cv2.BORDER_REPLICATE)
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(len(image), dtype=np.float32))
    rows = (y - sag(x, share * width, width)).astype(np.float32)
    return cv2.remap(image, x, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


@pytest.mark.parametrize("turns", [0, 2])
def test_a_letter_reads_alike_though_it_bows(upright: OCRResult, turns: int) -> None:
    image = np.ascontiguousarray(np.rot90(bowed(read_image(LETTER), 0.03), turns))
    result = TextSystem()(image)
    assert Levenshtein.normalized_similarity(result.text, upright.text) > 0.98
    assert result.angle == 90 * (-turns % 4)
    quads = np.array([line.quad for line in result.lines])
    assert quads.min() >= 0
    assert (quads.max(axis=(0, 1)) <= [image.shape[1] - 1, image.shape[0] - 1]).all()
    assert "flatten" in result.timings.stages
    as_it_stands = TextSystem(flatten_pages=False)(image)
    assert Levenshtein.normalized_similarity(as_it_stands.text, upright.text) < 0.9
