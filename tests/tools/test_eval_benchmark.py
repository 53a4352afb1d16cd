"""tools/eval_benchmark.py with exported models; tests/engine/test_benchmark.py has trained ones."""

import json
import logging
import runpy
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

lmdb = pytest.importorskip("lmdb")
pytest.importorskip("rapidfuzz")

REPO = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def no_handlers_left():
    package = logging.getLogger("ppocr_lite")
    before = list(package.handlers), package.level, package.propagate
    yield
    package.handlers, package.propagate = before[0], before[2]
    package.setLevel(before[1])


@pytest.fixture
def run(monkeypatch, capsys):
    """Run the tool in this process -> (exit status, what it printed, what it complained of)."""

    def run_tool(*arguments):
        monkeypatch.setattr(sys, "argv", ["eval_benchmark.py", *map(str, arguments)])
        monkeypatch.syspath_prepend(REPO / "tools")
        with pytest.raises(SystemExit) as ended:
            runpy.run_path(str(REPO / "tools/eval_benchmark.py"), run_name="__main__")
        captured = capsys.readouterr()
        return ended.value.code, captured.out, captured.err

    return run_tool


def drawn(text):
    image = np.full((48, 26 * len(text) + 30, 3), 255, np.uint8)
    cv2.putText(image, text, (12, 36), cv2.FONT_HERSHEY_SIMPLEX, 1.1, (0, 0, 0), 2, cv2.LINE_AA)
    return cv2.imencode(".png", image)[1].tobytes()


def put(folder, key, value):
    with (
        lmdb.open(str(folder), map_size=1 << 20) as environment,
        environment.begin(write=True) as transaction,
    ):
        transaction.put(key, value)


@pytest.fixture
def data(tmp_path):
    """Two sets of two words, with a lexicon of two words a picture for the first; PNGs of OpenCV's font."""
    for name, words in (("one", ["Hello", "World"]), ("two", ["letter", "paper"])):
        folder = tmp_path / "data/sets" / name
        folder.mkdir(parents=True)
        with lmdb.open(str(folder), map_size=1 << 20) as environment, environment.begin(write=True) as put:
            put.put(b"num-samples", b"2")
            for number, word in enumerate(words, 1):
                put.put(b"image-%09d" % number, drawn(word))
                put.put(b"label-%09d" % number, word.encode())
    (tmp_path / "data/sets/one.lex50.txt").write_text("hello,help\nworld,word\n")
    return tmp_path / "data"


def test_the_embedded_model(run, data, tmp_path):
    status, printed, complaint = run(
        *("--data", data, "--json", tmp_path / "out/r.json", "--latex", tmp_path / "out/r.tex")
    )
    assert (status, complaint) == (0, "")
    lines = printed.splitlines()
    assert lines[0] == "recognizer: embedded English model"
    assert [line.split()[:2] for line in lines[5:7]] == [["sets/one", "2"], ["sets/two", "2"]]
    report = json.loads((tmp_path / "out/r.json").read_text())
    assert [one["name"] for one in report["sets"]] == ["sets/one", "sets/two"]
    scores = report["sets"][0]["scores"]
    assert (scores["none"]["samples"], scores["50"]["right"]) == (2, 2)
    assert report["sets"][0]["lexicons"]["50"]["chosen_by"] == {"by CTC probability": 2}
    assert (tmp_path / "out/r.tex").read_text().startswith("% word accuracy in %")


def test_a_model_folder_and_its_flags(run, data):
    model = REPO / "ppocr_lite/models/en/rec"
    words = data / "words.txt"
    words.write_text("letter\npaper\n")
    status, printed, _ = run(
        *("--data", data, "--rec_model_dir", model, "--engine", "onnxruntime", "--cpu_threads", 1),
        *("--sets", "sets/two", "--lexicon", "full", f"50k={words}", "--compare", "exact", "--batch_size", 1),
    )
    assert status == 0
    lines = printed.splitlines()
    assert lines[0] == f"recognizer: {model}"
    assert lines[4].split() == ["set", "samples", "lexicon", "full", "lexicon", "50k", "no", "lexicon"]
    assert lines[5].startswith("sets/two        2  100.00 [")


def test_bad_samples_give_another_status(run, data):
    with (
        lmdb.open(str(data / "sets/two"), map_size=1 << 20) as environment,
        environment.begin(write=True) as t,
    ):
        t.put(b"image-000000001", b"GIF")
    status, printed, _ = run("--data", data, "--sets", "sets/two")
    assert status == 1
    assert "sets/two: 1 bad: " in printed
    assert "not a picture that can be read" in printed


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--data", "none"], "error: none: no such folder."),
        (["--data", "{data}", "--lexicon", "1k"], "error: --lexicon 1k: no set has it."),
        (["--data", "{data}", "--sets", "sets/tow"], "Did you mean 'sets/two'?"),
        (["--data", "{data}", "--rec_model_dir", "none"], "error: none: no such model folder or file."),
        (["--data", "{data}", "-c", "none.yml"], "none.yml"),
        (["--data", "{data}", "-o", "a=b"], "-o overrides values of -c CONFIG, which is missing"),
        (["--data", "{data}", "-c", "a", "--rec_model_dir", "b"], "give either -c, for trained weights, or"),
        (["--data", "{data}", "--delta", "-1"], "-1 is below 0"),
        (["--data", "{data}", "--batch_size", "0"], "0 is too few"),
    ],
)
def test_errors(run, data, arguments, message):
    status, _, complaint = run(*(a.format(data=data) for a in arguments))
    assert status == 2
    assert message in complaint


def test_a_wrong_number_of_samples(run, data):
    with (
        lmdb.open(str(data / "sets/two"), map_size=1 << 20) as environment,
        environment.begin(write=True) as t,
    ):
        t.put(b"num-samples", b"5")
    status, printed, complaint = run("--data", data)
    assert (status, printed) == (2, "")
    assert "sets/two: 'num-samples' is 5, but the last sample stored is number 2" in complaint


def test_no_paddle_is_needed(data):
    code = (
        "import sys, runpy; sys.modules['paddle'] = None; sys.path.insert(0, 'tools'); "
        f"sys.argv = ['x', '--data', {str(data)!r}]; "
        "runpy.run_path('tools/eval_benchmark.py', run_name='__main__')"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=REPO, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
