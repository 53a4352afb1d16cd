"""Ranges of activations, from what a network makes of pictures. Needs no Paddle."""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ppocr_lite.errors import ConfigError, DataError
from ppocr_lite.registry import did_you_mean

logger = logging.getLogger(__name__)

BINS = 2048
"""Of a histogram of absolute values."""
KL_STEP = 16
"""Bins between two thresholds that are tried."""
PERCENTILE = 99.99

Range = tuple[float, float]


@dataclass
class Histogram:
    """Values of one tensor without its zeros: every grid has them exactly, and after a ReLU they are half.

    Args:
        low, high: extremes.
        positive, negative: counts [BINS] of absolute values, 0 to max(|low|, |high|).
    """

    low: float
    high: float
    positive: np.ndarray
    negative: np.ndarray

    @property
    def bound(self) -> float:
        """The largest absolute value."""
        return max(-self.low, self.high)


def minmax(histogram: Histogram) -> Range:
    """All that was seen."""
    return histogram.low, histogram.high


def percentile(histogram: Histogram, share: float = PERCENTILE) -> Range:
    """Without the ``100 - share`` percent of the values that are the largest in absolute terms."""
    counts = histogram.positive + histogram.negative
    if not counts.sum():
        return minmax(histogram)
    wanted = counts.sum() * share / 100
    bins = int(np.searchsorted(np.cumsum(counts), wanted * (1 - 1e-9))) + 1
    return _within(histogram, histogram.bound * min(bins, BINS) / BINS)


def kl(histogram: Histogram) -> Range:
    """The bound whose rounded values are distributed most like the real ones (Kullback-Leibler divergence).

    Migacz, "8-bit Inference with TensorRT", GPU Technology Conference 2017. Values beyond a bound count as
    the bound itself.
    """
    counts = (histogram.positive + histogram.negative).astype(np.float64)
    levels = 128 if histogram.low < 0 else 256
    sizes = range(levels, BINS + 1, KL_STEP)
    divergences = [divergence(counts, size, levels) for size in sizes]
    best = sizes[int(np.argmin(divergences))]
    return _within(histogram, histogram.bound * best / BINS)


def divergence(counts: np.ndarray, size: int, levels: int) -> float:
    """KL divergence of the first ``size`` bins, the rest added to the last, from themselves in levels."""
    inside = counts[:size]
    real = inside.copy()
    real[-1] += counts[size:].sum()
    if not inside.any():
        return float("inf")
    level = np.arange(size) * levels // size
    held = np.bincount(level, inside, levels)
    filled = np.bincount(level, inside > 0, levels)
    # What a level holds is spread over its bins that hold anything.
    rounded = np.where(inside > 0, (held / np.maximum(filled, 1))[level], 0.0)
    p, q = real / real.sum(), rounded / rounded.sum()
    both = (p > 0) & (q > 0)
    lost = p[(p > 0) & (q == 0)].sum()  # cannot be said by the rounded distribution at all
    return float((p[both] * np.log(p[both] / q[both])).sum() + lost * np.log(BINS))


def _within(histogram: Histogram, bound: float) -> Range:
    return max(histogram.low, -bound), min(histogram.high, bound)


METHODS: Mapping[str, Callable[[Histogram], Range]] = {"kl": kl, "percentile": percentile, "minmax": minmax}


def choose_method(name: str, *, share: float = PERCENTILE) -> Callable[[Histogram], Range]:
    """The function of a name; ConfigError for an unknown one or a share outside 50..100."""
    if name not in METHODS:
        raise ConfigError(
            f"method: no calibration '{name}'.{did_you_mean(name, METHODS)} Known: {', '.join(METHODS)}."
        )
    if not 50 < share <= 100:
        raise ConfigError(f"percentile: expected above 50 and up to 100, got {share}.")
    if name == "percentile":
        return lambda histogram: percentile(histogram, share)
    return METHODS[name]


def observe(
    model: Any, tensors: Sequence[str], batches: Callable[[], Iterable[np.ndarray]]
) -> dict[str, Histogram]:
    """Histograms of ``tensors`` over all batches, which are asked for twice: for the extremes, then to count.

    Args:
        model: onnx.ModelProto of a float network with one input.
        batches: gives an iterable of float32 [N, C, H, W]; sizes may differ.

    Raises:
        DataError: there is no batch, or a tensor is not finite.
    """
    taps = Taps(model, tensors)
    extremes = dict.fromkeys(taps.names, (0.0, 0.0))
    seen = 0
    for batch in batches():
        seen += 1
        for name, value in taps.run(batch).items():
            low, high = extremes[name]
            extremes[name] = min(low, float(value.min())), max(high, float(value.max()))
    if not seen:
        raise DataError("Calibration: no picture. Give a folder or a label file with some.")
    for name, pair in extremes.items():
        if not np.isfinite(pair).all():
            raise DataError(f"Calibration: {name} is not finite; the float network itself is broken.")
    found = {
        name: Histogram(low, high, np.zeros(BINS, np.int64), np.zeros(BINS, np.int64))
        for name, (low, high) in extremes.items()
    }
    for batch in batches():
        for name, value in taps.run(batch).items():
            _count(found[name], value)
    logger.info("calibration: %d batches, %d tensors", seen, len(found))
    return found


def _count(histogram: Histogram, value: np.ndarray) -> None:
    if histogram.bound == 0:
        return
    flat = value.ravel()
    bins = np.minimum((np.abs(flat) * (BINS / histogram.bound)).astype(np.int64), BINS - 1)
    histogram.positive += np.bincount(bins[flat > 0], minlength=BINS)
    histogram.negative += np.bincount(bins[flat < 0], minlength=BINS)


class Taps:
    """A float network that also gives tensors from its inside.

    Args:
        model: onnx.ModelProto; not changed.
        tensors: names; the network's input may be among them.
    """

    def __init__(self, model: Any, tensors: Sequence[str]) -> None:
        import onnx
        import onnxruntime

        watched = onnx.ModelProto()
        watched.CopyFrom(model)
        self._input = watched.graph.input[0].name
        given = {value.name for value in (*watched.graph.output, *watched.graph.input)}
        self.names = list(dict.fromkeys(tensors))
        watched.graph.output.extend(onnx.ValueInfoProto(name=n) for n in self.names if n not in given)
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        self._session = onnxruntime.InferenceSession(
            watched.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )

    def run(self, batch: np.ndarray) -> dict[str, np.ndarray]:
        """The tensors for one batch.

        Raises:
            DataError: the network does not take a batch of this size.
        """
        wanted = [name for name in self.names if name != self._input]
        try:
            values = dict(zip(wanted, self._session.run(wanted, {self._input: batch})))
        except Exception as error:  # onnxruntime has no common base class for its errors
            shape = self._session.get_inputs()[0].shape
            raise DataError(
                f"Calibration: the network does not take a batch of {list(batch.shape)}, "
                f"its input is {shape}. Prepare the pictures as its inference.yml says."
            ) from error
        if self._input in self.names:
            values[self._input] = batch
        return values
