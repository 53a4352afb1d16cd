"""Encoded labels back to texts."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from ppocr_lite.charset import Charset


def label_texts(batch: Mapping[str, Any], charset: Charset) -> list[str]:
    """Texts of ``label`` int [N, L], of CTC or of attention, and ``length`` [N] if there is one.

    ``length`` counts the symbols, so it does not count the 0 that begins an attention label.
    """
    labels = np.asarray(batch["label"])
    lengths = (
        np.asarray(batch["length"]).reshape(-1) if "length" in batch else [labels.shape[1]] * len(labels)
    )
    return [label_text(row[row > 0][: int(n)], charset) for row, n in zip(labels, lengths, strict=True)]


def label_text(indices: np.ndarray, charset: Charset) -> str:
    """Text of a label as the decoder would give it out, without padding, begin and end."""
    symbols = [charset.characters[int(i) - 1] for i in indices if 0 < i <= len(charset)]
    return charset.join(symbols[i] for i in charset.reading_order(symbols))
