"""Label files made by models: what is believed, what the files hold, what readers make of them."""

import json

import cv2
import numpy as np
import pytest

from ppocr_lite import cli
from ppocr_lite.data_tools.pseudo_label import (
    DISAGREE,
    IS_PDF,
    LOW_SCORE,
    NO_TEXT,
    UNREADABLE,
    UNSURE_PAGE,
    PseudoLabeller,
    Rules,
    judge,
)
from ppocr_lite.data_tools.rows import read_label_file
from ppocr_lite.errors import ConfigError, DataError, ModelFileError
from ppocr_lite.inference.model_files import embedded_model
from ppocr_lite.structures import DetResult, RecResult
from ppocr_lite.transforms.det_label import DetLabelEncode


def read(*pairs):
    return [RecResult(text, score) for text, score in pairs]


def reasons(first, second=None, **rules):
    return [verdict.reason for verdict in judge(first, second, Rules(**rules))]


def test_one_recognizer():
    found = read(("sure", 0.9), ("unsure", 0.89), ("", 1.0), (" ", 1.0))
    assert reasons(found) == ["", LOW_SCORE, NO_TEXT, NO_TEXT]
    assert reasons(found, min_score=0.5) == ["", "", NO_TEXT, NO_TEXT]


def test_two_recognizers():
    first = read(("same", 0.95), ("kitten", 0.95), ("low", 0.95), ("gone", 0.95))
    second = read(("same", 0.92), ("sitten", 0.99), ("low", 0.2), ("", 0.99))
    assert reasons(first, second) == ["", DISAGREE, LOW_SCORE, NO_TEXT]
    kept = judge(first, second, Rules())[0]
    assert (kept.text, kept.score) == ("same", 0.92)  # the lower score of the two


def test_edits_that_may_differ():
    pytest.importorskip("rapidfuzz")
    first, second = read(("kitten", 0.95), ("kitten", 0.95)), read(("sitten", 0.99), ("sittin", 0.99))
    assert reasons(first, second, agree=1) == ["", DISAGREE]
    assert [v.text for v in judge(first, second, Rules(agree=2))] == ["kitten", "kitten"]


def test_tabs_do_not_tear_rows():
    assert judge(read(("a\tb\n", 0.99)), None, Rules())[0].text == "a b"


@pytest.mark.parametrize("wrong", [{"min_score": 1.1}, {"min_score": -0.1}, {"agree": -1}])
def test_rules_out_of_range(wrong):
    with pytest.raises(ConfigError, match="--min_score is a number in 0..1 and --agree at least 0"):
        Rules(**wrong)


class Reader:
    """A recognizer that knows the text of each grey value."""

    def __init__(self, **texts):
        self.texts = {int(grey[1:]): result for grey, result in texts.items()}

    def __call__(self, crops):
        return [RecResult(*self.texts[int(crop[2, 2, 0])]) for crop in crops]


