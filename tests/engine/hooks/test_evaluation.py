"""Early stop, and what an evaluation hands to the other hooks."""

import json

import pytest

pytest.importorskip("paddle")

from ppocr_lite.engine.hooks import CheckpointHook, EarlyStopHook, EvalHook, JsonLines
from ppocr_lite.errors import ConfigError

pytestmark = pytest.mark.train


class Scripted:
    """A metric that gives the values of a list, one at each evaluation."""

    main_indicator = "acc"

    def __init__(self, values):
        self.values = list(values)

    def reset(self):
        pass

    def update(self, results, batch):
        pass

    def compute(self):
        return {"acc": self.values.pop(0)}


def run(tiny, folder, values, *, epochs=9, resume=False, **options):
    stop = EarlyStopHook("acc", **options)
    hooks = (EvalHook(tiny.evaluator(Scripted(values)), folder, every=5), stop, CheckpointHook(folder))
    trainer = tiny.make(hooks=hooks)
    if resume:
        trainer.resume(str(folder / "latest"))
    trainer.fit(epochs)
    return trainer


def test_patience_counts_evaluations_without_an_improvement_of_min_delta(tiny, tmp_path):
    # 0.5 is the best; 0.505 is no improvement by 0.01, so the third after 0.5 ends the run.
    trainer = run(tiny, tmp_path, [0.3, 0.5, 0.4, 0.505, 0.45, 0.9], patience=3, min_delta=0.01)
    assert trainer.state.global_step == 25
    assert trainer.stop_reason == "early stop: 3 evaluations without a better acc"
    assert trainer.converged
    assert trainer.state.best["acc"] == 0.505


def test_improvements_go_on(tiny, tmp_path):
    trainer = run(tiny, tmp_path, [0.1, 0.2, 0.15, 0.3], epochs=4, patience=2)
    assert (trainer.state.epoch, trainer.stop_reason) == (4, "")


def test_the_count_survives_a_resume(tiny, tmp_path):
    run(tiny, tmp_path, [0.5, 0.4], epochs=2, patience=3)
    trainer = run(tiny, tmp_path, [0.4, 0.4, 0.4], patience=3, resume=True)
    assert trainer.state.global_step == 20  # waited: once before, twice now


def test_wrong_patience():
    with pytest.raises(ConfigError, match=r"Global\.early_stop: patience must be at least 1 evaluation"):
        EarlyStopHook("acc", patience=0)


def test_record_of_an_evaluation(tiny, tmp_path):
    file = JsonLines(tmp_path / "train.jsonl")
    hook = EvalHook(tiny.evaluator(Scripted([0.5, 0.25])), tmp_path, every=5, records=file)
    trainer = tiny.make(hooks=(hook,))
    trainer.fit(2)
    records = [json.loads(line) for line in file.path.read_text().splitlines()]
    assert [(r["epoch"], r["global_step"], r["acc"], r["best_acc"]) for r in records] == [
        (1, 5, 0.5, 0.5),
        (2, 10, 0.25, 0.5),
    ]
    assert trainer.metrics["acc"] == 0.25
