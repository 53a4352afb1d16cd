"""Which way round to read each line: the classifier proposes, the page and the recognizer decide.

A classifier alone turns some good lines over, and a page is printed one way up. So the lines vote with their
probabilities, which many unsure answers make a sure one; a page that seems upside down is believed when its
widest lines read better turned. A single line is turned only when it reads better so.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ppocr_lite.inference.clock import StageClock
from ppocr_lite.inference.text_classifier import UPSIDE_DOWN, turn_half
from ppocr_lite.structures import ClsResult, RecResult

CLS_MODES = ("vote", "each")
PAGE_SHARE = 0.5
"""Mean probability of 180, lines weighted by their width, from which a page is suspected."""
PROBE_LINES = 3
"""So many wide lines of a page that seems upside down are read both ways before it is believed."""
MIN_GAIN = 0.03
"""By so much a line's score, or the mean of those lines', must be better turned: scores that differ by less
say nothing."""

Recognize = Callable[[Sequence[np.ndarray], StageClock], list[RecResult]]


@dataclass(frozen=True)
class Reading:
    """What a line says, and how it was seen for that: turned by 180 degrees, as an upright."""

    result: RecResult
    turned: bool
    upright: bool = False


def choose_readings(
    crops: Sequence[np.ndarray],
    labels: Sequence[ClsResult] | None,
    recognize: Recognize,
    *,
    uprights: Mapping[int, np.ndarray],
    clock: StageClock,
    mode: str = "vote",
    believes: Callable[[ClsResult], bool] | None = None,
) -> list[Reading]:
    """Read every crop of a page that stands upright (see :func:`page_is_turned`), the way that suits it.

    Args:
        crops: uint8 BGR [h, w, 3].
        labels: the classifier's answer for each crop; None without a classifier.
        recognize: reads crops.
        uprights: by index, a second way to see crops that were turned for being tall.
        clock: of the call.
        mode: one of :data:`CLS_MODES`.
        believes: whether an answer says 180 for sure.
    """
    suspects = [False] * len(crops) if labels is None or believes is None else [believes(r) for r in labels]
    turned = suspects if mode == "each" else [False] * len(crops)
    first = [turn_half(crop) if turn else crop for crop, turn in zip(crops, turned)]
    doubts = [i for i, suspect in enumerate(suspects) if suspect and not turned[i]]
    others = [(i, turn_half(crops[i]), True, False) for i in doubts]
    others += [(i, turn_half(u) if turned[i] else u, turned[i], True) for i, u in uprights.items()]
    read = recognize([*first, *(crop for _, crop, _, _ in others)], clock)
    best = [Reading(result, turn) for result, turn in zip(read, turned)]
    for (index, _, turn, upright), result in zip(others, read[len(first) :]):
        gain = 0.0 if turn == best[index].turned else MIN_GAIN
        if result.text and result.score > best[index].result.score + gain:
            best[index] = Reading(result, turn, upright)
    return best


def page_is_turned(
    crops: Sequence[np.ndarray], labels: Sequence[ClsResult], recognize: Recognize, clock: StageClock
) -> bool:
    """Whether the page's lines lean to 180, and its widest lines read better so.

    Args:
        crops: of all lines, uint8 BGR [h, w, 3].
        labels: the classifier's answer for each.
        recognize: reads crops.
        clock: of the call.
    """
    widths = [crop.shape[1] / crop.shape[0] for crop in crops]
    share = sum(w * probability_turned(r) for w, r in zip(widths, labels))
    if len(crops) < PROBE_LINES or share < PAGE_SHARE * sum(widths):
        return False  # a line or two are no page: each is judged by itself
    wide = sorted(range(len(crops)), key=lambda i: -widths[i])[:PROBE_LINES]
    read = recognize([*(crops[i] for i in wide), *(turn_half(crops[i]) for i in wide)], clock)
    as_is = sum(r.score for r in read[: len(wide)])
    return sum(r.score for r in read[len(wide) :]) > as_is + MIN_GAIN * len(wide)


def probability_turned(result: ClsResult) -> float:
    """Probability that a crop stands on its head, by a classifier of two labels."""
    return result.score if UPSIDE_DOWN in result.label else 1.0 - result.score
