"""Reading pickles of arrays: what paddle.save writes is read, anything that could run code is not."""

import os
import pickle
from collections import OrderedDict

import numpy as np
import pytest

from ppocr_lite.errors import ModelFileError
from ppocr_lite.weights import files, names, pickles


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_arrays_and_plain_values_come_back(tmp_path, protocol):
    value = OrderedDict(
        a=np.arange(6, dtype=np.float32).reshape(2, 3),
        fortran=np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        big_endian=np.arange(3, dtype=">i4"),
        scalar=np.float64(0.5),
        zero_dim=np.array(7),
        empty=np.zeros((0, 4), np.float32),
        plain={"text": "é", "n": [1, (2.5, None)], "raw": b"\xff"},
    )
    file = tmp_path / "x"
    file.write_bytes(pickle.dumps(value, protocol=protocol))
    got = pickles.read_pickle(file)
    assert list(got) == list(value)
    for key in ("a", "fortran", "big_endian", "scalar", "zero_dim", "empty"):
        np.testing.assert_array_equal(got[key], value[key])
        assert np.shape(got[key]) == np.shape(value[key])
    assert got["plain"] == value["plain"]


class _RunsCommand:
    def __init__(self, command):
        self.command = command

    def __reduce__(self):
        return os.system, (self.command,)


@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_malicious_pickle_is_refused_and_does_not_run(tmp_path, protocol):
    mark = tmp_path / "ran"
    file = tmp_path / "evil.pdparams"
    file.write_bytes(pickle.dumps({"w": _RunsCommand(f"touch {mark}")}, protocol=protocol))
    with pytest.raises(
        ModelFileError, match=r"evil\.pdparams: holds '(posix|nt)\.system', which is not part"
    ):
        files.read_params(file)
    assert not mark.exists()


@pytest.mark.parametrize("harmful", [print, eval, getattr, np.load, pickle.loads])
def test_functions_are_refused_by_name(tmp_path, harmful):
    file = tmp_path / "evil.states"
    file.write_bytes(pickle.dumps([harmful]))
    with pytest.raises(ModelFileError, match=harmful.__name__):
        pickles.read_pickle(file)


def test_array_of_objects_is_refused(tmp_path):
    file = tmp_path / "objects.pdparams"
    file.write_bytes(pickle.dumps({"w": np.array([{}, None], dtype=object)}))
    with pytest.raises(ModelFileError, match="numpy array of type 'O8'"):
        pickles.read_pickle(file)


@pytest.mark.parametrize("data", [b"", b"not a pickle", pickle.dumps({"w": np.ones(100)})[:-50]])
def test_damaged_file_is_a_clear_error(tmp_path, data):
    file = tmp_path / "broken.pdparams"
    file.write_bytes(data)
    with pytest.raises(ModelFileError, match=r"broken\.pdparams: "):
        files.read_params(file)


def test_half_floats_become_float32(tmp_path):
    file = tmp_path / "half.pdparams"
    bfloat = np.array([0x3F80, 0xC000], np.uint16)  # 1.0 and -2.0, the upper halves of the float32
    values = {"h": np.array([0.5, 2], np.float16), "b": bfloat, names.NAMES_KEY: {"h": "conv2d_0.w_0"}}
    file.write_bytes(pickles.to_bytes(values))
    arrays, parameters = files.read_params(file)
    assert parameters == {"h": "conv2d_0.w_0"}
    assert arrays["h"].dtype == arrays["b"].dtype == np.float32
    assert arrays["h"].tolist() == [0.5, 2.0]
    assert arrays["b"].tolist() == [1.0, -2.0]


def test_weights_without_arrays(tmp_path):
    file = tmp_path / "none.pdparams"
    file.write_bytes(pickles.to_bytes({"epoch": 3}))
    with pytest.raises(ModelFileError, match="holds no arrays"):
        files.read_weights(file)


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


def test_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    file = tmp_path / "latest.pdparams"
    files.write_atomic(file, b"old")

    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="disk full"):
        files.write_atomic(file, b"new")
    assert file.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["latest.pdparams"]
