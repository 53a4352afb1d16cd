"""Faults of detection labels."""

import json
from collections.abc import Iterator
from typing import Any

from ppocr_lite.data_tools.findings import Fault
from ppocr_lite.data_tools.pictures import Picture
from ppocr_lite.data_tools.plan import Rules
from ppocr_lite.data_tools.polygons import (
    MARGIN_PX,
    MIN_AREA,
    beyond,
    crosses_itself,
    read_points,
    signed_area,
)
from ppocr_lite.transforms.det_label import IGNORED_TEXTS


def parse_regions(label: str) -> list[Any] | str:
    """The list in a label, or why it is none."""
    try:
        regions = json.loads(label)
    except (ValueError, RecursionError) as error:
        return str(error)
    return regions if isinstance(regions, list) else f"a list is expected, not {type(regions).__name__}"


def page_faults(label: str, picture: Picture | None, rules: Rules) -> Iterator[Fault]:
    """Faults of one page's label; of the picture the size is used, if it could be read."""
    regions = parse_regions(label)
    if isinstance(regions, str):
        yield Fault("bad_json", f"{regions}: {label[:80]!r}")
        return
    if not regions:
        yield Fault("no_regions", "the list is empty")
    for index, region in enumerate(regions):
        for fault in _region_faults(region, picture, rules):
            yield Fault(fault.kind, f"region {index}: {fault.text}", fault.score, index)


def is_region(region: Any) -> bool:
    """Whether it has a transcription (text) and points (list)."""
    return (
        isinstance(region, dict)
        and isinstance(region.get("points"), list)
        and isinstance(region.get("transcription"), str)
    )


def _region_faults(region: Any, picture: Picture | None, rules: Rules) -> Iterator[Fault]:
    if not is_region(region):
        yield Fault("bad_region", f"{region!r:.80}")
        return
    text, count = region["transcription"], len(region["points"])
    if not text.strip():
        yield Fault("empty_region_text", f"transcription {text!r}")
    points = read_points(region["points"])
    if count < 3:
        yield Fault("few_points", f"{count} points, text {text!r}")
    elif points is None:
        yield Fault("bad_coordinates", f"{region['points']!r:.80}")
    else:
        yield from _outline_faults(points, text, picture, rules)


def _outline_faults(points: Any, text: str, picture: Picture | None, rules: Rules) -> Iterator[Fault]:
    shown = f"{points.round(1).tolist()}, text {text!r}"
    area = signed_area(points)
    if len(points) == 3:
        yield Fault("three_points", shown)
    if crosses_itself(points):
        yield Fault("self_crossing", shown)
    elif abs(area) < MIN_AREA:
        yield Fault("flat_polygon", shown)
    elif area < 0:
        yield Fault("winding", shown)
    if picture is not None and not picture.fault:
        excess = beyond(points, picture.height, picture.width)
        if excess > MARGIN_PX:
            size = f"the picture has {picture.width} x {picture.height}"
            yield Fault("outside_image", f"{excess:.0f} px beyond ({size}): {shown}", excess)
    sides = points.max(axis=0) - points.min(axis=0)
    if text not in IGNORED_TEXTS and abs(area) >= MIN_AREA and sides.min() < rules.min_text_size:
        size = f"{sides[0]:.0f} x {sides[1]:.0f} px, below {rules.min_text_size}"
        yield Fault("tiny_polygon", f"{size}: {shown}", -float(sides.min()))
