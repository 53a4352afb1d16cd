"""Labels of text detection: JSON with one transcription and one polygon for each text region."""

import json
from typing import Any

import numpy as np

from ppocr_lite.errors import DataError
from ppocr_lite.registry import TRANSFORMS
from ppocr_lite.transforms.base import Sample

IGNORED_TEXTS = ("*", "###")
"""Transcriptions that mark a region as unreadable: neither text nor background."""


@TRANSFORMS.register()
class DetLabelEncode:
    """``label`` -> ``polys`` float32 [K, P, 2] in pixels, ``texts`` list[str], ``ignore_tags`` bool [K].

    The label is ``[{"transcription": str, "points": [[x, y], ...]}, ...]``; further keys are allowed.
    Polygons with fewer points repeat their last one. A label without regions drops the sample. Points keep
    their order.

    Raises:
        DataError: not such a JSON list.
    """

    requires = ("label",)
    provides = ("polys", "texts", "ignore_tags")

    def __call__(self, sample: Sample, rng: np.random.Generator | None = None) -> Sample | None:
        regions = _parse(sample["label"])
        if not regions:
            return None
        polygons = [points for points, _ in regions]
        longest = max(len(points) for points in polygons)
        padded = [points + [points[-1]] * (longest - len(points)) for points in polygons]
        sample["polys"] = np.array(padded, np.float32)
        sample["texts"] = [text for _, text in regions]
        sample["ignore_tags"] = np.array([text in IGNORED_TEXTS for text in sample["texts"]], bool)
        return sample


def _parse(label: str) -> list[tuple[list[list[float]], str]]:
    try:
        regions = json.loads(label)
        return [(_points(region["points"]), str(region["transcription"])) for region in regions]
    except (ValueError, TypeError, KeyError) as error:
        raise DataError(
            'the label is not a list of {"transcription": ..., "points": [[x, y], ...]}: '
            f"{type(error).__name__}: {error}; it starts {str(label)[:60]!r}."
        ) from error


def _points(points: Any) -> list[list[float]]:
    if len(points) < 3:
        raise ValueError(f"a polygon has {len(points)} points, it needs 3 or more")
    return [[float(x), float(y)] for x, y in points]
