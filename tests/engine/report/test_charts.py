"""Charts as SVG."""

import xml.etree.ElementTree as ElementTree

import pytest

from ppocr_lite.engine.report.charts import (
    BOTTOM,
    HEIGHT,
    LEFT,
    RIGHT,
    TOP,
    WIDTH,
    line_chart,
    thinned,
    ticks,
)


def test_corners_of_a_line_by_hand():
    figure = line_chart("t", {"loss": [(0, 0.0), (10, 1.0)]})
    svg = ElementTree.fromstring(figure).find("svg")
    line = svg.find("polyline").attrib["points"]
    assert line == f"{LEFT:.1f},{HEIGHT - BOTTOM:.1f} {WIDTH - RIGHT:.1f},{TOP:.1f}"
    titles = [title.text for title in svg.iter("title")]
    assert titles == ["0: 0", "10: 1"]


def test_texts_are_escaped_and_empty_curves_left_out():
    figure = line_chart("<b>", {"<script>": [(1, 1.0)], "none": [], "nan": [(1, float("nan"))]}, note="a & b")
    assert "<b>" not in figure
    assert "<script>" not in figure
    assert "a &amp; b" in figure
    assert "none" not in figure
    assert ElementTree.fromstring(figure).find("p") is not None
    assert line_chart("t", {"x": []}) == ""


def test_a_band_lies_behind_and_inside_the_axes():
    curve, low, high = [(1, 0.5), (2, 0.6)], [(1, 0.1), (2, 0.2)], [(1, 0.9), (2, 1.4)]
    svg = ElementTree.fromstring(line_chart("t", {"acc": curve}, band=(low, high))).find("svg")
    heights = [float(pair.split(",")[1]) for pair in svg.find("polygon").attrib["points"].split()]
    assert len(heights) == 4
    assert min(heights) >= TOP


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (1, 3200, [0, 1000, 2000, 3000, 4000]),
        (-0.5, 0.5, [-0.6, -0.4, -0.2, 0, 0.2, 0.4, 0.6]),
        (0.002, 0.002, [0.001, 0.002, 0.003]),
    ],
)
def test_ticks(low, high, expected):
    assert ticks(low, high) == pytest.approx(expected)


def test_spikes_survive_thinning():
    points = [(x, 0.0) for x in range(10_000)]
    points[7777] = (7777, 9.0)
    fewer = thinned(points, 100)
    assert len(fewer) <= 200
    assert (7777, 9.0) in fewer
    assert fewer == sorted(fewer)
    assert thinned(points[:5], 100) == points[:5]
