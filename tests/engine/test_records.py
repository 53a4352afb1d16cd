"""Records as JSON and as curves."""

import json
import sys

import pytest

from ppocr_lite.engine import records
from ppocr_lite.errors import MissingDependency

TRAIN = {"kind": "train", "epoch": 1, "global_step": 10, "loss": 0.5, "lr": 0.001}
EVAL = {"kind": "eval", "epoch": 1, "global_step": 10, "acc": 0.75, "best_acc": 0.8}


class Writer:
    def __init__(self):
        self.points, self.open = [], True

    def add_scalar(self, name, value, step):
        self.points.append((name, value, step))

    def close(self):
        self.open = False


def test_names_of_curves_are_paddleocrs():
    writer = Writer()
    curves = records.Scalars(lambda: writer)
    for record in (TRAIN, EVAL, {"kind": "bad_step", "global_step": 3, "lr": 1.0}):
        curves.write(record)
    assert writer.points == [
        ("TRAIN/loss", 0.5, 10),
        ("TRAIN/lr", 0.001, 10),
        ("EVAL/acc", 0.75, 10),
        ("EVAL/best_acc", 0.8, 10),
    ]
    curves.close()
    assert not writer.open


def test_without_a_point_nothing_is_opened():
    def never():
        raise AssertionError

    records.Scalars(never).close()


def test_json_lines(tmp_path):
    file = records.JsonLines(tmp_path / "sub" / "train.jsonl")
    records.Several([file]).write({**TRAIN, "loss": float("nan")})
    record = json.loads(file.path.read_text(), parse_constant=pytest.fail)
    assert record["loss"] is None
    assert record["lr"] == 0.001
    assert record["time"] > 0


@pytest.mark.parametrize(("make", "package"), [("tensorboard", "tensorboardX"), ("visualdl", "visualdl")])
def test_missing_packages(make, package, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingDependency, match=rf"Global\.use_{make}: needs .* pip install {package}"):
        getattr(records, make)(tmp_path / "logs")


@pytest.mark.parametrize(
    ("make", "package", "pattern"),
    [("tensorboard", "tensorboardX", "events.*"), ("visualdl", "visualdl", "vdl*")],
)
def test_real_writers(make, package, pattern, tmp_path):
    pytest.importorskip(package)
    curves = getattr(records, make)(tmp_path / "logs")
    assert not (tmp_path / "logs").exists()
    curves.write(TRAIN)
    curves.close()
    assert next((tmp_path / "logs").glob(pattern)).stat().st_size > 0
