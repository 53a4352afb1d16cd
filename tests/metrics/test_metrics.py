import numpy as np
import pytest

from ppocr_lite.charset import Charset
from ppocr_lite.errors import ConfigError
from ppocr_lite.metrics.cls import ClsMetric
from ppocr_lite.metrics.det import DetMetric, is_simple
from ppocr_lite.metrics.intervals import wilson_interval
from ppocr_lite.metrics.rec import RecMetric
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


def test_tabs_between_columns():
    exact, spaces, without = RecMetric(ignore_space=False), RecMetric(tab_is_space=True), RecMetric()
    for metric in (exact, spaces, without):
        metric.update_texts(["3.99\tB", "a\tb"], ["3.99 B", "a\tb"])
    assert exact.compute()["acc"] == pytest.approx(0.5, abs=1e-4)
    assert spaces.compute()["acc_with_space"] == pytest.approx(1, abs=1e-4)
    assert without.compute()["acc"] == pytest.approx(1, abs=1e-4)
    assert without.compute()["acc_with_space"] == pytest.approx(0.5, abs=1e-4)
    assert without.details()["acc_no_space"] == pytest.approx(1, abs=1e-4)


def test_spaces_case_and_words_by_hand():
    metric = RecMetric()
    metric.update_texts(
        ["one two", "onetwo", "One two", "ONETWO", "one twx", ""],
        ["one two"] * 5 + ["a b"],
    )
    values, more = metric.compute(), metric.details()
    assert values["acc"] == pytest.approx(2 / 6, abs=1e-5)
    assert values["acc_with_space"] == pytest.approx(1 / 6, abs=1e-5)
    assert more["acc_no_space"] == pytest.approx(2 / 6, abs=1e-5)
    assert more["acc_no_case"] == pytest.approx(2 / 6, abs=1e-5)
    assert more["acc_no_space_no_case"] == pytest.approx(4 / 6, abs=1e-5)
    # edits 0, 1, 1, 7, 1, 3 of 5 * 7 + 3 characters; words 0, 2, 1, 2, 1, 2 of 5 * 2 + 2
    assert values["cer"] == pytest.approx(13 / 38)
    assert more["wer"] == pytest.approx(8 / 12)


def test_every_value_of_recognition_has_an_interval():
    metric = RecMetric()
    metric.update_texts(["abc"] * 8 + ["axc"] * 2, ["abc"] * 10)
    values = {**metric.compute(), **metric.details()}
    names = [name for name in values if not name.endswith(("_low", "_high"))]
    assert names == [
        *("acc", "norm_edit_dis", "acc_with_space", "cer"),
        *("acc_no_space", "acc_no_case", "acc_no_space_no_case", "wer"),
    ]
    for name in names:
        assert 0 <= values[f"{name}_low"] < values[name] < values[f"{name}_high"] <= 1, name
    assert (values["acc_low"], values["acc_high"]) == pytest.approx((0.4902, 0.9433), abs=1e-4)
    assert all(type(value) in (int, float) for value in values.values())


def test_recognition_of_nothing():
    metric = RecMetric()
    metric.update_texts([], [])
    assert metric.compute() == {"acc": 0, "norm_edit_dis": 1, "acc_with_space": 0, "cer": 0}
    more = metric.details()
    assert (more["wer"], more["wer_low"], more["wer_high"], more["acc_low"], more["acc_high"]) == (
        0,
        0,
        1,
        0,
        1,
    )


def test_published_accuracy_of_paddleocr_2_4():
    """34 of 64 lines: 2.4 logs 0.531242, as its denominator is 64 + 1e-3; later releases add 1e-5."""
    metric = RecMetric()
    metric.update_texts(["a"] * 34 + ["b"] * 30, ["a"] * 64)
    acc = metric.compute()["acc"]
    assert acc == pytest.approx(34 / (64 + 1e-5), abs=1e-12)
    assert round(acc * (64 + 1e-5) / (64 + 1e-3), 6) == 0.531242


