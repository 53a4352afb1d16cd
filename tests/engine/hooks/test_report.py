"""report.html of runs that end, are stopped, fail, and go on."""

import pytest

pytest.importorskip("paddle")

from ppocr_lite.config import Config
from ppocr_lite.engine.hooks import CheckpointHook, EvalHook, JsonLines, LogHook, ReportHook
from ppocr_lite.engine.trainer import DivergedError, Hook
from ppocr_lite.structures import ClsResult

pytestmark = pytest.mark.train
CFG = Config({"Global": {"note": "a < b"}, "Architecture": {"model_type": "cls"}})


class StopAt(Hook):
    def __init__(self, step):
        self.step = step

    def after_step(self, trainer):
        if trainer.state.global_step == self.step:
            trainer.stop("SIGTERM")


def run(tiny, folder, *, epochs=2, hooks=(), resume=False, **options):
    evaluator = tiny.evaluator()
    evaluator.postprocess = lambda outputs, shapes: [
        ClsResult(str(int(row.argmax())), 0.5) for row in outputs["logits"]
    ]
    evaluator.metric.update = lambda results, batch: None
    records = JsonLines(folder / "train.jsonl")
    hooks = (
        *hooks,
        LogHook(every=1, records=records),
        EvalHook(evaluator, folder, every=4, records=records),
        CheckpointHook(folder),
        ReportHook(folder, CFG, evaluator),
    )
    trainer = tiny.make(hooks=hooks, **options)
    if resume:
        trainer.resume(str(folder / "latest"))
    trainer.fit(epochs)
    return (folder / "report.html").read_text(encoding="utf-8")


@pytest.fixture
def pictures(tiny, monkeypatch):
    """The loader's rows of 6 numbers as pictures of 1 x 2 pixels."""
    maker = "ppocr_lite.engine.hooks.report.picture_maker"
    monkeypatch.setattr(maker, lambda steps: lambda row: abs(row).reshape(1, 2, 3).astype("uint8"))


def test_a_finished_run(tiny, tmp_path, pictures):
    html = run(tiny, tmp_path)
    assert "<p>Finished.</p>" in html
    assert "10, 2 of 2 epochs finished" in html
    assert "note: a &lt; b" in html
    assert html.count("<img") == 8  # 2 batches of 4
    assert "Of the best evaluation of this run (step 10, epoch 2)." in html


def test_stopped_and_resumed_runs_have_one_history(tiny, tmp_path, pictures):
    html = run(tiny, tmp_path, hooks=(StopAt(5),))
    assert "<p>Stopped: SIGTERM.</p>" in html
    html = run(tiny, tmp_path, resume=True)
    assert "<p>Finished.</p>" in html
    for step in (1, 5, 6, 10):
        assert f"<title>{step}: " in html


def test_a_failed_run_says_why(tiny, tmp_path, pictures):
    def nan(preds, batch):
        return {"loss": tiny.cross_entropy(preds, batch)["loss"] * float("nan")}

    with pytest.raises(DivergedError):
        run(tiny, tmp_path, loss=nan)
    html = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "<p>Ended by an error: DivergedError: Epoch 1, global step 1: loss: nan" in html


def test_a_report_that_cannot_be_written_hides_nothing(tiny, tmp_path, pictures, caplog):
    (tmp_path / "report.html").mkdir()
    with pytest.raises(IsADirectoryError):  # of the test's own reading: the run itself went through
        run(tiny, tmp_path)
    assert (tmp_path / "latest.pdparams").is_file()
    assert any("report.html cannot be written" in record.message for record in caplog.records)
