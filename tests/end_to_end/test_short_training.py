"""Each task from a handful of pictures to an exported model: train, resume, evaluate, export, read."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

paddle = pytest.importorskip("paddle")
pytest.importorskip("paddle2onnx")

from ppocr_lite.config import Config  # noqa: E402
from ppocr_lite.engine import assemble  # noqa: E402
from ppocr_lite.engine.trainer import Hook  # noqa: E402
from ppocr_lite.export import bundle  # noqa: E402
from ppocr_lite.images import read_image  # noqa: E402
from ppocr_lite.inference.text_classifier import TextClassifier  # noqa: E402
from ppocr_lite.inference.text_detector import TextDetector  # noqa: E402
from ppocr_lite.inference.text_recognizer import TextRecognizer  # noqa: E402

pytestmark = pytest.mark.train
REPO = Path(__file__).resolve().parents[2]
FILES = {
    "det": "configs/det/ch_ppocr_v2.0/ch_det_mv3_db_v2.0.yml",
    "cls": "configs/cls/cls_mv3.yml",
    "rec": "configs/rec/en/en_rec_mv3_crnn.yml",
}
READERS = {"det": TextDetector, "cls": TextClassifier, "rec": TextRecognizer}


def put(image, text, origin, scale=1.0):
    cv2.putText(image, text, origin, cv2.FONT_HERSHEY_SIMPLEX, scale, (20, 20, 20), 2, cv2.LINE_AA)


def page(rng):
    """A page with three words, and its label."""
    image = np.full((160, 256, 3), int(rng.integers(190, 255)), np.uint8)
    boxes = []
    for row in range(3):
        text = str(rng.integers(1000, 9999))
        x, y = int(rng.integers(5, 120)), 40 + 48 * row
        put(image, text, (x, y))
        (w, h), base = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, 1.0, 2)
        corners = [[x, y - h - 2], [x + w, y - h - 2], [x + w, y + base], [x, y + base]]
        boxes.append({"transcription": text, "points": corners})
    return image, json.dumps(boxes)


def line(rng):
    text = f"{rng.integers(0, 99):02d}"
    image = np.full((32, 64, 3), 240, np.uint8)
    put(image, text, (10, 26))
    return image, text


def crop(rng):
    image, _ = line(rng)
    turned = bool(rng.integers(2))
    return (np.ascontiguousarray(image[::-1, ::-1]) if turned else image), "180" if turned else "0"


def write_data(folder, task, count):
    rng = np.random.default_rng(0)
    rows = []
    for number in range(count):
        image, label = {"det": page, "rec": line, "cls": crop}[task](rng)
        cv2.imwrite(str(folder / f"{number:02d}.png"), image)
        rows.append(f"{number:02d}.png\t{label}\n")
    (folder / "label.txt").write_text("".join(rows), encoding="utf-8")


def small_config(task, data, out):
    base = Config.load(REPO / FILES[task])
    values = base.to_dict()
    if task == "det":
        for spec in values["Train"]["dataset"]["transforms"]:
            if "EastRandomCropData" in spec:
                spec["EastRandomCropData"]["size"] = [128, 128]
        values["Eval"]["dataset"]["transforms"][2] = {
            "DetResizeForTest": {"limit_side_len": 256, "limit_type": "max"}
        }
    for mode in ("Train", "Eval"):
        values[mode]["dataset"] = {
            "name": "SimpleDataSet",
            "data_dir": str(data),
            "label_file_list": [str(data / "label.txt")],
            "transforms": values[mode]["dataset"]["transforms"],
        }
        values[mode]["loader"] = {"batch_size_per_card": 8, "drop_last": False, "num_workers": 0}
    if task == "det":
        values["Train"]["loader"]["batch_size_per_card"] = 2
        values["Eval"]["loader"]["batch_size_per_card"] = 1
    if task == "rec":
        (out / "digits.txt").write_text("".join(f"{d}\n" for d in range(10)))
        values["Global"]["character_dict_path"] = str(out / "digits.txt")
    values["Optimizer"]["lr"] = {"name": "Const", "learning_rate": 0.002}
    values["Global"].update(
        use_gpu=False,
        epoch_num=2,
        eval_batch_step=[0, 1000],
        save_epoch_step=0,
        print_batch_step=1,
        pretrained_model=None,
        save_model_dir=str(out / "model"),
        save_inference_dir=str(out / "inference"),
    )
    return Config(values, base.source)


@pytest.mark.parametrize("task", ["det", "cls", "rec"])
def test_train_resume_evaluate_export_read(task, tmp_path, monkeypatch):
    monkeypatch.setattr(bundle, "RANDOM_BATCHES", 1)
    monkeypatch.setattr(bundle, "RENDERED_IMAGES", 1)
    data, out = tmp_path / "data", tmp_path / "out"
    data.mkdir()
    out.mkdir()
    write_data(data, task, 6 if task == "det" else 24)
    cfg = small_config(task, data, out)

    first = assemble.train(cfg)
    steps = len(first.loader)
    assert first.state.global_step == 2 * steps
    latest = str(out / "model" / "latest")
    again = assemble.train(cfg.replace({"Global.epoch_num": 4, "Global.checkpoints": latest}))
    assert (again.state.epoch, again.state.global_step) == (4, 4 * steps)
    records = [json.loads(row) for row in (out / "model" / "train.jsonl").read_text().splitlines()]
    losses = [r["loss"] for r in records if r["kind"] == "train"]
    assert len(losses) == 4 * steps
    assert losses[-1] < losses[0]

    best = cfg.replace({"Global.pretrained_model": str(out / "model" / "latest")})
    evaluator, model = assemble.evaluator(best)
    metrics = evaluator(model)
    assert 0 <= metrics[cfg.get("Metric.main_indicator")] <= 1

    folder = assemble.export(best)
    read = assemble.reader(best)
    reader = READERS[task].open(folder)
    for file in sorted(data.glob("*.png"))[:3]:
        image = read_image(file)
        ours, served = read(image), reader([image])[0]
        if task == "det":
            assert abs(len(ours.quads) - len(served.quads)) <= 1  # the runtime drops the tiniest boxes
        else:
            assert ours.score == pytest.approx(served.score, abs=1e-3)
            assert (ours.label == served.label) if task == "cls" else (ours.text == served.text)


@pytest.mark.parametrize("workers", [0, 1])
def test_stop_within_an_epoch_and_resume(tmp_path, workers):
    """Lines of two widths, so that the loader holds back lines that wait for their batch to fill."""
    data = tmp_path / "data"
    data.mkdir()
    rng = np.random.default_rng(0)
    rows = []
    for number in range(18):
        image = np.full((32, 64 if number % 3 else 128, 3), 240, np.uint8)
        text = str(rng.integers(0, 9))
        put(image, text, (10, 26))
        cv2.imwrite(str(data / f"{number}.png"), image)
        rows.append(f"{number}.png\t{text}\n")
    (data / "label.txt").write_text("".join(rows))

    def build(name):
        values = small_config("rec", data, tmp_path).to_dict()
        values["Global"]["save_model_dir"] = str(tmp_path / name)
        values["Train"]["loader"].update(batch_size_per_card=4, shuffle=True, num_workers=workers)
        del values["Eval"]
        return Config(values)

    class StopAt(Hook):
        def after_step(self, trainer):
            if trainer.state.global_step == 2:
                trainer.stop("test")

    whole = assemble.trainer(build("whole"))
    whole.fit(1)
    stopped = assemble.trainer(build("parts"))
    stopped.hooks = (StopAt(), *stopped.hooks)
    stopped.fit(1)
    assert (stopped.state.epoch, stopped.state.step_in_epoch) == (0, 2)
    cfg = build("parts").replace({"Global.checkpoints": str(tmp_path / "parts" / "latest")})
    resumed = assemble.trainer(cfg)
    resumed.fit(1)
    assert resumed.state.global_step == whole.state.global_step > 2
    for name, tensor in whole.model.state_dict().items():
        other = resumed.model.state_dict()[name].numpy()
        np.testing.assert_array_equal(tensor.numpy(), other, err_msg=name)


def test_classifier_learns(tmp_path):
    """24 crops by heart in 24 steps. (In evaluation the batch norms' averages take some time more.)"""
    data = tmp_path / "data"
    data.mkdir()
    write_data(data, "cls", 24)
    values = small_config("cls", data, tmp_path).to_dict()
    random = {"BaseDataAugmentation", "RandAugment"}
    specs = values["Train"]["dataset"]["transforms"]
    values["Train"]["dataset"]["transforms"] = [spec for spec in specs if not random & set(spec)]
    values["Global"].update(epoch_num=8, print_batch_step=100, log_smooth_window=3)
    del values["Eval"]
    assemble.train(Config(values))
    records = [json.loads(row) for row in (tmp_path / "model" / "train.jsonl").read_text().splitlines()]
    assert records[-1]["acc"] > 0.9
    assert records[-1]["loss"] < 0.3 < records[0]["loss"]
