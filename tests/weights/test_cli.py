"""ppocr-lite weights: what is shown, extracted, converted and compared."""

import pickle
import subprocess
import sys

import numpy as np
import pytest

from ppocr_lite import cli
from ppocr_lite.weights import files

LSTM = "neck.lstm.weight_ih_l0"
LSTM_SECOND = "neck.lstm.0.cell_fw.weight_ih"


def one_model():
    weights = {
        "backbone.conv.weight": np.arange(6, dtype=np.float32).reshape(2, 3),
        LSTM: np.full((1, 4), 2.0, np.float32),
        "head.fc.bias": np.array([0.5, -0.5], np.float16),
    }
    return {**weights, LSTM_SECOND: weights[LSTM]}


def names_of(values):
    return {name: f"param_{i}.w_0" for i, name in enumerate(values)}


@pytest.fixture
def distilled(tmp_path):
    """A file of two sub-models, Student. and Teacher."""
    values = {f"{model}.{name}": a for model in ("Student", "Teacher") for name, a in one_model().items()}
    files.write_weights(tmp_path / "distilled.pdparams", values, names_of(values))
    return tmp_path / "distilled.pdparams"


def run(capsys, *args):
    """(exit status, lines printed, complaint)."""
    status = cli.main(["weights", *map(str, args)])
    captured = capsys.readouterr()
    return status, captured.out.splitlines(), captured.err


def test_show(distilled, capsys):
    status, lines, _ = run(capsys, "show", distilled, "--prefix", "Student.")
    assert status == 0
    assert [line.split() for line in lines[:3]] == [
        ["name", "shape", "type", "mean", "std", "min", "max"],
        ["Student.backbone.conv.weight", "2x3", "float32", "2.5", "1.708", "0", "5"],
        [f"Student.{LSTM}", "1x4", "float32", "2", "0", "2", "2"],
    ]
    # 6 + 4 + 2 numbers of 4, 4 and 2 bytes: the second name of the LSTM's 4 is not counted again.
    assert lines[-4:] == [
        "4 of 8 arrays, 12 elements, 44 bytes",
        "1 are second names of recurrent layers' arrays; these count once",
        "sub-models: Student. (4 arrays)",
        "names of Paddle parameters: yes",
    ]


def test_show_names_like_a_pattern(distilled, capsys):
    _, lines, _ = run(capsys, "show", distilled, "--names", "*.fc.*")
    assert [line.split()[0] for line in lines[1:3]] == ["Student.head.fc.bias", "Teacher.head.fc.bias"]
    status, _, error = run(capsys, "show", distilled, "--prefix", "Pupil.")
    assert status == 2
    assert "none of its 8 arrays has a name that begins with 'Pupil.'" in error
    assert "Its sub-models: Student., Teacher." in error


def test_show_of_a_file_without_arrays(tmp_path, capsys):
    file = tmp_path / "latest.states"
    file.write_bytes(pickle.dumps({"epoch": 3, "best_model_dict": {"acc": 0.5}}))
    status, lines, error = run(capsys, "show", file)
    assert (status, lines) == (2, [])
    assert error == f"ppocr-lite: {file}: holds no arrays. Its entries: best_model_dict, epoch.\n"


def test_show_says_what_else_there_is(tmp_path, capsys):
    values = {
        "module.head.fc.bias": np.array([0x3F80], np.uint16),
        "module.head.none": np.zeros(0),
        "epoch": 3,
    }
    (tmp_path / "m.pdparams").write_bytes(pickle.dumps(values))
    _, lines, _ = run(capsys, "show", tmp_path / "m.pdparams")
    assert lines[1].split() == ["module.head.fc.bias", "1", "bfloat16", "1", "0", "1", "1"]
    assert lines[-3:] == [
        "every name begins with 'module.', a wrapper's; it is left out in loading",
        "names of Paddle parameters: no",
        "left out, being no arrays: epoch",
    ]


@pytest.mark.parametrize("prefix", ["Student.", "Student"])
@pytest.mark.parametrize("suffix", [".pdparams", ".safetensors"])
def test_extract(distilled, tmp_path, capsys, prefix, suffix):
    if suffix == ".safetensors":
        pytest.importorskip("safetensors")
    out = tmp_path / f"student{suffix}"
    status, lines, _ = run(capsys, "extract", "--prefix", prefix, distilled, out)
    assert (status, lines) == (0, [f"{out}: 4 of 8 arrays, without their 'Student.'."])
    got = files.read_file(out)
    assert got.names == names_of(one_model())
    assert set(got.arrays) == set(one_model())
    for name, array in one_model().items():
        np.testing.assert_array_equal(got.arrays[name], array)


def test_extract_behind_a_wrapper(tmp_path, capsys):
    values = {f"module.Student.{name}": array for name, array in one_model().items()}
    files.write_weights(tmp_path / "m.pdparams", values, names_of(values))
    status, _, _ = run(
        capsys, "extract", "--prefix", "Student.", tmp_path / "m.pdparams", tmp_path / "s.pdparams"
    )
    assert status == 0
    assert files.read_file(tmp_path / "s.pdparams").names == names_of(one_model())


