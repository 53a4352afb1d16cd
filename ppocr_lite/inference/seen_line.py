"""A line as it was read, and where that is in the image."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ppocr_lite.geometry import crop_to_image
from ppocr_lite.structures import RecResult, TextSpan


@dataclass(frozen=True, eq=False)
class SeenLine:
    """A line as it was read.

    Args:
        result: its boxes are pixels of ``crop``.
        crop: uint8 BGR [h, w, 3].
        turns: quarter turns to the left from the region in the image to ``crop``.
    """

    result: RecResult
    crop: np.ndarray
    turns: int

    def in_image(self, quad: np.ndarray) -> RecResult:
        """The same with boxes in pixels of the image that ``quad`` was cut out of."""

        def placed(spans: Sequence[TextSpan]) -> tuple[TextSpan, ...]:
            quads = crop_to_image(np.stack([s.quad for s in spans]), quad, turns=self.turns) if spans else ()
            return tuple(replace(span, quad=place) for span, place in zip(spans, quads))

        result = self.result
        if not result.characters:
            return result
        return replace(result, characters=placed(result.characters), words=placed(result.words))
