"""The loop: exact resume, divergence, stopping, evaluation and the files that a run leaves."""

import json
import logging
import os
import re
import signal

import numpy as np
import pytest

paddle = pytest.importorskip("paddle")

from ppocr_lite.engine.evaluator import Evaluator  # noqa: E402
from ppocr_lite.engine.hooks import (  # noqa: E402
    CheckpointHook,
    EmaHook,
    EvalHook,
    JsonLines,
    LogHook,
    StopOnSignal,
    TrainMetricHook,
    time_text,
)
from ppocr_lite.engine.trainer import DivergedError, Hook, Trainer, step_seed  # noqa: E402
from ppocr_lite.errors import DataError  # noqa: E402
from ppocr_lite.optim import build_optimizer  # noqa: E402
from ppocr_lite.weights.pickles import read_pickle  # noqa: E402

pytestmark = pytest.mark.train
STEPS = 5


class Loader:
    """Five batches an epoch, other ones in each epoch."""

    def __init__(self, steps=STEPS):
        self.steps = steps
        self.epoch = 0

    def __len__(self):
        return self.steps

    def set_epoch(self, epoch):
        self.epoch = epoch

    def __iter__(self):
        for i in range(self.steps):
            x = np.random.default_rng([self.epoch, i]).standard_normal((4, 6)).astype(np.float32)
            label = (x[:, 0] > 0).astype(np.int64)
            yield {"image": paddle.to_tensor(x), "label": paddle.to_tensor(label)}


class Net(paddle.nn.Layer):
    def __init__(self):
        super().__init__()
        self.fc1 = paddle.nn.Linear(6, 8)
        self.norm = paddle.nn.BatchNorm1D(8)
        self.drop = paddle.nn.Dropout(0.3)  # draws random numbers: resume must draw the same
        self.fc2 = paddle.nn.Linear(8, 2)

    def forward(self, x, targets=None):
        logits = self.fc2(self.drop(paddle.nn.functional.relu(self.norm(self.fc1(x)))))
        return {"logits": logits} if self.training else {"probs": paddle.nn.functional.softmax(logits)}


class Accuracy:
    main_indicator = "acc"

    def __init__(self):
        self.reset()

    def reset(self):
        self.right = self.all = 0

    def update(self, results, batch):
        self.right += int(sum(r == t for r, t in zip(results, batch["label"])))
        self.all += len(results)

    def compute(self):
        return {"acc": self.right / max(1, self.all)}


def cross_entropy(preds, batch):
    return {"loss": paddle.nn.functional.cross_entropy(preds["logits"], batch["label"])}


def argmax(outputs, shapes):
    return list(outputs["probs" if "probs" in outputs else "logits"].argmax(-1))


def make(folder=None, hooks=(), loss=cross_entropy, loader=None, evaluate_every=4, seed=7):
    paddle.seed(3)
    model = Net()
    schedule = paddle.optimizer.lr.PolynomialDecay(0.05, decay_steps=30)
    optimizer = paddle.optimizer.AdamW(schedule, parameters=model.parameters(), weight_decay=0.01)
    loader = Loader() if loader is None else loader
    if folder:
        evaluator = Evaluator(Loader(2), postprocess=argmax, metric=Accuracy())
        hooks = (
            *hooks,
            EvalHook(evaluator, folder, every=evaluate_every, records=JsonLines(folder / "train.jsonl")),
            CheckpointHook(folder, every=2),
        )
    return Trainer(model, loss, optimizer=optimizer, schedule=schedule, loader=loader, hooks=hooks, seed=seed)


def weights(trainer):
    return {k: v.numpy() for k, v in trainer.model.state_dict().items()}


def assert_same(a, b):
    for name, value in weights(a).items():
        np.testing.assert_array_equal(value, weights(b)[name], err_msg=name)


def test_two_and_two_epochs_are_four(tmp_path):
    whole = make(tmp_path / "whole", hooks=(ema := EmaHook(0.9),))
    whole.fit(4)
    first = make(tmp_path / "parts", hooks=(EmaHook(0.9),))
    first.fit(2)
    second = make(tmp_path / "parts", hooks=(ema_again := EmaHook(0.9),))
    second.resume(str(tmp_path / "parts" / "latest"))
    assert (second.state.epoch, second.state.global_step) == (2, 2 * STEPS)
    second.fit(4)
    assert_same(whole, second)
    assert whole.schedule.get_lr() == second.schedule.get_lr()
    assert second.state.global_step == whole.state.global_step == 4 * STEPS
    for name, value in ema.state().items():
        np.testing.assert_array_equal(value, ema_again.state()[name], err_msg=name)


