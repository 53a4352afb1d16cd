import numpy as np
import pytest

from ppocr_lite.charset import Charset
from ppocr_lite.errors import ConfigError
from ppocr_lite.metrics.distillation import DistillationMetric
from ppocr_lite.registry import METRICS
from ppocr_lite.structures import DetResult, RecResult

BATCH = {"label": np.array([[1, 2], [3, 0]]), "length": np.array([2, 1])}


def texts(*values: str) -> list[RecResult]:
    return [RecResult(value, 1.0) for value in values]


def test_metrics_of_the_key_keep_their_names():
    metric = DistillationMetric("Student", "RecMetric", main_indicator="acc", charset=Charset(tuple("abc")))
    for _ in range(2):
        metric.reset()
        metric.update({"Teacher": texts("ab", "b"), "Student": texts("ab", "c")}, BATCH)
        values = metric.compute()
        names = ["acc", "norm_edit_dis", "acc_with_space", "cer"]
        assert list(values) == [*names, *(f"Teacher_{name}" for name in names)]
        assert values["acc"] == pytest.approx(1, abs=1e-5)
        assert values["Teacher_acc"] == pytest.approx(0.5, abs=1e-5)
        assert values["Teacher_cer"] == pytest.approx(1 / 3)
    assert metric.main_indicator == "acc"


def test_details_have_the_same_names():
    metric = DistillationMetric("Student", "RecMetric", charset=Charset(tuple("abc")))
    metric.update({"Teacher": texts("ab", "b"), "Student": texts("ab", "c")}, BATCH)
    details = metric.details()
    own = [name for name in details if not name.startswith("Teacher_")]
    assert {"wer", "acc_low", "cer_high"} < set(own)
    assert list(details) == [*own, *(f"Teacher_{name}" for name in own)]
    assert details["Teacher_wer"] == pytest.approx(0.5)


def test_nothing_counted_yet():
    assert DistillationMetric("Student", "DetMetric").compute() == {"precision": 0, "recall": 0, "hmean": 0}


def test_parameters_reach_the_base_metric():
    section = {"name": "DistillationMetric", "key": "A", "base_metric_name": "RecMetric", "is_filter": True}
    metric = METRICS.build(section, charset=Charset(tuple("abc")), label_list=["0"])
    metric.update({"A": texts("A-b", "C")}, BATCH)
    assert metric.compute()["acc"] == pytest.approx(1, abs=1e-5)


def test_detection():
    quad = np.array([[[0, 0], [20, 0], [20, 10], [0, 10]]], np.float32)
    metric = DistillationMetric("Student", "DetMetric")
    batch = {"polys": quad[None], "ignore_tags": np.array([[False]])}
    metric.update({"Student": [DetResult(quad, np.ones(1))], "Teacher": [DetResult.empty()]}, batch)
    values = metric.compute()
    assert metric.main_indicator == "hmean"
    assert (values["hmean"], values["Teacher_hmean"]) == (1, 0)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        (
            {"base_metric_name": "RecMetrics"},
            "Metric: no metric named 'RecMetrics'. Did you mean 'RecMetric'",
        ),
        (
            {"base_metric_name": "DetMetric", "is_filter": True},
            "Metric.is_filter: DetMetric takes no parameter 'is_filter'",
        ),
    ],
)
def test_wrong_parameters(params, message):
    with pytest.raises(ConfigError, match=message):
        DistillationMetric("Student", **params)


def test_key_without_results():
    metric = DistillationMetric("student", "RecMetric")
    with pytest.raises(ConfigError, match=r"Metric.key: .* of 'student'. Did you mean 'Student'\? Known: St"):
        metric.update({"Student": texts()}, {"label": np.zeros((0, 1))})
