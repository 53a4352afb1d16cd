"""Files of weights in both formats, and what paddle.save puts into its own beside plain arrays."""

import json
import pickle
import struct
import sys

import numpy as np
import pytest

from ppocr_lite.errors import MissingDependency, ModelFileError
from ppocr_lite.weights import files
from ppocr_lite.weights.names import NAMES_KEY

SPLIT_KEY = "UnpackBigParamInfor@@"


def arrays():
    rng = np.random.default_rng(0)
    return {
        "head.fc.weight": rng.standard_normal((4, 3)).astype(np.float32),
        "head.fc.turned": rng.standard_normal((4, 3)).astype(np.float32).T,
        "head.half": np.array([0.5, -2.0], np.float16),
        "head.double": np.array(0.25),
        "head.steps": np.array([3], np.int64),
        "head.on": np.array([True, False]),
        "head.none": np.zeros((0, 2), np.float32),
    }


@pytest.fixture(params=[".pdparams", ".safetensors"])
def suffix(request):
    if request.param == ".safetensors":
        pytest.importorskip("safetensors")
    return request.param


def write_pickle(path, values):
    path.write_bytes(pickle.dumps(values, protocol=2))


def test_what_is_written_comes_back(tmp_path, suffix):
    file = tmp_path / f"sub/m{suffix}"
    files.write_weights(file, arrays(), {"head.fc.weight": "linear_0.w_0"})
    got = files.read_file(file)
    assert got.names == {"head.fc.weight": "linear_0.w_0"}
    assert got.others == {}
    assert set(got.arrays) == set(arrays())
    for name, array in arrays().items():
        assert got.arrays[name].dtype == array.dtype
        np.testing.assert_array_equal(got.arrays[name], array, err_msg=name)
        assert got.arrays[name].shape == array.shape
        assert got.arrays[name].flags.writeable


def test_half_floats_become_float32(tmp_path, suffix):
    """bfloat16 as Paddle keeps it: 0x3F80 and 0xC000 are the upper halves of 1.0 and -2.0."""
    file = tmp_path / f"half{suffix}"
    files.write_weights(
        file, {"h": np.array([0.5, 2], np.float16), "b": np.array([0x3F80, 0xC000], np.uint16)}
    )
    weights = files.read_weights(file)
    assert weights["h"].dtype == weights["b"].dtype == np.float32
    assert weights["h"].tolist() == [0.5, 2.0]
    assert weights["b"].tolist() == [1.0, -2.0]


def test_pdparams_are_plain_pickles(tmp_path):
    files.write_weights(tmp_path / "m.pdparams", arrays(), {"head.fc.weight": "linear_0.w_0"})
    values = pickle.loads((tmp_path / "m.pdparams").read_bytes())
    assert values.pop(NAMES_KEY) == {"head.fc.weight": "linear_0.w_0"}
    np.testing.assert_array_equal(values["head.fc.turned"], arrays()["head.fc.turned"])


def test_other_suffixes(tmp_path):
    with pytest.raises(ModelFileError, match=r"m\.pth: .* written as \.pdparams or \.safetensors, not"):
        files.write_weights(tmp_path / "m.pth", arrays())
    with pytest.raises(ModelFileError, match=r"\.pdiparams is part of an exported model, not a checkpoint"):
        files.read_file(tmp_path / "inference.pdiparams")


def test_pairs_of_name_and_array(tmp_path):
    """What paddle.save makes of tensors within a nested dictionary."""
    write_pickle(tmp_path / "m.pdparams", {"w": ("conv2d_0.w_0", np.ones(2, np.float32))})
    assert files.read_weights(tmp_path / "m.pdparams")["w"].tolist() == [1.0, 1.0]


def test_large_arrays_in_pieces(tmp_path):
    """Protocols 2 and 3 of paddle.save cut an array of 1 GiB and more; here one of 8 numbers."""
    whole = np.arange(8, dtype=np.float32)
    table = {
        "fc.weight": {"OriginShape": (2, 4), "slices": ["fc.weight@@.0", "fc.weight@@.1", "fc.weight@@.2"]}
    }
    values = {"fc.bias": np.zeros(4), SPLIT_KEY: table}
    values |= {f"fc.weight@@.{i}": whole[i * 3 : i * 3 + 3] for i in range(3)}
    write_pickle(tmp_path / "big.pdparams", values)
    got = files.read_weights(tmp_path / "big.pdparams")
    assert sorted(got) == ["fc.bias", "fc.weight"]
    np.testing.assert_array_equal(got["fc.weight"], whole.reshape(2, 4))

    del values["fc.weight@@.1"]
    write_pickle(tmp_path / "big.pdparams", values)
    with pytest.raises(ModelFileError, match=r"large arrays can't be put together; Unpack.*fc\.weight@@\.1"):
        files.read_weights(tmp_path / "big.pdparams")


