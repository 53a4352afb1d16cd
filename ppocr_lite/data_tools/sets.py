"""Faults that only several rows together have: duplicates, contradictions, leakage, imbalance."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from ppocr_lite.data_tools.findings import Fault, Finding
from ppocr_lite.data_tools.pictures import Picture
from ppocr_lite.data_tools.plan import Split
from ppocr_lite.data_tools.rows import ImageKey, Row

MAX_IMBALANCE = 3.0
"""The commonest class over the rarest."""

Pictures = Mapping[ImageKey, Picture]


@dataclass
class _Seen:
    """Where a split has met paths and pixels before: the first row of each."""

    paths: dict[ImageKey, Row] = field(default_factory=dict)
    pixels: dict[bytes, Row] = field(default_factory=dict)


def repeated(split: Split, pictures: Pictures) -> Iterator[Finding]:
    """Rows whose picture an earlier row has as well, by path or by pixels: at most one finding a row."""
    seen = _Seen()
    for row in (row for row in split.rows if not row.unusable):
        fault = _repetition(row, seen, pictures)
        if fault is not None:
            yield Finding(fault, split.name, row.place, row)


def leaked(train: Split, evaluation: Split, pictures: Pictures) -> Iterator[Finding]:
    """Rows of the evaluation whose picture the training has, by path or by pixels."""
    seen = _Seen()
    for row in train.rows:
        _remember(row, seen, pictures)
    for row in evaluation.rows:
        first, how = _earlier(row, seen, pictures)
        if first is not None:
            text = f"{how} as {first.place} of {train.name}: {row.images[0]}"
            yield Finding(Fault("leakage", text), evaluation.name, row.place, row)


def imbalance(split: Split) -> Iterator[Finding]:
    """Whether one class of ``label_list`` has far more samples than another."""
    counts = Counter(row.label.strip() for row in split.rows)
    found = {label: counts[label] for label in split.rules.label_list}
    if found and max(found.values()) > MAX_IMBALANCE * min(found.values()):
        text = ", ".join(f"{label!r}: {count}" for label, count in found.items())
        yield Finding(Fault("imbalance", text), split.name, split.name)


def _repetition(row: Row, seen: _Seen, pictures: Pictures) -> Fault | None:
    first, how = _earlier(row, seen, pictures)
    _remember(row, seen, pictures)
    if first is None:
        return None
    if first.label.strip() != row.label.strip():
        return Fault("contradiction", f"{how} as {first.place}: {first.label[:60]!r} and {row.label[:60]!r}")
    kind = "duplicate_row" if first.images == row.images else "duplicate_image"
    return Fault(kind, f"{how} as {first.place}: {row.images[0]}, {row.label[:60]!r}")


def _earlier(row: Row, seen: _Seen, pictures: Pictures) -> tuple[Row | None, str]:
    for key in row.images:
        if key in seen.paths:
            return seen.paths[key], "same path"
    for key in row.images:
        if _digest(key, pictures) in seen.pixels:
            return seen.pixels[_digest(key, pictures)], "same pixels"
    return None, ""


def _remember(row: Row, seen: _Seen, pictures: Pictures) -> None:
    for key in row.images:
        seen.paths.setdefault(key, row)
        digest = _digest(key, pictures)
        if digest:
            seen.pixels.setdefault(digest, row)


def _digest(key: ImageKey, pictures: Pictures) -> bytes:
    """Empty for a picture that cannot be read; nothing is remembered under that."""
    picture = pictures.get(key)
    return picture.digest if picture else b""
