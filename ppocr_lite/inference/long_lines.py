"""Lines longer than a recognizer should read at once: cut where there is least ink, read, join."""

from collections.abc import Iterator, Sequence

import numpy as np

from ppocr_lite.inference.ink import ink_profile, quiet_columns, quiet_runs
from ppocr_lite.structures import RecResult

SEARCH_FROM = 0.7
"""A cut is looked for between this share of the greatest length and all of it."""
WORD_GAP = 0.2
"""A gap at least this wide, in line heights, separates words."""


def split_line(crop: np.ndarray, max_aspect: float | None) -> Iterator[tuple[np.ndarray, bool]]:
    """Pieces of a crop [h, w, 3], each at most ``max_aspect`` times as wide as high, from left to right.

    Yields the piece and whether a gap between words precedes it.
    """
    height, width = crop.shape[:2]
    longest = width if max_aspect is None else max(int(max_aspect * height), 1)
    start, after_gap = 0, False
    while width - start > longest:
        begin = start + max(1, int(longest * SEARCH_FROM))
        window = crop[:, begin : start + longest]
        offset, gap = _quietest(window)
        yield crop[:, start : begin + offset], after_gap
        start, after_gap = begin + offset, gap >= WORD_GAP * height
    yield crop[:, start:], after_gap


def join_pieces(parts: Sequence[tuple[RecResult, bool]]) -> RecResult:
    """One text of the pieces' texts, with a space where a gap between words was cut; scores by length.

    Texts that are made of tokens are joined by their separator.
    """
    text, scores = "", []
    separator = parts[0][0].separator if parts else ""
    if separator:
        text = separator.join(result.text for result, _ in parts if result.text)
        scores = [score for result, _ in parts for score in result.char_scores]
        score = float(np.mean(scores)) if scores else 0.0
        return RecResult(text, score, tuple(scores), separator=separator)
    for result, after_gap in parts:
        glue = " " if after_gap and text and result.text and not text.endswith(" ") else ""
        glue = "" if result.text.startswith(" ") else glue
        own = list(result.char_scores) or [result.score] * len(result.text)
        scores += ([result.score] if glue else []) + own
        text += glue + result.text
    return RecResult(text, float(np.mean(scores)) if scores else 0.0, tuple(float(s) for s in scores))


def _quietest(window: np.ndarray) -> tuple[int, int]:
    """(column to cut at, width of the gap around it): the middle of the widest run of columns without ink."""
    starts, ends = quiet_runs(quiet_columns(ink_profile(window)))
    widest = int(np.argmax(ends - starts))
    return max(1, int(starts[widest] + ends[widest]) // 2), int(ends[widest] - starts[widest])
