"""Pages that lie on their side: suspected by what the detector finds, decided by what can be read.

A detector that has learnt lines as they are read finds scraps on a page that lies on its side, or nothing.
Where that may be so, and the lines that it found do not read well either, it looks once more at the page
turned to the left, and that view counts when its lines read better. Detectors that find lines equally well in
any direction see the same both ways, and nothing is turned.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from ppocr_lite.geometry import crop_quad
from ppocr_lite.inference.clock import StageClock
from ppocr_lite.inference.skew import evidence, sides
from ppocr_lite.inference.text_classifier import turn_half
from ppocr_lite.inference.text_detector import TextDetector
from ppocr_lite.structures import DetResult, OCRResult, RecResult, TextLine, TextSpan

WIDE_RATIO = 1.5
"""Width over height above which a region is taken for a line that runs across."""
WIDE_SHARE, FEW_LINES = 0.75, 12
"""A page is suspected when less than this share of its regions run across, or they are fewer than so many."""
PROBE_LINES, LEAST_PROBED = 6, 3
"""So many of the widest lines are read, either way up; from so many on they speak for a page."""
READS_WELL = 0.9
"""Mean score of lines that leaves no doubt. Of 100 rendered pages on their side none reached 0.8."""
LEAST_SCORE, MIN_GAIN = 0.6, 0.05
"""Mean score that the turned view must reach, and by how much it must be the better one. Of 100 rendered
pages the wrong view was worse by 0.19 at least."""
ALIKE = 0.1
"""By this share numbers and lengths of the regions may differ where both views show the same."""

Recognize = Callable[[Sequence[np.ndarray], StageClock], list[RecResult]]


def detect_page(
    detector: TextDetector, image: np.ndarray, recognize: Recognize, clock: StageClock
) -> tuple[np.ndarray, DetResult, bool]:
    """Find the lines of a picture, uint8 BGR [H, W, 3], which may lie on its side.

    Args:
        recognize: reads crops.

    Returns:
        The picture as it is to be read, [H, W, 3], or [W, H, 3] where it was turned to the left; the
        regions in it; whether it was turned.
    """
    found = detector([image], clock)[0]
    across = _across(found)
    if len(found) >= FEW_LINES and across.mean() >= WIDE_SHARE:
        return image, found, False
    score = _reading_score(image, found, recognize, clock)
    if across.sum() >= LEAST_PROBED and score >= READS_WELL:
        return image, found, False
    turned = np.ascontiguousarray(np.rot90(image))
    found_turned = detector([turned], clock)[0]
    if _alike(found, found_turned):
        return image, found, False
    if _reading_score(turned, found_turned, recognize, clock) >= max(LEAST_SCORE, score + MIN_GAIN):
        return turned, found_turned, True
    return image, found, False


def _across(found: DetResult) -> np.ndarray:
    """Which regions run across, bool [n]."""
    width, height = sides(found.quads)
    return np.asarray(width >= WIDE_RATIO * height)


def _reading_score(image: np.ndarray, found: DetResult, recognize: Recognize, clock: StageClock) -> float:
    """Mean score of the widest lines that run across, read the better way up; 0 without any."""
    width, height = sides(found.quads)
    ratios = np.where(_across(found), width / np.maximum(height, 1e-6), 0.0)
    widest = [i for i in np.argsort(-ratios, kind="stable")[:PROBE_LINES] if ratios[i] > 0]
    if not widest:
        return 0.0
    crops = [crop_quad(image, found.quads[i]) for i in widest]
    read = recognize([*crops, *map(turn_half, crops)], clock)
    scores = [result.score if result.text else 0.0 for result in read]
    return max(sum(scores[: len(crops)]), sum(scores[len(crops) :])) / len(crops)


def _alike(found: DetResult, turned: DetResult) -> bool:
    """Whether both views show as many regions, and as much text."""
    more, less = max(len(found), len(turned)), min(len(found), len(turned))
    longer, shorter = sorted((evidence(found, power=2), evidence(turned, power=2)), reverse=True)
    return less >= (1 - ALIKE) * more and shorter >= (1 - ALIKE) * longer


def turned_back(quads: np.ndarray, *, turns: int, size: tuple[int, int]) -> np.ndarray:
    """Quads [..., 4, 2] of a picture that was turned to the left, in the picture as it was.

    Args:
        turns: quarter turns to the left, as of ``np.rot90``.
        size: (height, width) of the picture as it was.

    Returns:
        float32, clockwise from the corner that is top-left in the picture as it was.
    """
    for turn in range(turns % 4, 0, -1):  # before an odd turn the picture was as wide as at first
        before = size[1] if turn % 2 else size[0]
        points = np.stack([before - 1 - quads[..., 1], quads[..., 0]], axis=-1)
        quads = np.roll(points, 1, axis=-2)
    return np.asarray(quads, np.float32)


def result_turned_back(result: OCRResult, *, turns: int) -> OCRResult:
    """The result of a picture that was read turned to the left, in the picture as it was.

    Args:
        turns: quarter turns to the left.
    """

    def back(quad: np.ndarray) -> np.ndarray:
        return turned_back(quad, turns=turns, size=result.image_size)

    def spans(parts: tuple[TextSpan, ...]) -> tuple[TextSpan, ...]:
        return tuple(replace(part, quad=back(part.quad)) for part in parts)

    def line(found: TextLine) -> TextLine:
        return replace(
            found,
            quad=back(found.quad),
            # A crop of the line in the picture as it was is turned to the left once where the line is tall.
            rotated=found.rotated != (turns >= 2),
            characters=spans(found.characters),
            words=spans(found.words),
        )

    return replace(result, lines=tuple(map(line, result.lines)), dropped=tuple(map(line, result.dropped)))