def test_resume_is_exact_within_an_epoch_too(tmp_path):
    class StopAt(Hook):
        def after_step(self, trainer):
            if trainer.state.global_step == STEPS + 2:
                trainer.stop("test")

    whole = make(tmp_path / "whole")
    whole.fit(3)
    first = make(tmp_path / "parts", hooks=(StopAt(),))
    state = first.fit(3)
    assert (state.epoch, state.step_in_epoch, state.global_step) == (1, 2, STEPS + 2)
    second = make(tmp_path / "parts")
    second.resume(str(tmp_path / "parts" / "latest"))
    second.fit(3)
    assert_same(whole, second)


def test_other_seed_gives_another_run():
    a, b = make(seed=1), make(seed=2)
    a.fit(1)
    b.fit(1)
    assert np.abs(weights(a)["fc2.weight"] - weights(b)["fc2.weight"]).max() > 0
    assert len({step_seed(1, n) for n in range(1000)}) == 1000


def test_files_of_a_run(tmp_path):
    trainer = make(tmp_path)
    trainer.fit(2)
    for name in ("latest", "best_accuracy", "iter_epoch_2"):
        for suffix in ("pdparams", "pdopt", "states"):
            assert (tmp_path / f"{name}.{suffix}").is_file()
    assert (tmp_path / "best_model" / "model.pdparams").is_file()
    assert not (tmp_path / "iter_epoch_1.pdparams").exists()
    states = read_pickle(tmp_path / "latest.states")
    assert (states["epoch"], states["global_step"]) == (2, 10)
    assert states["best_model_dict"] == trainer.state.best
    assert set(trainer.state.best) == {"acc", "fps", "best_epoch"}
    records = [json.loads(line) for line in (tmp_path / "train.jsonl").read_text().splitlines()]
    assert [r["global_step"] for r in records] == [4, 8, 10]  # every 4, and at the end


def test_worse_result_does_not_replace_the_best(tmp_path):
    trainer = make(tmp_path)
    trainer.state.best = {"acc": 2.0, "best_epoch": 1}
    trainer.fit(1)
    assert trainer.state.best == {"acc": 2.0, "best_epoch": 1}
    assert not (tmp_path / "best_accuracy.pdparams").exists()


def test_log_line(caplog):
    caplog.set_level(logging.INFO, logger="ppocr_lite")
    evaluator = Evaluator(None, postprocess=argmax, metric=Accuracy())
    make(hooks=(TrainMetricHook(evaluator), LogHook(every=2, window=2))).fit(1)
    lines = [r.getMessage() for r in caplog.records if r.getMessage().startswith("epoch: ")]
    assert [re.search(r"global_step: (\d+)", line).group(1) for line in lines] == ["2", "4", "5"]
    assert re.fullmatch(
        r"epoch: \[1/1\], global_step: 2, lr: 0\.0\d{5}, loss: \d\.\d{6}, acc: \d\.\d{6}, "
        r"avg_reader_cost: \d+\.\d{5} s, avg_batch_cost: \d+\.\d{5} s, avg_samples: 4\.0, "
        r"ips: \d+\.\d\d samples/s, eta: 0:00:0\d",
        lines[0],
    )
    assert "lr: 0.050000" not in lines[0]  # the rate of step 2, already below the first
    assert f"lr: {0.05 * (1 - 1 / 30) + 0.0001 / 30:.6f}," in lines[0]


def test_time_text():
    assert time_text(83.6) == "0:01:23"
    assert time_text(2 * 86400 + 3661) == "2 days, 1:01:01"


def test_nan_loss_stops_with_step_and_parts_before_it_spoils_the_weights(tmp_path):
    def nan_at_step_three(preds, batch):
        loss = cross_entropy(preds, batch)["loss"]
        if trainer.state.global_step == 2:
            loss = loss * float("nan")
        return {"loss": loss, "loss_part": loss}

    trainer = make(tmp_path, loss=nan_at_step_three)
    with pytest.raises(
        DivergedError, match=r"global step 3: loss: nan, loss_part: nan at learning rate 0\.04"
    ):
        trainer.fit(1)
    assert all(np.isfinite(v).all() for v in weights(trainer).values())
    assert not (tmp_path / "latest.pdparams").exists()


def test_empty_loader_is_an_error():
    with pytest.raises(DataError, match="loader gave no batch"):
        make(loader=Loader(0)).fit(1)


