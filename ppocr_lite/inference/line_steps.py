"""The network's output for whole lines before it is decoded: probabilities, and the place of each step."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ppocr_lite.charset import Charset
from ppocr_lite.inference.predictor import Predictor
from ppocr_lite.postprocess import probabilities
from ppocr_lite.postprocess.aligned import greedy_text
from ppocr_lite.postprocess.ctc import BLANK
from ppocr_lite.transforms import Pipeline

SPACE = " "
NO_SPACE = 0.1
"""Probability, at a gap where a line was cut, that there is no space after all. It must not be 0, for the
patterns and word lists that allow none."""


@dataclass(frozen=True, eq=False)
class PieceSteps:
    """Output for one input of the network.

    Args:
        probs: float [T, K].
        valid_ratio: share of the input's width that the picture takes; padding is right of it.
    """

    probs: np.ndarray
    valid_ratio: float


@dataclass(frozen=True, eq=False)
class LineSteps:
    """Output for a line, its pieces put together.

    Args:
        probs: float [T, K].
        edges: float [T, 2], left and right end of each step in pixels of the crop.
    """

    probs: np.ndarray
    edges: np.ndarray


class NoteRatio:
    """Last step of a pipeline: hands the share of the width on as ``shape`` [1]."""

    requires: tuple[str, ...] = ("valid_ratio",)
    provides: tuple[str, ...] = ("shape",)

    def __call__(self, sample: dict[str, Any], rng: np.random.Generator | None = None) -> dict[str, Any]:
        sample["shape"] = np.array([sample["valid_ratio"]], np.float64)
        return sample


def steps_predictor(predictor: Predictor[Any]) -> Predictor[PieceSteps]:
    """The same network, giving its output as it is."""
    return Predictor(
        Pipeline([*predictor.pipeline.transforms, NoteRatio()]),
        predictor.engine,
        _keep,
        batch_size=predictor.batch_size,
        output=predictor.output,
        choose=predictor.choose,
        stage=predictor.stage,
        side_by_side=predictor.side_by_side,
    )


def _keep(outputs: Mapping[str, np.ndarray], shapes: np.ndarray | None) -> list[PieceSteps]:
    ratios = np.ones(len(outputs["probs"])) if shapes is None else shapes[:, 0]
    return [PieceSteps(p, float(r)) for p, r in zip(probabilities(outputs), ratios)]


def join_steps(pieces: Sequence[tuple[PieceSteps, int, bool]], charset: Charset) -> LineSteps:
    """One output of those of a line's pieces, each with its width in pixels and whether a gap precedes it.

    Between two pieces comes one step more: a blank, so that equal characters at a cut stay two, or at a gap
    between words a space, unless one was read there anyway.
    """
    probs, edges, start = [], [], 0.0
    before = ""
    for number, (piece, width, after_gap) in enumerate(pieces):
        read = greedy_text(piece.probs, charset)
        text = "".join(read.characters)
        if number:
            touching = before.endswith(SPACE) or text.startswith(SPACE)
            wants_space = bool(after_gap and before and text and not touching)
            probs.append(_between(piece.probs, charset, read.score if wants_space else 0.0))
            edges.append(np.array([[start, start]]))
        count = len(piece.probs)
        places = np.minimum(np.arange(count + 1) / max(count, 1) / max(piece.valid_ratio, 1e-6), 1.0)
        own = start + width * places
        probs.append(piece.probs)
        edges.append(np.stack([own[:-1], own[1:]], axis=1))
        start += width
        before = text or before
    return LineSteps(np.concatenate(probs), np.concatenate(edges))


def _between(like: np.ndarray, charset: Charset, space: float) -> np.ndarray:
    """The step between two pieces, [1, K]; ``space`` is the probability of a space there."""
    step = np.zeros((1, like.shape[1]), like.dtype)
    step[0, BLANK] = 1.0
    if space > 0 and SPACE in charset:
        step[0, BLANK] = min(NO_SPACE, space / 2)
        step[0, charset.encode(SPACE)[0]] = space
    return step
