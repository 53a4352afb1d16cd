"""The twins' trainer: runs from a configuration, goes on where it ended, and Paddle reads its weights."""

import json

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("paddle")

from ppocr_lite.config import Config  # noqa: E402
from ppocr_lite.engine import assemble  # noqa: E402
from ppocr_lite.interop.torch_train import TwinOptions, TwinTrainer  # noqa: E402


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


def rows_of(folder):
    return [json.loads(line) for line in (folder / "log.jsonl").read_text(encoding="utf-8").splitlines()]


def test_trains_resumes_and_paddle_reads_it(cfg, tmp_path):
    out = tmp_path / "run"
    TwinTrainer(cfg, TwinOptions(out, log_every=1)).fit()
    rows = rows_of(out)
    assert [row["step"] for row in rows if "loss" in row] == [1, 2, 3, 4]
    assert "eval_acc" in rows[-1]

    longer = cfg.replace({"Global.epoch_num": 3})
    TwinTrainer(longer, TwinOptions(out, log_every=1)).fit()
    assert [row["step"] for row in rows_of(out) if "loss" in row] == [1, 2, 3, 4, 5, 6]

    found = assemble.trained(cfg.replace({"Global.pretrained_model": str(out / "latest")}))
    state = torch.load(out / "latest.pt", weights_only=True)
    assert np.array_equal(found.model.head.fc.bias.numpy(), state["average"]["head.fc.bias"].numpy())


def test_schedule_ends_at_zero_with_the_budget(cfg, tmp_path):
    trainer = TwinTrainer(cfg, TwinOptions(tmp_path / "run", budget_s=10.0))
    trainer.step, trainer.elapsed = 2, 5.0
    assert trainer._rate() == pytest.approx(trainer.peak * 0.5, rel=1e-6)
    trainer.elapsed = 10.0
    assert trainer._rate() == pytest.approx(0.0, abs=1e-9)
