"""Reading pickles of arrays: what paddle.save writes is read, anything that could run code is not."""

import builtins
import copyreg
import os
import pickle
import struct
import tracemalloc
from collections import OrderedDict

import numpy as np
import pytest

from ppocr_lite.errors import ModelFileError
from ppocr_lite.weights import files, pickles

MIB = 1 << 20


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_arrays_and_plain_values_come_back(tmp_path, protocol):
    value = OrderedDict(
        a=np.arange(6, dtype=np.float32).reshape(2, 3),
        fortran=np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        big_endian=np.arange(3, dtype=">i4"),
        scalar=np.float64(0.5),
        zero_dim=np.array(7),
        empty=np.zeros((0, 4), np.float32),
        plain={"text": "é", "n": [1, (2.5, None)], "raw": b"\xff", 3: -(2**70)},
    )
    file = tmp_path / "x"
    file.write_bytes(pickle.dumps(value, protocol=protocol))
    got = pickles.read_pickle(file)
    assert list(got) == list(value)
    for key in ("a", "fortran", "big_endian", "scalar", "zero_dim", "empty"):
        np.testing.assert_array_equal(got[key], value[key])
        assert np.shape(got[key]) == np.shape(value[key])
    assert got["plain"] == value["plain"]


class _OtherNumpy(pickle._Pickler):
    """Writes numpy's functions under the name that their package has in numpy 1, or in numpy 2."""

    def __init__(self, file, core, protocol):
        super().__init__(file, protocol)
        self.core = core

    def save_global(self, obj, name=None):
        module, name = obj.__module__, obj.__qualname__
        module = module.replace("numpy._core", self.core).replace("numpy.core", self.core)
        if self.proto >= 4:
            self.save(module)
            self.save(name)
            self.write(pickle.STACK_GLOBAL)
        else:
            self.write(pickle.GLOBAL + f"{module}\n{name}\n".encode())
        self.memoize(obj)

    dispatch = {
        **pickle._Pickler.dispatch,
        type(np.array): save_global,
        type(len): save_global,
        type: save_global,
    }


@pytest.mark.parametrize("core", ["numpy.core", "numpy._core"])
@pytest.mark.parametrize("protocol", [2, 4, 5])
def test_files_of_numpy_1_and_2(tmp_path, core, protocol):
    array = np.arange(6, dtype=np.float32).reshape(2, 3)
    file = tmp_path / "x.pdparams"
    with file.open("wb") as out:
        _OtherNumpy(out, core, protocol).dump({"w": array, "n": np.float32(2)})
    assert core.encode() in file.read_bytes()
    got = pickles.read_pickle(file)
    np.testing.assert_array_equal(got["w"], array)
    assert got["n"] == 2.0


