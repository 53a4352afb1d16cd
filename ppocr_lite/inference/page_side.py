"""How a page lies in a picture: suspected by what the detector finds, decided by what can be read.

A detector that has learnt lines as they are read finds scraps, or nothing, on a page that lies on its side or
askew by more than some 20 degrees. Where that may be so, and the lines that it found do not read well either,
it looks once more at the picture turned to the left, and then turned by other angles; the view counts whose
lines read better. Detectors that find lines equally well in any direction see the same both ways; nothing is
turned then but pages of many lines, most of which do not run across.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ppocr_lite.geometry import crop_quad
from ppocr_lite.inference.bow import Bow
from ppocr_lite.inference.clock import StageClock
from ppocr_lite.inference.skew import evidence, sides
from ppocr_lite.inference.text_classifier import turn_half
from ppocr_lite.inference.text_detector import TextDetector
from ppocr_lite.structures import DetResult, OCRResult, RecResult, TextLine, TextSpan

WIDE_RATIO = 1.5
"""Width over height above which a region is taken for a line that runs across."""
WIDE_SHARE, FEW_LINES = 0.75, 12
"""A page is suspected when less than this share of its regions run across, or they are fewer than so many."""
PROBE_LINES, LEAST_CHARACTERS = 6, 3
"""So many of the widest lines are read, either way up; from so many characters on they speak for a page."""
READS_WELL = 0.9
"""Mean score of lines that leaves no doubt. Of 100 rendered pages on their side none reached 0.7."""
LEVEL = 6.0
"""Degrees; where lines fall or climb by more in the median, some may be lost."""
LINES_SHARE = 0.5
"""Of the length of all regions: those that are long. Of lines that fall too steeply only words are seen."""
LEAST_SCORE, MIN_GAIN = 0.6, 1.5
"""Mean score that another view must reach, and how many times as much must be read in it."""
SCORE_POWER = 6
"""Of the mean score, by which the length of the lines counts. Of 40 rendered pages, seen upright and from the
side, the right view had 6 times as much at least; with a power of 3 the wrong one had more on one."""
ALIKE = 0.1
"""By this share numbers and lengths of the regions may differ where both views show the same."""

Recognize = Callable[[Sequence[np.ndarray], StageClock], list[RecResult]]


@dataclass(frozen=True, eq=False)
class PageView:
    """A picture as it is read.

    Args:
        image: uint8 BGR [H, W, 3]; [W, H, 3] after an odd number of turns.
        found: the regions in it.
        turns: quarter turns to the left, as of ``np.rot90``.
        slant: degrees by which lines are known to fall in ``image``; 0 leaves that to the detector.
        bow: how the page bowed that was flattened, see :mod:`ppocr_lite.inference.flatten`; ``turns`` are
            those since then.
        before: quarter turns before it was flattened.
    """

    image: np.ndarray
    found: DetResult
    turns: int = 0
    slant: float = 0.0
    bow: Bow | None = None
    before: int = 0

    @property
    def angle(self) -> int:
        """Degrees by which what stands upright in ``image`` is turned clockwise in the picture."""
        return 90 * (self.before + self.turns) % 360

    def turned_over(self, detector: TextDetector, clock: StageClock) -> "PageView":
        """The view turned by 180 degrees and looked at again: the detector sees the right way up better."""
        view = _view(detector, self.image[::-1, ::-1], clock, turns=self.turns + 2, slant=self.slant)
        return replace(view, bow=self.bow, before=self.before)

    def in_picture(self, result: OCRResult) -> OCRResult:
        """What was read in ``image``, in pixels of the picture, whose size ``result.image_size`` is."""
        if self.bow is None:
            return result_turned_back(result, turns=self.turns)
        height, width = self.bow.height, self.bow.size[1]
        flat = result_turned_back(replace(result, image_size=(height, width)), turns=self.turns)
        bowed = result_moved(flat, self.bow.to_page_clipped)
        return result_turned_back(replace(bowed, image_size=result.image_size), turns=self.before)


def _view(
    detector: TextDetector, image: np.ndarray, clock: StageClock, *, turns: int = 0, slant: float = 0.0
) -> PageView:
    image = np.ascontiguousarray(image)
    found = detector.detect_slanted(image, slant, clock) if slant else detector([image], clock)[0]
    return PageView(image, found, turns, slant)


def detect_page(
    detector: TextDetector, image: np.ndarray, recognize: Recognize, clock: StageClock
) -> PageView:
    """Find the lines of a picture, uint8 BGR [H, W, 3], which may lie on its side or askew.

    Args:
        recognize: reads crops.
    """
    first = _view(detector, image, clock)
    across = _across(first.found)
    usual = len(across) >= FEW_LINES and across.mean() >= WIDE_SHARE
    level = _steepness(first.found) < LEVEL
    if usual and level:
        return first
    score, characters = _read(first, recognize, clock)
    trusted = (
        characters >= LEAST_CHARACTERS if level else usual and _share_of_lines(first.found) >= LINES_SHARE
    )
    if trusted and score >= READS_WELL:
        return first
    side = _view(detector, np.rot90(image), clock, turns=1)
    upright = len(across) < FEW_LINES or 2 * across.sum() >= len(across)
    if upright and _alike(first.found, side.found):
        return first
    scored = [(score, MIN_GAIN, first), (_read(side, recognize, clock)[0], 1.0, side)]
    sure = scored[1][0] >= READS_WELL and _across(side.found).mean() >= WIDE_SHARE
    if not sure or _steepness(side.found) >= LEVEL:
        degrees = detector.slant_of(image, clock)
        if degrees is not None:
            turns = int(abs(degrees) > 45)  # lines that fall steeply climb in the picture turned to the left
            slant = degrees - turns * (90 if degrees > 0 else -90)
            slanted = _view(detector, side.image if turns else image, clock, turns=turns, slant=slant)
            scored.append((_read(slanted, recognize, clock)[0], 1.0, slanted))
    # What is read: pixels of text, by how sure the reading is.
    read = [factor * mean**SCORE_POWER * evidence(view.found) for mean, factor, view in scored]
    mean, _, best = scored[int(np.argmax(read))]
    return best if mean >= LEAST_SCORE else first


def _across(found: DetResult) -> np.ndarray:
    """Which regions run across, bool [n]."""
    width, height = sides(found.quads)
    return np.asarray(width >= WIDE_RATIO * height)


def _share_of_lines(found: DetResult) -> float:
    """Length of the long regions over that of all, by their scores."""
    width, height = sides(found.quads)
    return evidence(found) / max(1e-6, float((np.maximum(width, height) * found.scores).sum()))


def _steepness(found: DetResult) -> float:
    """Median angle of the lines that run across with the level, in degrees; 0 without any."""
    along = (found.quads[:, 1] - found.quads[:, 0])[_across(found)]
    if not len(along):
        return 0.0
    return float(np.degrees(np.median(np.abs(np.arctan2(along[:, 1], along[:, 0])))))


def _read(view: PageView, recognize: Recognize, clock: StageClock) -> tuple[float, int]:
    """Mean score, and characters, of the widest lines that run across, read the better way up."""
    quads = view.found.quads
    width, height = sides(quads)
    ratios = np.where(_across(view.found), width / np.maximum(height, 1e-6), 0.0)
    widest = [i for i in np.argsort(-ratios, kind="stable")[:PROBE_LINES] if ratios[i] > 0]
    if not widest:
        return 0.0, 0
    crops = [crop_quad(view.image, quads[i]) for i in widest]
    read = recognize([*crops, *map(turn_half, crops)], clock)
    ways = [
        (sum(r.score for r in way if r.text) / len(crops), sum(len(r.text) for r in way))
        for way in (read[: len(crops)], read[len(crops) :])
    ]
    return max(ways)


def _alike(found: DetResult, turned: DetResult) -> bool:
    """Whether both views show as many regions, and as much text in long ones, which must be some."""
    more, less = max(len(found), len(turned)), min(len(found), len(turned))
    longer, shorter = sorted((evidence(found, power=2), evidence(turned, power=2)), reverse=True)
    return 0 < (1 - ALIKE) * longer <= shorter and less >= (1 - ALIKE) * more


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

    def upright(line: TextLine) -> TextLine:
        # A crop of the line in the picture as it was is turned to the left once where the line is tall.
        return replace(line, rotated=line.rotated != (turns >= 2))

    moved = result_moved(result, lambda quad: turned_back(quad, turns=turns, size=result.image_size))
    return replace(moved, lines=tuple(map(upright, moved.lines)), dropped=tuple(map(upright, moved.dropped)))


def result_moved(result: OCRResult, move: Callable[[np.ndarray], np.ndarray]) -> OCRResult:
    """The result with its quads, of lines, words and characters, elsewhere.

    Args:
        move: takes and gives a quad [4, 2].
    """

    def spans(parts: tuple[TextSpan, ...]) -> tuple[TextSpan, ...]:
        return tuple(replace(part, quad=move(part.quad)) for part in parts)

    def line(found: TextLine) -> TextLine:
        return replace(
            found, quad=move(found.quad), characters=spans(found.characters), words=spans(found.words)
        )

    return replace(result, lines=tuple(map(line, result.lines)), dropped=tuple(map(line, result.dropped)))
