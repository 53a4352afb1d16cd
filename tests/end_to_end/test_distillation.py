"""A teacher and a student from a few pictures to exported models: train, resume, evaluate, export, read."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

paddle = pytest.importorskip("paddle")

from ppocr_lite.config import Config  # noqa: E402
from ppocr_lite.engine import assemble, centers, checkpoint, infer  # noqa: E402
from ppocr_lite.errors import ConfigError  # noqa: E402
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


def rec_config(data, out, values=None):
    """The configuration of the recognizers with small networks, a frozen teacher and little data."""
    values = values or Config.load(REC).to_dict()
    for model in values["Architecture"]["Models"].values():
        model["Backbone"] = dict(BACKBONE)
        model["Neck"]["hidden_size"] = model["Head"]["mid_channels"] = 8
    values["Architecture"]["Models"]["Teacher"]["freeze_params"] = True
    return single_config(values, data, out)


def single_config(values, data, out):
    """``values`` with little data and few steps."""
    (out / "digits.txt").write_text("".join(f"{d}\n" for d in range(10)))
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


@pytest.fixture
def pages(tmp_path):
    """Two pictures with two words each, and their labels."""
    folder = tmp_path / "pages"
    folder.mkdir()
    rows = []
    for number in range(2):
        image = np.full((64, 96, 3), 240, np.uint8)
        words = []
        for text, x, y in (("ab", 6, 28), ("cd", 50, 58)):
            cv2.putText(image, text, (x, y), cv2.FONT_HERSHEY_SIMPLEX, 0.9, (20, 20, 20), 2)
            corners = [[x, y - 22], [x + 36, y - 22], [x + 36, y + 4], [x, y + 4]]
            words.append({"transcription": text, "points": corners})
        cv2.imwrite(str(folder / f"{number}.png"), image)
        rows.append(f"{number}.png\t{json.dumps(words)}\n")
    (folder / "label.txt").write_text("".join(rows))
    return folder


def trained_detectors(name, data, out):
    """A published configuration with its losses, CopyPaste and all, small networks and little data."""
    values = Config.load(DET.with_name(name)).to_dict()
    for model in values["Architecture"]["Models"].values():
        scale = 0.35 if model["Backbone"]["name"] == "MobileNetV3" else 0.5  # the teacher: a ResNet
        model["Backbone"] = {"name": "MobileNetV3", "model_name": "small", "scale": scale}
        model["Neck"]["out_channels"] = 24
    for step in values["Train"]["dataset"]["transforms"]:
        if "EastRandomCropData" in step:
            step["EastRandomCropData"]["size"] = [64, 64]
    values["Eval"]["dataset"]["transforms"][2] = {"DetResizeForTest": {"image_shape": [64, 96]}}
    for mode in ("Train", "Eval"):
        values[mode]["dataset"].update(data_dir=str(data), label_file_list=[str(data / "label.txt")])
        values[mode]["loader"] = {"batch_size_per_card": 1, "num_workers": 0}
    values["Optimizer"]["lr"] = {"name": "Const", "learning_rate": 0.002}
    values["Global"].update(
        use_gpu=False,
        epoch_num=1,
        eval_batch_step=[0, 2],
        print_batch_step=1,
        pretrained_model=None,
        save_model_dir=str(out / "model"),
        save_inference_dir=str(out / "inference"),
    )
    return Config(values, str(DET.with_name(name)))


@pytest.mark.parametrize(
    ("name", "trained", "logged"),
    [
        (
            "ch_PP-OCRv2_det_dml.yml",
            {"Student", "Teacher"},
            {"dml_thrink_maps_0", "DBLoss_Student_loss_shrink_maps", "DBLoss_Teacher_loss_binary_maps"},
        ),
        (
            "ch_PP-OCRv2_det_distill.yml",
            {"Student"},
            {"dila_dbloss_Student_Teacher", "DBLoss_Student_loss_threshold_maps"},
        ),
        (
            "ch_PP-OCRv2_det_cml.yml",
            {"Student", "Student2"},
            {"dila_dbloss_Student_Teacher", "dila_dbloss_Student2_Teacher", "dml_thrink_maps_0"},
        ),
    ],
)
def test_detectors_train_evaluate_resume(name, trained, logged, pages, tmp_path):
    cfg = trained_detectors(name, pages, tmp_path)
    steps = [str(step) for step in cfg.get("Train.dataset.transforms")]
    assert any("CopyPaste" in step for step in steps)
    first = assemble.trainer(cfg)
    before = weights(first.model)
    first.fit(1)
    assert {key.split(".")[0] for key in changed(before, weights(first.model))} == trained
    assert logged < set(first.stats)
    assert {f"{other}_hmean" for other in cfg.get("PostProcess.model_name") if other != "Student"} <= set(
        first.metrics
    )

    latest = str(tmp_path / "model" / "latest")
    again = assemble.trainer(cfg.replace({"Global.checkpoints": latest}))
    assert not changed(weights(first.model), weights(again.model))
    again.fit(2)
    assert again.state.global_step == 4

    # What is exported: each network as a model for itself, see test_detectors_are_exported_and_read.
    singles = assemble.single_parts(assemble.trained(cfg.replace({"Global.pretrained_model": latest})))
    assert list(singles) == list(cfg.get("Architecture.Models"))
    for name, single in singles.items():
        assert not changed(weights(getattr(again.model, name)), weights(single.model))
        assert single.cfg.get("PostProcess.name") == "DBPostProcess"


def test_three_recognizers_as_documented(lines, tmp_path):
    """The configuration in doc/distillation.md, with small networks."""
    text = (REPO / "doc/distillation.md").read_text(encoding="utf-8")
    snippet = text.split("<!-- three networks -->\n```yaml\n")[1].split("```")[0]
    file = tmp_path / "three.yml"
    file.write_text(snippet.replace("_BASE_: configs", f"_BASE_: {REPO}/configs"), encoding="utf-8")
    values = Config.load(file).to_dict()
    assert list(values["Architecture"]["Models"]) == ["Teacher", "Student", "Student2"]
    cfg = rec_config(lines, tmp_path, values)
    trainer = assemble.trainer(cfg.replace({"Architecture.Models.Teacher.freeze_params": False}))
    before = weights(trainer.model)
    trainer.fit(1)
    moved = changed(before, weights(trainer.model))
    assert {name.split(".")[0] for name in moved} == {"Teacher", "Student", "Student2"}
    pairs = {f"dml_{i}" for i in range(3)} | {f"loss_distance_l2_Student_Student2_{2}"}
    assert pairs | {"loss_ctc_Student2_1", "loss_ctc_Teacher_2"} < set(trainer.stats)
    assert {"acc", "Teacher_acc", "Student2_acc"} < set(trainer.metrics)
    single = assemble.single_parts(
        assemble.trained(cfg.replace({"Global.pretrained_model": str(tmp_path / "model" / "latest")}))
    )
    assert list(single) == ["Teacher", "Student", "Student2"]


def test_centers_of_a_sub_model_and_a_training_with_them(lines, tmp_path):
    """Centers of a student that reads each picture as 3, then the center loss with them."""
    cfg = rec_config(lines, tmp_path)
    model = assemble.parts(cfg).model
    bias = model.Student.head.fc2.bias
    bias.set_value(np.where(np.arange(bias.shape[0]) == 4, 50, 0).astype(np.float32))
    checkpoint.save_weights(tmp_path / "m", model)
    found = centers.export_centers(
        cfg.replace({"Global.pretrained_model": str(tmp_path / "m")}),
        tmp_path / "train_center.pkl",
        submodel="Student",
    )
    assert (found.right, found.samples) == (1, 8)
    assert np.flatnonzero(found.steps).tolist() == [4]
    with pytest.raises(ConfigError, match=r"no 'Studnt' in Architecture.Models. Did you mean 'Student'\?"):
        centers.export_centers(
            cfg.replace({"Global.pretrained_model": str(tmp_path / "m")}), submodel="Studnt"
        )

    values = Config.load(REC.with_name("ch_PP-OCRv2_rec_enhanced_ctc_loss.yml")).to_dict()
    values["Architecture"]["Backbone"] = dict(BACKBONE)
    values["Architecture"]["Neck"]["hidden_size"] = values["Architecture"]["Head"]["mid_channels"] = 8
    center = values["Loss"]["loss_config_list"][1]["CenterLoss"]
    center.update(num_classes=12, feat_dim=8, center_file_path=str(tmp_path / "train_center.npz"))
    single = single_config(values, lines, tmp_path)
    trainer = assemble.trainer(single)
    trainer.fit(1)
    assert trainer.stats["loss_center"] > 0
    (tmp_path / "letters.txt").write_text("".join(f"{c}\n" for c in "abcdefghij"))
    with pytest.raises(
        ConfigError, match=r"^Loss.loss_config_list\[1\].CenterLoss.center_file_path.*another character set"
    ):
        assemble.trainer(single.replace({"Global.character_dict_path": str(tmp_path / "letters.txt")}))
