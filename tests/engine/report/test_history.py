"""Records of a run and of those before it."""

import json

import pytest

from ppocr_lite.engine.report import read_history


def write(path, *records):
    path.write_text("".join(json.dumps(record) + "\n" for record in records))


def train(step, loss=1.0, **more):
    return {"kind": "train", "epoch": 1, "global_step": step, "loss": loss, "lr": 0.1, "time": 5.0, **more}


def evaluation(step, acc):
    return {"kind": "eval", "global_step": step, "acc": acc, "best_acc": acc, "fps": 9.0, "seconds": 2.0}


def test_steps_that_were_done_again_count_once(tmp_path):
    file = tmp_path / "train.jsonl"
    # Killed after step 40, resumed from step 20: 30 and 40 come again.
    write(
        file,
        train(10),
        train(20),
        evaluation(20, 0.5),
        train(30, 7.0),
        train(40, 7.0),
        train(30, 2.0),
        train(40),
    )
    history = read_history(file)
    assert history.curves("train") == {"loss": [(10, 1.0), (20, 1.0), (30, 2.0), (40, 1.0)]}
    assert history.curves("eval") == {"acc": [(20, 0.5)]}


def test_the_last_of_two_evaluations_of_a_step_counts(tmp_path):
    file = tmp_path / "train.jsonl"
    write(file, train(10), evaluation(10, 0.5), evaluation(10, 0.6))
    assert read_history(file).curve("eval", "acc") == [(10, 0.6)]


def test_a_broken_line_is_left_out(tmp_path):
    file = tmp_path / "train.jsonl"
    write(file, train(10), {"kind": "train"}, train(20, None))
    with file.open("a") as stream:
        stream.write('{"kind": "train", "global_st')
    assert read_history(file).curves("train") == {"loss": [(10, 1.0)]}
    assert read_history(tmp_path / "none.jsonl").records == ()


def test_seconds_by_hand(tmp_path):
    file = tmp_path / "train.jsonl"
    write(
        file, train(10, reader_s=0.1, batch_s=0.5), evaluation(10, 0.5), train(15, reader_s=0.2, batch_s=1.0)
    )
    # reader 10 * 0.1 + 5 * 0.2; all steps 10 * 0.5 + 5 * 1.0
    assert read_history(file).seconds() == pytest.approx({"reader": 2.0, "compute": 8.0, "evaluation": 2.0})
