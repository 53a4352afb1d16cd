import numpy as np
import pytest

from ppocr_lite.charset import Charset
from ppocr_lite.errors import ModelFileError
from ppocr_lite.metrics.rec import RecMetric
from ppocr_lite.postprocess.attention import AttnLabelDecode
from ppocr_lite.structures import RecResult

ABC = Charset(tuple("abc"))
END = 4


def outputs(*rows, top=0.8):
    """Probabilities [N, steps, 5] with ``top`` at the given classes."""
    best = np.array(rows)
    probs = np.full((*best.shape, 5), (1 - top) / 4, np.float32)
    np.put_along_axis(probs, best[..., None], top, axis=-1)
    return {"probs": probs}


def test_stops_at_the_first_end():
    probs = outputs([0, 2, 2, END, 3, END], [END, 1, 1, 1, 1, 1], [1, 2, 3, 1, 2, 3])
    probs["probs"][0, 1, 2] = 0.6
    found = AttnLabelDecode(charset=ABC)(probs)
    assert [r.text for r in found] == ["bb", "", "abcabc"]
    assert found[0].score == pytest.approx(0.7)
    assert found[0].char_scores == pytest.approx((0.6, 0.8))
    assert found[1] == RecResult("", 0.0)


def test_going_on_after_the_end_as_the_reference_does():
    decode = AttnLabelDecode(charset=ABC, stop_at_eos=False)
    assert [r.text for r in decode(outputs([0, 2, END, 3, END, 0, 1]))] == ["bca"]


def test_classes_that_a_beam_search_chose():
    found = {
        "indices": np.array([[0, 2, 1, END, END]]),
        "scores": np.array([[1, 0.5, 0.25, 0.9, 1]], np.float32),
    }
    (result,) = AttnLabelDecode(charset=ABC)(found)
    assert (result.text, result.char_scores) == ("ba", (0.5, 0.25))
    with pytest.raises(ModelFileError, match="gives 6 or more classes but the charset needs 5"):
        AttnLabelDecode(charset=ABC)({**found, "indices": np.array([[0, 2, 5, END, END]])})


def test_logits_and_reading_order():
    hebrew = Charset(tuple("אבג"), right_to_left=True)
    (found,) = AttnLabelDecode(charset=hebrew)({"logits": np.log(outputs([0, 1, 2, 3, END])["probs"])})
    assert found.text == "גבא"
    assert found.score == pytest.approx(0.8)


def test_another_number_of_classes():
    with pytest.raises(
        ModelFileError, match=r"gives 5 classes but the charset needs 6 \(4 characters, the begin"
    ):
        AttnLabelDecode(charset=Charset(tuple("abcd")))(outputs([1]))


def test_metric_reads_attention_labels():
    metric = RecMetric(charset=ABC)
    labels = np.array([[0, 1, 2, 3, END, 0], [0, 2, END, 0, 0, 0]])
    results = [RecResult("abc", 0.9), RecResult("c", 0.9)]
    metric.update(results, {"label": labels, "length": np.array([3, 1])})
    assert metric.compute()["acc"] == pytest.approx(0.5, abs=1e-4)
    metric.reset()
    metric.update(results, {"label": labels})
    assert metric.compute()["cer"] == pytest.approx(1 / 4)
