"""Pages that lie on their side: found by the detector, which sees lines better when they run across.

A detector that has learnt lines as they are read finds, on a page that lies on its side, scraps. Where there
are many of these, it looks once more at the page turned to the left, and that view counts when it shows
more text in long lines. Detectors that find lines equally well in any direction see the same both ways, and
nothing is turned.
"""

from dataclasses import replace

import numpy as np

from ppocr_lite.inference.clock import StageClock
from ppocr_lite.inference.skew import evidence, sides
from ppocr_lite.inference.text_detector import TextDetector
from ppocr_lite.structures import DetResult, OCRResult, TextLine, TextSpan

WIDE_RATIO = 1.5
"""Width over height above which a region is taken for a line that runs across."""
WIDE_SHARE = 0.75
"""A page is suspected when less than this share of its regions run across."""
MIN_GAIN = 1.1
"""Of so many times the evidence, in squares of lengths, must be the turned view: the embedded detector sees
1.25 times as much or more in lines that run across, detectors that find lines in any direction as much."""


def detect_page(
    detector: TextDetector, image: np.ndarray, clock: StageClock
) -> tuple[np.ndarray, DetResult, bool]:
    """Find the lines of a picture, uint8 BGR [H, W, 3], which may lie on its side.

    Returns:
        The picture as it is to be read, [H, W, 3], or [W, H, 3] where it was turned to the left; the
        regions in it; whether it was turned.
    """
    found = detector([image], clock)[0]
    width, height = sides(found.quads)
    if not len(found) or np.mean(width >= WIDE_RATIO * height) >= WIDE_SHARE:
        return image, found, False
    turned = np.ascontiguousarray(np.rot90(image))
    found_turned = detector([turned], clock)[0]
    if evidence(found_turned, power=2) > MIN_GAIN * evidence(found, power=2):
        return turned, found_turned, True
    return image, found, False


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
