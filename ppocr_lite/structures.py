"""Results: frozen dataclasses, checked at birth, arrays never None, nothing drawn inside.

Quads are float32 ``[4, 2]`` in pixels of the image that was read, clockwise from the corner that is top-left
in it.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ppocr_lite.charset import split_symbols
from ppocr_lite.errors import DataError
from ppocr_lite.geometry import order_quad, reading_order
from ppocr_lite.reading import page_rows, set_out

RESULT_VERSION = 1
"""Version of :meth:`OCRResult.to_dict`; it grows when a key changes its meaning."""


@dataclass(frozen=True, eq=False)
class DetResult:
    """Text regions of one image.

    Args:
        quads: float32 [n, 4, 2] in pixels, clockwise from top-left.
        scores: float32 [n] in 0..1.
        polys: with ``box_type: poly`` one float32 [k, 2] outline for each region; empty otherwise.
        spines: for each region float32 [m, 2], points along its middle from its left end to its right, or
            nothing at all. They show whether a line bows, which quads do not.
    """

    quads: np.ndarray
    scores: np.ndarray
    polys: tuple[np.ndarray, ...] = ()
    spines: tuple[np.ndarray, ...] = ()

    def __post_init__(self) -> None:
        if self.quads.shape != (len(self.scores), 4, 2):
            raise ValueError(
                f"DetResult: quads {self.quads.shape} do not fit {len(self.scores)} scores; "
                "expected [n, 4, 2]."
            )
        for name, parts in (("polys", self.polys), ("spines", self.spines)):
            if parts and len(parts) != len(self.scores):
                raise ValueError(f"DetResult: {len(parts)} {name} do not fit {len(self.scores)} scores.")

    @classmethod
    def empty(cls) -> "DetResult":
        """No region at all."""
        return cls(np.zeros((0, 4, 2), np.float32), np.zeros(0, np.float32))

    def __len__(self) -> int:
        return len(self.scores)

    def __getitem__(self, index: Any) -> "DetResult":
        """Regions chosen by an index array, a boolean mask or a slice, all fields at once."""
        chosen = np.arange(len(self))[index].reshape(-1)
        polys, spines = (tuple(p[i] for i in chosen) if p else () for p in (self.polys, self.spines))
        return DetResult(self.quads[chosen], self.scores[chosen], polys, spines)

    def moved(self, move: Callable[[np.ndarray], np.ndarray]) -> "DetResult":
        """The regions elsewhere: ``move`` takes points [..., 2] and gives as many."""

        def of(points: np.ndarray) -> np.ndarray:
            return np.asarray(move(points), np.float32)

        return DetResult(of(self.quads), self.scores, tuple(map(of, self.polys)), tuple(map(of, self.spines)))

    def joined(self, other: "DetResult") -> "DetResult":
        """These regions and those of ``other``; outlines and spines only where both have them."""
        if not len(self) or not len(other):
            return self if len(self) else other
        return DetResult(
            np.concatenate([self.quads, other.quads]),
            np.concatenate([self.scores, other.scores]),
            self.polys + other.polys if self.polys and other.polys else (),
            self.spines + other.spines if self.spines and other.spines else (),
        )

    def sorted(self) -> "DetResult":
        """The same regions in reading order."""
        return self[reading_order(self.quads)]


@dataclass(frozen=True)
class ClsResult:
    """Class of one crop: its label (``"0"``, ``"180"``) and the probability of it, 0..1."""

    label: str
    score: float


@dataclass(frozen=True, eq=False)
class TextSpan:
    """A character or a word of a line: ``text`` stands at ``start`` in the line's text.

    Args:
        quad: float32 [4, 2] in pixels of the crop (of a RecResult) or of the image (of a TextLine); its first
            corner is the one that is next to the first corner of the crop, or of the line's quad.
        score: of a character its probability, of a word the mean over its characters.
    """

    text: str
    score: float
    quad: np.ndarray
    start: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Plain types only, for JSON; coordinates rounded to 0.01 px."""
        return {
            "text": self.text,
            "score": round(float(self.score), 6),
            "quad": _rounded(self.quad),
            "start": int(self.start),
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "TextSpan":
        """Inverse of :meth:`to_dict`."""
        quad = np.asarray(values["quad"], np.float32)
        return cls(str(values["text"]), float(values["score"]), quad, int(values.get("start", 0)))


@dataclass(frozen=True)
class Alternative:
    """One of several readings of a line.

    Args:
        score: as of a :class:`RecResult`.
        log_prob: natural logarithm of the probability that the network gives to the text as a whole.
    """

    text: str
    score: float
    log_prob: float

    def to_dict(self) -> dict[str, Any]:
        """Plain types only, for JSON."""
        return {
            "text": self.text,
            "score": round(float(self.score), 6),
            "log_prob": round(float(self.log_prob), 4),
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Alternative":
        """Inverse of :meth:`to_dict`."""
        return cls(str(values["text"]), float(values["score"]), float(values["log_prob"]))


@dataclass(frozen=True)
class RecResult:
    """Text of one crop: ``score`` is the mean of ``char_scores`` (0.0 for no text), each in 0..1.

    Where a constraint chose the text, what the network saw and the text leaves out counts in ``score``, too,
    with the probability that nothing is there.

    Args:
        char_scores: one for each of ``symbols``.
        characters, words: with their boxes in pixels of the crop; empty when they were not asked for.
        alternatives: the best readings, the chosen one first; empty when they were not asked for.
        matched: whether the text is a word of the lexicon; None when there was no lexicon.
        separator: between the tokens of the text; empty where it is made of characters.
    """

    text: str
    score: float
    char_scores: tuple[float, ...] = ()
    characters: tuple[TextSpan, ...] = ()
    words: tuple[TextSpan, ...] = ()
    alternatives: tuple[Alternative, ...] = ()
    matched: bool | None = None
    separator: str = ""

    @property
    def symbols(self) -> tuple[str, ...]:
        """The characters of the text; with a separator, its tokens."""
        return tuple(split_symbols(self.text, self.separator))


@dataclass(frozen=True, eq=False)
class TextLine:
    """One line of text: where it is, what it says, how sure both are (0..1).

    ``rotated`` says that the classifier found the line upside down, so that it was read turned by 180.
    ``characters``, ``words``, ``alternatives`` and ``matched`` are those of :class:`RecResult`, with quads in
    pixels of the image.
    """

    quad: np.ndarray
    text: str
    score: float
    det_score: float = 1.0
    rotated: bool = False
    characters: tuple[TextSpan, ...] = ()
    words: tuple[TextSpan, ...] = ()
    alternatives: tuple[Alternative, ...] = ()
    matched: bool | None = None

    def __post_init__(self) -> None:
        quad = np.asarray(self.quad, np.float32)
        if quad.shape != (4, 2):
            raise ValueError(f"TextLine: quad must have shape (4, 2), but got {quad.shape}.")
        object.__setattr__(self, "quad", quad)

    def to_dict(self) -> dict[str, Any]:
        """Plain types only, for JSON; coordinates rounded to 0.01 px. What was not asked for is left out."""
        values: dict[str, Any] = {
            "text": self.text,
            "score": round(float(self.score), 6),
            "det_score": round(float(self.det_score), 6),
            "quad": _rounded(self.quad),
            "rotated": bool(self.rotated),
        }
        for name in _LINE_PARTS:
            if getattr(self, name):
                values[name] = [part.to_dict() for part in getattr(self, name)]
        if self.matched is not None:
            values["matched"] = self.matched
        return values

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "TextLine":
        """Inverse of :meth:`to_dict`."""
        matched = values.get("matched")
        parts = {
            name: tuple(kind.from_dict(v) for v in values.get(name, ())) for name, kind in _LINE_PARTS.items()
        }
        return cls(
            np.asarray(values["quad"], np.float32),
            str(values["text"]),
            float(values["score"]),
            float(values.get("det_score", 1.0)),
            bool(values.get("rotated", False)),
            **parts,
            matched=None if matched is None else bool(matched),
        )


_LINE_PARTS: dict[str, Any] = {"characters": TextSpan, "words": TextSpan, "alternatives": Alternative}


def _rounded(quad: np.ndarray) -> list[list[float]]:
    return [[round(float(x), 2), round(float(y), 2)] for x, y in quad]


@dataclass(frozen=True)
class Timings:
    """Milliseconds of each part of one call; ``stages`` splits them further by name."""

    det_ms: float = 0.0
    cls_ms: float = 0.0
    rec_ms: float = 0.0
    total_ms: float = 0.0
    stages: Mapping[str, float] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Plain types, rounded to microseconds."""
        parts = {name: round(float(getattr(self, name)), 3) for name in _TIMING_FIELDS}
        return {**parts, "stages": {k: round(float(v), 3) for k, v in self.stages.items()}}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Timings":
        """Inverse of :meth:`to_dict`."""
        parts = {name: float(values.get(name, 0.0)) for name in _TIMING_FIELDS}
        return cls(**parts, stages=dict(values.get("stages", {})))


_TIMING_FIELDS = ("det_ms", "cls_ms", "rec_ms", "total_ms")


@dataclass(frozen=True, eq=False)
class OCRResult:
    """All text of one image, in reading order.

    Args:
        lines: the lines that are kept.
        image_size: (height, width) in pixels of the image as it was read.
        timings: where the time went.
        dropped: lines that :meth:`filter` took out; nothing is lost silently.
        angle: degrees by which the page is turned clockwise in the image: 0, 90, 180 or 270.
    """

    lines: tuple[TextLine, ...]
    image_size: tuple[int, int]
    timings: Timings = Timings()
    dropped: tuple[TextLine, ...] = ()
    angle: int = 0

    @classmethod
    def join(
        cls,
        found: DetResult,
        texts: Sequence[RecResult],
        *,
        image_size: tuple[int, int],
        rotated: Sequence[bool] | None = None,
        timings: Timings | None = None,
    ) -> "OCRResult":
        """Put the regions and their texts, in the same order, together."""
        if len(found) != len(texts):
            raise ValueError(f"OCRResult: {len(texts)} texts do not fit {len(found)} regions.")
        turned = rotated if rotated is not None else [False] * len(texts)
        lines = tuple(
            TextLine(
                quad,
                rec.text,
                rec.score,
                float(det_score),
                bool(turn),
                rec.characters,
                rec.words,
                rec.alternatives,
                rec.matched,
            )
            for quad, det_score, rec, turn in zip(found.quads, found.scores, texts, turned, strict=True)
        )
        return cls(lines, image_size, timings or Timings())

    def __len__(self) -> int:
        return len(self.lines)

    def __iter__(self) -> Iterator[TextLine]:
        return iter(self.lines)

    @property
    def text(self) -> str:
        """The lines' texts, one a row."""
        return "\n".join(line.text for line in self.lines)

    @property
    def rows(self) -> tuple[tuple[TextLine, ...], ...]:
        """The lines by rows across the whole page, from top to bottom and left to right, columns or not."""
        return tuple(tuple(self.lines[i] for i in row) for row in page_rows(self._upright()))

    @property
    def layout_text(self) -> str:
        """The texts where they stand on the page: rows of receipts and tables stay rows, columns columns.

        As ``pdftotext -layout`` has it, for characters that are all as wide as those of the page's narrower
        lines.
        """
        return set_out(self._upright(), [line.text for line in self.lines])

    def _upright(self) -> np.ndarray:
        """Quads [n, 4, 2] on the page turned upright, each from its top left."""
        quads = np.array([line.quad for line in self.lines], np.float32).reshape(-1, 4, 2)
        if self.angle == 0:
            return quads
        turned = np.deg2rad(self.angle)
        cos, sin = np.cos(turned), np.sin(turned)
        points = quads @ np.array([[cos, -sin], [sin, cos]], np.float32)
        return np.array([order_quad(quad) for quad in points], np.float32).reshape(-1, 4, 2)

    def filter(self, min_score: float) -> "OCRResult":
        """Keep the lines with ``score >= min_score`` and a text; the others go to ``dropped``."""
        kept = tuple(line for line in self.lines if line.text and line.score >= min_score)
        chosen = {id(line) for line in kept}
        out = tuple(line for line in self.lines if id(line) not in chosen)
        return replace(self, lines=kept, dropped=self.dropped + out)

    def to_dict(self) -> dict[str, Any]:
        """Plain types only: version, image_size [h, w], angle, lines, dropped, timings."""
        return {
            "version": RESULT_VERSION,
            "image_size": [int(v) for v in self.image_size],
            "angle": int(self.angle),
            "lines": [line.to_dict() for line in self.lines],
            "dropped": [line.to_dict() for line in self.dropped],
            "timings": self.timings.to_dict(),
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "OCRResult":
        """Inverse of :meth:`to_dict`; DataError for another version."""
        if values.get("version") != RESULT_VERSION:
            raise DataError(
                f"OCRResult: version {values.get('version')!r} cannot be read; "
                f"this release reads version {RESULT_VERSION}."
            )
        height, width = values["image_size"]
        return cls(
            tuple(TextLine.from_dict(line) for line in values["lines"]),
            (int(height), int(width)),
            Timings.from_dict(values.get("timings", {})),
            tuple(TextLine.from_dict(line) for line in values.get("dropped", ())),
            int(values.get("angle", 0)),
        )

    def to_json(self, *, indent: int | None = None) -> str:
        """:meth:`to_dict` as JSON text, not escaped beyond what JSON asks."""
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=indent)