class Finder:
    """A detector that finds the upper and the lower half of every page."""

    def __call__(self, images):
        height, width = images[0].shape[:2]
        halves = [
            [[0, y], [width, y], [width, y + height // 2], [0, y + height // 2]] for y in (0, height // 2)
        ]
        return [DetResult(np.array(halves, np.float32), np.array([0.8, 0.7]))]


@pytest.fixture
def pages(tmp_path):
    """Two pages of two grey lines, a broken file and a PDF."""
    folder = tmp_path / "pages"
    folder.mkdir()
    for name, greys in (("a", (10, 20)), ("b", (30, 30))):
        image = np.concatenate([np.full((20, 60, 3), grey, np.uint8) for grey in greys])
        cv2.imwrite(str(folder / f"{name}.png"), image)
    (folder / "broken.png").write_bytes(b"no picture")
    (folder / "c.pdf").write_bytes(b"%PDF-1.4")
    return folder


READER = Reader(_10=("ten", 0.99), _20=("twenty", 0.5), _30=("", 0.0))


def test_pages(pages, tmp_path):
    out = tmp_path / "out"
    summary = PseudoLabeller([READER], detector=Finder(), rules=Rules()).write(pages, out)
    assert summary.kept == {"det_label.txt": 1, "rec_label.txt": 1}
    assert summary.dropped == {LOW_SCORE: 1, NO_TEXT: 2, UNSURE_PAGE: 1, UNREADABLE: 1, IS_PDF: 1}
    assert "broken.png" in summary.notes[0]
    assert json.loads((out / "summary.json").read_text()) == summary.as_dict()

    (row,) = read_label_file(out / "det_label.txt", pages).rows
    assert (row.name, row.faults) == ("a.png", ())
    regions = json.loads(row.label)
    assert [region["transcription"] for region in regions] == ["ten", "###"]
    assert [(region["score"], region["det_score"]) for region in regions] == [(0.99, 0.8), (0.5, 0.7)]
    encoded = DetLabelEncode()({"label": row.label, "image": np.zeros((40, 60, 3), np.uint8)})
    assert encoded["texts"] == ["ten", "###"]  # what training makes of it: the scores do no harm
    assert list(encoded["ignore_tags"]) == [False, True]

    (row,) = read_label_file(out / "rec_label.txt", out).rows
    assert (row.label, row.rest.strip(), row.faults) == ("ten", "0.9900", ())
    crop = cv2.imread(str(out / row.name))
    assert crop.shape[:2] == (20, 60)
    assert abs(int(crop.mean()) - 10) <= 1


def test_lines_of_two_recognizers(tmp_path):
    folder = tmp_path / "lines"
    folder.mkdir()
    for grey in (10, 20, 30):
        cv2.imwrite(str(folder / f"{grey}.png"), np.full((20, 60, 3), grey, np.uint8))
    second = Reader(_10=("ten", 0.91), _20=("twelve", 0.99), _30=("", 0.0))
    first = Reader(_10=("ten", 0.99), _20=("twenty", 0.99), _30=("", 0.0))
    out = tmp_path / "out"
    summary = PseudoLabeller([first, second], detector=None, rules=Rules()).write(folder, out)
    assert (out / "rec_label.txt").read_text() == "10.png\tten\t0.9100\n"
    assert summary.kept == {"rec_label.txt": 1}
    assert summary.dropped == {DISAGREE: 1, NO_TEXT: 1}
    assert not (out / "det_label.txt").exists()
    with pytest.raises(ConfigError, match=r"rec_label.txt: is there already"):
        PseudoLabeller([first], detector=None, rules=Rules()).write(folder, out)


def test_no_pictures(tmp_path):
    with pytest.raises(DataError):
        PseudoLabeller([READER], detector=None, rules=Rules()).write(tmp_path / "none", tmp_path / "out")


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--lines", "--det_model_dir", "x"], "it takes no --det_model_dir"),
        (["--agree", "1"], "give --second_rec_model_dir"),
        (["--rec_model_dir", "nowhere"], "nowhere: no such model folder"),
    ],
)
def test_wrong_flags(flags, message, tmp_path, capsys):
    assert cli.main(["data", "pseudo-label", "--image_dir", str(tmp_path), "--out", "o", *flags]) == 2
    assert message in capsys.readouterr().err


def test_the_program_with_the_packages_own_models(tmp_path, capsys):
    try:
        model = str(embedded_model("rec"))
    except ModelFileError:
        pytest.skip("no embedded models in this checkout")
    image = np.full((120, 320, 3), 255, np.uint8)
    cv2.putText(image, "HELLO WORLD", (20, 70), cv2.FONT_HERSHEY_DUPLEX, 1.1, (0, 0, 0), 2)
    (tmp_path / "pages").mkdir()
    cv2.imwrite(str(tmp_path / "pages" / "hello.png"), image)
    arguments = ["data", "pseudo-label", "--image_dir", tmp_path / "pages", "--out", tmp_path / "out"]
    arguments += ["--second_rec_model_dir", model, "--min_score", "0.5", "--threads", "1"]
    assert cli.main([str(argument) for argument in arguments]) == 0
    rows = read_label_file(tmp_path / "out" / "rec_label.txt", tmp_path / "out").rows
    assert " ".join(row.label for row in rows) == "HELLO WORLD"
    assert "rec_label.txt: " in capsys.readouterr().out
