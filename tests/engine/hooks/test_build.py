"""From Global to hooks."""

import sys
from pathlib import Path

import pytest

pytest.importorskip("paddle")

from ppocr_lite.config import Config
from ppocr_lite.engine import assemble
from ppocr_lite.engine.hooks import EarlyStopHook, NanGuard, NanOptions, build
from ppocr_lite.errors import ConfigError, MissingDependency

pytestmark = pytest.mark.train
CLS = Path(__file__).resolve().parents[3] / "configs/cls/cls_mv3.yml"


def hooks(evaluator=None, **keys):
    cfg = Config({"Global": keys})
    return {type(h).__name__: h for h in build.training_hooks(cfg, Path("never"), evaluator=evaluator)}


def test_the_usual_hooks_in_their_order(tiny):
    assert list(hooks(tiny.evaluator(), ema_decay=0.9, early_stop=3)) == [
        "ProgressHook",
        "EmaHook",
        "NanGuard",
        "LogHook",
        "EvalHook",
        "EarlyStopHook",
        "CheckpointHook",
        "ReportHook",
        "CloseRecords",
        "StopOnSignal",
    ]
    assert not Path("never").exists()


def test_options_reach_their_hooks(tiny):
    made = hooks(tiny.evaluator(), early_stop={"patience": 4, "min_delta": 0.5}, nan_policy="skip")
    stop = made[EarlyStopHook.__name__]
    assert (stop.patience, stop.min_delta, stop.indicator) == (4, 0.5, "acc")
    assert made[NanGuard.__name__].options == NanOptions("skip")
    made = hooks(nan_policy={"action": "skip", "rollback_after": 9})
    assert made[NanGuard.__name__].options == NanOptions("skip", rollback_after=9)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"early_stop": 3}, r"Global\.early_stop: needs evaluations"),
        ({"early_stop": "x"}, r"Global\.early_stop: expected a number or"),
        ({"early_stop": {"patence": 3}}, r"Did you mean 'patience'"),
        ({"nan_policy": {"rolback_after": 3}}, r"Did you mean 'rollback_after'"),
        ({"nan_policy": "ignore"}, r"Global\.nan_policy: expected stop or skip"),
    ],
)
def test_wrong_values(keys, message, tiny):
    with pytest.raises(ConfigError, match=message):
        hooks(None if "needs" in message else tiny.evaluator(), **keys)


def test_a_logger_that_is_not_installed_is_told_before_the_training(monkeypatch):
    monkeypatch.setitem(sys.modules, "visualdl", None)
    with pytest.raises(MissingDependency, match="pip install visualdl"):
        hooks(use_visualdl=True)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("Global.accumulate_steps=0", r"Global\.accumulate_steps .*a whole number of at least 1, got 0"),
        ("Global.freeze=[backbon.*]", r"Global\.freeze.*Did you mean 'backbone'"),
        ("Optimizer.lr_scale={neck: 0.1}", r"Optimizer\.lr_scale.*nothing in the model is called 'neck'"),
    ],
)
def test_wrong_values_of_a_training_name_their_place(override, message):
    from ppocr_lite.engine.dry_run import with_random_data

    small = [
        f"{mode}.loader.{k}" for mode in ("Train", "Eval") for k in ("batch_size_per_card=2", "num_workers=0")
    ]
    with pytest.raises(ConfigError, match=message):
        assemble.trainer(with_random_data(Config.load(CLS, ["Global.use_gpu=false", *small, override])))
