"""Where in a text line there is ink, column by column."""

import numpy as np

QUIET = 0.12
"""Ink below this share of the line's usual ink counts as none."""


def ink_profile(crop: np.ndarray) -> np.ndarray:
    """Ink of each column of uint8 [h, w] or [h, w, 3], float32 [w].

    It is how much the pixels of a column differ from the usual pixel, which is paper of any brightness.
    """
    grey = crop.astype(np.float32).mean(axis=2) if crop.ndim == 3 else crop.astype(np.float32)
    return np.asarray(np.abs(grey - np.median(grey)).mean(axis=0))


def local_ink_profile(crop: np.ndarray) -> np.ndarray:
    """The same by how much the pixels of a column differ from the usual one of that column.

    A shadow along the line does not change it; a stroke that fills most of a column counts by what it leaves.
    """
    grey = crop.astype(np.float32).mean(axis=2) if crop.ndim == 3 else crop.astype(np.float32)
    return np.asarray(np.abs(grey - np.median(grey, axis=0)).mean(axis=0))


def quiet_columns(ink: np.ndarray) -> np.ndarray:
    """Which columns of a profile have no ink, bool [w]; at least one."""
    floor = float(ink.min())
    return np.asarray(ink <= floor + QUIET * (float(np.percentile(ink, 90)) - floor))


def quiet_runs(quiet: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(first column, column after the last) of each run of quiet columns."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], quiet.astype(np.int8), [0]])))
    return edges[0::2], edges[1::2]