def test_entries_that_are_no_arrays(tmp_path, caplog):
    write_pickle(tmp_path / "m.pdparams", {"w": np.ones(1), "epoch": 3})
    assert list(files.read_weights(tmp_path / "m.pdparams")) == ["w"]
    assert "entries that are no arrays: ['epoch']" in caplog.text
    write_pickle(tmp_path / "m.pdparams", {"model": {"w": np.ones(1)}})
    with pytest.raises(ModelFileError, match=r"holds no arrays\. They may be within \['model'\]"):
        files.read_weights(tmp_path / "m.pdparams")
    write_pickle(tmp_path / "m.pdparams", [np.ones(1)])
    with pytest.raises(ModelFileError, match=r"expected named arrays, got a list"):
        files.read_weights(tmp_path / "m.pdparams")


# .safetensors


def header_of(data):
    size = int.from_bytes(data[:8], "little")
    return json.loads(data[8 : 8 + size])


def with_header(header, data=b"\0" * 8):
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


W = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}


@pytest.mark.parametrize(
    ("data", "match"),
    [
        (with_header({"w": {**W, "shape": [10**12]}}), "damaged, or not a safetensors file"),
        (with_header({"w": {**W, "data_offsets": [0, 10**12]}}), "damaged, or not"),
        (with_header({"w": W, "v": W}), "damaged, or not"),
        (with_header({"w": W}, b"\0" * 7), "damaged, or not"),
        (with_header({"w": W}, b"\0" * 9), "damaged, or not"),
        (struct.pack("<Q", 10**12) + b"{}", "damaged, or not"),
        (struct.pack("<Q", 2) + b"[]", "damaged, or not"),
        (b"\x80\x02}.", "damaged, or not"),
        (b"", "is empty"),
        (with_header({"w": {**W, "dtype": "F8_E4M3", "shape": [8]}}), "w is of type F8_E4M3, which is not"),
        (with_header({"__metadata__": {NAMES_KEY: "no"}, "w": W}), "metadata entry Struct.* is not JSON"),
        (with_header({"__metadata__": {NAMES_KEY: "[1]"}, "w": W}), "is not a table of names"),
    ],
)
def test_headers_that_lie(tmp_path, data, match):
    pytest.importorskip("safetensors")
    file = tmp_path / "evil.safetensors"
    file.write_bytes(data)
    with pytest.raises(ModelFileError, match=match):
        files.read_weights(file)


def test_bfloat16_of_others(tmp_path):
    pytest.importorskip("safetensors")
    data = with_header({"w": {**W, "dtype": "BF16", "shape": [4]}}, np.array([0x3F80] * 4, "<u2").tobytes())
    (tmp_path / "m.safetensors").write_bytes(data)
    assert files.read_weights(tmp_path / "m.safetensors")["w"].tolist() == [1.0] * 4


def test_the_names_of_parameters_stand_in_the_metadata(tmp_path):
    pytest.importorskip("safetensors")
    file = tmp_path / "m.safetensors"
    files.write_weights(file, {"w": np.ones(2)}, {"w": "conv2d_0.w_0"})
    assert header_of(file.read_bytes())["__metadata__"] == {NAMES_KEY: '{"w": "conv2d_0.w_0"}'}
    files.write_weights(file, {"w": np.ones(2)})
    assert "__metadata__" not in header_of(file.read_bytes())
    with pytest.raises(ModelFileError, match=r"w: a \.safetensors file takes no array of type <U1"):
        files.write_weights(file, {"w": np.array(["x"])})


def test_without_the_library(tmp_path, monkeypatch):
    for name in [name for name in sys.modules if name.split(".")[0] == "safetensors"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "safetensors", None)
    with pytest.raises(MissingDependency, match="pip install safetensors"):
        files.write_weights(tmp_path / "m.safetensors", {"w": np.ones(2)})
