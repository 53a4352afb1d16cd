"""Which predictions are the worst, and their pictures."""

import numpy as np
import pytest

from ppocr_lite.charset import Charset
from ppocr_lite.engine.report.worst import FOUND_COLOUR, TRUTH_COLOUR, WorstPredictions, picture_maker
from ppocr_lite.metrics.cls import ClsMetric
from ppocr_lite.metrics.det import DetMetric
from ppocr_lite.metrics.distillation import DistillationMetric
from ppocr_lite.metrics.rec import RecMetric
from ppocr_lite.metrics.sequence import SequenceMetric
from ppocr_lite.structures import ClsResult, DetResult, RecResult

LINES = {
    "image": np.zeros((3, 3, 8, 16), np.float32),
    "label": np.array([[1, 2, 3], [1, 2, 3], [1, 2, 0]]),  # of 0-9a-z: "012", "012", "01"
    "length": np.array([3, 3, 2]),
}


def captions(watcher, *names):
    return [tuple(example.captions[name] for name in names) for example in watcher.examples()]


def test_lines_by_character_error_rate_then_score():
    watcher = WorstPredictions(RecMetric(), picture_maker([]))
    watcher.see([RecResult("012", 0.9), RecResult("0x2", 0.8), RecResult("99", 0.7)], LINES)
    assert captions(watcher, "label", "prediction", "CER", "score") == [
        ("01", "99", "1.000", "0.700"),
        ("012", "0x2", "0.333", "0.800"),
        ("012", "012", "0.000", "0.900"),
    ]
    assert watcher.examples()[0].picture.shape == (8, 16, 3)


def test_only_the_worst_are_kept_and_each_evaluation_begins_anew():
    watcher = WorstPredictions(RecMetric(), picture_maker([]), keep=2)
    for _ in range(3):
        watcher.see([RecResult("012", 0.9), RecResult("01", 0.3), RecResult("", 0.0)], LINES)
    assert captions(watcher, "CER") == [("1.000",), ("1.000",)]
    watcher.start()
    assert watcher.examples() == []


def test_crops_sure_and_wrong_first():
    watcher = WorstPredictions(ClsMetric(label_list=["0", "180"]), picture_maker([]))
    batch = {"image": np.zeros((3, 3, 8, 8), np.float32), "label": np.array([0, 1, 1])}
    watcher.see([ClsResult("180", 0.6), ClsResult("0", 0.9), ClsResult("180", 0.7)], batch)
    assert captions(watcher, "label", "prediction", "score") == [
        ("180", "0", "0.900"),
        ("0", "180", "0.600"),
        ("180", "180", "0.700"),
    ]


def square(x, y, side):
    return np.array([[x, y], [x + side, y], [x + side, y + side], [x, y + side]], np.float32)


def test_pages_with_outlines_in_the_network_image():
    watcher = WorstPredictions(DetMetric(), picture_maker([]))
    result = DetResult(np.stack([square(10, 10, 20), square(100, 60, 20)]), np.ones(2, np.float32))
    batch = {
        "image": np.zeros((1, 3, 64, 64), np.float32),
        "shape": np.array([[128.0, 128.0, 0.5, 0.5]]),  # the page was twice as large
        "polys": np.stack([square(10, 10, 20), square(60, 100, 20)])[None],
        "ignore_tags": np.zeros((1, 2), bool),
    }
    watcher.see([result], batch)
    assert captions(watcher, "regions", "found", "right", "hmean") == [("2", "2", "1", "0.500")]
    picture = watcher.examples()[0].picture.astype(int)
    assert np.abs(picture[30, 55] - FOUND_COLOUR).max() < 20  # (110, 60) of the page, on the outline
    assert np.abs(picture[50, 35] - TRUTH_COLOUR).max() < 20  # (70, 100)
    assert picture[45, 8].tolist() == [128, 128, 128]


def test_of_a_distillation_the_sub_model_that_counts():
    metric = DistillationMetric(key="Student", base_metric_name="RecMetric")
    watcher = WorstPredictions(metric, picture_maker([]))
    right, wrong = [RecResult("012", 1.0)] * 3, [RecResult("x", 1.0)] * 3
    watcher.see({"Teacher": right, "Student": wrong}, LINES)
    assert captions(watcher, "prediction") == [("x",)] * 3


def test_the_way_back_to_a_picture():
    pixels = np.array(
        [[[10, 20, 30], [200, 100, 0], [127, 127, 127], [127, 127, 127]]], np.uint8
    )  # [1, 4, 3]
    line = ((pixels / 255 - 0.5) / 0.5).transpose(2, 0, 1)
    shown = picture_maker([{"RecResizeImg": {"image_shape": [3, 1, 4]}}])(line)
    np.testing.assert_array_equal(shown, pixels[:, :2])  # without the padding
    steps = [
        {"DecodeImage": {"img_mode": "RGB"}},
        {
            "NormalizeImage": {
                "scale": "1./255.",
                "mean": [0.1, 0.2, 0.3],
                "std": [0.5, 0.6, 0.7],
                "order": "hwc",
            }
        },
    ]
    page = ((pixels / 255 - [0.1, 0.2, 0.3]) / [0.5, 0.6, 0.7]).transpose(2, 0, 1)
    np.testing.assert_array_equal(picture_maker(steps)(page), pixels[..., ::-1])
    assert picture_maker([])(np.zeros((1, 4, 6))).shape == (4, 6, 3)  # grey; nothing but padding stays whole


@pytest.mark.parametrize("batch", [{"label": LINES["label"]}, LINES])
def test_what_cannot_be_shown_is_left_out(batch):
    watcher = WorstPredictions(RecMetric(), picture_maker([]))
    watcher.see([] if "image" in batch else [RecResult("0", 1.0)] * 3, batch)
    assert watcher.examples() == []


def test_sequences_by_their_tokens():
    charset = Charset(("clef", "bar"), separator=" ")
    watcher = WorstPredictions(SequenceMetric(charset=charset), picture_maker([]))
    batch = {"image": LINES["image"][:1], "label": np.array([[1, 2, 2]]), "length": np.array([3])}
    watcher.see([RecResult("clef bar", 0.9, separator=" ")], batch)
    assert captions(watcher, "label", "prediction", "symbol error rate") == [
        ("clef bar bar", "clef bar", "0.333")
    ]
