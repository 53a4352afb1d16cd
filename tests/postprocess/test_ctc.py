import numpy as np
import pytest

from ppocr_lite.charset import Charset
from ppocr_lite.errors import ModelFileError
from ppocr_lite.postprocess import ctc
from ppocr_lite.postprocess.ctc import CTCLabelDecode, best_classes

CHARSET = Charset(tuple("abc"))


def softmax(values: np.ndarray) -> np.ndarray:
    shifted = np.exp(values - values.max(axis=-1, keepdims=True))
    return (shifted / shifted.sum(axis=-1, keepdims=True)).astype(np.float32)


@pytest.mark.parametrize("sharpness", [0.1, 1.0, 8.0])
@pytest.mark.parametrize("rows", [1, 7, 1000])
def test_best_classes_are_those_of_argmax(sharpness, rows, monkeypatch):
    monkeypatch.setattr(ctc, "ROWS", rows)
    values = sharpness * np.random.default_rng(0).standard_normal((3, 40, 12))
    values[..., 0] += sharpness  # the blank, most of the time
    for given in (softmax(values), values.astype(np.float32)):  # the second ones do not sum up to 1
        best, top = best_classes(given)
        np.testing.assert_array_equal(best, given.argmax(axis=-1))
        np.testing.assert_array_equal(top, given.max(axis=-1))


def test_a_large_blank_is_not_trusted_without_probabilities():
    values = np.array([[[0.9, 3.0, 0.0, 0.0], [0.7, 0.0, 0.0, 2.0]]], np.float32)
    assert best_classes(values)[0].tolist() == [[1, 3]]


def test_no_steps():
    best, top = best_classes(np.zeros((2, 0, 4), np.float32))
    assert best.shape == top.shape == (2, 0)


def test_decoded_in_the_network_by_hand():
    outputs = {
        "indices": np.array([[1, 1, 0, 1, 3], [0, 0, 0, 0, 0]], np.int32),
        "scores": np.array([[0.5, 0.9, 1.0, 0.75, 1.0], [1, 1, 1, 1, 1]], np.float32),
    }
    first, empty = CTCLabelDecode(charset=CHARSET)(outputs)
    assert (first.text, first.score, first.char_scores) == ("aac", 0.75, (0.5, 0.75, 1.0))
    assert (empty.text, empty.score) == ("", 0.0)


def test_decoded_in_the_network_with_other_characters():
    outputs = {"indices": np.array([[4]]), "scores": np.ones((1, 1), np.float32)}
    with pytest.raises(ModelFileError, match="5 or more classes but the charset needs 4"):
        CTCLabelDecode(charset=CHARSET)(outputs)


def test_tokens_by_hand():
    charset = Charset(("clef-G2", "barline"), separator=" ")
    outputs = {
        "indices": np.array([[1, 0, 2, 2, 0, 2], [0] * 6]),
        "scores": np.array([[0.5, 1, 0.75, 1, 1, 1], [1] * 6], np.float32),
    }
    found, empty = CTCLabelDecode(charset=charset)(outputs)
    assert found.text == "clef-G2 barline barline"
    assert found.symbols == ("clef-G2", "barline", "barline")
    assert found.char_scores == (0.5, 0.75, 1.0)
    assert (empty.text, empty.symbols) == ("", ())
