"""Batches that run beside each other give what they give one after the other."""

import threading

import numpy as np
import pytest

from ppocr_lite.errors import ModelFileError
from ppocr_lite.inference.clock import StageClock
from ppocr_lite.inference.engines.base import Engine
from ppocr_lite.inference.engines.onnx_engine import EngineImpl
from ppocr_lite.inference.model_files import embedded_model
from ppocr_lite.inference.predictor import Predictor
from ppocr_lite.inference.text_recognizer import TextRecognizer
from ppocr_lite.transforms import Pipeline


class MeanEngine(Engine):
    """Gives the mean of each picture; notes the threads that called it; refuses pictures of 7 columns."""

    def __init__(self, lanes):
        self._lanes = lanes
        self.threads = set()
        self.sizes = []
        self.meeting = threading.Barrier(2)

    @property
    def lanes(self):
        return self._lanes

    def run(self, batch):
        self.sizes.append(len(batch))
        if batch.shape[3] == 7:
            raise ModelFileError("7 columns")
        return [batch.mean(axis=(1, 2, 3))]

    def run_beside(self, batch):
        if batch.shape[3] == 5:  # two of these must be under way at once, or the barrier breaks
            self.meeting.wait(timeout=20)
        self.threads.add(threading.get_ident())
        return self.run(batch)

    def close(self):
        raise NotImplementedError


def predictor_of(engine):
    return Predictor(
        Pipeline([]), engine, lambda outputs, shapes: list(outputs["maps"]), batch_size=6, side_by_side=True
    )


def pictures(widths):
    return [np.full((1, 4, width), number, np.float32) for number, width in enumerate(widths)]


@pytest.mark.parametrize("lanes", [1, 2, 3])
def test_results_come_in_the_order_given(lanes):
    images = pictures([9, 4, 9, 6, 4, 9, 9, 9, 4, 6, 6, 8])
    assert predictor_of(MeanEngine(lanes))(images) == list(range(12))


def test_batches_run_at_the_same_time_and_share_the_lanes():
    engine = MeanEngine(2)
    assert predictor_of(engine)(pictures([5] * 8)) == list(range(8))
    assert len(engine.threads) == 2
    assert threading.get_ident() not in engine.threads
    assert engine.sizes == [4, 4]  # not 6 and 2


def test_one_picture_has_all_threads():
    engine = MeanEngine(2)
    assert predictor_of(engine)(pictures([5])) == [0]
    assert not engine.threads


def test_an_error_in_a_lane_is_raised():
    with pytest.raises(ModelFileError, match="7 columns"):
        predictor_of(MeanEngine(2))(pictures([4, 6, 7, 8, 9, 10]))


def test_the_clock_shows_the_time_that_passed():
    clock = StageClock()
    parts = [StageClock(), StageClock()]
    parts[0].stages.update({"engine": 30.0, "prepare": 10.0})
    parts[1].stages.update({"engine": 40.0})
    clock.stages["engine"] = 1.0
    clock.share(parts, 40.0)
    assert clock.stages == pytest.approx({"engine": 36.0, "prepare": 5.0})


def test_lines_read_beside_each_other():
    """The embedded recognizer on two lanes and on one."""
    model = embedded_model("rec")
    two, one = TextRecognizer.open(model), TextRecognizer.open(model)
    two.predictor.engine = EngineImpl(model / "inference.onnx", device="cpu", threads=2, precision="fp32")
    one.predictor.engine = EngineImpl(model / "inference.onnx", device="cpu", threads=1, precision="fp32")
    assert (two.predictor.engine.lanes, one.predictor.engine.lanes) == (2, 1)
    rng = np.random.default_rng(0)
    crops = [
        np.repeat(np.repeat(rng.integers(0, 255, (4, w // 8, 3), np.uint8), 8, 0), 8, 1)
        for w in (64, 640, 320, 320, 96, 1200, 64)
    ]
    found, expected = two(crops), one(crops)
    assert [r.text for r in found] == [r.text for r in expected]
    np.testing.assert_allclose([r.score for r in found], [r.score for r in expected], atol=1e-4)


def test_large_networks_run_one_batch_at_a_time(monkeypatch):
    monkeypatch.setattr("ppocr_lite.inference.engines.onnx_engine.SMALL_NETWORK", 1000)
    path = embedded_model("rec") / "inference.onnx"
    assert EngineImpl(path, device="cpu", threads=2, precision="fp32").lanes == 1


def test_large_inputs_have_a_session_that_frees_memory(monkeypatch):
    """It gives the same numbers, and is opened when the first such input comes."""
    path = embedded_model("rec") / "inference.onnx"
    opened = []
    inner = EngineImpl._open
    monkeypatch.setattr(
        EngineImpl,
        "_open",
        lambda self, threads, *, keeps: opened.append(keeps) or inner(self, threads, keeps=keeps),
    )
    engine = EngineImpl(path, device="cpu", threads=2, precision="fp32")
    batch = np.random.default_rng(0).random((1, 1, 32, 64), np.float32)
    kept = engine.run(batch)
    assert opened == [True]
    monkeypatch.setattr("ppocr_lite.inference.engines.onnx_engine.MAX_KEPT_INPUT", batch.size - 1)
    freed = engine.run(batch)
    assert opened == [True, False]
    np.testing.assert_allclose(freed[0], kept[0], atol=1e-6)
