"""Noise as a dataset."""

import json

import numpy as np
import pytest

from ppocr_lite.charset import Charset
from ppocr_lite.data.random_data import SIZES, RandomDataSet
from ppocr_lite.errors import ConfigError


def test_boxes_lie_in_the_picture():
    data = RandomDataSet("det", 3)
    assert len(data) == 3
    height, width = SIZES["det"]
    for index in range(3):
        sample = data.get(index)
        assert sample["image"].shape == (height, width, 3)
        quads = np.array([region["points"] for region in json.loads(sample["label"])])
        assert quads.shape == (3, 4, 2)
        assert (quads >= 0).all()
        assert (quads < [width, height]).all()
        assert (quads[1:, 0, 1] > quads[:-1, 2, 1]).all()  # one below the other


def test_labels_fit():
    charset = Charset.load(None)
    text = RandomDataSet("rec", 1, charset=charset).get(0)["label"]
    assert 1 <= len(text) <= 5
    assert set(text) <= set(charset.characters)
    labels = {
        RandomDataSet("cls", 9, global_section={"label_list": ["a", "b"]}).get(i)["label"] for i in range(9)
    }
    assert labels == {"a", "b"}


def test_samples_depend_on_seed_mode_and_index():
    def image(**options):
        return RandomDataSet("cls", 2, **options).get(0)["image"]

    assert (image() == image()).all()
    assert (image() != image(mode="Eval")).any()
    assert (image() != image(seed=1)).any()


def test_unknown_kind():
    with pytest.raises(ConfigError, match="dataset.kind: 'text' is not one of det, rec, cls"):
        RandomDataSet("text", 1)


def test_labels_of_tokens():
    charset = Charset(("clef", "bar"), separator=" ")
    tokens = RandomDataSet("rec", 1, charset=charset).get(0)["label"].split(" ")
    assert 1 <= len(tokens) <= 5
    assert set(tokens) <= {"clef", "bar"}
