"""Names of parameters: second names, wrappers, sub-models."""

import pytest

from ppocr_lite.weights import names


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("neck.encoder.lstm.weight_ih_l0", "neck.encoder.lstm.0.cell_fw.weight_ih"),
        ("neck.encoder.lstm.bias_hh_l1_reverse", "neck.encoder.lstm.1.cell_bw.bias_hh"),
    ],
)
def test_alias_goes_both_ways(one, other):
    assert names.alias(one) == other
    assert names.alias(other) == one
    assert names.alias("head.fc.weight") is None


def test_second_names_are_those_whose_first_is_there_too():
    both = ["lstm.weight_ih_l0", "lstm.0.cell_fw.weight_ih"]
    assert names.second_names([*both, "lstm.0.cell_fw.bias_ih", "fc.weight"]) == ["lstm.0.cell_fw.weight_ih"]


@pytest.mark.parametrize("wrapper", ["", "module.", "_layers.", "module._layers."])
def test_wrappers_are_taken_off_every_name(wrapper):
    values = {f"{wrapper}head.fc.weight": 1, f"{wrapper}neck.weight": 2}
    assert names.unwrap(values) == ({"head.fc.weight": 1, "neck.weight": 2}, wrapper)


def test_a_part_called_module_is_no_wrapper():
    values = {"module.weight": 1, "head.weight": 2}
    assert names.unwrap(values) == (values, "")
    assert names.unwrap({}) == ({}, "")


def test_sub_models_and_first_words():
    found = ["Student.backbone.w", "Teacher.head.w", "backbone.head.w", "scale"]
    assert names.sub_models(found) == ["Student.", "Teacher."]
    assert names.first_words(found) == ["Student.", "Teacher.", "backbone."]
    assert names.within({"a.b": 1, "ab.c": 2, "x": 3}, "a.") == {"b": 1}
