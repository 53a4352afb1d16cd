"""Union14M's annotations: JSON with ``filename`` and ``text`` in each line (.jsonl), or MMOCR's .json.

The other form in which Union14M goes round, LMDB, needs no import: its keys are those of LMDBDataSet.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ppocr_lite.data_tools.importers.samples import ImportOptions, Sample, read_json, stream_lines
from ppocr_lite.errors import DataError

UP = 3
"""Folders above the annotation file that pictures are looked for in."""
BELOW = ("", "full_images")
JSON = ".json"


def read_union14m(source: Path, options: ImportOptions) -> Iterator[Sample]:
    """Word pictures, in the order of the file; whether all of them are there is not looked at."""
    root: Path | None = None
    for place, record in _records(source, options):
        try:
            name, text = _parsed(record, place)
            root = root or _root(source, options, name)
            yield Sample(root / name, place, text=text)
        except DataError as error:
            options.refuse(error)


def union14m_root(source: Path, options: ImportOptions) -> Path:
    """What the paths start from: the folder in which the first picture is found."""
    names = (_parsed(record, place)[0] for place, record in _records(source, options))
    name = next(names, None)
    return source.parent if name is None else _root(source, options, name)


def _root(source: Path, options: ImportOptions, name: str) -> Path:
    nearest = source.absolute().parent
    above = [nearest, *nearest.parents][: UP + 1]
    candidates = [options.images] if options.images else [folder / sub for folder in above for sub in BELOW]
    for folder in candidates:
        if (folder / name).is_file():
            return folder
    raise DataError(
        f"{source}: the first picture, {name!r}, is in none of {', '.join(map(str, candidates))}. "
        "Say with --images what the paths start from."
    )


def _records(source: Path, options: ImportOptions) -> Iterator[tuple[str, Any]]:
    """(place, object) of each sample."""
    if source.suffix == JSON:
        content = read_json(source)
        items = content.get("data_list") if isinstance(content, dict) else None
        if not isinstance(items, list):
            raise DataError(f"{source}: expected MMOCR's annotations, an object with a 'data_list'.")
        yield from ((f"{source}: data_list[{i}]", _flat(item)) for i, item in enumerate(items))
        return
    for number, line in stream_lines(source):
        place = f"{source}:{number}"
        try:
            yield place, json.loads(line)
        except (json.JSONDecodeError, RecursionError) as error:
            options.refuse(DataError(f"{place}: not a JSON object ({error})."))


def _flat(item: Any) -> Any:
    """An item of MMOCR 1.x in the form of 0.x; what is otherwise stays for the check."""
    try:
        return {"filename": item["img_path"], "text": item["instances"][0]["text"]}
    except (TypeError, LookupError):
        return item


def _parsed(record: Any, place: str) -> tuple[str, str]:
    """(path, text)."""
    name, text = (record.get(k) if isinstance(record, dict) else None for k in ("filename", "text"))
    if not isinstance(name, str) or not name or not isinstance(text, str):
        raise DataError(f"{place}: expected an object with the texts 'filename' and 'text'.")
    return name, text
