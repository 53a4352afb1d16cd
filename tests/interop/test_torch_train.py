"""The twins' trainer: runs from a configuration, goes on where it ended, and Paddle reads its weights."""

import json
import shutil
import threading

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("paddle")

from ppocr_lite.config import Config  # noqa: E402
from ppocr_lite.engine import assemble  # noqa: E402
from ppocr_lite.errors import ConfigError  # noqa: E402
from ppocr_lite.interop.torch_depthwise import COMPILERS, _Depthwise  # noqa: E402
from ppocr_lite.interop.torch_train import TwinOptions, TwinTrainer, evaluate_weights  # noqa: E402

needs_compiler = pytest.mark.skipif(
    not any(map(shutil.which, COMPILERS)), reason=f"no C++ compiler ({', '.join(COMPILERS)})"
)


@pytest.fixture
def cfg(repo, tmp_path) -> Config:
    rows = []
    for i in range(8):
        image = np.full((48, 160, 3), 255, np.uint8)
        cv2.putText(image, f"Fly {i}", (5, 35), cv2.FONT_HERSHEY_SIMPLEX, 1, (0, 0, 0), 2)
        turned = i % 2
        cv2.imwrite(str(tmp_path / f"{i}.png"), cv2.rotate(image, cv2.ROTATE_180) if turned else image)
        rows.append(f"{i}.png\t{180 if turned else 0}")
    (tmp_path / "labels.txt").write_text("\n".join(rows) + "\n", encoding="utf-8")
    base = Config.load(repo / "configs/cls/en/en_cls_mv3.yml")
    dataset = {
        "name": "SimpleDataSet",
        "data_dir": str(tmp_path),
        "label_file_list": [str(tmp_path / "labels.txt")],
    }
    changes = {"Global.epoch_num": 2, "Global.pretrained_model": None}
    for part in ("Train", "Eval"):
        changes[f"{part}.dataset"] = {**dataset, "transforms": base.get(f"{part}.dataset.transforms")}
        changes[f"{part}.loader"] = {"batch_size_per_card": 4, "num_workers": 0}
    return base.replace(changes)


def rows_of(folder, kind="train"):
    lines = (folder / "train.jsonl").read_text(encoding="utf-8").splitlines()
    return [row for row in map(json.loads, lines) if row["kind"] == kind]


def test_trains_resumes_and_paddle_reads_it(cfg, tmp_path):
    out = tmp_path / "run"
    TwinTrainer(cfg, TwinOptions(out, device="cpu", log_every=1)).fit()
    assert [row["global_step"] for row in rows_of(out)] == [1, 2, 3, 4]
    assert "acc" in rows_of(out, "eval")[-1]
    assert "Worst predictions" in (out / "report.html").read_text(encoding="utf-8")

    longer = cfg.replace({"Global.epoch_num": 3})
    TwinTrainer(longer, TwinOptions(out, device="cpu", log_every=1)).fit()
    assert [row["global_step"] for row in rows_of(out)] == [1, 2, 3, 4, 5, 6]

    loaded = cfg.replace({"Global.pretrained_model": str(out / "latest")})
    found = assemble.trained(loaded)
    state = torch.load(out / "latest.pt", weights_only=True)
    assert np.array_equal(found.model.head.fc.bias.numpy(), state["average"]["head.fc.bias"].numpy())
    assert evaluate_weights(loaded)["acc"] == pytest.approx(rows_of(out, "eval")[-1]["acc"])
    with pytest.raises(ConfigError, match="Global.pretrained_model: name the weights"):
        evaluate_weights(cfg)


@needs_compiler
def test_compiled_gradients_train_the_same(cfg, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    losses = []
    for compiled in (False, True):
        out = tmp_path / f"run{compiled}"
        trainer = TwinTrainer(cfg, TwinOptions(out, device="cpu", log_every=1, compiled=compiled))
        replaced = [
            p for p in trainer.model.modules() if isinstance(getattr(p, "depthwise", None), _Depthwise)
        ]
        assert bool(replaced) == compiled
        trainer.fit()
        losses.append([row["loss"] for row in rows_of(out)])
    assert len(list((tmp_path / "cache" / "ppocr_lite").iterdir())) == 1
    assert losses[1] == pytest.approx(losses[0], rel=1e-3)


def test_an_older_checkpoint_goes_on(cfg, tmp_path):
    out = tmp_path / "run"
    TwinTrainer(cfg, TwinOptions(out, device="cpu")).fit()
    state = torch.load(out / "latest.pt", weights_only=True)
    del state["progress"]
    torch.save({**state, "counters": [4, 16, 2.5, 0.75]}, out / "latest.pt")
    trainer = TwinTrainer(cfg.replace({"Global.epoch_num": 3}), TwinOptions(out, device="cpu", log_every=1))
    trainer.fit()
    assert (trainer.at.step, trainer.at.samples) == (6, 24)


def test_asked_to_stop_it_saves_and_ends(cfg, tmp_path):
    stop = threading.Event()
    stop.set()
    TwinTrainer(cfg, TwinOptions(tmp_path / "run", device="cpu"), stop).fit()
    assert (tmp_path / "run" / "latest.pt").is_file()
    assert not (tmp_path / "run" / "best_accuracy.pdparams").exists()


def test_schedule_ends_at_zero_with_the_plan(cfg, tmp_path):
    trainer = TwinTrainer(cfg, TwinOptions(tmp_path / "run", device="cpu", plan_s=10.0))
    trainer._plan()
    trainer.at.step, trainer.at.elapsed = 2, 5.0
    assert trainer._rate() == pytest.approx(trainer.peak * 0.5, rel=1e-6)
    trainer.at.elapsed = 10.0
    assert trainer._rate() == pytest.approx(0.0, abs=1e-9)


def test_a_limit_makes_the_plan_and_leaves_time_to_evaluate(cfg, tmp_path):
    options = TwinOptions(tmp_path / "run", device="cpu", limit_s=100.0)
    trainer = TwinTrainer(cfg, options)
    trainer._plan()
    assert trainer.at.plan_s == pytest.approx(88, abs=5)  # 100 s less 12, and what the start took
    trainer.options.__dict__["started"] -= 60
    trainer.at.elapsed = 30.0
    trainer._fit_plan()
    assert trainer.at.plan_s == pytest.approx(58, abs=5)
