"""When checkpoints are written, and which of them stay."""

import time

import pytest

pytest.importorskip("paddle")

from ppocr_lite.config import Config
from ppocr_lite.engine.hooks import CheckpointHook
from ppocr_lite.engine.hooks.build import saving_options
from ppocr_lite.engine.trainer import Hook
from ppocr_lite.errors import ConfigError, ModelFileError
from ppocr_lite.weights import together
from ppocr_lite.weights.pickles import read_pickle

pytestmark = pytest.mark.train


def epochs_of(folder):
    return sorted(int(path.stem.split("_")[-1]) for path in folder.glob("iter_epoch_*.states"))


def test_only_the_last_epochs_stay(tiny, tmp_path):
    (tmp_path / "iter_epoch_50.pdparams").write_bytes(b"of an earlier, longer run")
    (tmp_path / "iter_epoch_1x.states").write_bytes(b"not of a checkpoint")
    tiny.make(hooks=(CheckpointHook(tmp_path, every=2, keep_last=2),)).fit(9)
    names = {path.name for path in tmp_path.glob("iter_epoch_*")}
    kept = {f"iter_epoch_{n}.{suffix}" for n in (6, 8) for suffix in ("pdparams", "pdopt", "states")}
    assert names == kept | {"iter_epoch_50.pdparams", "iter_epoch_1x.states"}


def test_all_stay_without_a_limit(tiny, tmp_path):
    tiny.make(hooks=(CheckpointHook(tmp_path, every=1),)).fit(4)
    assert epochs_of(tmp_path) == [1, 2, 3, 4]


def test_a_long_epoch_is_saved_by_the_clock(tiny, tmp_path, monkeypatch):
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    seen = []

    class Clock(Hook):
        """Steps of 40 seconds."""

        def after_step(self, trainer):
            now[0] += 40

    class Look(Hook):
        def after_step(self, trainer):
            file = tmp_path / "latest.states"
            seen.append(read_pickle(file)["global_step"] if file.exists() else 0)

    tiny.make(hooks=(Clock(), CheckpointHook(tmp_path, minutes=1), Look()), loader=tiny.Loader(6)).fit(1)
    assert seen == [0, 2, 2, 4, 4, 6]


def test_a_run_that_failed_writes_nothing_more(tiny, tmp_path, monkeypatch):
    hook = CheckpointHook(tmp_path)
    trainer = tiny.make(hooks=(hook,))

    def full(path, data):
        raise OSError(28, "No space left on device")

    trainer.fit(1)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    monkeypatch.setattr(together, "_write", full)
    message = (
        r"latest: the checkpoint \(0\.0 MB\) cannot be written: No space left on device\. What was there"
    )
    with pytest.raises(ModelFileError, match=message):
        trainer.fit(2)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_options():
    cfg = Config({"Global": {"save_epoch_step": 3, "save_every_minutes": 2.5, "keep_last": 4}})
    assert saving_options(cfg) == {"every": 3, "minutes": 2.5, "keep_last": 4}
    assert saving_options(Config({})) == {"every": 0, "minutes": 0.0, "keep_last": 0}
    with pytest.raises(ConfigError, match=r"Global\.keep_last: expected a number above 0, or null .* got -1"):
        saving_options(Config({"Global": {"keep_last": -1}}))
