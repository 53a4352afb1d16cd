"""JSON exports of Label Studio: rectangles and polygons with a text area for each.

Coordinates are percentages of the picture. A rectangle is turned clockwise by ``rotation`` degrees around its
top-left corner. A region's shape and text are results of the same ``id``. A region without a text keeps an
empty transcription.
"""

import math
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from ppocr_lite.data_tools.importers.samples import (
    ImportOptions,
    Point,
    Region,
    Sample,
    find_picture,
    numbers,
    read_json,
)
from ppocr_lite.errors import DataError

_UPLOAD_PREFIX = re.compile(r"[0-9a-f]{8}-")
"""What Label Studio puts before the name of an uploaded file."""


def read_label_studio(source: Path, options: ImportOptions) -> Iterator[Sample]:
    """Pages of all tasks that have an annotation which was not cancelled."""
    tasks = read_json(source)
    if not isinstance(tasks, list) or not all(isinstance(task, dict) for task in tasks):
        raise DataError(f"{source}: expected Label Studio's JSON export, a list of tasks.")
    for number, task in enumerate(tasks):
        place = f"{source}: task {task.get('id', number)}"
        try:
            results = _results(task, place)
            if results is None:
                continue
            regions = tuple(_regions(results, place, options))
            folder = options.images or source.parent
            yield Sample(find_picture(folder, _names(task, place), place), place, regions)
        except DataError as error:
            options.refuse(error)


def turned_rectangle(x: float, y: float, width: float, height: float, degrees: float) -> tuple[Point, ...]:
    """Corners of a rectangle that is turned clockwise around its top-left corner, in the same unit.

    >>> [(round(a), round(b)) for a, b in turned_rectangle(10, 10, 4, 2, 90)]
    [(10, 10), (10, 14), (8, 14), (8, 10)]
    """
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    corners = ((0.0, 0.0), (width, 0.0), (width, height), (0.0, height))
    return tuple((x + dx * cosine - dy * sine, y + dx * sine + dy * cosine) for dx, dy in corners)


def _results(task: dict[str, Any], place: str) -> list[dict[str, Any]] | None:
    """Results of the annotation that counts: the ground truth, else the first that was not cancelled."""
    annotations = task.get("annotations", task.get("completions"))
    if not isinstance(annotations, list):
        raise DataError(f"{place}: no 'annotations'. Export as JSON, not as JSON-MIN.")
    valid = [a for a in annotations if isinstance(a, dict) and not a.get("was_cancelled")]
    if not valid:
        return None
    chosen = next((a for a in valid if a.get("ground_truth")), valid[0])
    results = chosen.get("result")
    if not isinstance(results, list) or not all(isinstance(r, dict) for r in results):
        raise DataError(f"{place}: the annotation has no list 'result'.")
    return results


def _regions(results: list[dict[str, Any]], place: str, options: ImportOptions) -> Iterator[Region]:
    shapes: dict[str, tuple[Point, ...]] = {}
    texts: dict[str, str] = {}
    for index, result in enumerate(results):
        key = str(result.get("id", index))
        where = f"{place}, result {key}"
        try:
            value = result.get("value")
            if not isinstance(value, dict):
                continue  # relations have no value
            if key not in shapes and ("points" in value or "width" in value):
                shapes[key] = _shape(result, value, where)
            text = value.get("text", (result.get("meta") or {}).get("text"))
            if text is not None:
                texts[key] = " ".join(map(str, text)) if isinstance(text, list) else str(text)
        except DataError as error:
            options.refuse(error)
    for key, points in shapes.items():
        yield Region(points, texts.get(key, ""))


def _shape(result: dict[str, Any], value: dict[str, Any], place: str) -> tuple[Point, ...]:
    sizes = [result.get("original_width"), result.get("original_height")]
    width, height = numbers(sizes, f"{place}: original_width and original_height")
    if "points" in value:
        points = value["points"]
        if not isinstance(points, list) or len(points) < 3:
            raise DataError(f"{place}: a polygon has 3 points or more, got {points!r:.60}.")
        pairs = [numbers(p, place) if isinstance(p, list) and len(p) == 2 else None for p in points]
        if None in pairs:
            raise DataError(f"{place}: a point is x and y, got {points!r:.60}.")
        return tuple((p[0] * width / 100, p[1] * height / 100) for p in pairs if p is not None)
    x, y, w, h = numbers([value.get(key) for key in ("x", "y", "width", "height")], place)
    (rotation,) = numbers([value.get("rotation") or 0], place)
    # In pixels first: turning percentages of a picture that is no square would skew the rectangle.
    return turned_rectangle(x * width / 100, y * height / 100, w * width / 100, h * height / 100, rotation)


def _names(task: dict[str, Any], place: str) -> list[str]:
    """Names that the picture may have on the disk, from the address in the task's data."""
    data = task.get("data")
    address = (
        next((data[key] for key in ("ocr", "image", "img", "url") if isinstance(data.get(key), str)), None)
        if isinstance(data, dict)
        else None
    )
    if address is None:
        raise DataError(f"{place}: no picture; its data has none of ocr, image, img, url.")
    parts = urlsplit(address)
    local = parse_qs(parts.query).get("d", [""])[0]  # /data/local-files/?d=folder/name.png
    path = PurePosixPath(local or unquote(parts.path))
    relative = str(path).lstrip("/")
    return [relative, path.name, _UPLOAD_PREFIX.sub("", path.name, count=1)]
