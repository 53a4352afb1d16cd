"""What each layer costs, measured and gone on with."""

import json

import numpy as np
import pytest

paddle = pytest.importorskip("paddle")

from paddle import nn  # noqa: E402

from ppocr_lite.compression import sensitivity  # noqa: E402
from ppocr_lite.compression.prune import Pruner  # noqa: E402
from ppocr_lite.errors import ConfigError, DataError  # noqa: E402

pytestmark = pytest.mark.train
RATIOS = [0.25, 0.5, 0.75]


class Chain(nn.Layer):
    def __init__(self):
        super().__init__()
        self.a = nn.Conv2D(3, 8, 1)
        self.b = nn.Conv2D(8, 3, 1)
        self.c = nn.Conv2D(3, 2, 1)

    def forward(self, x):
        return {"maps": self.c(self.b(self.a(x)))}


@pytest.fixture
def pruner():
    paddle.seed(0)
    return Pruner(Chain(), (3, 8, 8))


class Counter:
    """A metric that is the number of channels of ``a`` and ``b`` together, 11 of the whole network."""

    def __init__(self, calls=10**6):
        self.calls, self.left = 0, calls

    def __call__(self, model):
        self.calls += 1
        if self.calls > self.left:
            raise KeyboardInterrupt
        return float(model.a.weight.shape[0] + model.b.weight.shape[0])


def test_losses_of_each_layer_and_ratio(pruner, tmp_path):
    """Of 3 channels 0.25 and 0.5 remove 1 and 2, 0.75 two again: it is not measured twice."""
    weights = {name: tensor.numpy() for name, tensor in pruner.model.state_dict().items()}
    found = sensitivity.analyse(pruner, Counter(), ratios=RATIOS, file=tmp_path / "s.jsonl")
    assert found == {
        "a.weight": {0.25: 2 / 11, 0.5: 4 / 11, 0.75: 6 / 11},
        "b.weight": {0.25: 1 / 11, 0.5: 2 / 11},
    }
    lines = [json.loads(line) for line in (tmp_path / "s.jsonl").read_text("utf-8").splitlines()]
    assert lines[0] == {"kind": "whole", "metric": 11.0, "facts": {}}
    assert lines[1] == {"layer": "a.weight", "ratio": 0.25, "removed": 2, "metric": 9.0, "loss": 2 / 11}
    assert len(lines) == 6
    for name, tensor in pruner.model.state_dict().items():
        np.testing.assert_array_equal(tensor.numpy(), weights[name])


def test_goes_on_where_it_was_stopped(pruner, tmp_path):
    file = tmp_path / "s.jsonl"
    with pytest.raises(KeyboardInterrupt):
        sensitivity.analyse(pruner, Counter(calls=3), ratios=RATIOS, file=file)
    assert pruner.model.a.weight.shape == [8, 3, 1, 1]
    file.write_text(file.read_text("utf-8") + '{"layer": "a.wei', encoding="utf-8")  # killed while it wrote
    rest = Counter()
    found = sensitivity.analyse(pruner, rest, ratios=RATIOS, file=file)
    assert rest.calls == 3
    assert found["a.weight"] == {0.25: 2 / 11, 0.5: 4 / 11, 0.75: 6 / 11}
    assert [bool(json.loads(line)) for line in file.read_text("utf-8").splitlines()] == [True] * 6


def test_files_of_something_else_are_refused(pruner, tmp_path):
    file = tmp_path / "s.jsonl"
    sensitivity.analyse(pruner, Counter(), ratios=[0.5], file=file, facts={"weights": "a"})
    with pytest.raises(DataError, match=r"was measured with {'weights': 'a'}, and now it is {'wei"):
        sensitivity.analyse(pruner, Counter(), ratios=[0.5], file=file, facts={"weights": "b"})
    file.write_text("no\n" + file.read_text("utf-8"), encoding="utf-8")
    with pytest.raises(DataError, match=r"s\.jsonl:1: is no JSON"):
        sensitivity.analyse(pruner, Counter(), ratios=[0.5], file=file)


def test_a_metric_of_nothing_is_refused(pruner, tmp_path):
    with pytest.raises(DataError, match="metric of the whole model is 0"):
        sensitivity.analyse(pruner, lambda model: 0.0, ratios=[0.5], file=tmp_path / "s.jsonl")


def test_candidates():
    assert sensitivity.candidate_ratios(0.1) == [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]
    with pytest.raises(ConfigError, match="step: expected a number between 0 and 1, got 1"):
        sensitivity.candidate_ratios(1)


def test_first_batches_are_read_once():
    class Loader:
        reads = 0

        def __iter__(self):
            for size in (4, 4, 4):
                Loader.reads += 1
                yield {"image": paddle.zeros([size, 1])}

    batches = sensitivity.FirstBatches(Loader(), 5)
    assert [len(batch["image"]) for _ in range(2) for batch in batches] == [4, 4, 4, 4]
    assert (Loader.reads, len(batches)) == (2, 2)


def test_page_shows_every_layer_and_needs_nothing_else():
    losses = {f"layer<{i}>": {0.1: 0.01 * i, 0.2: 0.02 * i} for i in range(10)}
    html = sensitivity.page(losses, {"layer<3>": 0.15}, title="a & b")
    assert html.count("<svg") == 2
    assert html.count("<polyline") == 10
    assert "layer&lt;3&gt;</td><td>0.150" in html
    assert "<title>a &amp; b</title>" in html
    assert "http" not in html
    assert "<script" not in html
