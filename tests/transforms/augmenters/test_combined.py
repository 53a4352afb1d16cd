"""Augmenters inside augmenters."""

import numpy as np
import pytest

from ppocr_lite.errors import ConfigError
from ppocr_lite.transforms.augmenters import build_augmenter
from ppocr_lite.transforms.det_augment import IaaAugment

DOUBLE = {"type": "Multiply", "args": {"mul": 2}}
PLUS = {"type": "Add", "args": {"value": 10}}
FLIP = {"type": "Fliplr", "args": {"p": 1}}


def levels(name, seeds=40, **args):
    """Grey levels that a page of 20 comes to."""
    augmenter = build_augmenter({"type": name, "args": args}, "x")
    image, points = np.full((2, 2, 3), 20, np.uint8), np.zeros((1, 4, 2), np.float32)
    return [int(augmenter(image, points, np.random.default_rng(s))[0][0, 0, 0]) for s in range(seeds)]


def test_sequential_keeps_the_order_or_draws_it():
    assert set(levels("Sequential", children=[DOUBLE, PLUS])) == {50}
    assert set(levels("Sequential", children=[DOUBLE, PLUS], random_order=True)) == {50, 60}


def test_sometimes():
    drawn = levels("Sometimes", p=0.25, then_list=[DOUBLE], else_list=[PLUS], seeds=200)
    assert set(drawn) == {40, 30}
    assert drawn.count(40) == pytest.approx(50, abs=20)
    assert set(levels("Sometimes", p=0.5, then_list=[PLUS])) == {20, 30}


def test_one_of_and_some_of():
    assert set(levels("OneOf", children=[DOUBLE, PLUS])) == {40, 30}
    assert set(levels("SomeOf", n=[0, 2], children=[DOUBLE, PLUS])) == {20, 30, 40, 50}
    assert set(levels("SomeOf", n=2, children=[DOUBLE, PLUS], random_order=True)) == {50, 60}
    assert set(levels("Identity")) == set(levels("Noop")) == {20}


def test_nested_in_a_transform_points_included():
    spec = {
        "type": "Sometimes",
        "args": {"p": 1, "then_list": [{"type": "OneOf", "args": {"children": [FLIP]}}]},
    }
    sample = {"image": np.zeros((10, 30, 3), np.uint8), "polys": np.array([[[1.0, 2.0]] * 4])}
    assert IaaAugment([spec])(sample, np.random.default_rng(0))["polys"][0, 0].tolist() == [29, 2]


def test_wrong_parts_name_their_place():
    with pytest.raises(
        ConfigError, match=r"Sometimes\.then_list\[1\]: no augmenter named 'Fliprl'.*'Fliplr'"
    ):
        build_augmenter({"type": "Sometimes", "args": {"then_list": [PLUS, {"type": "Fliprl"}]}}, "x")
    with pytest.raises(ConfigError, match=r"x\.Fliplr: expected parameters as keys and values, got 0\.5"):
        build_augmenter({"type": "Fliplr", "args": 0.5}, "x")
    with pytest.raises(ConfigError, match=r"OneOf\.children: the list is empty"):
        build_augmenter({"type": "OneOf", "args": {"children": []}}, "x")
    with pytest.raises(ConfigError, match=r"Sequential\.children: expected a list"):
        build_augmenter({"type": "Sequential", "args": {"children": "Add"}}, "x")
    with pytest.raises(ConfigError, match=r"SomeOf\.n: expected values in 0\.\.1"):
        build_augmenter({"type": "SomeOf", "args": {"n": 3, "children": [PLUS]}}, "x")