def test_extract_what_is_not_there(distilled, tmp_path, capsys):
    target = tmp_path / "s.pdparams"
    status, _, error = run(capsys, "extract", "--prefix", "Student2.", distilled, target)
    assert status == 2
    assert "no name begins with 'Student2.'. Its sub-models: Student., Teacher." in error
    files.write_weights(tmp_path / "one.pdparams", one_model())
    status, _, error = run(
        capsys, "extract", "--prefix", "S.", tmp_path / "one.pdparams", tmp_path / "s.pdparams"
    )
    assert "It holds one model. Names begin with: backbone., neck., head." in error
    assert not target.exists()


@pytest.mark.parametrize("command", [("extract", "--prefix", "Student."), ("convert",)])
def test_what_is_in_the_way_stays(distilled, tmp_path, capsys, command):
    there = tmp_path / "there.pdparams"
    there.write_bytes(b"mine")
    before = distilled.read_bytes()
    status, _, error = run(capsys, *command, distilled, there)
    assert status == 2
    assert "there.pdparams: exists already. Use --force to replace it." in error
    assert there.read_bytes() == b"mine"
    assert run(capsys, *command, "--force", distilled, there)[0] == 0
    assert files.read_weights(there)
    status, _, error = run(capsys, *command, "--force", distilled, distilled.parent / "." / distilled.name)
    assert status == 2
    assert "is the file to read" in error
    assert distilled.read_bytes() == before
    status, _, error = run(capsys, *command, "--force", distilled, tmp_path)
    assert "exists already. Give a file's name." in error


def test_convert_there_and_back(distilled, tmp_path, capsys):
    pytest.importorskip("safetensors")
    other, back = tmp_path / "m.safetensors", tmp_path / "back.pdparams"
    assert run(capsys, "convert", distilled, other)[0] == 0
    assert run(capsys, "convert", other, back)[0] == 0
    first, last = files.read_file(distilled), files.read_file(back)
    assert last.names == first.names
    assert set(last.arrays) == set(first.arrays)
    for name, array in first.arrays.items():
        assert last.arrays[name].dtype == array.dtype
        np.testing.assert_array_equal(last.arrays[name], array)
    assert run(capsys, "diff", distilled, back)[0] == 0


def test_diff(tmp_path, capsys):
    a = {
        "w": np.zeros(3),
        "v": np.array([1.0, np.nan]),
        "u": np.zeros(2),
        "only": np.ones(1),
        LSTM: np.ones(1),
    }
    b = {"w": np.array([0, 0.25, -0.5]), "v": a["v"], "u": np.zeros((2, 1)), LSTM_SECOND: np.ones(1)}
    files.write_weights(tmp_path / "a.pdparams", a)
    files.write_weights(tmp_path / "b.pdparams", b)
    status, lines, _ = run(capsys, "diff", tmp_path / "a.pdparams", tmp_path / "b.pdparams")
    assert status == 1
    assert lines == [
        "only in A         1",
        "    only",
        "only in B         0",
        "other shape       1",
        "    u  [2] in A, [2, 1] in B",
        "other values      1",
        "    w  0.5",
        "equal             2",
        "The largest absolute difference is 0.5, in w.",
    ]


def test_diff_where_one_is_not_a_number(tmp_path, capsys):
    files.write_weights(tmp_path / "a.pdparams", {"w": np.array([1.0, np.inf])})
    files.write_weights(tmp_path / "b.pdparams", {"w": np.array([np.nan, np.inf])})
    status, lines, _ = run(capsys, "diff", tmp_path / "a.pdparams", tmp_path / "b.pdparams")
    assert status == 1
    assert "    w  inf" in lines


def test_needs_no_paddle(distilled):
    code = f"""
import sys
sys.modules["paddle"] = sys.modules["torch"] = sys.modules["cv2"] = None
from ppocr_lite import cli
assert "numpy" not in sys.modules
sys.exit(cli.main(["weights", "show", {str(distilled)!r}]))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_mean(tmp_path, capsys):
    first, second, target = (tmp_path / f"{name}.pdparams" for name in ("a", "b", "mean"))
    values = {"w": np.array([0, 4], np.float32), "steps": np.array([3])}
    files.write_weights(first, values, names_of(values))
    files.write_weights(second, {"w": np.array([4, 8], np.float32), "steps": np.array([9])})
    status, lines, _ = run(capsys, "mean", first, second, target, "--share", "0.25")
    assert status == 0
    assert lines == [f"{target}: 2 arrays, 75% of {first} and 25% of {second}."]
    found = files.read_weights(target)
    assert found["w"].tolist() == [1, 5]
    assert found["w"].dtype == np.float32
    assert found["steps"].tolist() == [3]
    status, _, complaint = run(capsys, "mean", first, second, target)
    assert status != 0
    assert "--force" in complaint


def test_mean_of_other_networks(tmp_path, capsys):
    first, second = (tmp_path / f"{name}.pdparams" for name in ("a", "b"))
    files.write_weights(first, {"w": np.zeros(2, np.float32), "only": np.zeros(1, np.float32)})
    files.write_weights(second, {"w": np.zeros(3, np.float32)})
    target = tmp_path / "mean.pdparams"
    for share, message in (("0.5", "2 arrays of 2"), ("1.5", "expected 0 to 1")):
        status, _, complaint = run(capsys, "mean", first, second, target, "--share", share)
        assert status != 0
        assert message in complaint
    assert not target.exists()
