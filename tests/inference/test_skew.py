"""Skewed pages: their angle is found by the lines, they are seen turned upright, and regions come back."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from PIL import Image

from ppocr_lite import TextSystem
from ppocr_lite.inference.skew import evidence, mapped, skew_of, turned
from ppocr_lite.structures import DetResult


def _lines(angles: list[float], length: float = 200, height: float = 20) -> DetResult:
    quads = []
    for i, angle in enumerate(angles):
        along = np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))])
        down = np.array([-along[1], along[0]])
        start = np.array([300.0, 100.0 + 60 * i])
        quads.append(
            [start, start + length * along, start + length * along + height * down, start + height * down]
        )
    return DetResult(np.array(quads, np.float32), np.full(len(angles), 0.5, np.float32))


@pytest.mark.parametrize(
    ("angles", "expected"),
    [
        ([8, 7, 9, 8, 8], 8),
        ([-12, -12, -11, -13, 40], -12),  # one of five disagrees
        ([8, 8, 8], 0),  # too few
        ([-30, -15, 0, 15, 30, 60], 0),  # signs at all angles
    ],
)
def test_angle_of_a_page(angles: list[float], expected: float) -> None:
    assert skew_of(_lines(angles)) == pytest.approx(expected, abs=0.01)


def test_short_regions_tell_nothing() -> None:
    assert skew_of(_lines([8] * 6, length=40)) == 0
    assert evidence(_lines([8] * 6, length=40)) == 0
    assert evidence(_lines([8, 100], length=200)) == pytest.approx(200, abs=0.1)  # 2 lines at a score of 0.5


def test_the_turned_picture_has_level_lines_and_points_come_back() -> None:
    (quad,) = _lines([10.0]).quads
    image = np.full((300, 700, 3), 200, np.uint8)
    cv2.fillConvexPoly(image, quad.astype(np.int32), (0, 0, 0))
    upright, back = turned(image, 10.0)
    assert (upright[0, 0] == 200).all()  # around the picture its border's colour
    ys, xs = np.nonzero(upright[:, :, 0] < 60)
    assert np.ptp(ys) == pytest.approx(20, abs=2)
    assert np.ptp(xs) == pytest.approx(200, abs=2)
    level = np.array([[xs.min(), ys.min()], [xs.max(), ys.min()], [xs.max(), ys.max()], [xs.min(), ys.max()]])
    found = DetResult(level[None].astype(np.float32), np.ones(1, np.float32), (level.astype(np.float32),))
    moved = mapped(found, back)
    assert np.abs(moved.quads[0] - quad).max() < 2
    assert np.abs(moved.polys[0] - quad).max() < 2


@pytest.mark.parametrize("angle", [-14, 8, 20])
def test_a_skewed_page_is_read_like_a_straight_one(printed: Callable[..., Image.Image], angle: float) -> None:
    """With the embedded models; 14 lines of 22 pixels, close together."""
    lines = [f"Item {number} of this long list costs {number}5 pounds" for number in range(10, 24)]
    page = printed((900, 640), [((60, 60 + 34 * i), text, 22) for i, text in enumerate(lines)])
    askew = page.rotate(-angle, Image.Resampling.BICUBIC, expand=True, fillcolor=250)
    picture = cv2.cvtColor(np.asarray(askew), cv2.COLOR_GRAY2BGR)
    result = TextSystem()(picture)
    assert len(set(lines) & set(result.text.splitlines())) >= len(lines) - 2
    along = result.lines[0].quad[1] - result.lines[0].quad[0]
    assert np.degrees(np.arctan2(along[1], along[0])) == pytest.approx(angle, abs=2)
