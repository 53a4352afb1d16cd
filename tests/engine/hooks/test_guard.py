"""Steps that are not finite: stopped at, skipped, kept, answered by a return to a checkpoint."""

import logging

import numpy as np
import pytest

paddle = pytest.importorskip("paddle")

from ppocr_lite.engine.hooks import CheckpointHook, EmaHook, NanGuard, NanOptions  # noqa: E402
from ppocr_lite.engine.hooks.guard import MAX_FILES  # noqa: E402
from ppocr_lite.engine.records import JsonLines  # noqa: E402
from ppocr_lite.engine.report import read_history  # noqa: E402
from ppocr_lite.engine.trainer import DivergedError  # noqa: E402
from ppocr_lite.errors import ConfigError  # noqa: E402

pytestmark = pytest.mark.train


class Poisoned:
    """A loader whose images of the given global batches (from 1) are NaN."""

    def __init__(self, inner, bad):
        self.inner, self.bad, self.given = inner, set(bad), 0

    def __len__(self):
        return len(self.inner)

    def set_epoch(self, epoch):
        self.inner.set_epoch(epoch)

    def state_dict(self):
        return {"position": self.given, "pending": []}

    def __iter__(self):
        for batch in self.inner:
            self.given += 1
            if self.given in self.bad:
                batch["image"] = batch["image"] * float("nan")
            yield batch


def run(tiny, folder, bad, *, epochs=2, hooks=(), options=None, **more):
    guard = NanGuard(folder, options or NanOptions("skip"), records=JsonLines(folder / "train.jsonl"), **more)
    trainer = tiny.make(hooks=(*hooks, guard, CheckpointHook(folder)), loader=Poisoned(tiny.Loader(), bad))
    trainer.fit(epochs)
    return trainer, guard


def test_a_skipped_step_changes_neither_weights_nor_statistics(tiny, tmp_path, caplog):
    with caplog.at_level(logging.WARNING, logger="ppocr_lite"):
        trainer, _ = run(tiny, tmp_path, {2}, epochs=1)
    assert any(
        "global step 2: " in r.message and "left out (1 in a row)" in r.message for r in caplog.records
    )
    assert trainer.state.global_step == 5
    assert all(np.isfinite(value).all() for value in tiny.weights(trainer).values())
    # Step 2 alone: exactly as it was, running mean included.
    trainer = tiny.make(hooks=(NanGuard(tmp_path / "b", NanOptions("skip")),))
    trainer.call("before_fit")
    before = tiny.weights(trainer)
    trainer.model.train()
    trainer.batches = list(Poisoned(tiny.Loader(1), {1}))
    trainer.step(trainer.batches)
    for name, value in tiny.weights(trainer).items():
        np.testing.assert_array_equal(value, before[name], err_msg=name)


def test_the_batch_is_kept_with_its_file_names(tiny, tmp_path):
    run(tiny, tmp_path, {7})
    assert [file.name for file in (tmp_path / "nan_batches").iterdir()] == ["step_7.npz"]
    kept = np.load(tmp_path / "nan_batches" / "step_7.npz")
    assert kept["image"].shape == (4, 6)
    assert np.isnan(kept["image"]).all()
    assert kept["img_path"].tolist() == [f"2/1/{row}.png" for row in range(4)]
    assert (kept["fact.global_step"], kept["fact.epoch"], kept["fact.position"]) == (7, 2, 7)
    record = read_history(tmp_path / "train.jsonl").of_kind("bad_step")[0]
    assert record["global_step"] == 7
    assert record["file"].endswith("step_7.npz")


def test_there_is_an_end_to_what_is_kept(tiny, tmp_path):
    folder = tmp_path / "nan_batches"
    folder.mkdir()
    for number in range(MAX_FILES):
        (folder / f"step_{1000 + number}.npz").touch()
    run(tiny, tmp_path, {1}, epochs=1)
    assert not (folder / "step_1.npz").exists()


def test_a_gradient_alone_is_found_too(tiny, tmp_path):
    def root(preds, batch):  # at 0 the root is 0 and its slope is not finite
        return {"loss": (preds["logits"] * 0).sqrt().sum() + tiny.cross_entropy(preds, batch)["loss"]}

    trainer = tiny.make(loss=root)
    with pytest.raises(
        DivergedError, match=r"global step 1: a gradient is not finite \(loss: 0\.\d+\) at learning"
    ):
        trainer.fit(1)
    assert all(np.isfinite(value).all() for value in tiny.weights(trainer).values())


