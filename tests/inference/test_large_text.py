"""Scraps of large letters give way to what a look at the reduced picture shows; lines of print do not."""

import numpy as np
import pytest

from ppocr_lite.inference.large_text import with_large_text
from ppocr_lite.structures import DetResult

Box = tuple[float, float, float, float, float]

SIGN: Box = (100, 100, 500, 200, 0.9)


def _regions(*boxes: Box) -> DetResult:
    quads = [[[x0, y0], [x1, y0], [x1, y1], [x0, y1]] for x0, y0, x1, y1, _ in boxes]
    return DetResult(
        np.array(quads, np.float32).reshape(-1, 4, 2), np.array([box[4] for box in boxes], np.float32)
    )


def _boxes(found: DetResult) -> list[Box]:
    corners = np.concatenate([found.quads[:, 0], found.quads[:, 2]], axis=1)
    return [(*(float(v) for v in box), round(float(s), 3)) for box, s in zip(corners, found.scores)]  # type: ignore[misc]


def test_scraps_give_way_and_their_neighbours_stay() -> None:
    far: Box = (100, 400, 300, 420, 0.8)
    scraps: tuple[Box, ...] = ((120, 110, 160, 118, 0.65), (300, 150, 340, 160, 0.7))
    found = with_large_text(_regions(scraps[0], far, scraps[1]), _regions(SIGN), least_height=72)
    assert _boxes(found) == [far, SIGN]


def test_nothing_found_before() -> None:
    assert _boxes(with_large_text(DetResult.empty(), _regions(SIGN), least_height=72)) == [SIGN]
    assert len(with_large_text(DetResult.empty(), DetResult.empty(), least_height=72)) == 0


@pytest.mark.parametrize(
    "first",
    [
        (_regions((110, 105, 490, 195, 0.7)),),  # the same line
        (_regions((100, 100, 500, 140, 0.6), (100, 160, 500, 200, 0.6)),),  # most of it
        # a table of small, sure cells
        (
            _regions(
                *(
                    (100.0 + 80 * i, 110.0 + 40 * j, 160.0 + 80 * i, 135.0 + 40 * j, 0.85)
                    for i in range(5)
                    for j in range(2)
                )
            ),
        ),
    ],
)
def test_lines_that_the_first_look_has_found_stay(first: tuple[DetResult]) -> None:
    found = with_large_text(first[0], _regions(SIGN), least_height=72)
    assert _boxes(found) == _boxes(first[0])


@pytest.mark.parametrize("region", [(100, 100, 500, 160, 0.9), (100, 100, 500, 200, 0.6)])
def test_low_and_unsure_regions_are_not_taken(region: Box) -> None:
    assert len(with_large_text(DetResult.empty(), _regions(region), least_height=72)) == 0


def test_a_column_of_prices_is_no_large_letter() -> None:
    """Four prices that cover 41 % of a region taller than wide: too much for scraps of one letter."""
    column: Box = (800, 450, 920, 614, 0.8)
    prices = _regions(*((830.0, 455.0 + 40 * i, 910.0, 480.0 + 40 * i, 0.7) for i in range(4)))
    assert _boxes(with_large_text(prices, _regions(column), least_height=72)) == _boxes(prices)
    scraps = prices[:2]  # a fifth of it may be scraps
    assert _boxes(with_large_text(scraps, _regions(column), least_height=72)) == [column]
