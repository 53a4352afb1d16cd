"""The worst predictions of an evaluation, as pictures."""

import heapq
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

import cv2
import numpy as np

from ppocr_lite.charset import split_symbols
from ppocr_lite.metrics.det import DetMetric
from ppocr_lite.metrics.text import edit_distance
from ppocr_lite.structures import ClsResult, DetResult, RecResult
from ppocr_lite.transforms.image import IMAGENET_MEAN, IMAGENET_STD, parse_fraction

KEEP = 24
MAX_SIDE = 640
"""Pixels; larger pictures (pages) are made smaller."""
TRUTH_COLOUR, FOUND_COLOUR, IGNORED_COLOUR = (60, 170, 40), (40, 40, 220), (150, 150, 150)
"""BGR of outlines: labelled regions, found ones, regions that do not count."""

Badness = tuple[float, float]
ToPicture = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Example:
    """One image of the evaluation: a picture uint8 BGR [H, W, 3] and what to say about it."""

    picture: np.ndarray
    captions: Mapping[str, str]


class WorstPredictions:
    """Watches evaluations and keeps the ``keep`` worst images of the last one.

    Worst is, of lines, the highest error rate of characters or tokens; of pages, the lowest hmean; of crops,
    the surest wrong class. Among equals the surer comes first, or where all is right the less sure.

    Args:
        metric: the evaluation's, which tells labels as text.
        to_picture: an image as the network sees it, float [C, H, W] -> uint8 BGR [H, W, 3].
    """

    def __init__(self, metric: Any, to_picture: ToPicture, *, keep: int = KEEP) -> None:
        self.metric = metric
        self.to_picture = to_picture
        self.keep = keep
        self._heap: list[tuple[Badness, int, Example]] = []
        self._numbers = count()

    def start(self) -> None:
        """Forget the last evaluation."""
        self._heap.clear()

    def see(self, results: Any, batch: Mapping[str, Any]) -> None:
        """Look at one batch: results of the post-processing, labels and images as arrays."""
        metric = self.metric
        if isinstance(results, Mapping):  # a distillation: the sub-model that counts
            results, metric = results[metric.key], metric.of(metric.key)
        judge = _JUDGES.get(type(results[0])) if results else None
        if judge is None or "image" not in batch:
            return
        for index, (badness, captions) in enumerate(judge(results, batch, metric)):
            if len(self._heap) >= self.keep and badness <= self._heap[0][0]:
                continue
            picture = self.to_picture(batch["image"][index])
            if isinstance(results[index], DetResult):
                picture = _draw_regions(picture, results[index], batch, index)
            item = (badness, next(self._numbers), Example(_shrunk(picture), captions))
            (heapq.heappush if len(self._heap) < self.keep else heapq.heappushpop)(self._heap, item)

    def examples(self) -> list[Example]:
        """The worst first."""
        return [example for _, _, example in sorted(self._heap, key=lambda item: item[0], reverse=True)]


Judgement = list[tuple[Badness, dict[str, str]]]


def _judge_lines(results: Sequence[RecResult], batch: Mapping[str, Any], metric: Any) -> Judgement:
    found: Judgement = []
    for result, truth in zip(results, metric.truth(batch), strict=True):
        symbols, true = (split_symbols(text, result.separator) for text in (result.text, truth))
        rate = edit_distance(symbols, true) / max(1, len(true))
        title = "symbol error rate" if result.separator else "CER"
        captions = {"label": truth, "prediction": result.text, title: f"{rate:.3f}"}
        captions["score"] = f"{result.score:.3f}"
        found.append(((rate, result.score if rate else -result.score), captions))
    return found


def _judge_crops(results: Sequence[ClsResult], batch: Mapping[str, Any], metric: Any) -> Judgement:
    found: Judgement = []
    for result, index in zip(results, np.asarray(batch["label"]).reshape(-1), strict=True):
        names = getattr(metric, "label_list", None)
        truth = str(int(index)) if names is None else str(names[int(index)])
        wrong = float(result.label != truth)
        captions = {"label": truth, "prediction": result.label, "score": f"{result.score:.3f}"}
        found.append(((wrong, result.score if wrong else -result.score), captions))
    return found