def test_by_default_the_run_stops_and_keeps_the_batch(tiny, tmp_path):
    with pytest.raises(DivergedError, match=r"global step 3: .*Global\.nan_policy: skip"):
        run(tiny, tmp_path, {3}, options=NanOptions())
    assert (tmp_path / "nan_batches" / "step_3.npz").is_file()


def test_after_n_in_a_row_the_checkpoint_comes_back_with_a_lower_rate(tiny, tmp_path, caplog):
    ema = EmaHook(0.5)
    options = NanOptions("skip", rollback_after=2, lr_factor=0.1)
    seen = {}

    class Watch(CheckpointHook):
        def after_step(self, trainer):
            seen[trainer.state.global_step] = (tiny.weights(trainer), trainer.schedule.last_lr)

    with caplog.at_level(logging.WARNING, logger="ppocr_lite"):
        trainer, guard = run(
            tiny, tmp_path, {8, 9}, hooks=(ema, Watch(tmp_path / "x")), options=options, ema=ema
        )
    for name, value in seen[9][0].items():  # latest is of step 5, the end of the first epoch
        np.testing.assert_array_equal(value, seen[5][0][name], err_msg=name)
    assert np.abs(seen[7][0]["head.weight"] - seen[5][0]["head.weight"]).max() > 0
    assert (seen[7][1], seen[9][1]) == (0.05, pytest.approx(0.005))
    assert (trainer.state.global_step, trainer.schedule.last_epoch, guard.rollbacks) == (10, 10, 1)
    assert any(
        "weights are those of" in record.message and "return 1 of 3" in record.message
        for record in caplog.records
    )


def test_a_resumed_run_keeps_the_lower_rate(tiny, tmp_path):
    run(tiny, tmp_path, {8, 9}, options=NanOptions("skip", rollback_after=2))
    again = tiny.make(hooks=(NanGuard(tmp_path, NanOptions("skip", rollback_after=2)),))
    again.resume(str(tmp_path / "latest"))
    again.fit(3)
    assert again.schedule.last_lr == again.lr == 0.025


@pytest.mark.parametrize(
    ("bad", "options", "message"),
    [
        ({1, 2}, NanOptions("skip", rollback_after=2), "no checkpoint to go back to"),
        (
            range(6, 99),
            NanOptions("skip", rollback_after=2, max_rollbacks=1),
            "1 returns to a checkpoint have not",
        ),
    ],
)
def test_where_going_back_is_no_help_the_run_stops(tiny, tmp_path, bad, options, message, caplog):
    with pytest.raises(DivergedError):
        run(tiny, tmp_path, bad, options=options)
    assert any(message in record.message for record in caplog.records)


def test_a_checkpoint_that_is_not_finite_is_passed_over(tiny, tmp_path, caplog):
    spoilt = tiny.make()
    spoilt.model.head.weight.set_value(np.full([8, 2], np.nan, np.float32))
    spoilt.save(str(tmp_path / "latest"))
    good = tiny.make()
    good.save(str(tmp_path / "best_accuracy"))
    _, guard = run(tiny, tmp_path, {1, 2}, epochs=1, options=NanOptions("skip", rollback_after=2))
    assert guard.rollbacks == 1
    assert any("best_accuracy again" in record.message for record in caplog.records)


def test_accumulated_batches_are_all_kept(tiny, tmp_path):
    guard = NanGuard(tmp_path, NanOptions("skip"))
    trainer = tiny.make(hooks=(guard,), loader=Poisoned(tiny.Loader(), {2}), accumulate=2)
    trainer.fit(1)
    kept = np.load(tmp_path / "nan_batches" / "step_1.npz")
    assert np.isfinite(kept["image"]).all()
    assert np.isnan(kept["image.1"]).all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"action": "ignore"}, "expected stop or skip, got 'ignore'"),
        ({"lr_factor": 0}, "lr_factor must be above 0"),
    ],
)
def test_wrong_options(options, message):
    with pytest.raises(ConfigError, match=message):
        NanOptions(**options)
