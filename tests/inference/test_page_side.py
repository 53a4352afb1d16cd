"""Pages on their side and on their head: read as upright ones, with quads in the picture as it was."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from rapidfuzz.distance import Levenshtein

from ppocr_lite import TextSystem
from ppocr_lite.geometry import crop_quad
from ppocr_lite.images import read_image
from ppocr_lite.inference.clock import StageClock
from ppocr_lite.inference.page_side import detect_page, turned_back
from ppocr_lite.inference.skew import turned
from ppocr_lite.inference.text_classifier import turn_half
from ppocr_lite.structures import DetResult, OCRResult, RecResult

LETTER = Path(__file__).parents[2] / "doc" / "imgs" / "letter.jpg"


def quads(*boxes: tuple[float, float, float, float]) -> np.ndarray:
    return np.array([[[a, b], [c, b], [c, d], [a, d]] for a, b, c, d in boxes], np.float32)


class Detector:
    """Gives the regions of upright pictures, 200 pixels wide, and others for those turned to the left.

    ``slant``: what it says of lines that fall; ``slanted``: the regions it finds when told so.
    """

    def __init__(
        self,
        upright: np.ndarray,
        turned: np.ndarray,
        slant: int | None = None,
        slanted: np.ndarray | None = None,
    ) -> None:
        self.found = {200: upright, 100: turned}
        self.slant, self.slanted, self.told = slant, slanted, 0.0
        self.calls = 0

    def __call__(self, images: list[np.ndarray], clock: StageClock) -> list[DetResult]:
        self.calls += 1
        found = self.found[images[0].shape[1]]
        return [DetResult(found, np.ones(len(found), np.float32))]

    def slant_of(self, image: np.ndarray, clock: StageClock) -> int | None:
        assert image.shape[1] == 200
        return self.slant

    def detect_slanted(self, image: np.ndarray, degrees: float, clock: StageClock) -> DetResult:
        self.told = degrees
        assert self.slanted is not None
        return DetResult(self.slanted, np.ones(len(self.slanted), np.float32))


def read_long_crops(crops: Sequence[np.ndarray], clock: StageClock) -> list[RecResult]:
    """A recognizer that is sure of long lines alone."""
    return [RecResult("text", 0.99) if crop.shape[1] > 80 else RecResult("x", 0.5) for crop in crops]


PICTURE = np.zeros((100, 200, 3), np.uint8)
LINES = quads((0, 0, 90, 9), (0, 20, 90, 29), (0, 40, 90, 49))
SCRAPS = quads((0, 0, 9, 9), (0, 20, 9, 30), (30, 0, 50, 9))
SHARDS = quads(*[(x, y, x + 9, y + 30) for x in (0, 20, 40) for y in (0, 35, 70)])  # as much text as LINES
TALL = quads((0, 0, 9, 90), (20, 0, 29, 90), (40, 0, 49, 90))
MANY_TALL = quads(*[(x, 0, x + 9, 90) for x in range(0, 168, 12)])
MANY_LINES = quads(*[(0, y, 90, y + 9) for y in range(0, 168, 12)])
WORDS = quads(*[(x, y, x + 30, y + 9) for x in (0, 40, 80) for y in (0, 20, 40, 60)])
FOUR_WORDS = WORDS[:4]
NOTHING = LINES[:0]


@pytest.mark.parametrize(
    ("upright", "turned", "on_side", "calls"),
    [
        (SCRAPS, LINES, True, 2),
        (SHARDS, LINES, True, 2),
        (NOTHING, LINES, True, 2),
        (FOUR_WORDS, LINES, True, 2),  # they do not read well
        (WORDS, LINES, False, 1),  # nor do these, but so many run across
        (LINES, SHARDS, False, 1),
        (SCRAPS, SCRAPS, False, 2),
        (FOUR_WORDS, SCRAPS, False, 2),
        (NOTHING, FOUR_WORDS, False, 2),
        (TALL, LINES, False, 2),  # a detector that finds lines in any direction
        (MANY_TALL, MANY_LINES, True, 2),
        (NOTHING, NOTHING, False, 2),
    ],
    ids=[
        *("on its side", "in pieces", "unseen", "few", "many", "upright", "scraps alone"),
        *("both bad", "noise", "vertical text", "seen either way", "empty"),
    ],
)
def test_the_view_that_reads_better_counts(
    upright: np.ndarray, turned: np.ndarray, on_side: bool, calls: int
) -> None:
    detector = Detector(upright, turned)
    view = detect_page(detector, PICTURE, read_long_crops, StageClock())  # type: ignore[arg-type]
    assert (view.turns, view.slant) == (int(on_side), 0)
    assert detector.calls == calls
    assert view.image.shape[:2] == ((200, 100) if on_side else (100, 200))
    np.testing.assert_array_equal(view.found.quads, turned if on_side else upright)


@pytest.mark.parametrize(
    ("slant", "turns", "told"), [(45, 0, 45), (-30, 0, -30), (60, 1, -30), (-60, 1, 30), (75, 1, -15)]
)
def test_a_page_askew_is_seen_at_its_angle(slant: int, turns: int, told: int) -> None:
    detector = Detector(SCRAPS, FOUR_WORDS, slant, LINES)
    view = detect_page(detector, PICTURE, read_long_crops, StageClock())  # type: ignore[arg-type]
    assert (view.turns, view.slant, detector.told) == (turns, told, told)
    assert view.image.shape[:2] == ((200, 100) if turns else (100, 200))
    np.testing.assert_array_equal(view.found.quads, LINES)
    over = view.turned_over(detector, StageClock())  # type: ignore[arg-type]
    assert (over.turns, over.slant) == (turns + 2, told)


def test_an_angle_that_does_not_read_better_is_not_taken() -> None:
    detector = Detector(FOUR_WORDS, SCRAPS, 30, SCRAPS)
    view = detect_page(detector, PICTURE, read_long_crops, StageClock())  # type: ignore[arg-type]
    assert (view.turns, view.slant) == (0, 0)


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_turned_back_finds_the_same_pixels(turns: int) -> None:
    image = np.zeros((60, 90), np.uint8)
    image[20:30, 40:70] = 255
    rows, columns = np.nonzero(np.rot90(image, turns))
    box = quads((columns.min(), rows.min(), columns.max(), rows.max()))
    back = turned_back(box, turns=turns, size=(60, 90))
    assert back[0].tolist() == [[40, 20], [69, 20], [69, 29], [40, 29]]


@pytest.fixture(scope="module")
def upright() -> OCRResult:
    return TextSystem()(LETTER)


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_letter_reads_alike_however_it_lies(upright: OCRResult, turns: int) -> None:
    picture = np.ascontiguousarray(np.rot90(read_image(LETTER), -turns))  # to the right
    system = TextSystem()
    result = system(picture)
    assert result.angle == 90 * turns
    assert result.image_size == picture.shape[:2]
    assert result.text == upright.text
    height, width = picture.shape[:2]
    for line, first in zip(result, upright, strict=True):
        turned = turned_back(first.quad, turns=turns, size=(height, width))
        assert np.abs(line.quad.mean(axis=0) - turned.mean(axis=0)).max() < 3
        assert (line.quad[0] <= line.quad[2]).all()  # the first corner is the picture's top left
    longest = max(result, key=lambda line: len(line.text))
    crop = crop_quad(picture, longest.quad)
    read = system.recognizer([turn_half(crop) if longest.rotated else crop])[0]
    # A cut of the turned picture differs by parts of a pixel: `:` may be `;`. Turned over it is gibberish.
    assert Levenshtein.distance(read.text, longest.text) <= 1  # what `rotated` says of a crop of the quad


@pytest.mark.parametrize(("degrees", "angle"), [(33, 0), (-58, 270), (112, 90), (200, 180)])
def test_a_letter_reads_alike_however_askew(upright: OCRResult, degrees: int, angle: int) -> None:
    picture, back = turned(read_image(LETTER), -degrees)  # the letter's lines fall by so much then
    result = TextSystem()(picture)
    assert result.angle == angle
    assert Levenshtein.normalized_similarity(result.text, upright.text) > 0.97
    assert len(result) == len(upright)
    for line, first in zip(result, upright, strict=True):
        middle = back[:, :2] @ line.quad.mean(axis=0) + back[:, 2]
        assert np.abs(middle - first.quad.mean(axis=0)).max() < 8
    longest = max(result, key=lambda line: len(line.text))
    crop = crop_quad(picture, longest.quad)
    read = TextSystem().recognizer([turn_half(crop) if longest.rotated else crop])[0]
    assert Levenshtein.distance(read.text, longest.text) <= 2


def test_without_it_lines_on_their_side_are_left_as_they_lie() -> None:
    picture = np.ascontiguousarray(np.rot90(read_image(LETTER)))
    for system in (TextSystem(find_sideways=False), TextSystem(cls=False)):
        assert system(picture).angle in (0, 180)
    assert TextSystem(cls=False, find_sideways=True).find_sideways
    assert OCRResult.from_dict(TextSystem()(picture).to_dict()).angle == 270
