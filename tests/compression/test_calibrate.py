"""Ranges from histograms."""

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")

from onnx import TensorProto, helper  # noqa: E402

from ppocr_lite.compression import calibrate  # noqa: E402
from ppocr_lite.compression.calibrate import BINS, Histogram  # noqa: E402
from ppocr_lite.errors import ConfigError, DataError  # noqa: E402


def relu_model():
    graph = helper.make_graph(
        [helper.make_node("Relu", ["x"], ["inside"]), helper.make_node("Neg", ["inside"], ["y"])],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 1, 2, "w"])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 14)], ir_version=8)


def histogram_of(values):
    """As :func:`observe` makes it of one batch."""
    batch = np.float32(values).reshape(1, 1, 2, -1)
    return calibrate.observe(relu_model(), ["x"], lambda: [batch])["x"]


def test_extremes_and_counts_over_batches_of_several_widths():
    batches = [np.float32([[1, -2], [0, 3]])[None, None], np.float32([[-4.0], [8.0]])[None, None]]
    found = calibrate.observe(relu_model(), ["x", "inside"], lambda: batches)
    assert (found["x"].low, found["x"].high) == (-4, 8)
    assert (found["inside"].low, found["inside"].high) == (0, 8)
    assert found["x"].positive.sum() == 3  # 1, 3, 8
    assert found["x"].negative.sum() == 2
    assert found["x"].positive[BINS // 8] == 1  # the 1
    assert found["inside"].negative.sum() == 0


def test_percentile_by_hand():
    """Of 1000 values 999 are 1 and one is 100: 99.9 percent end in the bin of 1."""
    found = histogram_of([1.0] * 999 + [100.0])
    assert calibrate.minmax(found) == (0.0, 100.0)
    low, high = calibrate.percentile(found, 99.9)
    assert low == 0.0
    assert high == pytest.approx(1.0, abs=100 / BINS)
    assert calibrate.percentile(found, 100)[1] == 100.0


def test_kl_cuts_a_lonely_outlier_and_keeps_an_even_spread():
    rng = np.random.default_rng(0)
    bell = np.concatenate([rng.normal(0, 1, 19999), [50.0]])
    low, high = calibrate.kl(histogram_of(bell))
    assert 2.5 < high < 10
    assert -10 < low < -2.5
    even = rng.uniform(-1, 1, 200000)
    assert calibrate.kl(histogram_of(even))[1] > 0.9


def test_divergence_of_what_can_be_said_exactly_is_zero():
    counts = np.zeros(BINS)
    counts[:128] = np.arange(1, 129)
    assert calibrate.divergence(counts, 128, 128) == pytest.approx(0)
    assert calibrate.divergence(counts, 128, 64) > 1e-5


def test_a_tensor_of_zeros_has_a_range():
    empty = Histogram(0.0, 0.0, np.zeros(BINS, int), np.zeros(BINS, int))
    assert calibrate.percentile(empty) == (0.0, 0.0)
    assert calibrate.kl(empty) == (0.0, 0.0)


def test_errors():
    with pytest.raises(ConfigError, match="no calibration 'kll'. Did you mean 'kl'"):
        calibrate.choose_method("kll")
    with pytest.raises(ConfigError, match="above 50 and up to 100, got 0.999"):
        calibrate.choose_method("percentile", share=0.999)
    with pytest.raises(DataError, match="no picture"):
        calibrate.observe(relu_model(), ["x"], list)
    with pytest.raises(DataError, match=r"does not take a batch of \[1, 1, 3, 4\], its input is"):
        calibrate.observe(relu_model(), ["x"], lambda: [np.zeros((1, 1, 3, 4), np.float32)])
    with pytest.raises(DataError, match="is not finite"):
        calibrate.observe(relu_model(), ["x"], lambda: [np.full((1, 1, 2, 1), np.inf, np.float32)])
