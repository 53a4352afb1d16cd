"""Numbers of whole evaluations, worked out by hand."""

import logging

import pytest

from ppocr_lite.benchmark import evaluate
from ppocr_lite.benchmark.choosing import BY_CTC, BY_EDITS
from ppocr_lite.benchmark.databases import find_sets
from ppocr_lite.benchmark.evaluate import Evaluation
from ppocr_lite.benchmark.lexicons import parse_wanted
from ppocr_lite.benchmark.protocol import NO_TEXT, SYMBOLS, Protocol
from ppocr_lite.errors import ConfigError, DataError

READ = ["house", "its", "baz", "xray", "cot", "dog"]


@pytest.fixture
def sets(make_set, tmp_path):
    """Four and two words, of which 3 and 1 are read right; lexicons for the first set."""
    folder = make_set("A", ["House", "it's", "BAR", "x-ray"])
    make_set("B", ["cat", "dog"], first=4)
    folder.with_name("A.lex50.txt").write_text("house mouse\nits\nbat,bar\nray\n")
    return tmp_path / "sets"


@pytest.fixture
def measure(sets, known):
    """Function that measures a known reader on all sets."""

    def run(*, protocol=None, lexicons=None, reader=None):
        wanted = None if lexicons is None else parse_wanted(lexicons)
        evaluation = Evaluation(reader or known(READ), protocol or Protocol(), wanted=wanted)
        return evaluation(find_sets(sets))

    return run


def test_without_lexicon(measure):
    report = measure(lexicons=[])
    first, second = (one.scores["none"] for one in report.sets)
    assert (first.samples, first.right, first.accuracy) == (4, 3, 0.75)
    # compared are house, its, bar, xray: 15 letters, of which one is read wrong, in a word of three
    assert first.cer == pytest.approx(1 / 15)
    assert first.norm_edit_distance == pytest.approx(1 - (1 / 3) / 4)
    assert (second.samples, second.right, second.accuracy) == (2, 1, 0.5)
    mean = report.mean("none")
    assert (mean.sets, mean.samples) == (2, 6)
    assert mean.weighted == pytest.approx(4 / 6)
    assert mean.unweighted == pytest.approx((0.75 + 0.5) / 2)
    # Wilson for 4 of 6: (0.6667 + 0.3201 -+ 1.96 * sqrt(0.0370 + 0.0267)) / 1.6402
    assert (mean.low, mean.high) == (pytest.approx(0.3000, abs=1e-4), pytest.approx(0.9032, abs=1e-4))
    assert report.lexicons == ["none"]
    assert report.bad == 0


def test_lexicons_that_lie_beside_a_set(measure):
    """Of bat and bar, which are equally probable, bar is first by the alphabet; the last lacks the truth."""
    report = measure()
    assert report.lexicons == ["50", "none"]
    score, use = report.sets[0].scores["50"], report.sets[0].lexicons["50"]
    assert (score.samples, score.right) == (4, 3)
    assert use.words == (2 + 1 + 2 + 1) / 4
    assert (use.chosen_by, use.without_truth) == ({BY_CTC: 4}, 1)
    assert "50" not in report.sets[1].scores
    assert report.mean("50").sets == 1


def test_all_labels_as_a_lexicon(measure):
    report = measure(lexicons=["full"])
    assert [one.scores["full"].right for one in report.sets] == [4, 2]
    assert [one.lexicons["full"].words for one in report.sets] == [4, 2]
    assert report.mean("full").weighted == 1


def test_without_probabilities(measure, known):
    report = measure(lexicons=["full"], reader=known(READ, is_ctc=False))
    assert [one.lexicons["full"].chosen_by for one in report.sets] == [{BY_EDITS: 4}, {BY_EDITS: 2}]
    assert [one.scores["full"].right for one in report.sets] == [4, 2]


def test_other_comparisons(measure):
    exact = measure(protocol=Protocol("exact"), lexicons=[])
    assert [one.scores["none"].right for one in exact.sets] == [0, 1]
    dropped = measure(protocol=Protocol(drop_symbols=True), lexicons=["full"]).sets[0]
    assert (dropped.scores["none"].samples, dropped.scores["none"].right) == (2, 1)  # House and BAR
    assert dict(dropped.left_out) == {SYMBOLS: 2}
    assert dropped.lexicons["full"].words == 2


def test_what_is_bad_is_counted(make_set, known, tmp_path, caplog):
    make_set(
        "A", ["a", "b", "c", "!", "e"], image_000000001=b"GIF", label_000000002=b"\xff", image_000000003=None
    )
    with caplog.at_level(logging.WARNING):
        report = Evaluation(known("abcde"), Protocol())(find_sets(tmp_path / "sets"))
    (one,) = report.sets
    assert (one.stored, one.scores["none"].samples, report.bad) == (5, 1, 3)
    assert dict(one.bad) == {
        "picture cannot be read": 1,
        "label not UTF-8": 1,
        "no picture stored": 1,
    }
    assert dict(one.left_out) == {NO_TEXT: 1}
    assert "A:1: not a picture that can be read" in one.examples["picture cannot be read"]
    assert sum("samples left out" in message for message in caplog.messages) == 3


def test_a_set_of_which_nothing_counts(make_set, known, tmp_path):
    folder = make_set("A", ["!", "b"], image_000000002=b"GIF")
    with pytest.raises(DataError, match=f"{folder}: none of 2 samples counts: .*A:2: not a picture"):
        Evaluation(known("ab"), Protocol())(find_sets(tmp_path / "sets"))


def test_a_lexicon_that_no_set_has(measure):
    with pytest.raises(ConfigError, match="--lexicon 1k: no set has it. Give the words as 1k=FILE"):
        measure(lexicons=["1k"])


def test_a_lexicon_without_a_valid_word(sets, measure):
    (sets / "A.lex50.txt").write_text("house\n!\nbar\nray\n")
    with pytest.raises(DataError, match="A.lex50.txt:2: no word"):
        measure()


def test_pictures_are_read_in_pieces(make_set, known, tmp_path, monkeypatch):
    monkeypatch.setattr(evaluate, "CHUNK", 2)
    make_set("A", list("abcde"))
    reader = known("abcde")
    report = Evaluation(reader, Protocol())(find_sets(tmp_path / "sets"))
    assert reader.batches == [2, 2, 1]
    assert report.sets[0].scores["none"].right == 5
