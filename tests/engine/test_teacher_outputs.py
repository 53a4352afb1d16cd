"""Classes and time steps of a teacher in those of its students."""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("paddle")

from ppocr_lite.charset import Charset
from ppocr_lite.engine.teacher_outputs import ClassMap, check_map, resampled
from ppocr_lite.errors import ConfigError

pytestmark = pytest.mark.train


def test_classes_by_character():
    """Blank, x, b, a, y -> blank, a, b: what the students lack goes to the blank."""
    convert = ClassMap(Charset(tuple("xbay")), Charset(tuple("ab")))
    found = convert(np.array([[[0.1, 0.2, 0.3, 0.35, 0.05]]], np.float32))
    np.testing.assert_allclose(found, [[[0.35, 0.35, 0.3]]], rtol=1e-6)


def test_equal_classes_are_left_alone():
    probs = np.ones((1, 2, 4), np.float32)
    assert ClassMap(Charset(tuple("abc")), Charset(tuple("abc")))(probs) is probs


def test_students_without_capitals():
    convert = ClassMap(Charset(tuple("aAbB")), Charset(tuple("ab"), lower=True))
    found = convert(np.array([[[0.1, 0.2, 0.3, 0.25, 0.15]]], np.float32))
    np.testing.assert_allclose(found, [[[0.1, 0.5, 0.4]]], rtol=1e-6)


def test_a_character_that_stands_twice():
    """The students' second one is the one that labels use, and gets everything."""
    convert = ClassMap(Charset(tuple("ab")), Charset(tuple("aba")))
    np.testing.assert_allclose(convert(np.array([[[0.2, 0.5, 0.3]]])), [[[0.2, 0, 0.3, 0.5]]])


def test_characters_that_the_teacher_does_not_know():
    with pytest.raises(ConfigError, match="^model_dir: .* 2 of the students' 3 characters: 'é', '€'"):
        ClassMap(Charset(tuple("abc")), Charset(tuple("aé€")))


def test_steps_by_hand():
    probs = np.array([[[1.0, 0.0], [0.0, 1.0]]], np.float32)
    np.testing.assert_allclose(
        resampled(probs, 4)[0], [[1, 0], [0.75, 0.25], [0.25, 0.75], [0, 1]], rtol=1e-6
    )
    np.testing.assert_allclose(resampled(probs, 1)[0], [[0.5, 0.5]])
    assert resampled(probs, 2) is probs


def test_maps_of_another_size():
    check_map(np.zeros((1, 1, 64, 96)), [1, 3, 64, 96], Path("det.onnx"))
    with pytest.raises(ConfigError, match=r"det.onnx gives a map of 16 x 24 for pictures of 64 x 96"):
        check_map(np.zeros((1, 1, 16, 24)), [1, 3, 64, 96], Path("det.onnx"))
