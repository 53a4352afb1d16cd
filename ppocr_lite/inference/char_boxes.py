"""Boxes of characters and words of a line: from the steps at which they were read, fitted to the ink.

A CTC network tells where a character is, not how wide it is: often a single step somewhere within it. So the
edge between two characters is looked for between their steps, where there is least ink, and at a space or an
end of the line where the ink stops.
"""

import itertools
from collections.abc import Iterator, Sequence

import numpy as np

from ppocr_lite.charset import Charset
from ppocr_lite.inference.ink import quiet_columns, quiet_runs, shaded_ink_profile
from ppocr_lite.postprocess.aligned import AlignedText
from ppocr_lite.structures import TextSpan

CENTRE_PULL = 0.15
"""Ink, as a share of the usual one, that a cut crosses rather than move from the middle to a character."""
FAINT = 0.02
"""Ink below this share of the greatest counts as none, however empty the line is."""
REACH = 1.0
"""How far the first and last character may reach outward from where they were read, in usual distances."""
WIDTH_OF_ONE = 0.6
"""Width of a single character over the height of its crop."""
WORDS_OF_THEIR_OWN = ((0x2E80, 0xA4CF), (0xF900, 0xFAFF), (0xFE30, 0xFE4F), (0x20000, 0x3FFFF))
"""Code points of Chinese and Japanese: no spaces part the words, so each character is one."""


def character_spans(
    text: AlignedText, edges: np.ndarray, crop: np.ndarray, *, charset: Charset
) -> tuple[TextSpan, ...]:
    """The characters in reading order, with boxes in pixels of the crop; as high as the crop.

    Args:
        text: with the steps of each character.
        edges: float [T, 2], left and right end of each step in pixels.
        crop: uint8 [h, w] or [h, w, 3].
    """
    if not text.characters:
        return ()
    height = crop.shape[0]
    seen = np.stack([edges[text.runs[:, 0], 0], edges[text.runs[:, 1], 1]], axis=1)  # [n, 2]
    blank = np.array([c.isspace() for c in text.characters])
    sides = _fit(seen, blank, shaded_ink_profile(crop), height)
    order = charset.reading_order(text.characters)
    spans, start = [], 0
    for i in order:
        (left, right), character = sides[i], text.characters[i]
        spans.append(TextSpan(character, text.scores[i], _quad(left, right, height), start))
        start += len(character)
    return tuple(spans)


def word_spans(characters: Sequence[TextSpan]) -> tuple[TextSpan, ...]:
    """The words: what stands between spaces; of Chinese and Japanese each character."""
    return tuple(
        TextSpan(
            "".join(span.text for span in group),
            float(np.mean([span.score for span in group])),
            _around([span.quad for span in group]),
            group[0].start,
        )
        for group in _words(characters)
    )


def _words(characters: Sequence[TextSpan]) -> Iterator[list[TextSpan]]:
    group: list[TextSpan] = []
    for span in characters:
        alone = _is_word_by_itself(span.text)
        if group and (alone or span.text.isspace()):
            yield group
            group = []
        if alone:
            yield [span]
        elif not span.text.isspace():
            group.append(span)
    if group:
        yield group


def _is_word_by_itself(character: str) -> bool:
    return len(character) == 1 and any(low <= ord(character) <= high for low, high in WORDS_OF_THEIR_OWN)


def _fit(seen: np.ndarray, blank: np.ndarray, ink: np.ndarray, height: int) -> np.ndarray:
    """Left and right side of each character, float [n, 2]; spaces take what lies between their neighbours."""
    width = len(ink)
    centres = np.clip(seen.mean(axis=1), 0, width)
    sides = np.clip(seen, 0, width)
    printed = np.flatnonzero(~blank).tolist()
    if not printed:
        return sides
    quiet = quiet_columns(ink) | (ink <= ink.min() + FAINT * np.ptp(ink))
    share = ink / max(float(np.percentile(ink, 90)), 1e-6)
    reach = REACH * _pitch(centres, printed, height)
    first, last = printed[0], printed[-1]
    sides[first, 0] = _ink_ends(quiet, centres[first], -reach)
    sides[last, 1] = _ink_ends(quiet, centres[last], reach)
    sides[:first] = _shares(0, sides[first, 0], first)
    sides[last + 1 :] = _shares(sides[last, 1], width, len(seen) - last - 1)
    for a, b in itertools.pairwise(printed):
        if b == a + 1:
            sides[a, 1] = sides[b, 0] = _cut(share, centres[a], centres[b])
        else:
            sides[a, 1], sides[b, 0] = _gap(quiet, centres[a], centres[b])
            sides[a + 1 : b] = _shares(sides[a, 1], sides[b, 0], b - a - 1)
    return np.stack([sides.min(axis=1), sides.max(axis=1)], axis=1)


def _pitch(centres: np.ndarray, printed: Sequence[int], height: int) -> float:
    """Usual distance of neighbours in pixels."""
    distances = [centres[b] - centres[a] for a, b in itertools.pairwise(printed) if b == a + 1]
    return float(np.median(distances)) if distances else WIDTH_OF_ONE * height


def _cut(share: np.ndarray, left: float, right: float) -> float:
    """Where two neighbours part: where the ``share`` of the usual ink is small, and rather in the middle."""
    columns = np.arange(int(left) + 1, int(right))
    middle = (left + right) / 2
    if not len(columns):
        return middle
    cost = share[columns] + CENTRE_PULL * np.abs(columns + 0.5 - middle) / max((right - left) / 2, 1)
    return float(columns[np.argmin(cost)]) + 0.5


def _gap(quiet: np.ndarray, left: float, right: float) -> tuple[float, float]:
    """Begin and end of the widest run without ink between two characters; the middle, twice, without one."""
    begin = int(left)
    starts, ends = quiet_runs(quiet[begin : int(np.ceil(right))])
    if not len(starts):
        return (left + right) / 2, (left + right) / 2
    widest = int(np.argmax(ends - starts))
    return float(begin + starts[widest]), float(begin + ends[widest])


def _ink_ends(quiet: np.ndarray, start: float, reach: float) -> float:
    """Where the ink ends, at most ``reach`` from ``start``, which is to the left if it is negative."""
    begin, end = sorted((start, min(max(start + reach, 0), len(quiet))))
    inked = np.flatnonzero(~quiet[int(begin) : int(np.ceil(end))]) + int(begin)
    if not len(inked):
        return start + reach / 4
    return float(inked[0]) if reach < 0 else float(inked[-1] + 1)


def _shares(begin: float, end: float, count: int) -> np.ndarray:
    """Equal parts of a stretch, [count, 2]."""
    places = np.linspace(begin, end, count + 1)
    return np.stack([places[:-1], places[1:]], axis=1)


def _quad(left: float, right: float, height: int) -> np.ndarray:
    return np.array([[left, 0], [right, 0], [right, height], [left, height]], np.float32)


def _around(quads: Sequence[np.ndarray]) -> np.ndarray:
    """The upright rectangle around upright rectangles [4, 2]."""
    points = np.concatenate(quads)
    (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float32)
