"""Label files from what models read: only what they are sure of, and what two of them agree on."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ppocr_lite.charset import split_symbols
from ppocr_lite.data_tools.importers.samples import IGNORED
from ppocr_lite.data_tools.importers.writing import CROPS_FOLDER, DET_FILE, REC_FILE, crop_of, one_line
from ppocr_lite.data_tools.progress import Progress
from ppocr_lite.errors import ConfigError, DataError
from ppocr_lite.images import PDF_SUFFIX, list_images, read_image
from ppocr_lite.inference.text_detector import TextDetector
from ppocr_lite.inference.text_recognizer import TextRecognizer
from ppocr_lite.metrics.text import edit_distances
from ppocr_lite.structures import RecResult
from ppocr_lite.visualize import write_image
from ppocr_lite.weights.disk import write_atomic

SUMMARY_FILE = "summary.json"
CHUNK = 64
"""Pictures of single lines that are read together."""
SCORE_DECIMALS = 4
NO_TEXT, LOW_SCORE, DISAGREE = "nothing read", "score too low", "recognizers disagree"
UNREADABLE, IS_PDF, UNSURE_PAGE = "pictures that cannot be read", "PDF files", "pages without a sure line"


@dataclass(frozen=True)
class Rules:
    """When a text is believed.

    Args:
        min_score: least score, of both recognizers where there are two; 0..1.
        agree: edits (Levenshtein distance) of characters or tokens that the two texts may differ by.
    """

    min_score: float = 0.9
    agree: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.min_score <= 1 or self.agree < 0:
            raise ConfigError(
                "--min_score is a number in 0..1 and --agree at least 0, got "
                f"{self.min_score} and {self.agree}."
            )


@dataclass(frozen=True)
class Verdict:
    """A line's text (the first recognizer's), its score (the lower one), and why it is not believed."""

    text: str
    score: float
    reason: str = ""


@dataclass
class Summary:
    """What became of everything.

    Args:
        kept: label file -> rows.
        dropped: reason -> lines, or pictures.
        notes: a line for each picture that could not be read.
    """

    kept: Counter[str] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        return {"kept": dict(self.kept), "dropped": dict(self.dropped), "notes": self.notes}


def judge(first: Sequence[RecResult], second: Sequence[RecResult] | None, rules: Rules) -> list[Verdict]:
    """A verdict on each line that one recognizer, or two, have read."""
    others = first if second is None else second
    texts = [[one_line(result.text).strip() for result in results] for results in (first, others)]
    if rules.agree and second is not None:
        separator = first[0].separator if first else ""
        differ = (
            edit_distances(*([split_symbols(t, separator) for t in side] for side in texts)) > rules.agree
        )
    else:
        differ = np.array([a != b for a, b in zip(*texts, strict=True)], bool)
    verdicts = []
    for text, other, a, b, apart in zip(*texts, first, others, differ, strict=True):
        score = min(a.score, b.score)
        reason = NO_TEXT if not (text and other) else DISAGREE if apart else ""
        reason = reason or (LOW_SCORE if score < rules.min_score else "")
        verdicts.append(Verdict(text, score, reason))
    return verdicts


@dataclass(frozen=True, eq=False)
class _Region:
    """A line of a page: its quad [4, 2] in pixels, the detector's score, its picture, what was read."""

    quad: np.ndarray
    det_score: float
    crop: np.ndarray
    verdict: Verdict

    def as_dict(self) -> dict[str, Any]:
        """As in a detection label, with the scores."""
        return {
            "transcription": IGNORED if self.verdict.reason else self.verdict.text,
            "points": [[round(float(x), 1), round(float(y), 1)] for x, y in self.quad],
            "score": round(self.verdict.score, SCORE_DECIMALS),
            "det_score": round(float(self.det_score), SCORE_DECIMALS),
        }


