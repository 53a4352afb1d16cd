"""What pruning has left of a network, as a file."""

import json

import pytest

from ppocr_lite.errors import ModelFileError
from ppocr_lite.weights import structures
from ppocr_lite.weights.structures import Cut, Structure

FIRST = Cut((6, 4), {0: (0, 2, 3, 5)})


def test_shape_that_is_left():
    assert FIRST.left == (4, 4)


def test_a_cut_of_a_cut_counts_in_the_whole_parameter():
    later = Cut((4, 4), {0: (1, 3), 1: (0, 2)})
    assert FIRST.then(later) == Cut((6, 4), {0: (2, 5), 1: (0, 2)})


def test_structures_one_after_the_other():
    both = Structure({"a": FIRST}).then(Structure({"a": Cut((4, 4), {0: (0,)}), "b": FIRST}))
    assert both.cuts == {"a": Cut((6, 4), {0: (0,)}), "b": FIRST}


def test_parts_of_networks():
    whole = Structure({"Student.a": FIRST, "Teacher.a": FIRST})
    assert whole.within("Student.") == Structure({"a": FIRST})
    assert Structure({"a": FIRST}).below("Student.").cuts == {"Student.a": FIRST}


def test_round_trip_beside_the_weights(tmp_path):
    weights = tmp_path / "best.pdparams"
    assert structures.read_beside(weights) is None
    structure = Structure({"a": FIRST, "b": Cut((3,), {0: (1,)})})
    structures.path_of(weights).write_bytes(structures.to_bytes(structure))
    assert (tmp_path / "best.structure.json").is_file()
    assert structures.read_beside(weights) == structure


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        '{"format": 1}',
        '{"format": 1, "parameters": {"a": {"shape": [2], "kept": {"0": []}}}}',
        '{"format": 1, "parameters": {"a": {"shape": [2], "kept": {"0": [0, 2]}}}}',
        '{"format": 1, "parameters": {"a": {"shape": [2], "kept": {"0": [1, 0]}}}}',
        '{"format": 1, "parameters": {"a": {"shape": [2], "kept": {"1": [0]}}}}',
    ],
)
def test_damaged_files_are_refused(tmp_path, text):
    file = tmp_path / "a.structure.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ModelFileError, match="is not the structure of a pruned model"):
        structures.read(file)


def test_files_of_later_versions_are_refused(tmp_path):
    file = tmp_path / "a.structure.json"
    file.write_text(json.dumps({"format": 2, "parameters": {}}), encoding="utf-8")
    with pytest.raises(ModelFileError, match="format 2, and this version reads 1"):
        structures.read(file)
