"""Pages that bow, open books and sheets that will not lie flat: read from a flattened picture.

The rectangle around a line that bows holds parts of its neighbours, and a recognizer expects straight lines.
The middles of the regions (:attr:`DetResult.spines`) tell how a page bows. A spline gives by how much
each place of it lies too low: the one that straightens most of the lines best. The picture is then drawn
without these heights, and looked at again.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ppocr_lite.geometry import from_straight
from ppocr_lite.inference.bow import STRAIGHTENED, bow_of, deviation_of
from ppocr_lite.inference.clock import StageClock
from ppocr_lite.inference.page_side import PageView
from ppocr_lite.inference.skew import sides
from ppocr_lite.inference.text_detector import TextDetector
from ppocr_lite.structures import DetResult

LONG_RATIO = 6.0
"""Width over height of the lines that show whether a page bows."""
LEAST_LINES = 4
LEAST_HEIGHT = 0.3
"""Of the height of a line's rectangle: so much is the line's own at least."""
BOWED = 0.025
"""Deviation of lines over their height (:func:`deviation_of`) from which on a page is flattened. Of 22
rendered pages that lie flat none has more than 0.021."""
STEEP = 0.15
"""Pixels by which lines fall or climb on a pixel's way, in the median: steeper letters would be slanted."""
LOOKS = 3
"""At most, at flat pictures."""


def flat_view(detector: TextDetector, view: PageView, clock: StageClock) -> PageView:
    """The view of a page that bows with its picture flattened and looked at again; any other as it is.

    Of a page that bows much the first look shows pieces; the lines seen on its flat picture tell more, and
    it is flattened again by these.
    """
    size = (view.image.shape[0], view.image.shape[1])
    spines, heights = _long_lines(view.found)
    bent = deviation_of(spines, heights)
    best = view
    for _ in range(LOOKS):
        if bent < BOWED or len(spines) < LEAST_LINES or _slope(spines) > STEEP:
            break
        with clock("flatten"):
            bow = bow_of(spines, heights, size)
            if bow is None:
                break
            image = bow.flattened(view.image)
        found = detector([image], clock)[0]
        flat, heights = _long_lines(found)
        left, bent = bent, deviation_of(flat, heights)
        if len(flat) < LEAST_LINES or bent > STRAIGHTENED * left:
            break
        best = replace(view, image=image, found=found, turns=0, bow=bow, before=view.turns)
        spines = [bow.to_page(spine) for spine in flat]
    return best


def _slope(spines: Sequence[np.ndarray]) -> float:
    ways = np.array([spine[-1] - spine[0] for spine in spines])
    return float(np.median(np.abs(ways[:, 1]) / np.maximum(np.abs(ways[:, 0]), 1e-6)))


def _long_lines(found: DetResult) -> tuple[list[np.ndarray], np.ndarray]:
    """Spines of the long lines that run across, and their heights in pixels without what the bow adds."""
    if not found.spines:
        return [], np.zeros(0)
    widths, heights = sides(found.quads)
    bows = np.array([np.ptp(from_straight(spine)) for spine in found.spines])
    heights = np.maximum(heights - bows, LEAST_HEIGHT * heights)
    spans = np.array([np.ptp(spine[:, 0]) for spine in found.spines])
    chosen = np.flatnonzero((spans >= LONG_RATIO * heights) & (widths >= heights))
    return [found.spines[i] for i in chosen], heights[chosen]