class PseudoLabeller:
    """Reads pictures and writes what is sure.

    Args:
        recognizers: one or two.
        detector: for pages; None where every picture holds one line.
        rules: what is believed.
    """

    def __init__(
        self, recognizers: Sequence[TextRecognizer], *, detector: TextDetector | None, rules: Rules
    ) -> None:
        self._recognizers = recognizers
        self._detector = detector
        self._rules = rules

    def write(self, images: Path, out: Path) -> Summary:
        """Label the pictures of a folder; label files, crops and a summary go to ``out``.

        Raises:
            ConfigError: there are label files already.
            DataError: no pictures.
        """
        for name in (DET_FILE, REC_FILE):
            if (out / name).exists():
                raise ConfigError(f"{out / name}: is there already. Give another folder.")
        summary = Summary()
        paths = list_images(images)
        rows: dict[str, list[str]] = {DET_FILE: [], REC_FILE: []}
        with Progress("pictures", len(paths)) as progress:
            for chunk in _readable(paths, summary, progress, size=CHUNK if self._detector is None else 1):
                if self._detector is None:
                    rows[REC_FILE] += self._lines(chunk, summary)
                else:
                    ((path, image),) = chunk
                    regions = self._regions(self._detector, image, summary=summary)
                    _add_page(path, regions, out=out, rows=rows, summary=summary)
        for name, written in rows.items():
            if self._detector is not None or name == REC_FILE:
                summary.kept[name] = len(written)
                data = "".join(f"{row}\n" for row in written).encode("utf-8", "backslashreplace")
                write_atomic(out / name, data)
        text = json.dumps(summary.as_dict(), ensure_ascii=False, indent=1)
        write_atomic(out / SUMMARY_FILE, text.encode("utf-8", "backslashreplace"))
        return summary

    def _judged(self, crops: Sequence[np.ndarray], summary: Summary) -> list[Verdict]:
        read = [recognizer(crops) for recognizer in self._recognizers]
        verdicts = judge(read[0], read[1] if len(read) > 1 else None, self._rules)
        summary.dropped.update(verdict.reason for verdict in verdicts if verdict.reason)
        return verdicts

    def _lines(self, chunk: Sequence[tuple[Path, np.ndarray]], summary: Summary) -> list[str]:
        verdicts = self._judged([image for _, image in chunk], summary)
        return [_line_row(path.name, v) for (path, _), v in zip(chunk, verdicts) if not v.reason]

    def _regions(self, detector: TextDetector, image: np.ndarray, *, summary: Summary) -> list[_Region]:
        found = detector([image])[0].sorted()
        crops = [crop_of(image, quad) for quad in found.quads]
        verdicts = self._judged(crops, summary) if crops else []
        return [_Region(*parts) for parts in zip(found.quads, found.scores, crops, verdicts, strict=True)]


def _add_page(
    path: Path, regions: Sequence[_Region], *, out: Path, rows: dict[str, list[str]], summary: Summary
) -> None:
    """Rows of a page and its crops; a region whose text is not sure stays as one that training ignores."""
    if all(region.verdict.reason for region in regions):
        summary.dropped[UNSURE_PAGE] += 1
        return
    number = len(rows[DET_FILE])
    for index, region in enumerate(regions):
        if not region.verdict.reason:
            name = f"{CROPS_FOLDER}/{number:06d}_{path.stem}_{index:03d}.png"
            (out / name).parent.mkdir(parents=True, exist_ok=True)
            write_image(out / name, region.crop)
            rows[REC_FILE].append(_line_row(name, region.verdict))
    label = json.dumps([region.as_dict() for region in regions], ensure_ascii=False)
    rows[DET_FILE].append(f"{path.name}\t{label}")


def _readable(
    paths: Sequence[Path], summary: Summary, progress: Progress, *, size: int
) -> Iterator[list[tuple[Path, np.ndarray]]]:
    """The pictures, ``size`` at a time; what is none is counted."""
    chunk: list[tuple[Path, np.ndarray]] = []
    for path in paths:
        progress.step()
        try:
            if path.suffix.lower() == PDF_SUFFIX:
                summary.dropped[IS_PDF] += 1
                continue
            chunk.append((path, read_image(path)))
        except DataError as error:
            summary.dropped[UNREADABLE] += 1
            summary.notes.append(str(error))
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _line_row(name: str, verdict: Verdict) -> str:
    return f"{name}\t{verdict.text}\t{verdict.score:.{SCORE_DECIMALS}f}"
