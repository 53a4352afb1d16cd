from dataclasses import replace

import numpy as np
import pytest

from ppocr_lite.inference.pieces import join_pieces
from ppocr_lite.structures import DetResult


def found(*boxes: tuple[float, float, float, float], slant: float = 0.0) -> DetResult:
    quads = np.array([[[a, b], [c, b], [c, d], [a, d]] for a, b, c, d in boxes], np.float32)
    cos, sin = np.cos(np.radians(slant)), np.sin(np.radians(slant))
    turned = (quads @ np.array([[cos, sin], [-sin, cos]], np.float32)).astype(np.float32)
    return DetResult(turned, np.linspace(0.9, 0.6, len(boxes), dtype=np.float32))


@pytest.mark.parametrize("slant", [0, 8, -8])
def test_three_pieces_of_a_line_become_one(slant: float) -> None:
    pieces = found((100, 10, 180, 30), (0, 10, 98, 30), (179, 14, 210, 29), (0, 60, 200, 80), slant=slant)
    joined = join_pieces(pieces)
    assert len(joined) == 2
    whole = found((0, 10, 210, 29), slant=slant).quads[0]
    line = joined.quads[np.argmin(joined.quads[:, 0, 1])]
    assert np.abs(line[[0, 3]] - found((0, 10, 98, 30), slant=slant).quads[0, [0, 3]]).max() < 0.01
    assert np.abs(line[1] - found((0, 14, 210, 29), slant=slant).quads[0, 1]).max() < 0.01
    assert np.abs(line[2] - whole[2]).max() < 0.01
    scores = (0.9 * 80 + 0.8 * 98 + 0.7 * 31) / 209
    assert joined.scores.max() == pytest.approx(scores, abs=0.01)


def test_the_middle_of_a_joined_line_is_that_of_its_pieces() -> None:
    spines = tuple(np.array([[x, 20], [x + 40, 21]], np.float32) for x in (100, 0))
    pieces = replace(found((100, 10, 180, 30), (0, 10, 98, 30)), spines=spines)
    (spine,) = join_pieces(pieces).spines
    assert spine[:, 0].tolist() == [0, 40, 100, 140]


@pytest.mark.parametrize(("overlap", "count"), [(9, 1), (11, 2)])  # of 20 pixels
def test_pieces_may_overlap_by_half_of_their_height(overlap: float, count: int) -> None:
    assert len(join_pieces(found((0, 10, 100, 30), (100 - overlap, 10, 200, 30)))) == count


@pytest.mark.parametrize(
    "other",
    [
        (104, 10, 180, 30),  # a word's space away
        (100, 10, 180, 50),  # much higher letters
        (100, 18, 180, 38),  # on another line
        (60, 10, 180, 30),  # over each other
        (0, 31, 100, 51),  # below
    ],
)
def test_neighbours_stay_apart(other: tuple[float, float, float, float]) -> None:
    both = found((0, 10, 100, 30), other)
    np.testing.assert_array_equal(join_pieces(both).quads, both.quads)


def test_upright_strips_and_outlines_are_left_alone() -> None:
    strips = found((0, 0, 10, 90), (10, 0, 20, 90))  # lines of a page on its side
    assert len(join_pieces(strips)) == 2
    assert len(join_pieces(DetResult.empty())) == 0
    pair = found((0, 10, 100, 30), (100, 10, 180, 30))
    assert join_pieces(DetResult(pair.quads, pair.scores, tuple(pair.quads))).polys
