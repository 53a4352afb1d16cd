"""Trainings that share a machine: how minutes and processes are split, what is kept, how they are stopped."""

import json
import sys
import tarfile
import threading

import pytest

from ppocr_lite.errors import ConfigError
from ppocr_lite.interop.torch_jobs import Job, JobRunner, archive, plan_jobs, summary

CONFIGS = {"det": "d.yml", "rec": "r.yml", "cls": "c.yml"}
SHARES = {"det": 5.0, "rec": 9.0, "cls": 1.0}


def test_a_gpu_runs_all_at_once():
    (stage,) = plan_jobs(CONFIGS, SHARES, minutes=8, cores=16, gpu=True)
    assert [(job.task, job.minutes, job.workers) for job in stage] == [
        ("det", 8, 5),
        ("rec", 8, 9),
        ("cls", 8, 1),
    ]
    assert "--bf16" in stage[1].flags
    assert "Train.loader.batch_size_per_card=256" in stage[1].overrides


def test_cpus_run_one_after_the_other():
    stages = plan_jobs(CONFIGS, SHARES, minutes=30, cores=2, gpu=False, plan=60)
    assert [[(job.task, job.minutes, job.workers) for job in stage] for stage in stages] == [
        [("det", 10, 1)], [("rec", 18, 1)], [("cls", 2, 1)]
    ]  # fmt: skip
    assert "--plan=20.000" in stages[0][0].flags
    assert "--bf16" not in stages[0][0].flags


def test_bfloat16_on_a_cpu_that_has_it():
    stages = plan_jobs(CONFIGS, SHARES, minutes=30, cores=2, gpu=False, bfloat16=True)
    assert all("--bf16" in job.flags for stage in stages for job in stage)


def test_unknown_model():
    with pytest.raises(ConfigError, match="Models to train: det, rec, cls; got kie"):
        plan_jobs({"kie": "k.yml"}, SHARES, minutes=1, cores=1, gpu=False)


FAKE = """
import json, pathlib, signal, sys, time
out = [a.partition("=")[2] for a in sys.argv if a.startswith("Global.save_model_dir=")][0]
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
record = {"kind": "eval", "global_step": 7, "samples": 70, "elapsed": 3.0, "acc": 0.5, "note": "x"}
pathlib.Path(out, "train.jsonl").write_text(json.dumps(record) + "\\n")
if "fail.yml" in sys.argv: sys.exit(3)
if "hang.yml" in sys.argv: time.sleep(60)
"""


@pytest.fixture
def tool(tmp_path):
    file = tmp_path / "tool.py"
    file.write_text(FAKE.replace("\\\\n", "\\n"), encoding="utf-8")
    return file


def job(task, config):
    return Job(task, config, 1.0, 1, 1)


def test_one_that_fails_takes_no_other_with_it(tool, tmp_path):
    runner = JobRunner(tool, tmp_path / "out", tmp_path / "kept")
    status = runner.run([[job("det", "fail.yml"), job("rec", "fine.yml")], [job("cls", "fine.yml")]])
    assert status == {"det": 3, "rec": 0, "cls": 0}
    assert "| rec | 7 | 70 | 3 | acc 0.5000 |" in summary(tmp_path / "out", list(status))
    with tarfile.open(tmp_path / "kept" / "models.tar.00") as tar:
        assert json.load(tar.extractfile("rec/train.jsonl"))["samples"] == 70


def test_stop_reaches_the_jobs(tool, tmp_path):
    runner = JobRunner(tool, tmp_path / "out")
    threading.Timer(2.0, runner.stop.set).start()
    assert runner.run([[job("det", "hang.yml")], [job("cls", "fine.yml")]]) == {"det": 0}


def test_archive_in_parts(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "weights").write_bytes(b"w" * 30_000)
    (tmp_path / "a" / "latest.pt.tmp").write_bytes(b"half")
    parts = archive(tmp_path / "a", tmp_path / "b", part_bytes=20_000)
    assert [p.name for p in parts] == ["models.tar.00", "models.tar.01", "models.tar.02"]
    whole = tmp_path / "whole.tar"
    whole.write_bytes(b"".join(p.read_bytes() for p in parts))
    with tarfile.open(whole) as tar:
        assert tar.getnames() == ["weights"]
    (tmp_path / "a" / "weights").write_bytes(b"w")
    assert len(archive(tmp_path / "a", tmp_path / "b", part_bytes=20_000)) == 1
    assert not (tmp_path / "b" / "models.tar.02").exists()


def test_equal_files_once_and_states_last(tmp_path):
    folder = tmp_path / "a"
    folder.mkdir()
    for name, size in (
        ("latest.pt", 9000),
        ("best.pdparams", 3000),
        ("latest.pdparams", 3000),
        ("b.pt", 500),
    ):
        (folder / name).write_bytes(bytes([size % 251]) * size)
    whole = tmp_path / "whole.tar"
    parts = archive(folder, tmp_path / "b", max_bytes=12_000)
    whole.write_bytes(b"".join(p.read_bytes() for p in parts))
    with tarfile.open(whole) as tar:
        assert tar.getnames() == ["best.pdparams", "latest.pdparams", "b.pt"]  # latest.pt did not fit
        assert tar.extractfile("latest.pdparams").read() == (folder / "best.pdparams").read_bytes()


def test_the_command_line(tmp_path):
    command = job("rec", "r.yml").command(tmp_path / "t.py", tmp_path)
    assert command[:4] == [sys.executable, str(tmp_path / "t.py"), "-c", "r.yml"]
    assert f"Global.save_model_dir={tmp_path / 'rec'}" in command