def test_cls():
    metric = ClsMetric(label_list=["0", "180"])
    answers = [ClsResult(label, 1.0) for label in ("180", "0", "0")]
    metric.update(answers, {"label": np.array([1, 1, 0])})
    assert metric.compute() == {"acc": pytest.approx(2 / 3, abs=1e-4)}
    low, high = wilson_interval(2, 3)
    counts = {"count_0_as_0": 1, "count_180_as_0": 1, "count_180_as_180": 1}
    assert metric.details() == {"acc_low": low, "acc_high": high, **counts}
    metric.reset()
    assert metric.details() == {"acc_low": 0.0, "acc_high": 1.0}


def test_det_at_tighter_overlaps():
    metric = DetMetric()
    truth = np.array([[box(0, 0), box(50, 0), box(0, 50)]])
    batch = {"polys": truth, "ignore_tags": np.zeros((1, 3), bool)}
    # IoU of a shift by 2 of 20: 18 / 22 = 0.82, above 7 of the 10 thresholds; of a whole match: all 10
    metric.update([found(box(2, 0), box(50, 0))], batch)
    values, more = metric.compute(), metric.details()
    assert values == pytest.approx({"precision": 1, "recall": 2 / 3, "hmean": 0.8})
    assert more["precision_50_95"] == pytest.approx(17 / 10 / 2)
    assert more["recall_50_95"] == pytest.approx(17 / 10 / 3)
    each = [2 * m / 5 for m in [2] * 7 + [1] * 3]  # 2 P R / (P + R) at each threshold
    assert more["hmean_50_95"] == pytest.approx(sum(each) / 10)


def test_each_overlap_matches_for_itself():
    metric = DetMetric()
    # the first detection is good enough for the first truth at 0.5 only; above that the second one is taken
    truth = np.array([[box(0, 0)]])
    metric.update([found(box(5, 0), box(0, 0))], {"polys": truth, "ignore_tags": np.array([[False]])})
    assert metric.compute()["hmean"] == pytest.approx(2 / 3)
    assert metric.details()["recall_50_95"] == 1.0


def test_intervals_of_detection_are_over_images():
    metric = DetMetric()
    batch = {"polys": np.array([[box(0, 0), box(50, 0)]]), "ignore_tags": np.zeros((1, 2), bool)}
    for _ in range(20):
        metric.update([found(box(0, 0), box(50, 0))], batch)
    for _ in range(20):
        metric.update([found(box(0, 0), box(80, 80))], batch)
    values, more = metric.compute(), metric.details()
    # recall of the images: 20 times 1 and 20 times 1/2, a mean of 0.75 with a deviation of 0.25
    reach = 1.959964 * 0.25 / 39**0.5
    assert values["recall"] == 0.75
    assert (more["recall_low"], more["recall_high"]) == pytest.approx((0.75 - reach, 0.75 + reach))
    assert more["hmean_low"] < values["hmean"] < more["hmean_high"]


@pytest.mark.parametrize(
    ("metric", "indicator"), [(RecMetric, "cer"), (RecMetric, "hmean"), (DetMetric, "acc"), (ClsMetric, "x")]
)
def test_indicators_that_cannot_tell_the_best(metric, indicator):
    with pytest.raises(ConfigError, match=f"main_indicator: '{indicator}' is no metric of which more is bet"):
        metric(indicator)


@pytest.mark.parametrize("metric", [RecMetric(), DetMetric(), ClsMetric()], ids=lambda m: type(m).__name__)
def test_indicators_are_among_the_metrics(metric):
    with pytest.raises(ConfigError) as caught:
        type(metric)("none of them")
    known = str(caught.value).rpartition("Known: ")[2].rstrip(".").split(", ")
    assert known[0] == metric.main_indicator
    assert set(known) <= {**metric.compute(), **metric.details()}.keys()
