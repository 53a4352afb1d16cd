"""Runs that end by SIGKILL, wherever that falls, go on to the same last bit as one that was left in peace."""

import random
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

paddle = pytest.importorskip("paddle")

from ppocr_lite.weights.pickles import read_pickle  # noqa: E402

pytestmark = pytest.mark.train
LIMIT_S = 120
TIMING = ("fps", "crc32")  # differ from run to run; the checksums because of the first


def settings(**more):
    """Two epochs of 5 steps, evaluated every 3 and saved at every step, with a worker that reads the data."""
    every_step = {"Global__eval_batch_step": [0, 3], "Global__save_every_minutes": 1e-9}
    return {**every_step, "Train__loader__num_workers": 1, **more}


def same(a, b, where=""):
    """Compare two nested contents bit for bit, without what depends on the clock."""
    if isinstance(a, dict):
        assert set(a) == set(b), where
        for key in set(a) - set(TIMING):
            same(a[key], b[key], f"{where}.{key}")
    elif isinstance(a, (list, tuple)):
        assert len(a) == len(b), where
        for number, (left, right) in enumerate(zip(a, b)):
            same(left, right, f"{where}[{number}]")
    else:
        np.testing.assert_array_equal(a, b, err_msg=where)


def renamed(pdopt, pdparams):
    """An optimizer's values by the names in the model: Paddle numbers its own on from run to run."""
    names = {old: new for new, old in pdparams["StructuredToParameterName@@"].items()}
    found = {}
    for key, value in pdopt.items():
        old = next((name for name in names if key.startswith(f"{name}_")), None)
        found[f"{names[old]}{key[len(old) :]}" if old else key] = value
    return found


def same_runs(a, b):
    """Weights, optimizer and schedule, average, random states, place in the data, best metric."""
    first, second = ({s: read_pickle(f"{r}.{s}") for s in ("pdparams", "pdopt", "states")} for r in (a, b))
    optimizers = [renamed(run["pdopt"], run["pdparams"]) for run in (first, second)]
    assert any("moment1" in key for key in optimizers[0])
    assert "LR_Scheduler" in optimizers[0]
    same(*optimizers)
    for run in (first, second):
        del run["pdparams"]["StructuredToParameterName@@"]
    same(first["pdparams"], second["pdparams"])
    own = first["states"]["ppocr_lite"]
    assert own["hooks"]["EmaHook"]
    assert own["random"]["numpy"]
    assert own["loader"]["emitted"]
    assert first["states"]["best_model_dict"]
    same(first["states"], second["states"])


def test_killed_again_and_again(tmp_path, launched, program, lines, small_config):
    data = lines(20)
    launched.train(small_config(data, tmp_path / "whole", batch=4, **settings()))
    out = tmp_path / "killed"
    cfg = small_config(data, out, batch=4, **settings())
    latest = out / "latest.pdparams"

    def run(job):
        given = ["-o", f"Global.checkpoints={out / 'latest'}"] if latest.exists() else []
        script, environment = program(job, out / "run.yml", *given)
        return subprocess.Popen([sys.executable, *script], env=environment, stdout=subprocess.DEVNULL)

    # A save is 9 operations: each file begun and ended, then three renames.
    for moment in (4, 9 + 8, 9 + 9 + 2):  # while the first is written; between renames; while writing
        process = run(f"train:{moment}")
        assert process.wait(LIMIT_S) == -signal.SIGKILL
    process = run("train")
    wait_for_step(out / "train.jsonl", 7)
    process.kill()
    process.wait(LIMIT_S)
    launched.train(cfg.replace({"Global.checkpoints": str(out / "latest")}))
    same_runs(tmp_path / "whole" / "latest", out / "latest")
    assert not list(out.glob(".*"))


def wait_for_step(records, step):
    ends = time.monotonic() + LIMIT_S
    while time.monotonic() < ends:
        if records.exists() and f'"global_step": {step}' in records.read_text():
            return
        time.sleep(0.02)
    raise AssertionError(f"step {step} was not reached")


def gambler():
    """A hook that draws from the process's generators, so that their states matter, and keeps the draws."""
    from ppocr_lite.engine.trainer import Hook

    class Gambler(Hook):
        def __init__(self):
            self.drawn = []

        def after_step(self, trainer):
            self.drawn.append([float(np.random.rand()), random.random()])  # noqa: NPY002

        def state(self):
            return {"drawn": self.drawn}

        def load_state(self, state):
            self.drawn = list(state["drawn"])

    return Gambler()


def test_two_and_two_epochs_are_four(tmp_path, launched, lines, small_config):
    """The seven: weights, optimizer, schedule, average, random states, place in the data, best metric."""
    data = lines(20)
    # A run that ends evaluates once more: at the end of an epoch here, as the longer one does anyway.
    often = {"Global__eval_batch_step": [0, 5], "Global__save_every_minutes": 0}
    four = settings(Global__epoch_num=4, **often)

    def run(name, **more):
        until = more.pop("until", 4)
        cfg = small_config(data, tmp_path / name, batch=4, **{**four, **more})
        return launched.train(cfg, [gambler()], until=until)

    run("whole")
    assert run("parts", until=2).state.epoch == 2
    run("parts", Global__checkpoints=str(tmp_path / "parts" / "latest"))
    same_runs(tmp_path / "whole" / "latest", tmp_path / "parts" / "latest")


@pytest.mark.skipif(not hasattr(signal, "SIGXFSZ"), reason="needs a limit on the size of files")
def test_full_disk_ends_the_run_and_leaves_the_checkpoint(tmp_path, launched, program, lines, small_config):
    import resource

    data, out = lines(20), tmp_path / "out"
    launched.train(small_config(data, out, batch=4, **settings(Global__epoch_num=1)))
    before = {file.name: file.read_bytes() for file in out.glob("*.pd*")}
    size = len(before["latest.pdopt"])
    script, environment = program("train", out / "run.yml", "-o", f"Global.checkpoints={out / 'latest'}")
    ended = subprocess.run(
        [sys.executable, *script, "Global.epoch_num=2"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size - 100, size - 100)),
    )
    assert ended.returncode == 2, ended.stdout
    (line,) = [line for line in ended.stdout.splitlines() if " ERROR: " in line]
    assert f"{out}/" in line
    assert ": the checkpoint (" in line
    assert "cannot be written: File too large. What was there before is as it was." in line
    assert {file.name: file.read_bytes() for file in out.glob("*.pd*")} == before
    assert not list(out.glob(".*"))
