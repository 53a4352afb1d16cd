"""Reading lines by DecodingOptions: the network's output for a whole line is decoded at once."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ppocr_lite.errors import ConfigError
from ppocr_lite.inference.char_boxes import character_spans, word_spans
from ppocr_lite.inference.clock import StageClock
from ppocr_lite.inference.line_steps import LineSteps, PieceSteps, join_steps, steps_predictor
from ppocr_lite.inference.long_lines import split_line
from ppocr_lite.inference.predictor import Predictor, decoded_output
from ppocr_lite.postprocess.ctc import CTCLabelDecode
from ppocr_lite.postprocess.decoding import DecodingOptions
from ppocr_lite.postprocess.line_decoder import LineDecoder
from ppocr_lite.structures import RecResult

LINES_AT_ONCE = 32
"""Lines whose probabilities are held together: of 6625 characters and 100 steps 2.6 MB each."""


def make_decoder(predictor: Predictor[Any], options: DecodingOptions) -> LineDecoder | None:
    """The options made ready for a recognizer; None where they wish for nothing.

    Raises:
        ConfigError: they are more than it can do, or cannot be met.
        DataError: a list without a valid word, a file that cannot be read.
    """
    if not options.wanted:
        return None
    postprocess = predictor.postprocess
    if not isinstance(postprocess, CTCLabelDecode):
        raise ConfigError(
            f"{options.wishes}: for recognizers with CTC only; this one has {type(postprocess).__name__}."
        )
    if predictor.choose is decoded_output:
        raise ConfigError(
            f"{options.wishes}: needs the probabilities of all characters, but this recognizer decodes in "
            "the network. Export it again without Global.export_decode."
        )
    return LineDecoder(postprocess.charset, options)


def read_lines(
    predictor: Predictor[Any],
    crops: Sequence[np.ndarray],
    decoder: LineDecoder,
    *,
    clock: StageClock,
    max_aspect: float | None,
) -> list[RecResult]:
    """Read each crop, in the order given; a line that is read in pieces is decoded as a whole."""
    network = steps_predictor(predictor)
    results: list[RecResult | None] = [None] * len(crops)
    order = sorted(range(len(crops)), key=lambda i: crops[i].shape[1] / max(1, crops[i].shape[0]))
    at_once = max(LINES_AT_ONCE, predictor.batch_size)
    for start in range(0, len(order), at_once):
        chosen = order[start : start + at_once]
        pieces = [list(split_line(crops[i], max_aspect)) for i in chosen]
        steps = iter(network([piece for parts in pieces for piece, _ in parts], clock))
        with clock("rec.decode"):
            for i, parts in zip(chosen, pieces):
                line: list[tuple[PieceSteps, int, bool]]
                line = [(next(steps), piece.shape[1], gap) for piece, gap in parts]
                results[i] = _read_line(join_steps(line, decoder.charset), crops[i], decoder)
    return [result for result in results if result is not None]


def _read_line(steps: LineSteps, crop: np.ndarray, decoder: LineDecoder) -> RecResult:
    """Decode a line, with boxes where the decoder's options want them."""
    decoded = decoder(steps.probs)
    result = replace(
        decoded.text.result(decoder.charset), alternatives=decoded.alternatives, matched=decoded.matched
    )
    if not decoder.options.return_word_box:
        return result
    characters = character_spans(decoded.text, steps.edges, crop, charset=decoder.charset)
    return replace(result, characters=characters, words=word_spans(characters))
