"""Letters too large for one look: found in a picture made smaller, where they have the size of common print.

A detector sees letters from some pixels to some hundred high. Of larger ones, on signs, posters and title
pages, it finds scraps: a corner here, a bar there. A look at the picture reduced to a third costs a ninth of
the first one's time and sees these letters whole.
"""

import numpy as np

from ppocr_lite.geometry import edge_lengths, intersection_area, polygon_area
from ppocr_lite.structures import DetResult

LEAST_SCORE = 0.7
MOST_COVERED = 0.5
"""Of a large region; where the first look has found more of it, that look is right: one line, or many."""
MOST_COVERED_LETTER, LETTER_RATIO = 0.3, 1.5
"""The same for regions less wide than so many times their height: a letter or two, or a column of short lines
such as prices, which the reduced picture shows as one."""
MOST_SURE = 0.25
"""Likewise of what the first look is sure of: several lines that the reduced picture shows as one."""
SURE_SCORE = 0.75
"""Scraps of letters rarely have more."""
INSIDE = 0.6
"""Share of a scrap that lies in the large region."""


def with_large_text(found: DetResult, reduced: DetResult, *, least_height: float) -> DetResult:
    """``found`` with regions of large letters in place of the scraps of them.

    Args:
        found: regions at the first look, in pixels of the image.
        reduced: regions that a look at the reduced image has shown, likewise in pixels of the image.
        least_height: pixels; lower lines are the first look's business.
    """
    heights = edge_lengths(reduced.quads).min(axis=1)
    large = reduced[(heights >= least_height) & (reduced.scores >= LEAST_SCORE)]
    for index, quad in enumerate(large.quads):
        area = polygon_area(quad)
        shared = [intersection_area(quad, other) for other in found.quads]
        sure = sum(part for part, other in zip(shared, found.scores) if other >= SURE_SCORE)
        edges = edge_lengths(quad[None])[0]
        is_short = edges[[0, 2]].sum() < LETTER_RATIO * edges[[1, 3]].sum()
        most_covered = MOST_COVERED_LETTER if is_short else MOST_COVERED
        if sum(shared) > most_covered * area or sure > MOST_SURE * area:
            continue
        kept = [i for i, part in enumerate(shared) if part < INSIDE * polygon_area(found.quads[i])]
        found = found[np.array(kept, int)].joined(large[[index]])
    return found
