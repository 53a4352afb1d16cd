"""What decoders share: class probabilities from either kind of network output."""

from collections.abc import Mapping

import numpy as np


def probabilities(outputs: Mapping[str, np.ndarray]) -> np.ndarray:
    """``probs`` as they are, or the softmax over the last axis of ``logits`` (as in training mode)."""
    if "probs" in outputs:
        return np.asarray(outputs["probs"])
    logits = np.asarray(outputs["logits"], np.float32)
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return shifted / shifted.sum(axis=-1, keepdims=True)