def test_sigterm_saves_and_stops(tmp_path):
    class KillAt(Hook):
        def after_step(self, trainer):
            if trainer.state.global_step == 2:
                os.kill(os.getpid(), signal.SIGTERM)

        def after_fit(self, trainer):
            os.kill(os.getpid(), signal.SIGTERM)  # again, as Paddle's launcher does; nothing is saved yet

    before = signal.getsignal(signal.SIGTERM)
    trainer = make(tmp_path, hooks=(KillAt(),))
    trainer.hooks = (*trainer.hooks, StopOnSignal())
    trainer.fit(3)
    assert trainer.stop_reason == "SIGTERM"
    assert read_pickle(tmp_path / "latest.states")["global_step"] == trainer.state.global_step < STEPS
    assert signal.getsignal(signal.SIGTERM) == before


def test_ema_evaluates_averaged_weights_and_gives_the_others_back(tmp_path):
    trainer = make(hooks=(ema := EmaHook(0.9),))
    trainer.fit(1)
    own = weights(trainer)
    with ema.applied(trainer.model):
        np.testing.assert_array_equal(weights(trainer)["fc1.weight"], ema.state()["fc1.weight"])
        assert np.abs(weights(trainer)["fc1.weight"] - own["fc1.weight"]).max() > 0
    for name, value in own.items():
        np.testing.assert_array_equal(weights(trainer)[name], value)


def test_ema_by_hand():
    trainer = make(hooks=(ema := EmaHook(0.5),), loader=Loader(1))
    before = weights(trainer)["fc1.weight"].copy()
    trainer.fit(1)
    decay = (1 + 1) / (10 + 1)  # warm-up of the average: smaller than 0.5 at step 1
    expected = before * decay + weights(trainer)["fc1.weight"] * (1 - decay)
    np.testing.assert_allclose(ema.state()["fc1.weight"], expected, rtol=1e-6, atol=1e-8)


def test_accumulated_batches_equal_one_large_batch(tiny):
    large = tiny.make(loader=tiny.Loader(3, 8), norm=False)
    small = tiny.make(loader=tiny.Loader(6, 4), norm=False, accumulate=2)
    assert large.steps_per_epoch == small.steps_per_epoch == 3
    large.fit(2)
    small.fit(2)
    assert small.state == large.state  # steps are counted, not batches
    assert small.schedule.last_epoch == 6
    assert small.stats["loss"] == pytest.approx(large.stats["loss"], rel=1e-5)
    for name, value in tiny.weights(large).items():
        np.testing.assert_allclose(tiny.weights(small)[name], value, rtol=1e-4, atol=1e-6, err_msg=name)


def test_the_last_step_of_an_epoch_takes_what_is_left(tiny):
    sizes = []

    class Count(Hook):
        def after_step(self, trainer):
            sizes.append((len(trainer.batches), trainer.times.samples))

    tiny.make(hooks=(Count(),), accumulate=3).fit(1)  # 5 batches of 4
    assert sizes == [(3, 12), (2, 8)]


def test_resume_is_exact_with_accumulated_batches(tiny, tmp_path):
    class StopAt(Hook):
        def after_step(self, trainer):
            if trainer.state.global_step == 4:
                trainer.stop("test")

    whole, first, second = (tiny.make(hooks=h, accumulate=2) for h in ((), (StopAt(),), ()))
    whole.fit(3)
    first.fit(3)
    assert (first.state.epoch, first.state.step_in_epoch) == (1, 1)
    first.save(str(tmp_path / "latest"))
    second.resume(str(tmp_path / "latest"))
    second.fit(3)
    assert_same(whole, second)


def test_limits_of_gradients_by_hand():
    def step(**keys):
        model = paddle.nn.Linear(2, 1, bias_attr=False)
        before = model.weight.numpy()
        section = {"name": "Momentum", "momentum": 0.0, "lr": {"learning_rate": 1.0}, **keys}
        optimizer, _ = build_optimizer(section, 1, 9, model)
        model(paddle.to_tensor([[3.0, 4.0]])).sum().backward()  # gradient (3, 4), norm 5
        optimizer.step()
        return (before - model.weight.numpy()).ravel()

    np.testing.assert_allclose(step(), [3, 4], rtol=1e-6)
    np.testing.assert_allclose(step(clip_norm=1.0), [0.6, 0.8], rtol=1e-5)
    np.testing.assert_allclose(step(clip_norm_global=2.5), [1.5, 2.0], rtol=1e-5)
