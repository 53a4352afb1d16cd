import numpy as np
import pytest

from ppocr_lite.charset import Charset
from ppocr_lite.metrics.cls import ClsMetric
from ppocr_lite.metrics.det import DetMetric, is_simple
from ppocr_lite.metrics.rec import RecMetric
from ppocr_lite.metrics.text import edit_distance, plain_edit_distance
from ppocr_lite.structures import ClsResult, DetResult, RecResult


def box(x: float, y: float, w: float = 20, h: float = 10) -> list[list[float]]:
    return [[x, y], [x + w, y], [x + w, y + h], [x, y + h]]


def found(*quads) -> DetResult:
    return DetResult(np.array(quads, np.float32).reshape(-1, 4, 2), np.ones(len(quads), np.float32))


def test_det_by_hand():
    metric = DetMetric()
    truth = np.array([[box(0, 0), box(50, 0), box(0, 50)]])
    tags = np.array([[False, False, True]])
    # one match, one false, one inside the ignored region
    metric.update([found(box(1, 0), box(80, 80), box(0, 50))], {"polys": truth, "ignore_tags": tags})
    assert metric.compute() == {"precision": 0.5, "recall": 0.5, "hmean": 0.5}
    metric.reset()
    assert metric.compute() == {"precision": 0.0, "recall": 0.0, "hmean": 0.0}
    assert metric.main_indicator == "hmean"


def test_det_overlap_of_exactly_one_half_is_no_match_and_each_box_counts_once():
    metric = DetMetric()
    assert metric.count([np.array(box(0, 0, 20, 10))], [np.array(box(0, 0, 10, 10))], [False]) == (1, 1, 0)
    same = np.array(box(0, 0))
    assert metric.count([same, same], [same], [False]) == (1, 2, 1)
    assert metric.count([], [same], [False]) == (1, 0, 0)


def test_simple_polygons():
    assert is_simple(np.array(box(0, 0)))
    assert is_simple(np.array([*box(0, 0), box(0, 0)[-1]]))
    assert not is_simple(np.array([[0, 0], [10, 10], [10, 0], [0, 10]]))
    assert not is_simple(np.array([[0, 0], [10, 0], [20, 0], [5, 0]]))


def test_rec_by_hand():
    metric = RecMetric(charset=Charset(tuple("abc ")))
    label = np.array([[1, 2, 4, 3], [1, 0, 0, 0]])
    metric.update([RecResult("abc", 0.9), RecResult("b", 0.9)], {"label": label, "length": np.array([4, 1])})
    got = metric.compute()
    assert got["acc"] == pytest.approx(0.5, abs=1e-4)
    assert got["norm_edit_dis"] == pytest.approx(0.5, abs=1e-4)
    assert got["acc_with_space"] == 0
    assert got["cer"] == pytest.approx(2 / 5)


def test_rec_filter_and_spaces():
    filtered, strict = RecMetric(is_filter=True), RecMetric(ignore_space=False)
    for metric in (filtered, strict):
        metric.update_texts(["A-b c"], ["abc"])
    assert filtered.compute()["acc"] == pytest.approx(1, abs=1e-4)
    assert strict.compute()["acc"] == 0
    strict.reset()
    assert strict.compute()["norm_edit_dis"] == 1.0


def test_cls():
    metric = ClsMetric(label_list=["0", "180"])
    metric.update([ClsResult("180", 1.0), ClsResult("0", 1.0)], {"label": np.array([1, 1])})
    assert metric.compute()["acc"] == pytest.approx(0.5, abs=1e-4)


@pytest.mark.parametrize(
    ("a", "b", "distance"), [("", "", 0), ("abc", "", 3), ("kitten", "sitting", 3), ("ab", "ba", 2)]
)
def test_edit_distance(a, b, distance):
    assert edit_distance(a, b) == plain_edit_distance(a, b) == plain_edit_distance(b, a) == distance