def test_python_2_wrote_bytes_as_text(tmp_path):
    """Protocol 2 as Python 2 spells it: data as a short string, __builtin__, pairs of an OrderedDict."""
    array = np.array([1.5, -2.0], "<f4")
    head = b"\x80\x02ccollections\nOrderedDict\n]]X\x01\x00\x00\x00wa"
    body = b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R(K\x01K\x02\x85"
    kind = b"cnumpy\ndtype\nU\x02f4K\x00K\x01\x87R(K\x03U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
    file = tmp_path / "old.pdparams"
    file.write_bytes(head + body + kind + b"\x89U\x08" + array.tobytes() + b"tbaa\x85R.")
    got = pickles.read_pickle(file)
    assert type(got) is OrderedDict
    np.testing.assert_array_equal(got["w"], array)


def test_eval_of_paddle_save_is_taken_for_what_it_says(tmp_path):
    """A tensor of a static graph is reduced to eval("data", {"data": array}): that call, and no other."""
    file = tmp_path / "static.pdparams"
    file.write_bytes(pickle.dumps({"w": _Calls(eval, "data", {"data": np.ones(2)})}, protocol=2))
    np.testing.assert_array_equal(files.read_weights(file)["w"], np.ones(2))


# Files that would run something


class _Calls:
    """Pickles as a call of ``function``, which a plain unpickler makes while loading."""

    def __init__(self, function, *args):
        self.reduced = (function, args)

    def __reduce__(self):
        return self.reduced


def refuse(tmp_path, data, match):
    """The bytes are refused by both readers, with little memory used; the marker file is not made."""
    file = tmp_path / "evil.pdparams"
    file.write_bytes(data)
    tracemalloc.start()
    try:
        for read in (files.read_weights, files.read_file):
            with pytest.raises(ModelFileError, match=match) as caught:
                read(file)
            assert str(file) in str(caught.value)
        assert tracemalloc.get_traced_memory()[1] < 16 * MIB + 4 * len(data)
    finally:
        tracemalloc.stop()
    assert not (tmp_path / "ran").exists()


@pytest.fixture
def mark(tmp_path):
    return tmp_path / "ran"


def test_the_marker_would_be_made(tmp_path, mark):
    """The malicious files of these tests do run in a plain unpickler."""
    pickle.loads(pickle.dumps({"w": _Calls(os.system, f"touch {mark}")}))
    assert mark.exists()


@pytest.mark.parametrize("protocol", [0, 1, 2, 3, 4, 5])
def test_os_system(tmp_path, mark, protocol):
    data = pickle.dumps({"w": _Calls(os.system, f"touch {mark}")}, protocol=protocol)
    refuse(tmp_path, data, r"evil\.pdparams: holds '(posix|nt)\.system', which is not part")


def nested(mark):
    return {"a": {"b": [np.ones(2), (1, _Calls(os.system, f"touch {mark}"))]}}


@pytest.mark.parametrize(
    ("value", "match"),
    [
        (lambda mark: _Calls(eval, f"open({str(mark)!r}, 'w')"), r"holds 'builtins\.eval'"),
        (lambda mark: _Calls(eval, "data", {"data": 1, "x": 2}), r"holds 'builtins\.eval'"),
        (lambda mark: _Calls(exec, f"open({str(mark)!r}, 'w')"), r"holds 'builtins\.exec'"),
        (lambda mark: _Calls(open, str(mark), "w"), r"holds '_?io\.open'"),
        (lambda mark: _Calls(np.load, str(mark), None, True), r"holds 'numpy\.(lib\.\S*)?load'"),
        (lambda mark: _Calls(np.save, str(mark), 1), r"holds 'numpy\.(lib\.\S*)?save'"),
        (lambda mark: _Calls(pickle.loads, pickle.dumps(nested(mark))), r"holds '_?pickle\.loads'"),
        (lambda mark: _Calls(getattr, {}, "clear"), r"holds 'builtins\.getattr'"),
        (nested, r"holds '(posix|nt)\.system'"),
        (lambda mark: {_Calls(os.system, f"touch {mark}"): 1}, r"holds '(posix|nt)\.system'"),
        (lambda mark: np.array([_Calls(os.system, f"touch {mark}")], object), "numpy array of type 'O8'"),
        (lambda mark: np.zeros(1, [("x", "f4")]), "numpy array of type 'V4'"),
        (lambda mark: {1, 2}, "holds a set"),
        (lambda mark: ModelFileError("x"), r"holds 'ppocr_lite\.errors\.ModelFileError'"),
        (lambda mark: print, r"holds 'builtins\.print'"),
        (lambda mark: eval, r"holds 'builtins\.eval'"),
        (lambda mark: np.ndarray, r"holds 'numpy\.ndarray'"),
        (lambda mark: np.dtype("f4"), "holds a '_DType'"),
        (lambda mark: _Calls(bytes, 10**12), "holds 'bytes' with arguments"),
        (lambda mark: _Calls(bytearray, 10**12), r"holds 'builtins\.bytearray'"),
        (lambda mark: _Calls(tuple, [1]), "holds 'tuple' of something else"),
    ],
)
def test_calls_and_objects(tmp_path, mark, value, match):
    refuse(tmp_path, pickle.dumps({"w": value(mark)}), match)


def test_persistent_ids_and_extension_codes(tmp_path, mark):
    text = f"touch {mark}".encode()
    refuse(tmp_path, b"\x80\x02}X\x01\x00\x00\x00wPthere\ns.", "holds a persistent id")
    refuse(tmp_path, b"\x80\x02}X\x01\x00\x00\x00wK\x05Qs.", "holds a persistent id")
    code = 0xEF
    copyreg.add_extension("posix", "system", code)
    try:
        call = b"\x80\x02}X\x01\x00\x00\x00w\x82\xef(X" + struct.pack("<I", len(text)) + text + b"tRs."
        refuse(tmp_path, call, "holds a code of the extension registry")
    finally:
        copyreg.remove_extension("posix", "system", code)


def test_instances_of_protocol_0(tmp_path, mark):
    refuse(tmp_path, f"(S'touch {mark}'\nios\nsystem\n.".encode(), "holds an object of a class")
    refuse(tmp_path, f"cos\nsystem\n(S'touch {mark}'\ntR.".encode(), r"holds 'os\.system'")


def test_state_for_functions_of_the_reader(tmp_path):
    """BUILD would set attributes of whatever stands on the stack, of the reader's own functions too."""
    before = dict(vars(pickles._reconstruct))
    call = b"\x80\x02cnumpy.core.multiarray\n_reconstruct\n}X\x01\x00\x00\x00xK\x01sb."
    refuse(tmp_path, call, "holds state for a 'function'")
    assert vars(pickles._reconstruct) == before


# Files that would take all memory, or for ever

_DTYPE = b"cnumpy\ndtype\nX\x02\x00\x00\x00f4K\x00K\x01\x87R"
_NEW = b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85C\x01b\x87R"


def test_shape_without_data(tmp_path):
    huge = b"\x8a\x06" + (10**12).to_bytes(6, "little")
    for data in (b"C\x00", b"C\x04\x00\x00\x00\x00"):
        array = _NEW + b"(K\x01" + huge + b"\x85" + _DTYPE + b"\x89" + data + b"tb"
        refuse(tmp_path, b"\x80\x03}X\x01\x00\x00\x00w" + array + b"s.", "cannot reshape array")


@pytest.mark.parametrize(
    "code",
    [
        b"\x8e" + struct.pack("<Q", 10**12),  # bytes, 1 TB announced
        b"\x8d" + struct.pack("<Q", 10**12),  # text
        b"\x96" + struct.pack("<Q", 10**12),  # bytearray
        b"B" + struct.pack("<I", 2**32 - 1),
        b"\x8b" + struct.pack("<I", 2**31 - 1),  # integer
    ],
)
def test_announced_sizes(tmp_path, code):
    refuse(tmp_path, b"\x80\x05}\x8c\x01w" + code + b"s.", "damaged, cut short, or not an array file")


@pytest.mark.parametrize(
    "code",
    [
        b"\x80\x02}r\xff\xff\xff\x7f.",  # the place 2**31 of the memo
        b"\x80\x05\x95" + struct.pack("<Q", 10**12) + b"}.",  # a frame of 1 TB
    ],
)
def test_sizes_that_only_reserve_memory(tmp_path, code):
    file = tmp_path / "x.states"
    file.write_bytes(code)
    tracemalloc.start()
    try:
        assert pickles.read_pickle(file) == {}
        assert tracemalloc.get_traced_memory()[1] < MIB
    finally:
        tracemalloc.stop()


def test_one_text_encoded_many_times(tmp_path):
    text = b"X" + struct.pack("<I", MIB) + b"a" * MIB + b"q\x01"
    again = b"c_codecs\nencode\nh\x01X\x06\x00\x00\x00latin1\x86R"
    data = b"\x80\x02](" + text + again * 1000 + b"e."
    refuse(tmp_path, data, "values that would take many times the size of the file")


@pytest.mark.parametrize("depth", [40, 100_000])
def test_containers_in_containers(tmp_path, depth):
    data = b"\x80\x02}X\x01\x00\x00\x00w" + b"]" * depth + b"a" * (depth - 1) + b"s."
    refuse(tmp_path, data, "holds containers more than 32 deep")


def test_list_that_holds_itself(tmp_path):
    refuse(tmp_path, b"\x80\x02}X\x01\x00\x00\x00w]q\x01h\x01as.", "holds containers more than 32 deep")


def test_doubling_lists_stay_small(tmp_path):
    """Each of 30 lists holds the one before twice: 2**30 entries if it were written out."""
    value = [np.ones(1)]
    for _ in range(30):
        value = [value, value]
    file = tmp_path / "x.states"
    file.write_bytes(pickle.dumps({"w": value}))
    got = pickles.read_pickle(file)["w"]
    assert got[0] is got[1]


def test_doubling_tuples_as_a_key(tmp_path):
    """The hash of such a key would visit 2**60 parts."""
    doubled = b")q\x000"
    for level in range(60):
        get = b"h" + bytes([level])
        doubled += get + get + b"\x86q" + bytes([level + 1]) + b"0"
    key = b"h" + bytes([60])
    for items in (b"}" + key + b"K\x01s.", b"}(" + key + b"K\x01u."):
        refuse(tmp_path, b"\x80\x02" + doubled + items, "holds a key of type 'tuple'")


@pytest.mark.parametrize("keep", [1, 10, 100, 200, -1])
def test_truncated(tmp_path, keep):
    data = pickle.dumps({"w": np.ones(100)}, protocol=2)
    refuse(tmp_path, data[:keep], "damaged, cut short, or not an array file")


def test_every_builtin_is_refused(tmp_path):
    for name in dir(builtins):
        if name in ("bytes", "tuple", "eval"):
            continue
        data = b"\x80\x02}X\x01\x00\x00\x00wcbuiltins\n" + name.encode() + b"\n)Rs."
        file = tmp_path / "x"
        file.write_bytes(data)
        with pytest.raises(ModelFileError, match=rf"holds 'builtins\.{name}'"):
            pickles.read_pickle(file)
