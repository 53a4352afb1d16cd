"""Faults of pictures."""

from collections.abc import Iterator

from ppocr_lite.data_tools.findings import Fault
from ppocr_lite.data_tools.pictures import Picture
from ppocr_lite.data_tools.rows import ImageKey

MIN_SIDE = {"det": 32, "rec": 8, "cls": 8}
"""Pixels; nothing can be read in less, and a detector halves a page five times."""
MAX_ASPECT = {"det": 10.0, "rec": 40.0, "cls": 40.0}
"""Width over height; a line of 40 has some 80 letters."""
MAX_TALL = {"det": 10.0, "rec": 4.0, "cls": 4.0}
"""Height over width; crops lie, so a tall one has lost its turn. Two letters may stand above one another."""


def picture_faults(key: ImageKey, picture: Picture, task: str) -> Iterator[Fault]:
    """Faults of one picture."""
    if picture.fault:
        yield Fault(picture.fault, picture.message)
        return
    height, width = picture.height, picture.width
    shown = f"{width} x {height} px: {key}"
    if min(height, width) < MIN_SIDE[task]:
        yield Fault("tiny_image", shown, -min(height, width))
    aspect = width / height
    if aspect > MAX_ASPECT[task] or aspect < 1 / MAX_TALL[task]:
        yield Fault("odd_aspect", shown, max(aspect, 1 / aspect))
