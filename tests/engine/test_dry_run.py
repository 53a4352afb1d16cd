"""One batch before a training: the report, and that nothing is left behind."""

import logging
from pathlib import Path

import pytest

paddle = pytest.importorskip("paddle")

from ppocr_lite.config import Config  # noqa: E402
from ppocr_lite.data.random_data import RandomDataSet  # noqa: E402
from ppocr_lite.engine import assemble, dry_run  # noqa: E402
from ppocr_lite.errors import ConfigError, DataError  # noqa: E402
from ppocr_lite.losses.cls import ClsLoss  # noqa: E402

pytestmark = pytest.mark.train
REPO = Path(__file__).resolve().parents[2]
SMALL = [
    f"{mode}.loader.{key}" for mode in ("Train", "Eval") for key in ("batch_size_per_card=2", "num_workers=0")
]


def load(name, *overrides):
    return Config.load(REPO / "configs" / name, ["Global.use_gpu=false", *SMALL, *overrides])


def value_of(lines, name):
    """The text behind ``name`` in its line."""
    return next(line.strip().removeprefix(name).strip() for line in lines if line.strip().startswith(name))


def test_report_of_random_data(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lines = dry_run.dry_run(load("cls/cls_mv3.yml"), random_data=True)
    assert value_of(lines, "train batch:").startswith("2 images")
    assert value_of(lines, "image") == "float32 [2, 3, 48, 192]"
    assert value_of(lines, "backbone") == "float32 [2, 200, 1, 48]"
    assert value_of(lines, "head") == "logits float32 [2, 2]"
    assert value_of(lines, "parameters:") == "129,356, of which 129,356 trainable"
    assert value_of(lines, "multiply-adds:").endswith("G for one image [3, 48, 192]")
    assert float(value_of(lines, "losses: loss").split(",")[0]) > 0
    assert "    head      probs float32 [2, 2]" in lines
    assert value_of(lines, "metric of this batch:").startswith("acc: ")
    assert not any(line.startswith(("learning rate", "without a gradient")) for line in lines)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "name",
    ["rec/en/en_rec_mv3_crnn.yml", "rec/ch_PP-OCRv2/ch_PP-OCRv2_rec_distillation.yml", "det/det_mv3_db.yml"],
)
def test_every_task_runs_on_noise(name):
    overrides = ["Global.character_dict_path=en_printable.txt", "Global.pretrained_model="]
    cfg = load(name, *overrides, "Eval.loader.batch_size_per_card=1", "Train.loader.drop_last=false")
    if name.startswith("det"):
        cfg = cfg.replace({"Train.dataset.transforms.EastRandomCropData.size": [64, 64]})
        cfg = cfg.replace({"Eval.dataset.transforms.DetResizeForTest": {"image_shape": [64, 64]}})
    lines = dry_run.dry_run(cfg, random_data=True)
    assert any(line.startswith("metric of this batch: ") for line in lines)
    if "distillation" in name:
        assert value_of(lines, "Student.backbone") == value_of(lines, "Teacher.backbone")


def test_learning_rates_of_real_data(tmp_path, monkeypatch):
    """16 samples in batches of 2 are 8 steps an epoch: 10 epochs with one of warm-up."""
    data = RandomDataSet.__name__
    cfg = load("cls/cls_mv3.yml", "Global.epoch_num=10", "Optimizer.lr.warmup_epoch=1", "Eval=")
    spec = {"name": data, "kind": "cls", "length": 16, "transforms": cfg.get("Train.dataset.transforms")}
    lines = dry_run.dry_run(cfg.replace({"Train.dataset": spec}))
    assert value_of(lines, "learning rate, in") == "80 steps:"
    assert value_of(lines, "first step (1)") == "0"
    assert value_of(lines, "after the warm-up (9)") == "0.001"
    assert float(value_of(lines, "middle (40)")) == pytest.approx(0.00067306, rel=1e-4)  # u = 31 of 80
    assert lines[-1] == "evaluation: none"


def test_no_parameter_changes(monkeypatch):
    built = []
    monkeypatch.setattr(
        assemble, "trainer", lambda cfg, make=assemble.trainer: built.append(make(cfg)) or built[0]
    )
    paddle.seed(1024)
    before = assemble.parts(load("cls/cls_mv3.yml")).model
    dry_run.dry_run(load("cls/cls_mv3.yml"), random_data=True)
    for (name, one), (_, other) in zip(before.named_parameters(), built[0].model.named_parameters()):
        if one.trainable:
            assert (one.numpy() == other.numpy()).all(), name
    assert built[0].schedule.last_epoch == 0


def test_a_loss_that_is_not_finite_is_said(monkeypatch, caplog):
    forward = ClsLoss.forward
    monkeypatch.setattr(
        ClsLoss, "forward", lambda *given: {k: v * float("nan") for k, v in forward(*given).items()}
    )
    with caplog.at_level(logging.WARNING):
        dry_run.dry_run(load("cls/cls_mv3.yml"), random_data=True)
    assert "The loss is nan" in caplog.text


def test_missing_data_is_the_error_of_training():
    with pytest.raises(DataError, match=r"train_data/cls/train\.txt: the label file cannot be read"):
        dry_run.dry_run(load("cls/cls_mv3.yml"))


def test_errors_name_the_place_also_with_random_data():
    cfg = load("cls/cls_mv3.yml", "Train.dataset.transforms.RandAugment.probb=1")
    with pytest.raises(ConfigError, match=r"RandAugment\.probb \(-o Train\.dataset"):
        dry_run.dry_run(cfg, random_data=True)


def test_parameters_without_a_gradient_are_named():
    model = paddle.nn.Sequential(paddle.nn.Linear(2, 2), paddle.nn.Linear(2, 2))
    model[0](paddle.ones([1, 2])).sum().backward()
    assert dry_run._gradient_lines(model) == ["without a gradient: 2 parameters, such as 1.weight"]
