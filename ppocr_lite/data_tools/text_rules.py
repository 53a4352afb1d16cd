"""Faults of labels of recognition and of classification."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from ppocr_lite.charset import Charset, split_symbols
from ppocr_lite.data_tools.findings import Fault
from ppocr_lite.data_tools.pictures import Picture
from ppocr_lite.data_tools.plan import PIXELS_PER_STEP, Rules
from ppocr_lite.transforms.resize import RecResizeImg


def line_faults(label: str, pictures: Sequence[Picture], rules: Rules) -> Iterator[Fault]:
    """Faults of the text of one line; the first of its pictures that is readable gives the width."""
    if not label.strip():
        yield Fault("empty_text", f"label {label!r}")
        return
    if label != label.strip():
        yield Fault("outer_blanks", repr(label))
    count = len(split_symbols(label, rules.separator))
    if count + rules.special > rules.max_text_length:
        beside = f" and {rules.special} for begin and end" if rules.special else ""
        text = f"{count} {rules.symbols}{beside}, at most {rules.max_text_length}: {label!r}"
        yield Fault("long_text", text, count)
    if rules.charset is None:
        return
    unknown = rules.charset.unknown(label.strip())  # blanks around it are a fault of their own
    if unknown:
        text = f"{' '.join(map(repr, unknown))} in {label!r}"
        yield Fault("unknown_characters", text, len(unknown))
    widths = [p for p in pictures if not p.fault]
    if rules.resize is not None and widths:
        given = steps_given(widths[0], rules.resize, pixels_per_step=rules.pixels_per_step)
        yield from _time_axis(label, given, rules.charset, pixels_per_step=rules.pixels_per_step)


def class_faults(label: str, rules: Rules) -> Iterator[Fault]:
    """Faults of the label of one crop."""
    if label not in rules.label_list:
        known = ", ".join(map(repr, rules.label_list)) or "no labels: set Global.label_list"
        yield Fault("bad_class", f"{label!r} is none of {known}")


def steps_needed(classes: Sequence[int]) -> int:
    """Steps that CTC needs at least: one for each symbol, and a blank between equal neighbours.

    >>> steps_needed([8, 5, 12, 12, 15])
    6
    """
    return len(classes) + sum(a == b for a, b in pairwise(classes))


def steps_given(picture: Picture, resize: RecResizeImg, *, pixels_per_step: int = PIXELS_PER_STEP) -> int:
    """Steps of the time axis for a picture: its width after resizing over ``pixels_per_step``."""
    shape = np.broadcast_to(np.uint8(0), (picture.height, picture.width, 3))  # takes no memory
    return resize.width_for(shape) // pixels_per_step


def _time_axis(label: str, given: int, charset: Charset, *, pixels_per_step: int) -> Iterator[Fault]:
    needed = steps_needed(charset.encode(label))
    if needed > given:
        text = f"needs {needed} steps, {given * pixels_per_step} px of width give {given}: {label!r}"
        yield Fault("long_for_ctc", text, needed / max(1, given))
