"""Where in a text line there is ink, column by column."""

import numpy as np

from ppocr_lite.transforms.resize import to_channels

QUIET = 0.12
"""Ink below this share of the line's usual ink counts as none."""
PAPER_FITS = ((1, 0.5), (2, 0.25))
"""(degree of the polynomial, greatest distance from the last estimate over the contrast) of each fit."""


def ink_profile(crop: np.ndarray) -> np.ndarray:
    """Ink of each column of uint8 [h, w] or [h, w, 3], float32 [w].

    It is how much the pixels of a column differ from the usual pixel, which is paper of any brightness.
    """
    grey = crop.astype(np.float32).mean(axis=2) if crop.ndim == 3 else crop.astype(np.float32)
    return np.asarray(np.abs(grey - np.median(grey)).mean(axis=0))


def shaded_ink_profile(crop: np.ndarray) -> np.ndarray:
    """The same where the paper may get darker or lighter along the line.

    Its brightness is a parabola through the columns' medians, those left out that are rather ink.
    """
    grey = to_channels(crop, 1).astype(np.float32)
    columns = np.median(grey, axis=0)
    places = np.linspace(-1, 1, len(columns))
    paper = np.full(len(columns), np.median(grey))
    contrast = float(np.ptp(np.percentile(grey, (2, 98))))
    for degree, share in PAPER_FITS:
        near = np.abs(columns - paper) <= share * contrast
        if near.sum() > degree:
            paper = np.polyval(np.polyfit(places[near], columns[near], degree), places)
    return np.asarray(np.abs(grey - paper).mean(axis=0))


def quiet_columns(ink: np.ndarray) -> np.ndarray:
    """Which columns of a profile have no ink, bool [w]; at least one."""
    floor = float(ink.min())
    return np.asarray(ink <= floor + QUIET * (float(np.percentile(ink, 90)) - floor))


def quiet_runs(quiet: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(first column, column after the last) of each run of quiet columns."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], quiet.astype(np.int8), [0]])))
    return edges[0::2], edges[1::2]
