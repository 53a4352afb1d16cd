"""A teacher and a student from a few pictures to exported models: train, resume, evaluate, export, read."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

paddle = pytest.importorskip("paddle")

from ppocr_lite.config import Config  # noqa: E402
from ppocr_lite.engine import assemble, checkpoint, infer  # noqa: E402
from ppocr_lite.export import bundle  # noqa: E402
from ppocr_lite.images import read_image  # noqa: E402
from ppocr_lite.inference.text_detector import TextDetector  # noqa: E402
from ppocr_lite.inference.text_recognizer import TextRecognizer  # noqa: E402
from ppocr_lite.structures import DetResult  # noqa: E402

pytestmark = pytest.mark.train
REPO = Path(__file__).resolve().parents[2]
REC = REPO / "configs/rec/ch_PP-OCRv2/ch_PP-OCRv2_rec_distillation.yml"
DET = REPO / "configs/det/ch_PP-OCRv2/ch_PP-OCRv2_det_dml.yml"
BACKBONE = {"name": "MobileNetV3", "scale": 0.35, "model_name": "small", "small_stride": [1, 2, 2, 2]}


@pytest.fixture(autouse=True)
def little_parity(monkeypatch):
    monkeypatch.setattr(bundle, "RANDOM_BATCHES", 1)
    monkeypatch.setattr(bundle, "RENDERED_IMAGES", 1)


@pytest.fixture
def lines(tmp_path):
    """Eight pictures of one digit, and their labels."""
    folder = tmp_path / "lines"
    folder.mkdir()
    rows = []
    for number in range(8):
        image = np.full((32, 64, 3), 240, np.uint8)
        cv2.putText(image, str(number), (10, 26), cv2.FONT_HERSHEY_SIMPLEX, 1, (20, 20, 20), 2)
        cv2.imwrite(str(folder / f"{number}.png"), image)
        rows.append(f"{number}.png\t{number}\n")
    (folder / "label.txt").write_text("".join(rows))
    return folder


def rec_config(data, out):
    """The configuration of the recognizers with small networks, a frozen teacher and little data."""
    values = Config.load(REC).to_dict()
    (out / "digits.txt").write_text("".join(f"{d}\n" for d in range(10)))
    for model in values["Architecture"]["Models"].values():
        model["Backbone"] = dict(BACKBONE)
        model["Neck"]["hidden_size"] = model["Head"]["mid_channels"] = 8
    values["Architecture"]["Models"]["Teacher"]["freeze_params"] = True
    for mode in ("Train", "Eval"):
        values[mode]["dataset"].update(data_dir=str(data), label_file_list=[str(data / "label.txt")])
        values[mode]["loader"] = {"batch_size_per_card": 4, "num_workers": 0}
    values["Optimizer"]["lr"] = {"name": "Const", "learning_rate": 0.002}
    values["Global"].update(
        use_gpu=False,
        epoch_num=1,
        eval_batch_step=[0, 2],
        print_batch_step=1,
        character_dict_path=str(out / "digits.txt"),
        save_model_dir=str(out / "model"),
        save_inference_dir=str(out / "inference"),
        save_res_path=str(out / "read.txt"),
    )
    return Config(values, str(REC))


def weights(model):
    return {name: tensor.numpy().copy() for name, tensor in model.state_dict().items()}


def changed(before, after):
    return {name for name in before if not np.array_equal(before[name], after[name])}


def test_train_evaluate_save_resume(lines, tmp_path):
    cfg = rec_config(lines, tmp_path)
    first = assemble.trainer(cfg)
    before = weights(first.model)
    first.fit(1)
    assert first.state.global_step == 2
    moved = changed(before, weights(first.model))
    assert {name.split(".")[0] for name in moved} == {"Student"}  # weights and running statistics
    assert len(moved) > 0.9 * len(first.model.Student.state_dict())
    assert set(first.state.best) > {"acc", "Teacher_acc", "fps", "best_epoch"}
    records = [json.loads(row) for row in (tmp_path / "model" / "train.jsonl").read_text().splitlines()]
    logged = {"loss", "loss_ctc_Student_0", "loss_ctc_Teacher_1", "dml_0", "acc", "Teacher_acc"}
    assert logged < set(records[0])
    assert "loss_distance_l2_Student_Teacher_0" in records[0]

    latest = str(tmp_path / "model" / "latest")
    again = assemble.trainer(cfg.replace({"Global.checkpoints": latest}))
    assert not changed(weights(first.model), weights(again.model))
    again.fit(2)
    assert again.state.global_step == 4
    assert not changed(weights(first.model.Teacher), weights(again.model.Teacher))
    assert changed(weights(first.model.Student), weights(again.model.Student))

    evaluator, model = assemble.evaluator(cfg.replace({"Global.pretrained_model": latest}))
    assert set(evaluator(model)) > {"acc", "Teacher_acc", "norm_edit_dis", "Teacher_norm_edit_dis"}


def test_averaged_weights_leave_the_teacher_alone(lines, tmp_path):
    cfg = rec_config(lines, tmp_path).replace({"Global.ema_decay": 0.9})
    trainer = assemble.trainer(cfg)
    teacher = weights(trainer.model.Teacher)
    trainer.fit(1)
    checkpoint.load_exact(trainer.model, tmp_path / "model" / "best_accuracy")
    assert not changed(teacher, weights(trainer.model.Teacher))


def test_recognizers_are_exported_and_read(lines, tmp_path):
    pytest.importorskip("paddle2onnx")
    cfg = rec_config(lines, tmp_path)
    model = assemble.parts(cfg).model
    checkpoint.save_weights(tmp_path / "m", model)
    cfg = cfg.replace(
        {"Global.pretrained_model": str(tmp_path / "m"), "Global.infer_img": str(lines / "3.png")}
    )
    folder = assemble.export(cfg)
    assert sorted(path.name for path in folder.iterdir()) == ["Student", "Teacher"]
    image = read_image(lines / "3.png")
    results = assemble.reader(cfg)(image)
    assert list(results) == ["Student", "Teacher"]
    for name, result in results.items():
        served = TextRecognizer.open(folder / name)([image])[0]
        assert served.text == result.text
        assert served.score == pytest.approx(result.score, abs=1e-3)

    assert infer.infer_rec(cfg) == 0
    path, _, said = (tmp_path / "read.txt").read_text(encoding="utf-8").rstrip("\n").partition("\t")
    assert path == str(lines / "3.png")
    expected = {name: {"label": r.text, "score": r.score} for name, r in results.items()}
    assert json.loads(said) == expected


def det_config(out):
    values = Config.load(DET).to_dict()
    for model in values["Architecture"]["Models"].values():
        model["Backbone"]["model_name"] = "small"
        model["Backbone"]["scale"] = 0.35
        model["Neck"]["out_channels"] = 24
    values["Eval"]["dataset"]["transforms"][2] = {
        "DetResizeForTest": {"limit_side_len": 96, "limit_type": "max"}
    }
    values["Global"].update(
        use_gpu=False,
        pretrained_model=str(out / "m"),
        infer_img=str(out / "page.png"),
        save_res_path=str(out / "found" / "boxes.txt"),
        save_inference_dir=str(out / "inference"),
    )
    return Config(values, str(DET))


@pytest.fixture
def page(tmp_path):
    image = np.full((64, 96, 3), 240, np.uint8)
    cv2.putText(image, "ab", (10, 40), cv2.FONT_HERSHEY_SIMPLEX, 1, (20, 20, 20), 2)
    cv2.imwrite(str(tmp_path / "page.png"), image)


def test_boxes_of_every_detector_are_written(page, tmp_path, monkeypatch, caplog):
    quads = np.array([[[1, 2], [30, 2], [30, 20], [1, 20]]], np.float32)
    results = {"Student": DetResult(quads, np.ones(1)), "Teacher": DetResult.empty()}
    monkeypatch.setattr(assemble, "reader", lambda cfg: lambda image: results)
    with caplog.at_level("INFO"):
        assert infer.infer_det(det_config(tmp_path)) == 0
    path, _, boxes = (tmp_path / "found" / "boxes.txt").read_text().rstrip("\n").partition("\t")
    assert path == str(tmp_path / "page.png")
    box = {"transcription": "", "points": quads[0].astype(int).tolist()}
    assert json.loads(boxes) == {"Student": [box], "Teacher": []}
    for name, count in (("Student", 1), ("Teacher", 0)):
        assert (tmp_path / "found" / f"det_results_{name}" / "page.png").is_file()
        assert f"result of {name}: {count} boxes" in caplog.text


def test_detectors_are_exported_and_read(page, tmp_path, monkeypatch):
    monkeypatch.setattr(bundle.onnx, "missing_packages", lambda: ["paddle2onnx"])  # Paddle files are enough
    cfg = det_config(tmp_path)
    plain = cfg.replace({"Global.pretrained_model": None})
    checkpoint.save_weights(tmp_path / "m", assemble.parts(plain).model)
    folder = assemble.export(cfg)
    image = read_image(tmp_path / "page.png")
    results = assemble.reader(cfg)(image)
    assert list(results) == ["Student", "Teacher"]
    for name, result in results.items():
        detector = TextDetector.open(folder / name)
        assert abs(len(detector([image])[0]) - len(result)) <= 1  # the runtime drops the tiniest boxes
