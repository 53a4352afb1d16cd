"""Values of a configuration against the annotations of constructors."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import pytest

from ppocr_lite.charset import Charset
from ppocr_lite.parameters import Count, Misfit, Natural, Positive, Range, Share, allows_none, describe, fit

WRONG = [
    (int, "abc", "a whole number"),
    (int, True, "a whole number"),
    (int, 2.5, "a whole number"),
    (int, float("inf"), "a whole number"),
    (int, None, "a whole number"),
    (int, 10**30, "a whole number"),
    (float, "1e-3", "a number"),
    (float, False, "a number"),
    (float, float("nan"), "a number"),
    (bool, "no", "true or false"),
    (bool, 2, "true or false"),
    (str, 5, "a text"),
    (str | None, ["a"], "a text"),
    (Sequence[int], 3, "a list of whole numbers"),
    (Sequence[int], "12", "a list of whole numbers"),
    (Sequence[int], [1, None], "a list of whole numbers"),
    (float | Sequence[float], ["a"], "a number, or a list of numbers"),
    (tuple[Natural, Count], [1], "[a whole number of at least 0, a whole number of at least 1]"),
    (tuple[Natural, Count], [1, 0], "[a whole number of at least 0, a whole number of at least 1]"),
    (Sequence[Any], "AB", "a list"),
    (Sequence[Mapping[str, Any]], {}, "a list of keys and values"),
    (Mapping[str, Any], [1], "keys and values"),
    (Literal["min", "max"], "mix", "one of min, max"),
    (Charset, "abc", "a Charset"),
    (Share, 1.5, "a number in 0..1"),
    (Positive, 0, "a number above 0"),
    (Annotated[float, Range(0, 1, above=True)], 0, "a number above 0, up to 1"),
    (Count | None, 0, "a whole number of at least 1"),
]


@pytest.mark.parametrize(("annotation", "value", "expected"), WRONG, ids=str)
def test_wrong_values(annotation, value, expected):
    with pytest.raises(Misfit) as caught:
        fit(value, annotation)
    assert str(caught.value) == expected == describe(annotation)


RIGHT = [
    (int, 3.0, 3),
    (int, np.int64(4), 4),
    (float, 3, 3),
    (float, np.float32(0.5), np.float32(0.5)),
    (bool, 1, True),
    (str, Path("a"), Path("a")),
    (float | str | None, None, None),
    (float | str | None, "1./255.", "1./255."),
    (str | Sequence[str], ["a"], ["a"]),
    (Sequence[int], [32.0, 320], [32, 320]),
    (tuple[int, ...], (1, 2, 3), (1, 2, 3)),
    (Sequence[Mapping[str, Any]], ["DecodeImage", {"A": None}], ["DecodeImage", {"A": None}]),
    (Mapping[str, Any], {}, {}),
    (Share, 1, 1),
    (Count, 1.0, 1),
    (Any, object, object),
    ("a text", [1], [1]),
]


@pytest.mark.parametrize(("annotation", "value", "expected"), RIGHT, ids=str)
def test_right_values(annotation, value, expected):
    found = fit(value, annotation)
    assert found == expected
    assert type(found) is type(expected)


def test_objects_of_the_program_are_its_own_business():
    array = np.zeros(3)
    assert fit(array, Sequence[float]) is array
    double = object()
    assert fit(double, Charset) is double


def test_values_that_fit_are_not_copied():
    shape = [3, 32, 320]
    assert fit(shape, Sequence[int]) is shape


@pytest.mark.parametrize(("annotation", "expected"), [(int, False), (str | None, True), (Any, True)], ids=str)
def test_none_as_a_value_of_its_own(annotation, expected):
    assert allows_none(annotation) is expected
