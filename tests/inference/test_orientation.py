"""Which way round lines are read: votes, proofs by reading, single tall letters."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ppocr_lite.errors import ModelFileError
from ppocr_lite.inference.clock import StageClock
from ppocr_lite.inference.orientation import Reading, choose_readings, page_is_turned
from ppocr_lite.inference.text_classifier import TextClassifier, turn_half
from ppocr_lite.structures import ClsResult, RecResult

UP, DOWN = ClsResult("0", 0.99), ClsResult("180", 0.99)


def crop(*, upside_down: bool, width: int = 100) -> np.ndarray:
    """A crop whose first pixel is dark when it stands upright."""
    image = np.full((20, width, 3), 255, np.uint8)
    image[0, 0] = 0
    return turn_half(image) if upside_down else image


def read_upright_only(crops: Sequence[np.ndarray], clock: StageClock) -> list[RecResult]:
    return [RecResult("good", 0.9) if c[0, 0, 0] == 0 else RecResult("bad", 0.4) for c in crops]


def choose(turned: Sequence[bool], labels: Sequence[ClsResult] | None, mode: str = "vote") -> list[Reading]:
    """As TextSystem does: the page first, then each line, seen as the page was found."""
    crops = [crop(upside_down=t) for t in turned]
    page = bool(labels) and mode == "vote" and page_is_turned(crops, labels, read_upright_only, StageClock())
    readings = choose_readings(
        [turn_half(c) for c in crops] if page else crops,
        None if page else labels,
        read_upright_only,
        uprights={},
        clock=StageClock(),
        mode=mode,
        believes=lambda r: r.label == "180" and r.score > 0.9,
    )
    return [replace(reading, turned=reading.turned != page) for reading in readings]


def test_a_page_turned_over_is_turned_as_a_whole() -> None:
    readings = choose([True] * 5, [DOWN, DOWN, DOWN, DOWN, UP])
    assert [r.turned for r in readings] == [True] * 5
    assert {r.result.text for r in readings} == {"good"}


def test_a_wrong_classifier_does_not_turn_a_good_page() -> None:
    readings = choose([False] * 5, [DOWN, DOWN, DOWN, DOWN, UP])
    assert not any(r.turned for r in readings)
    assert {r.result.text for r in readings} == {"good"}


def test_many_unsure_answers_turn_a_page() -> None:
    leaning = ClsResult("180", 0.6)
    assert all(r.turned for r in choose([True] * 4, [leaning, leaning, leaning, ClsResult("0", 0.55)]))
    assert not any(r.turned for r in choose([True] * 4, [ClsResult("0", 0.6)] * 3 + [leaning]))


def test_a_single_line_is_turned_only_when_it_reads_better() -> None:
    readings = choose([False, True, False, False, False], [UP, DOWN, DOWN, UP, UP])
    assert [r.turned for r in readings] == [False, True, False, False, False]
    assert {r.result.text for r in readings} == {"good"}


@pytest.mark.parametrize(("gain", "turned"), [(0.02, False), (0.05, True)])
def test_a_line_that_reads_hardly_better_turned_stays(gain: float, turned: bool) -> None:
    def read(crops: Sequence[np.ndarray], clock: StageClock) -> list[RecResult]:
        return [RecResult("399", 0.84) if c[0, 0, 0] == 0 else RecResult("66E", 0.84 + gain) for c in crops]

    (reading,) = choose_readings(
        [crop(upside_down=False)],
        [DOWN],
        read,
        uprights={},
        clock=StageClock(),
        believes=lambda r: r.label == "180",
    )
    assert reading.turned is turned


def test_each_mode_believes_the_classifier() -> None:
    readings = choose([False, True], [DOWN, ClsResult("180", 0.5)], "each")
    assert [r.turned for r in readings] == [True, False]
    assert [r.result.text for r in readings] == ["bad", "bad"]


def test_without_classifier_nothing_is_turned() -> None:
    assert [r.turned for r in choose([True, False], None)] == [False, False]


def test_a_tall_letter_is_read_as_it_stands_when_that_is_better() -> None:
    readings = choose_readings(
        [crop(upside_down=True), crop(upside_down=False)],
        None,
        read_upright_only,
        uprights={0: crop(upside_down=False), 1: crop(upside_down=True)},
        clock=StageClock(),
    )
    assert [r.result.text for r in readings] == ["good", "good"]
    assert not any(r.turned for r in readings)


def test_classifier_of_a_file(
    models: dict[str, Path], script: Callable[..., np.ndarray], tmp_path: Path
) -> None:
    classifier = TextClassifier.open(models["cls"], batch_size=2)
    lines = [script("aaaaa"), script("bbbbb"), script("aaaab")]
    found = classifier(lines)
    assert [r.label for r in found] == ["0", "180", "0"]
    assert all(r.score > 0.9 for r in found)
    np.testing.assert_array_equal(classifier.upright(lines)[1], lines[1][::-1, ::-1])
    np.testing.assert_array_equal(classifier.upright(lines)[0], lines[0])
    unsure = TextClassifier.open(models["cls"], threshold=1.0)
    np.testing.assert_array_equal(unsure.upright(lines)[1], lines[1])


def test_classifier_with_other_labels_and_shapes(models: dict[str, Path]) -> None:
    assert TextClassifier.open(models["cls"], labels=["up", "180"]).predictor.engine is not None
    with pytest.raises(ModelFileError, match="2 classes but label_list names 3"):
        TextClassifier.open(models["cls"], labels=["0", "90", "180"])([crop(upside_down=False)])
    with pytest.raises(ModelFileError, match="so the image shape"):
        TextClassifier.open(models["cls"], image_shape=[3, 32, 192])
