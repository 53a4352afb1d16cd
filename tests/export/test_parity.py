"""The comparison of a model with its exported forms."""

import numpy as np
import pytest

from ppocr_lite.errors import ModelFileError
from ppocr_lite.export import parity
from ppocr_lite.structures import ClsResult, DetResult, RecResult


def live(batch):
    return batch.mean(axis=(2, 3))


def first_or_second(outputs, shapes):
    return [ClsResult(str(int(row.argmax())), 1.0) for row in outputs["probs"]]


def inputs():
    return [(np.arange(24, dtype=np.float32).reshape(2, 3, 2, 2), None)]


def check(other, **options):
    runners = {"live": live, "onnx": other}
    return parity.check(runners, inputs(), output="probs", postprocess=first_or_second, **options)


def test_report_by_hand():
    report = check(lambda batch: live(batch) + np.float32(0.25), tolerance=0.5)
    expected = {"max_abs_diff": 0.25, "text_agreement": 1.0}
    assert report == {"inputs": 2, "tolerance": 0.5, "onnx": expected}


def test_text_agreement_counts_images():
    def turned(batch):
        out = live(batch)
        out[0] = out[0][::-1]
        return out

    assert check(turned, tolerance=100)["onnx"]["text_agreement"] == 0.5


def test_beyond_tolerance_fails():
    with pytest.raises(ModelFileError, match=r"onnx differs from live by 0\.25, more than 0\.0001"):
        check(lambda batch: live(batch) + np.float32(0.25))


def test_a_network_that_amplifies_rounding_sets_the_tolerance_itself():
    def steep(batch):
        return live(batch) * np.float32(1e6)

    batch = np.ones((1, 3, 4, 4), np.float32)
    jitter = np.abs(steep(batch * (1 + np.float32(parity.JITTER))) - steep(batch)).max()

    def report(difference):
        runners = {"live": steep, "onnx": lambda b: steep(b) + np.float32(difference)}
        return parity.check(runners, [(batch, None)], output="probs", postprocess=first_or_second)

    found = report(0.25)
    assert 0 < found["jitter"] <= jitter
    assert found["tolerance"] == pytest.approx(parity.JITTER_MARGIN * found["jitter"], rel=0.01)
    with pytest.raises(ModelFileError, match="differs from live by"):
        report(5 * jitter)


def test_nan_never_agrees():
    with pytest.raises(ModelFileError, match="differs from live by inf"):
        check(lambda batch: live(batch) * np.float32("nan"))


def test_other_shape_fails():
    with pytest.raises(
        ModelFileError, match=r"for an input \[2, 3, 2, 2\] onnx gives \[2, 2\], live \[2, 3\]"
    ):
        check(lambda batch: live(batch)[:, :2])


def test_same_result():
    quad = np.zeros((1, 4, 2), np.float32)
    one = np.ones(1, np.float32)
    assert parity.same_result(RecResult("a", 0.5), RecResult("a", 0.6))
    assert not parity.same_result(RecResult("a", 0.5), RecResult("b", 0.5))
    assert parity.same_result(DetResult(quad, one), DetResult(quad + 1, one))
    assert not parity.same_result(DetResult(quad, one), DetResult(quad + 1.5, one))
    assert not parity.same_result(DetResult(quad, one), DetResult(quad[:0], one[:0]))


def test_random_batches_keep_fixed_sizes():
    batches = parity.random_batches([None, 1, 32, None], 4)
    assert {b.shape[1:3] for b, _ in batches} == {(1, 32)}
    assert len({b.shape[3] for b, _ in batches}) == 4
    assert all(s.shape == (len(b), 4) for b, s in batches)


def test_rendered_images_hold_ink():
    for image in parity.rendered_images(3, line=True):
        assert image.dtype == np.uint8
        assert image.min() < 60 < 200 <= np.median(image)
