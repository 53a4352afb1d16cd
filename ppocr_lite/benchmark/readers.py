"""Recognizers as a benchmark sees them: pictures in, texts and (with CTC) class probabilities out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from ppocr_lite.charset import Charset
from ppocr_lite.errors import ConfigError
from ppocr_lite.inference.predictor import PostProcess, Predictor
from ppocr_lite.inference.text_recognizer import TextRecognizer
from ppocr_lite.structures import RecResult


@dataclass(frozen=True, eq=False)
class Reading:
    """What was read in a picture; ``probs`` float [T, K] of CTC, None where there are none."""

    text: str
    probs: np.ndarray | None = None


class Reader(Protocol):
    """A recognizer.

    Attributes:
        name: which one, for the report.
        charset: of its classes.
    """

    name: str
    charset: Charset

    def __call__(self, images: Sequence[np.ndarray], *, with_probs: bool) -> Sequence[Reading]:
        """A reading of each uint8 BGR picture [h, w, 3], in the order given.

        Args:
            with_probs: keep the probabilities, which take much memory where there are many classes.
        """
        ...


class PredictorReader:
    """Reads with a predictor whose post-processing decodes texts.

    Args:
        predictor: of a recognizer.
        name, charset: see :class:`Reader`.
        cut: reads what is too long for one piece; such readings have no probabilities.
    """

    def __init__(
        self,
        predictor: Predictor[RecResult],
        name: str,
        *,
        charset: Charset,
        cut: TextRecognizer | None = None,
    ) -> None:
        self.name, self.charset = name, charset
        self._cut = cut
        self._predictors = {keep: _predictor(predictor, keep) for keep in (True, False)}

    def __call__(self, images: Sequence[np.ndarray], *, with_probs: bool) -> list[Reading]:
        predictor = self._predictors[with_probs]
        long = [i for i, image in enumerate(images) if self._is_long(image)]
        if not long or self._cut is None:
            return predictor(images)
        whole = [i for i in range(len(images)) if i not in set(long)]
        found = dict(zip(whole, predictor([images[i] for i in whole])))
        results = self._cut([images[i] for i in long])
        found.update((i, Reading(result.text)) for i, result in zip(long, results))
        return [found[i] for i in range(len(images))]

    def _is_long(self, image: np.ndarray) -> bool:
        if self._cut is None or self._cut.max_aspect is None:
            return False
        return bool(image.shape[1] > self._cut.max_aspect * image.shape[0])


def runtime_reader(recognizer: TextRecognizer, name: str) -> PredictorReader:
    """An exported or embedded model."""
    charset = getattr(recognizer.predictor.postprocess, "charset", None)
    if charset is None:
        raise ConfigError(f"{name}: its post-processing has no characters, so it reads no text.")
    return PredictorReader(recognizer.predictor, name, charset=charset, cut=recognizer)


def _predictor(predictor: Predictor[RecResult], keep: bool) -> Predictor[Reading]:
    return Predictor(
        predictor.pipeline,
        predictor.engine,
        _Readings(predictor.postprocess, keep=keep),
        batch_size=predictor.batch_size,
        output=predictor.output,
        choose=predictor.choose,
    )


class _Readings:
    """Post-processing that hands on the probabilities beside the texts, if ``keep`` says so."""

    def __init__(self, postprocess: PostProcess[RecResult], *, keep: bool) -> None:
        self._postprocess = postprocess
        # Those of attention are no probabilities of CTC.
        self._keep = keep and getattr(postprocess, "charset_size", "ctc_size") == "ctc_size"

    def __call__(self, outputs: Mapping[str, Any], shapes: np.ndarray | None) -> list[Reading]:
        results = self._postprocess(dict(outputs), shapes)
        if isinstance(results, Mapping):
            raise ConfigError("A benchmark measures one model: the post-processing gives several results.")
        probs = outputs.get("probs") if self._keep else None  # none of a network that decodes itself
        rows = [None] * len(results) if probs is None else list(np.asarray(probs))
        return [Reading(result.text, row) for result, row in zip(results, rows, strict=True)]