def _judge_pages(results: Sequence[DetResult], batch: Mapping[str, Any], metric: Any) -> Judgement:
    judgement: Judgement = []
    for result, polys, tags in zip(results, batch["polys"], batch["ignore_tags"], strict=True):
        found = list(result.polys or result.quads)
        truth, detected, matched = DetMetric().count(found, list(polys), [bool(tag) for tag in tags])
        hmean = 2 * matched / (truth + detected) if truth + detected else 1.0
        captions = {"regions": str(truth), "found": str(detected), "right": str(matched)}
        captions["hmean"] = f"{hmean:.3f}"
        judgement.append(((1 - hmean, float(truth + detected - 2 * matched)), captions))
    return judgement


_JUDGES: dict[type, Callable[[Any, Mapping[str, Any], Any], Judgement]] = {
    RecResult: _judge_lines,
    ClsResult: _judge_crops,
    DetResult: _judge_pages,
}


def _draw_regions(picture: np.ndarray, result: DetResult, batch: Mapping[str, Any], index: int) -> np.ndarray:
    """Labelled and found regions, in pixels of the original image, on the picture that the network saw."""
    shape = batch.get("shape")
    height_ratio, width_ratio = (1.0, 1.0) if shape is None else (float(r) for r in shape[index][2:4])
    out = np.ascontiguousarray(picture)
    thickness = max(1, round(max(out.shape[:2]) / 400))
    ratios = np.array([width_ratio, height_ratio])
    outlines = [(poly, FOUND_COLOUR, thickness) for poly in result.polys or result.quads]
    for poly, ignored in zip(batch["polys"][index], batch["ignore_tags"][index]):
        colour = IGNORED_COLOUR if ignored else TRUTH_COLOUR
        outlines.insert(0, (poly, colour, 2 * thickness))  # below, and seen beside the other
    for poly, colour, width in outlines:
        points = np.rint(np.asarray(poly, np.float64).reshape(-1, 2) * ratios).astype(np.int32)
        cv2.polylines(out, [points.reshape(-1, 1, 2)], True, colour, width, cv2.LINE_AA)
    return out


def _shrunk(picture: np.ndarray) -> np.ndarray:
    height, width = picture.shape[:2]
    ratio = MAX_SIDE / max(height, width)
    if ratio >= 1:
        return picture
    size = (max(1, round(width * ratio)), max(1, round(height * ratio)))
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA)


def picture_maker(steps: Sequence[Mapping[str, Any]]) -> ToPicture:
    """The way back from the network's input to a picture.

    Args:
        steps: ``transforms`` of the evaluation data, whose DecodeImage and NormalizeImage are undone; without
            the latter, images in -1..1 as the resizing of lines and crops gives them.
    """
    named = {str(name): params or {} for step in steps for name, params in step.items()}
    rgb = str(named.get("DecodeImage", {}).get("img_mode", "BGR")).upper() == "RGB"
    padded = "NormalizeImage" not in named
    mean, std, scale = np.full((1, 1, 1), 0.5), np.full((1, 1, 1), 0.5), 1 / 255
    if "NormalizeImage" in named:
        params = named["NormalizeImage"]
        mean = np.reshape(params.get("mean") or IMAGENET_MEAN, (-1, 1, 1))
        std = np.reshape(params.get("std") or IMAGENET_STD, (-1, 1, 1))
        scale = 1 / 255 if params.get("scale") is None else parse_fraction(params["scale"])

    def to_picture(image: np.ndarray) -> np.ndarray:
        values = (np.asarray(image, np.float64) * std + mean) / scale
        picture = np.rint(np.clip(values, 0, 255)).astype(np.uint8).transpose(1, 2, 0)  # [H, W, C]
        if picture.shape[2] == 1:
            picture = np.repeat(picture, 3, axis=2)
        elif rgb:
            picture = picture[..., ::-1]
        return np.ascontiguousarray(_unpadded(picture) if padded else picture)

    return to_picture


def _unpadded(picture: np.ndarray) -> np.ndarray:
    """Without the columns of one value at the right, with which lines are filled up."""
    differs = np.flatnonzero((picture != picture[0, -1]).any(axis=(0, 2)))
    return picture[:, : int(differs[-1]) + 1] if len(differs) else picture
