"""One command from trained weights to tables; small and short, with everything real but the training time."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

paddle = pytest.importorskip("paddle")
pytest.importorskip("onnx")
pytest.importorskip("paddle2onnx")

from ppocr_lite import cli  # noqa: E402
from ppocr_lite.compression import pipeline, scores, summary  # noqa: E402
from ppocr_lite.compression.pipeline_options import CompressOptions  # noqa: E402
from ppocr_lite.config import Config  # noqa: E402
from ppocr_lite.engine import assemble, checkpoint  # noqa: E402
from ppocr_lite.errors import ConfigError  # noqa: E402

pytestmark = pytest.mark.train
REPO = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def job(tmp_path_factory):
    """(configuration file, folder): the classifier with eight lines, every second one upside down."""
    folder = tmp_path_factory.mktemp("job")
    rows = []
    for number in range(8):
        image = np.full((32, 64, 3), 240, np.uint8)
        cv2.putText(image, "ab", (10, 26), cv2.FONT_HERSHEY_SIMPLEX, 1, (20, 20, 20), 2)
        turned = number % 2
        cv2.imwrite(str(folder / f"{number}.png"), image[::-1, ::-1] if turned else image)
        rows.append(f"{number}.png\t{180 if turned else 0}\n")
    (folder / "label.txt").write_text("".join(rows))
    changes = {"Global.use_gpu": False, "Global.save_model_dir": str(folder / "out")}
    for mode in ("Train", "Eval"):
        changes |= {
            f"{mode}.dataset.data_dir": str(folder),
            f"{mode}.dataset.label_file_list": [str(folder / "label.txt")],
            f"{mode}.loader.batch_size_per_card": 4,
            f"{mode}.loader.num_workers": 0,
        }
    cfg = Config.load(REPO / "configs/cls/cls_mv3.yml").replace(changes)
    paddle.seed(1)
    checkpoint.save_weights(folder / "model", assemble.parts(cfg).model)
    cfg.replace({"Global.pretrained_model": str(folder / "model")}).dump(folder / "cls.yml")
    return folder / "cls.yml", folder / "out/compressed"


FLAGS = ["--flops", "-45%", "--uniform", "--int8", "--steps", "3", "2", "--rounds", "2", "--threads", "1"]
FLAGS += ["--engines", "onnxruntime"]


@pytest.fixture(scope="module")
def values(job):
    """What the command writes."""
    file, out = job
    assert cli.main(["compress", "-c", str(file), *FLAGS]) == 0
    return json.loads((out / "compression.json").read_text(encoding="utf-8"))


def test_each_stage_leaves_its_model(values, job):
    _, out = job
    stages = values["stages"]
    assert list(stages) == ["float", "pruning", "pruned", "int8", "metrics", "times"]
    assert (stages["pruned"]["steps"], stages["int8"]["steps"]) == (4, 2)  # 3 are two epochs of two
    assert 0.5 < stages["pruned"]["multiply_adds"] / stages["float"]["multiply_adds"] <= 0.55
    assert stages["int8"]["bytes"] < stages["pruned"]["bytes"] < stages["float"]["bytes"]
    for name in ("float", "pruned", "int8"):
        assert (out / name / "inference.onnx").stat().st_size == stages[name]["bytes"]
        assert 0 <= stages["metrics"]["values"]["onnxruntime"][name] <= 1
        assert stages["times"]["values"]["onnxruntime, 1"][name]["milliseconds"] > 0
    assert stages["metrics"]["pictures"] == 8


def test_tables(values, job):
    _, out = job
    text = (out / "compression.md").read_text(encoding="utf-8")
    for name in ("float", "pruned", "int8"):
        assert f"\n| {name} | " in text
    assert "| multiply-adds |" in text
    page = (out / "compression.html").read_text(encoding="utf-8")
    assert page.count("<table>") == 3


def test_the_same_command_does_nothing_again(values, job, monkeypatch, capsys):
    file, _ = job
    for name in ("prune_job.prune", "assemble.train", "scores.score_folders", "timing.side_by_side"):
        monkeypatch.setattr(f"ppocr_lite.compression.pipeline.{name}", None)
    assert cli.main(["compress", "-c", str(file), *FLAGS]) == 0
    assert "stage 6 of 6: times: done before" in capsys.readouterr().out


def test_other_settings_are_refused(values, job, capsys):
    file, _ = job
    changed = ["5" if word == "3" else word for word in FLAGS]
    assert cli.main(["compress", "-c", str(file), *changed]) == 2
    assert "'pruned' was begun with other settings (pruned.steps: 3 then, 5 now)" in capsys.readouterr().err


def test_an_interrupted_training_goes_on(values, job, monkeypatch):
    """The training that comes after a stop is given the checkpoint, and its stage was not marked as done."""
    file, out = job
    seen = []

    class Trainer:
        stop_reason, converged = "signal", False

    def train(cfg, prepare=None):
        seen.append(cfg.get("Global.checkpoints"))
        return Trainer()

    known = json.loads((out / "stages.json").read_text())
    text = json.dumps({**known, "int8": {"settings": known["int8"]["settings"]}})
    (out / "stages.json").write_text(text)
    monkeypatch.setattr("ppocr_lite.compression.pipeline.assemble.train", train)
    assert cli.main(["compress", "-c", str(file), *FLAGS]) == 130
    assert seen == [str(out / "work/pact/latest")]
    (out / "stages.json").write_text(json.dumps(known))


def test_errors(job, tmp_path):
    cfg, options = Config.load(job[0]), CompressOptions(tmp_path, int8=("pact",))
    with pytest.raises(ConfigError, match=r"Global\.pretrained_model: not set\. Give trained weights"):
        pipeline.run(cfg.replace({"Global.pretrained_model": None}), options)
    several = Config.load(REPO / "configs/det/ch_PP-OCRv2/ch_PP-OCRv2_det_dml.yml")
    with pytest.raises(ConfigError, match="a distillation is compressed model by model"):
        pipeline.run(several, options)


def test_scores_by_hand():
    """hmean of two pages: (3 + 1) matches of (4 + 4) boxes; against a model that finds one more."""
    one = scores.Scores(np.array([3.0, 1.0]), np.array([4.0, 4.0]))
    more = scores.Scores(np.array([3.0, 2.0]), np.array([4.0, 4.0]))
    assert one.value == 0.5
    difference, low, high = one.minus(more)
    assert difference == -0.125
    assert low < difference < high


@pytest.mark.parametrize(
    ("skip", "left"), [(0, [0, 1, 2]), (1, [1, 2]), (2, [1, 2]), (3, [2]), (6, [0, 1, 2])]
)
def test_pictures_that_the_analysis_saw_are_left_out(skip, left):
    batches = [{"image": [0, 0], "number": number} for number in range(3)]
    assert [batch["number"] for batch in scores.unseen(batches, skip)] == left


def test_cells_by_hand():
    assert summary._change(550, 1000) == "550 (-45.0 %)"
    assert summary._points([-0.01, -0.02, 0.0]) == "-1.00 (-2.00 to +0.00)"
