"""Columns that the detector took for one line are parted: a price and the letter behind it, cells of a table.

How wide a gap has to be says nothing: a blank parts the price from its letter, and words have blanks between
them, too. What stands on both sides does, so the recognizer tells: one with a tab among its characters reads
a tab where a column ends (`en_columns.txt`). Columns line up, too: where other rows of the page end a column
before a word of the same kind at the same place, a space is the end of one. A currency by itself is no column
where an amount follows.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import groupby

import numpy as np

from ppocr_lite.charset import COLUMN_END
from ppocr_lite.geometry import crop_to_image
from ppocr_lite.inference.column_rows import SPACE, ColumnRows
from ppocr_lite.inference.seen_line import SeenLine
from ppocr_lite.structures import DetResult, RecResult, TextSpan

MARGIN = 0.15
"""Paper that stays beside the ink of a column, over the line's height; at most half of the gap."""

CURRENCY_ALONE = re.compile(
    rf"(?:(?<={COLUMN_END})|^)(AUD|CAD|CHF|CNY|DKK|EUR|GBP|INR|JPY|NOK|NZD|SEK|USD|[$£¥€]){COLUMN_END}(?=[-+(]?\.?\d)"
)
"""A column of nothing but a currency, and the tab before an amount."""

ReadBoxes = Callable[[Sequence[np.ndarray]], list[RecResult]]


def part_columns(
    found: DetResult, lines: Sequence[SeenLine], read_boxes: ReadBoxes | None
) -> tuple[DetResult, list[RecResult], list[int]]:
    """Every column a region of its own, from left to right; lines without a tab stay as they are.

    Args:
        found: the regions of ``lines``.
        read_boxes: reads crops with the boxes of words; asked where a line that may be parted has none.
            Without it no line is parted.

    Returns:
        regions, what they say (boxes in pixels of the image), and the line that each is of.
    """
    lines = [replace(line, result=_with_currency(line.result)) for line in lines]
    boxed: dict[int, RecResult] = {}
    if read_boxes is not None:
        boxed = _with_boxes([i for i, x in enumerate(lines) if _may_be_parted(x.result)], lines, read_boxes)
        rows = ColumnRows(boxed, lines, found.quads)
        alike = [i for i, x in enumerate(lines) if _is_free(x.result) and rows.may_hold(x.result.text)]
        boxed |= _with_boxes([i for i in alike if i not in boxed], lines, read_boxes)
        boxed |= {i: rows.parted(boxed[i], lines[i], found.quads[i]) for i in alike}
    quads: list[np.ndarray] = []
    polys: list[np.ndarray] = []
    texts: list[RecResult] = []
    owners: list[int] = []
    for index, (line, quad) in enumerate(zip(lines, found.quads)):
        columns = _columns(boxed[index]) if index in boxed else []
        if len(columns) < 2:
            own, outlines = [quad], found.polys[index : index + 1]
            texts.append(_in_one_piece(line.in_image(quad)))
        else:
            own = _quads(columns, line, quad)
            outlines = tuple(own) if found.polys else ()
            image = replace(line, result=boxed[index]).in_image(quad)
            keep = bool(line.result.words)
            texts.extend(_column(image, words, keep=keep) for words in _columns(image))
        quads.extend(own)
        polys.extend(outlines)
        owners.extend([index] * len(own))
    placed = np.array(quads, np.float32).reshape(-1, 4, 2)
    return DetResult(placed, found.scores[owners], tuple(polys)), texts, owners


def _may_be_parted(result: RecResult) -> bool:
    """Whether a column ends within the text, and nothing was asked for that is about the line as a whole."""
    return COLUMN_END in result.text.strip() and _is_free(result)


def _is_free(result: RecResult) -> bool:
    return not result.alternatives and result.matched is None


def _with_boxes(
    indices: Sequence[int], lines: Sequence[SeenLine], read_boxes: ReadBoxes
) -> dict[int, RecResult]:
    """The results of these lines with the boxes of their words, read again where they have none."""
    boxed = {i: lines[i].result for i in indices}
    blind = [i for i, result in boxed.items() if not result.words]
    crops = [np.ascontiguousarray(lines[i].crop) for i in blind]
    boxed.update(zip(blind, map(_with_currency, read_boxes(crops) if crops else ())))
    return boxed


def _with_currency(result: RecResult) -> RecResult:
    """A space for the tab between a currency and its amount; the text stays as long."""
    text = CURRENCY_ALONE.sub(rf"\1{SPACE}", result.text)
    if text == result.text:
        return result
    characters = tuple(replace(c, text=text[c.start : c.start + len(c.text)]) for c in result.characters)
    return replace(result, text=text, characters=characters)


def _columns(result: RecResult) -> list[list[TextSpan]]:
    """The words between two ends of columns each."""
    ends = [result.text.count(COLUMN_END, 0, word.start) for word in result.words]
    return [
        [word for _, word in group] for _, group in groupby(zip(ends, result.words), lambda pair: pair[0])
    ]


def _quads(columns: Sequence[Sequence[TextSpan]], line: SeenLine, quad: np.ndarray) -> list[np.ndarray]:
    """The columns' regions in the image: the line's outer sides, and within it the ink with a margin."""
    height, width = line.crop.shape[:2]
    ink = [(float(words[0].quad[0, 0]), float(words[-1].quad[1, 0])) for words in columns]
    rectangles = []
    for i, (left, right) in enumerate(ink):
        left = max(left - MARGIN * height, (ink[i - 1][1] + left) / 2) if i else 0.0
        right = (
            min(right + MARGIN * height, (right + ink[i + 1][0]) / 2) if i < len(ink) - 1 else float(width)
        )
        rectangles.append([[left, 0], [right, 0], [right, height], [left, height]])
    return list(crop_to_image(np.array(rectangles, np.float32), quad, turns=line.turns))


def _column(result: RecResult, words: Sequence[TextSpan], *, keep: bool) -> RecResult:
    """The part of ``result`` from the first of the ``words`` to the last; ``keep``: with boxes."""
    start, end = words[0].start, words[-1].start + len(words[-1].text)
    characters = [span for span in result.characters if start <= span.start < end]
    scores = tuple(span.score for span in characters)
    text = result.text[start:end]
    if not keep:
        return RecResult(text, float(np.mean(scores)), scores)
    moved = _moved(characters, -start), _moved(words, -start)
    return RecResult(text, float(np.mean(scores)), scores, *moved)


def _in_one_piece(result: RecResult) -> RecResult:
    """A line that is not parted: spaces for tabs, none at its ends."""
    if COLUMN_END not in result.text:
        return result
    start = len(result.text) - len(result.text.lstrip())
    text = result.text.strip().replace(COLUMN_END, SPACE)
    shown = [span for span in result.characters if start <= span.start < start + len(text)]
    blank_free = [replace(span, text=SPACE) if span.text == COLUMN_END else span for span in shown]
    return replace(
        result,
        text=text,
        char_scores=result.char_scores[start : start + len(text)],
        characters=_moved(blank_free, -start),
        words=_moved(result.words, -start),
    )


def _moved(spans: Sequence[TextSpan], by: int) -> tuple[TextSpan, ...]:
    return tuple(replace(span, start=span.start + by) for span in spans)
