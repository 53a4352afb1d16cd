"""Several processes, started by Paddle's own launcher: the same training as one process, and never a hang."""

import importlib.util
import json
import subprocess
import sys
import types

import numpy as np
import pytest

paddle = pytest.importorskip("paddle")

from ppocr_lite.engine.distributed import DistributedError, Ranks, connect, synchronize_norms  # noqa: E402
from ppocr_lite.errors import ConfigError  # noqa: E402
from ppocr_lite.modeling.layers import BatchNorm  # noqa: E402
from ppocr_lite.weights.files import read_weights  # noqa: E402
from ppocr_lite.weights.pickles import read_pickle  # noqa: E402

LIMIT_S = 120
CAN_LAUNCH = (
    importlib.util.find_spec("paddle.distributed.launch") is not None
    and paddle.distributed.is_available()
    and not paddle.device.is_compiled_with_cuda()
)
pytestmark = [
    pytest.mark.train,
    pytest.mark.skipif(not CAN_LAUNCH, reason="needs Paddle for CPUs with gloo and its launcher"),
]


@pytest.fixture
def launch(program):
    """Function that runs a job in two processes -> (exit status, all that was printed)."""

    def run(job, out):
        script, environment = program(job, out / "run.yml")
        command = [sys.executable, "-m", "paddle.distributed.launch", "--nproc_per_node", "2"]
        command += ["--log_dir", str(out / "log"), *script]
        ended = subprocess.run(
            command, capture_output=True, text=True, timeout=LIMIT_S, env=environment, cwd=out
        )
        logs = "".join(f.read_text(errors="replace") for f in sorted((out / "log").glob("workerlog.*")))
        return ended.returncode, logs + ended.stderr

    return run


def facts(out):
    return [json.loads(file.read_text()) for file in sorted(out.glob("rank_*.json"))]


def test_two_processes_train_as_one_with_the_same_batches(tmp_path, launched, launch, lines, small_config):
    data = lines(20)
    small_config(data, tmp_path / "two", batch=4)
    status, said = launch("train", tmp_path / "two")
    assert status == 0, said
    launched.train(small_config(data, tmp_path / "one", batch=8))
    (one,), two = facts(tmp_path / "one"), facts(tmp_path / "two")
    assert [rank["world_size"] for rank in two] == [2, 2]
    assert [rank["global_step"] for rank in two] == [6, 6] == [one["global_step"]] * 2

    expected = read_weights(tmp_path / "one" / "latest.pdparams")
    for name, value in read_weights(tmp_path / "two" / "latest.pdparams").items():
        np.testing.assert_allclose(value, expected[name], rtol=0, atol=2e-6, err_msg=name)
    assert two[0]["weight"] == two[1]["weight"]  # to the last bit
    assert two[0]["best"] == two[1]["best"]
    assert two[0]["stats"] == two[1]["stats"] == pytest.approx(one["stats"], rel=1e-5)
    for key in set(one["best"]) - {"fps"}:
        assert two[0]["best"][key] == pytest.approx(one["best"][key]), key

    log = (tmp_path / "two" / "train.log").read_text()
    assert log.count("global_step: 6,") == 1  # of rank 0 alone
    assert "2 processes, connected by gloo" in log
    records = (tmp_path / "two" / "train.jsonl").read_text().splitlines()
    assert len(records) == 6 + 1


def test_bad_samples_on_one_rank_a_stop_there_and_one_process_that_goes_on(
    tmp_path, launched, launch, lines, small_config, caplog
):
    data, out = lines(40, broken=range(1, 40, 2)), tmp_path / "out"  # all of rank 1
    settings = {"Train__loader__shuffle": False, "Train__loader__max_bad_share": 1.0, "Global__epoch_num": 1}
    cfg = small_config(data, out, batch=4, evaluate=False, **settings)
    status, said = launch("stop", out)
    assert status == 0, said
    first, second = facts(out)
    assert (first["global_step"], second["global_step"]) == (3, 3)
    assert (first["stop_reason"], second["stop_reason"]) == ("another process was stopped", "test")
    assert [sum(rank["bad"].values()) for rank in (first, second)] == [0, 12]

    places = read_pickle(out / "latest.states")["ppocr_lite"]["loader"]["ranks"]
    assert [place["emitted"] for place in places] == [3, 3]
    trainer = launched.train(cfg.replace({"Global.checkpoints": str(out / "latest")}))
    # 24 of 40 are done; what is left makes 4 batches of 4, the last of the epoch's 10
    assert (trainer.state.epoch, trainer.state.global_step) == (1, 10)
    assert "An epoch has 10 steps now and had 5" in caplog.text


def test_a_failing_rank_ends_all(tmp_path, launch, lines, small_config):
    data, out = lines(24, broken=range(1, 24, 2)), tmp_path / "out"
    small_config(data, out, batch=4, Train__loader__shuffle=False)
    status, said = launch("train", out)
    assert status != 0
    assert "rank 1 ERROR: 12 of" in said
    assert "Another process of the training has ended it: rank 1: DataError: 12 of" in said


def test_norms_of_all_processes_keep_names_and_tensors(caplog):
    """The layers themselves run on GPUs only."""
    plain = paddle.nn.Sequential(paddle.nn.Conv2D(1, 2, 3), paddle.nn.Sequential(BatchNorm(2)))
    before = {name: (id(tensor), tensor.name) for name, tensor in plain.state_dict().items()}
    assert synchronize_norms(plain, "cpu") is plain
    assert "has synchronized batch norms on GPUs only" in caplog.text
    found = synchronize_norms(plain, "gpu")
    assert [type(layer) for layer in found.sublayers()][-1] is paddle.nn.SyncBatchNorm
    assert {name: (id(tensor), tensor.name) for name, tensor in found.state_dict().items()} == before


def test_launcher_and_configuration_must_choose_the_same_device(monkeypatch):
    monkeypatch.setattr(
        paddle.distributed, "ParallelEnv", lambda: types.SimpleNamespace(rank=0, world_size=2)
    )
    group = types.SimpleNamespace(backend="NCCL")
    monkeypatch.setattr(paddle.distributed, "init_parallel_env", lambda: group)
    with pytest.raises(ConfigError, match=r"Global\.use_gpu: is False, but .* by nccl\. .*BACKEND=gloo"):
        connect(use_gpu=False)


def test_ranks_that_differ_are_told():
    class Two(Ranks):
        def gather(self, value):
            return [value, value + 1]

    with pytest.raises(DistributedError, match=r"differ in steps of an epoch \(rank 0: 5, rank 1: 6\)"):
        Two().require_same("steps of an epoch", 5)
    Ranks().require_same("steps of an epoch", 5)
