"""Ratios of times, round by round."""

import pytest

from ppocr_lite.compression import timing


def test_ratios_by_hand():
    """Ratios 0.5, 1 and 3 in the three rounds: their median is 1, the middle half from 0.75 to 2."""
    own = timing._times([1.0, 4.0, 6.0], [2.0, 4.0, 2.0])
    assert (own.milliseconds, own.best, own.ratio) == (4.0, 1.0, 1.0)
    assert (own.low, own.high) == (0.75, 2.0)


def test_the_files_take_turns(monkeypatch):
    order = []

    class Engine:
        def __init__(self, name):
            self.name = name

        def run(self, batch):
            assert batch.shape == (2, 1, 3, 4)
            order.append(self.name)

        def close(self):
            order.append(f"{self.name} closed")

    monkeypatch.setattr(timing, "open_engine", lambda file, kind, threads: Engine(file))
    files = {"float": "a", "int8": "b"}
    found = timing.side_by_side(files, "onnxruntime", shape=(2, 1, 3, 4), threads=1, rounds=2)
    assert order == ["a", "b", "b", "a", "a", "b", "a closed", "b closed"]
    assert found["float"].ratio == 1.0
    assert found["int8"].ratio > 0


@pytest.mark.parametrize(
    ("task", "channels", "height", "shape"),
    [("det", 3, None, (1, 3, 736, 992)), ("rec", 1, 48, (6, 1, 48, 320)), ("cls", 3, 48, (6, 3, 48, 192))],
)
def test_batches_fit_the_network(task, channels, height, shape):
    assert timing.batch_shape(task, channels, height) == shape
