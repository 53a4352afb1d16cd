"""A CTC recognizer for other characters: what it knows of those that stay is kept."""

from collections.abc import Mapping

import numpy as np

from ppocr_lite.charset import Charset
from ppocr_lite.errors import ModelFileError


def change_characters(arrays: Mapping[str, np.ndarray], old: Charset, new: Charset) -> dict[str, np.ndarray]:
    """The weights with the last layer's classes in the order of ``new``, and all others as they are.

    A character that ``old`` lacks starts at 0, with the least bias of all, so that it does not come up before
    it is learned: until then texts are read as before.

    Args:
        arrays: under Paddle's names; the last layer is ``head.fc``, or ``head.fc2`` where there are two.
        old: characters of ``arrays``.
        new: characters of the result.

    Raises:
        ModelFileError: there is no such layer, or its classes are not those of ``old``.
    """
    layer = next((n for n in ("head.fc2", "head.fc") if f"{n}.weight" in arrays), None)
    if layer is None or f"{layer}.bias" not in arrays:
        raise ModelFileError(
            "No linear layer head.fc or head.fc2 with a bias: only recognizers with a CTC head can get other "
            "characters. Of a model of several networks take one: ppocr-lite weights extract."
        )
    weight, bias = arrays[f"{layer}.weight"], arrays[f"{layer}.bias"]
    if weight.shape[1] != old.ctc_size:
        raise ModelFileError(
            f"{layer} has {weight.shape[1]} classes, but --old gives {old.ctc_size} with the blank. Give the "
            "dictionary that the weights were trained with, and --space if use_space_char was true."
        )
    grown = np.zeros((weight.shape[0], new.ctc_size), weight.dtype)
    bias_grown = np.full(new.ctc_size, bias.min(), bias.dtype)
    before = [0, *(old.encode([c])[0] for c in new.characters if c in old)]
    after = [0, *(i for i, c in enumerate(new.characters, 1) if c in old)]
    grown[:, after] = weight[:, before]
    bias_grown[after] = bias[before]
    return {**arrays, f"{layer}.weight": grown, f"{layer}.bias": bias_grown}
