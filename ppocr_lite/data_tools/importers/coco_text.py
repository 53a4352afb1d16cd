"""COCO-Text v2: one JSON file with ``imgs`` and ``anns``.

Of an annotation are read ``image_id``, ``mask`` (x, y, x, y, ...; version 1 says ``polygon``), else ``bbox``
(x, y, width, height), ``utf8_string`` and ``legibility``. What is not legible becomes ``###``.
"""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ppocr_lite.data_tools.importers.samples import (
    IGNORED,
    ImportOptions,
    Point,
    Region,
    Sample,
    find_picture,
    numbers,
    paired,
    read_json,
    rectangle,
)
from ppocr_lite.errors import DataError


def read_coco_text(source: Path, options: ImportOptions) -> Iterator[Sample]:
    """Pages with at least one annotation; with ``options.subset`` of this set only."""
    content = read_json(source)
    if not isinstance(content, dict) or not all(isinstance(content.get(k), dict) for k in ("imgs", "anns")):
        raise DataError(f"{source}: expected a COCO-Text file, an object with 'imgs' and 'anns'.")
    regions: dict[str, list[Region]] = defaultdict(list)
    for key, annotation in content["anns"].items():
        try:
            image_id, region = _region(annotation, f"{source}: anns[{key!r}]")
            if image_id not in content["imgs"]:
                raise DataError(f"{source}: anns[{key!r}]: image_id {image_id} is not in 'imgs'.")
            regions[image_id].append(region)
        except DataError as error:
            options.refuse(error)
    for image_id, image in content["imgs"].items():
        place = f"{source}: imgs[{image_id!r}]"
        if image_id not in regions or (options.subset and _get(image, "set", place) != options.subset):
            continue
        try:
            name = str(_get(image, "file_name", place))
            picture = find_picture(options.images or source.parent, [name], place)
            yield Sample(picture, place, tuple(regions[image_id]))
        except DataError as error:
            options.refuse(error)


def _region(annotation: Any, place: str) -> tuple[str, Region]:
    image_id = str(_get(annotation, "image_id", place))
    text = str(annotation.get("utf8_string") or "")
    legible = annotation.get("legibility", "legible") == "legible" and text.strip()
    return image_id, Region(_outline(annotation, place), text if legible else IGNORED)


def _outline(annotation: dict[str, Any], place: str) -> tuple[Point, ...]:
    outline = annotation.get("mask") or annotation.get("polygon")
    if isinstance(outline, list) and len(outline) >= 6:
        return paired(numbers(outline, place), place)
    box = _get(annotation, "bbox", place)
    if not isinstance(box, list) or len(box) != 4:
        raise DataError(f"{place}: neither a mask of 3 points or more nor a bbox of 4 numbers.")
    left, top, width, height = numbers(box, place)
    return rectangle(left, top, left + width, top + height)


def _get(values: Any, key: str, place: str) -> Any:
    if not isinstance(values, dict) or key not in values:
        raise DataError(f"{place}: '{key}' is missing.")
    return values[key]
