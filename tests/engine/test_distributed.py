"""Several processes, started by Paddle's own launcher: the same training as one process, and never a hang."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

paddle = pytest.importorskip("paddle")

from ppocr_lite.config import Config  # noqa: E402
from ppocr_lite.weights.files import read_weights  # noqa: E402
from ppocr_lite.weights.pickles import read_pickle  # noqa: E402

HERE = Path(__file__).resolve().parent
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


@pytest.fixture(scope="session")
def launched():
    """The module that the launched processes run, with the network that it registers."""
    spec = importlib.util.spec_from_file_location("launched", HERE / "launched.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def write_lines(folder, count, broken=()):
    folder.mkdir(parents=True)
    rows = []
    for i in range(count):
        image = np.full((32, 64, 3), 240, np.uint8)
        cv2.putText(image, f"{i % 10}", (10, 26), cv2.FONT_HERSHEY_SIMPLEX, 1, (20, 20, 20), 2)
        cv2.imwrite(str(folder / f"{i}.png"), image)
        if i in broken:
            (folder / f"{i}.png").write_bytes(b"not a picture")
        rows.append(f"{i}.png\t{i % 10}\n")
    (folder / "labels.txt").write_text("".join(rows))


def config(data, out, *, batch, evaluate=True, **overrides):
    def section(shuffle, size):
        steps = [
            {"DecodeImage": {"img_mode": "BGR"}},
            {"CTCLabelEncode": None},
            {"RecResizeImg": {"image_shape": [3, 32, 64]}},
            {"KeepKeys": {"keep_keys": ["image", "label", "length"]}},
        ]
        names = {"data_dir": str(data), "label_file_list": [str(data / "labels.txt")]}
        loader = {"batch_size_per_card": size, "shuffle": shuffle, "drop_last": False, "num_workers": 0}
        return {"dataset": {"name": "SimpleDataSet", **names, "transforms": steps}, "loader": loader}

    values = {
        "Global": {
            "epoch_num": 2,
            "save_model_dir": str(out),
            "eval_batch_step": [0, 100],
            "print_batch_step": 1,
            "max_text_length": 8,
            "ema_decay": 0.9,
        },
        "Architecture": {
            "model_type": "rec",
            "algorithm": "CRNN",
            "Backbone": {"name": "SmallConv"},
            "Neck": {"name": "SequenceEncoder", "encoder_type": "reshape"},
            "Head": {"name": "CTCHead"},
        },
        "Optimizer": {"name": "Adam", "lr": {"name": "Cosine", "learning_rate": 0.01, "warmup_epoch": 1}},
        "Loss": {"name": "CTCLoss"},
        "PostProcess": {"name": "CTCLabelDecode"},
        "Metric": {"name": "RecMetric"},
        "Train": section(True, batch),
        "Eval": section(False, 3),
    }
    if not evaluate:
        del values["Eval"]
    out.mkdir(parents=True, exist_ok=True)
    cfg = Config(values).replace(overrides)
    cfg.dump(out / "run.yml")
    return cfg


def launch(job, out, processes=2):
    """-> (exit status, all that was printed)."""
    command = [sys.executable, "-m", "paddle.distributed.launch", "--nproc_per_node", str(processes)]
    command += ["--log_dir", str(out / "log"), str(HERE / "launched.py"), job, str(out / "run.yml")]
    own = {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(HERE.parents[1]), "PADDLE_DISTRI_BACKEND": "gloo"}
    ended = subprocess.run(
        command, capture_output=True, text=True, timeout=LIMIT_S, env={**os.environ, **own}, cwd=out
    )
    logs = "".join(f.read_text(errors="replace") for f in sorted((out / "log").glob("workerlog.*")))
    return ended.returncode, logs + ended.stderr


def facts(out):
    return [json.loads(file.read_text()) for file in sorted(out.glob("rank_*.json"))]


def test_two_processes_train_as_one_with_the_same_batches(tmp_path, launched):
    data = tmp_path / "data"
    write_lines(data, 20)
    config(data, tmp_path / "two", batch=4)
    status, said = launch("train", tmp_path / "two")
    assert status == 0, said
    launched.train(config(data, tmp_path / "one", batch=8))
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


def test_bad_samples_on_one_rank_a_stop_there_and_one_process_that_goes_on(tmp_path, launched, caplog):
    data, out = tmp_path / "data", tmp_path / "out"
    write_lines(data, 40, broken=range(1, 40, 2))  # all of rank 1
    settings = {"Train.loader.shuffle": False, "Train.loader.max_bad_share": 1.0, "Global.epoch_num": 1}
    cfg = config(data, out, batch=4, evaluate=False, **settings)
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


def test_a_failing_rank_ends_all(tmp_path):
    data, out = tmp_path / "data", tmp_path / "out"
    write_lines(data, 24, broken=range(1, 24, 2))
    config(data, out, batch=4, **{"Train.loader.shuffle": False})
    status, said = launch("train", out)
    assert status != 0
    assert "rank 1 ERROR: 12 of" in said
    assert "Another process of the training has ended it: rank 1: DataError: 12 of" in said
