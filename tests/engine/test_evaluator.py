"""What an evaluation reports, and what a line of the training log does."""

import numpy as np
import paddle
import pytest

from ppocr_lite.engine.evaluator import Evaluator
from ppocr_lite.engine.hooks import metric_text
from ppocr_lite.metrics.cls import ClsMetric
from ppocr_lite.structures import ClsResult

pytestmark = pytest.mark.train


def first_class(outputs, shapes):
    return [ClsResult("0", 1.0) for _ in outputs["probs"]]


def batch():
    return {"image": paddle.zeros([4, 2]), "label": paddle.to_tensor([0, 0, 0, 1])}


def model():
    net = paddle.nn.Layer()
    net.forward = lambda x: {"probs": x}
    return net


def test_an_evaluation_has_the_details_and_a_training_batch_has_not():
    evaluator = Evaluator([batch(), batch()], postprocess=first_class, metric=ClsMetric())
    found = evaluator(model())
    assert list(found) == ["acc", "fps", "acc_low", "acc_high", "count_0_as_0", "count_1_as_0"]
    assert (found["count_0_as_0"], found["count_1_as_0"]) == (6, 2)
    assert evaluator.of_batch({"probs": np.zeros((4, 2))}, batch()) == {"acc": pytest.approx(0.75, abs=1e-5)}


def test_a_metric_without_details():
    class Plain:
        main_indicator = "acc"

        def reset(self):
            pass

        def update(self, results, batch):
            pass

        def compute(self):
            return {"acc": 1.0}

    assert list(Evaluator([batch()], postprocess=first_class, metric=Plain())(model())) == ["acc", "fps"]


def test_text_of_metrics_has_the_bounds_behind_their_value():
    metrics = {"cut_low": 1.0, "acc": 0.5, "fps": 9, "acc_low": 0.25, "acc_high": 0.75, "best_epoch": 3}
    assert metric_text(metrics) == "cut_low: 1.0, acc: 0.5 [0.2500, 0.7500], fps: 9, best_epoch: 3"
