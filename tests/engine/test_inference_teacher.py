"""Exported models as teachers: the package's own ones teach tiny students."""

import copy

import cv2
import numpy as np
import pytest

paddle = pytest.importorskip("paddle")
pytest.importorskip("onnxruntime")

from ppocr_lite.charset import Charset  # noqa: E402
from ppocr_lite.config import Config, Section  # noqa: E402
from ppocr_lite.engine import assemble  # noqa: E402
from ppocr_lite.engine.inference_teacher import (  # noqa: E402
    STEPS,
    build_inference_teacher,
    with_student_transforms,
)
from ppocr_lite.errors import ConfigError, ModelFileError  # noqa: E402
from ppocr_lite.inference.model_files import embedded_model  # noqa: E402
from ppocr_lite.inference.text_recognizer import TextRecognizer  # noqa: E402
from ppocr_lite.postprocess.ctc import CTCLabelDecode  # noqa: E402
from ppocr_lite.transforms.resize import resize_norm  # noqa: E402

pytestmark = pytest.mark.train

try:
    EMBEDDED = {task: str(embedded_model(task)) for task in ("det", "rec")}
except ModelFileError:
    pytest.skip("no embedded models in this checkout", allow_module_level=True)

REC_STUDENT = {
    "model_type": "rec",
    "algorithm": "CRNN",
    "in_channels": 1,
    "Backbone": {"name": "MobileNetV3", "scale": 0.35, "model_name": "small", "small_stride": [1, 2, 2, 2]},
    "Neck": {"name": "SequenceEncoder", "encoder_type": "reshape"},
    "Head": {"name": "CTCHead"},
}
DET_STUDENT = {
    "model_type": "det",
    "algorithm": "DB",
    "Backbone": {"name": "MobileNetV3", "scale": 0.35, "model_name": "small", "disable_se": True},
    "Neck": {"name": "DBFPN", "out_channels": 24},
    "Head": {"name": "DBHead"},
}
KEPT = {"det": ["image", "shrink_map", "shrink_mask", "threshold_map", "threshold_mask"]}
DECODE = {"DecodeImage": {"img_mode": "BGR", "channel_first": False}}


def rec_steps(shape=(1, 32, 96)):
    keep = {"KeepKeys": {"keep_keys": ["image", "label", "length"]}}
    return [DECODE, {"CTCLabelEncode": None}, {"RecResizeImg": {"image_shape": list(shape)}}, keep]


def det_steps(keys):
    return [
        DECODE,
        {"DetLabelEncode": None},
        *([{"EastRandomCropData": {"size": [64, 64]}}] if "shrink_map" in keys else []),
        *([{"MakeBorderMap": None}, {"MakeShrinkMap": None}] if "shrink_map" in keys else []),
        *([] if "shrink_map" in keys else [{"DetResizeForTest": {"image_shape": [64, 64]}}]),
        {
            "NormalizeImage": {
                "scale": "1./255.",
                "mean": [0.5, 0.5, 0.5],
                "std": [0.5, 0.5, 0.5],
                "order": "hwc",
            }
        },
        {"ToCHWImage": None},
        {"KeepKeys": {"keep_keys": keys}},
    ]


def line(text="abc 42", size=(32, 96)):
    image = np.full((*size, 3), 250, np.uint8)
    cv2.putText(image, text, (4, size[0] - 9), cv2.FONT_HERSHEY_SIMPLEX, size[0] / 45, (10, 10, 10), 2)
    return image


def config(task, folder, **changes):
    """A student and an exported teacher with a folder of two pictures."""
    rows = []
    for number in range(2):
        cv2.imwrite(str(folder / f"{number}.png"), line() if task == "rec" else line("ab", (64, 64)))
        box = '[{"transcription": "ab", "points": [[4, 20], [50, 20], [50, 60], [4, 60]]}]'
        rows.append(f"{number}.png\t{'abc42' if task == 'rec' else box}\n")
    (folder / "label.txt").write_text("".join(rows))
    student = REC_STUDENT if task == "rec" else DET_STUDENT
    teacher = {"name": "InferenceTeacher", "model_dir": EMBEDDED[task], "freeze_params": True, "threads": 1}
    kind = "CTCLabelDecode" if task == "rec" else "DBPostProcess"
    values = {
        "Global": {
            **({"max_text_length": 25} if task == "rec" else {}),
            "epoch_num": 1,
            "eval_batch_step": [0, 1],
            "save_model_dir": str(folder / "model"),
            "save_inference_dir": str(folder / "inference"),
        },
        "Architecture": {
            "name": "DistillationModel",
            "model_type": task,
            "algorithm": "Distillation",
            "Models": {"Teacher": teacher, "Student": copy.deepcopy(student)},
        },
        "Loss": {"name": "CombinedLoss", "loss_config_list": LOSSES[task]},
        "Optimizer": {"name": "Adam", "lr": {"learning_rate": 0.01}},
        "PostProcess": {"name": f"Distillation{kind}", "model_name": ["Student", "Teacher"]},
        "Metric": {
            "name": "DistillationMetric",
            "base_metric_name": "RecMetric" if task == "rec" else "DetMetric",
            "main_indicator": "acc" if task == "rec" else "hmean",
            "key": "Student",
        },
    }
    for mode in ("Train", "Eval"):
        keys = KEPT["det"] if mode == "Train" else ["image", "shape", "polys", "ignore_tags"]
        values[mode] = {
            "dataset": {
                "name": "SimpleDataSet",
                "data_dir": str(folder),
                "label_file_list": [str(folder / "label.txt")],
                "transforms": rec_steps() if task == "rec" else det_steps(keys),
            },
            "loader": {"batch_size_per_card": 2 if mode == "Train" or task == "rec" else 1},
        }
    return Config(values).replace(changes)


DML = {"weight": 1.0, "act": "softmax", "use_log": True, "model_name_pairs": ["Student", "Teacher"]}
LOSSES = {
    "rec": [
        {"DistillationCTCLoss": {"weight": 1.0, "model_name_list": ["Student"]}},
        {"DistillationDMLLoss": {**DML, "key": "head_out"}},
    ],
    "det": [
        {"DistillationDilaDBLoss": {"weight": 1.0, "model_name_pairs": [["Student", "Teacher"]]}},
        {"DistillationDBLoss": {"weight": 1.0, "model_name_list": ["Student"]}},
    ],
}


@pytest.mark.parametrize(("task", "entry"), [("rec", "dml_0"), ("det", "dila_dbloss_Student_Teacher")])
def test_a_student_learns_from_an_exported_model(task, entry, tmp_path):
    cfg = config(task, tmp_path)
    trainer = assemble.trainer(cfg)
    names = list(trainer.model.state_dict())
    assert {name.split(".")[0] for name in names} == {"Student"}
    before = {name: value.numpy().copy() for name, value in trainer.model.state_dict().items()}
    trainer.fit(1)
    assert trainer.stats[entry] > 0
    after = trainer.model.state_dict()
    assert sum(not np.array_equal(before[name], after[name].numpy()) for name in names) > 0.8 * len(names)
    assert f"Teacher_{'acc' if task == 'rec' else 'hmean'}" in trainer.metrics

    latest = str(tmp_path / "model" / "latest")
    again = assemble.trainer(cfg.replace({"Global.checkpoints": latest}))  # the teacher is not in it
    again.fit(2)
    assert again.state.global_step == 2
    single = assemble.single_parts(assemble.trained(cfg.replace({"Global.pretrained_model": latest})))
    assert list(single) == ["Student"]  # what is exported


def teacher(task, steps, charset=None, **more):
    section = {"name": "InferenceTeacher", "model_dir": EMBEDDED[task], "model_type": task, **more}
    built = build_inference_teacher(Section({**section, STEPS: steps}, "Architecture.Models.T"), charset)
    built.train()
    return built


@pytest.mark.parametrize("shape", [(1, 32, 96), (3, 32, 96), (3, 48, 144)])
def test_it_reads_what_the_runtime_reads(shape):
    """Also in the batches of students with colours or another height."""
    image = line("abc42", (48, 144))
    expected = TextRecognizer.open(EMBEDDED["rec"])
    charset = expected.predictor.postprocess.charset
    model = teacher("rec", rec_steps(shape), charset)
    batch = paddle.to_tensor(resize_norm(image, shape)[0][None])
    logits = model(batch)["logits"]
    assert logits.stop_gradient
    decode = CTCLabelDecode(charset=charset)
    (read,) = decode({"logits": logits.numpy()}, None)
    assert read.text == expected([image])[0].text != ""
    model.eval()
    probs = model(batch)["probs"].numpy()
    np.testing.assert_allclose(paddle.nn.functional.softmax(logits, axis=-1).numpy(), probs, atol=1e-5)


def test_classes_and_steps_of_the_students():
    model = teacher("rec", rec_steps(), Charset.load(None), time_stride=8)
    batch = paddle.to_tensor(resize_norm(line(), (1, 32, 96))[0][None])
    assert model(batch)["logits"].shape == [1, 12, 37]
    assert float(model(batch)["logits"].max()) <= 0


def test_maps_do_not_depend_on_the_students_normalization():
    steps = det_steps(["image"])
    theirs = {"NormalizeImage": {"scale": "1./255.", "order": "hwc"}}
    same = [theirs if "NormalizeImage" in step else step for step in steps]
    pixels = line("ab", (64, 64)).astype(np.float32)
    ours = (pixels / 255 - 0.5) / 0.5
    other = (pixels / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    maps = [
        teacher("det", used)(paddle.to_tensor(image.transpose(2, 0, 1)[None].astype(np.float32)))["maps"]
        for used, image in ((steps, ours), (same, other))
    ]
    assert maps[0].shape == [1, 1, 64, 64]
    assert float(maps[0].max()) > 0.3  # there is text
    np.testing.assert_allclose(maps[0].numpy(), maps[1].numpy(), atol=1e-4)


def test_without_the_steps_of_the_students_the_losses_say_so(tmp_path):
    """The student halves the width twice, a stride of 16 does not fit."""
    cfg = config("rec", tmp_path, **{"Architecture.Models.Teacher.time_stride": 16})
    with pytest.raises(ConfigError, match=r"DistillationDMLLoss.model_name_pairs: .* time_stride"):
        assemble.trainer(cfg).fit(1)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model_dir": "nowhere"}, r"^Architecture.Models.T.model_dir: nowhere: no such model"),
        ({"time_strides": 4}, r"T.time_strides: .* Did you mean 'time_stride'"),
        ({"time_stride": 0.5}, r"T.time_stride: expected a whole number"),
        ({"freeze_params": False}, "T.freeze_params: false cannot be"),
        ({"return_all_feats": True}, "T.return_all_feats: true cannot be"),
        ({"pretrained": "x"}, "T.pretrained: the weights .* are in its model_dir"),
        ({"model_type": "cls"}, "T.model_type: .* one of det, rec"),
        ({"model_dir": EMBEDDED["det"]}, "T.model_dir: "),
        ({STEPS: None}, "T.model_dir: no step of Train.dataset.transforms has an image_shape"),
    ],
)
def test_what_cannot_be_a_teacher(changes, message):
    section = {
        "name": "InferenceTeacher",
        "model_dir": EMBEDDED["rec"],
        "model_type": "rec",
        STEPS: rec_steps(),
    }
    with pytest.raises(ConfigError, match=message):
        build_inference_teacher(Section({**section, **changes}, "Architecture.Models.T"), Charset.load(None))


def test_characters_that_the_teacher_lacks():
    with pytest.raises(ConfigError, match="T.model_dir: the teacher does not know 1 of .*: '中'"):
        teacher("rec", rec_steps(), Charset(("a", "中")))


def test_transforms_are_taken_from_the_mix(tmp_path):
    cfg = config("rec", tmp_path)
    mixed = {"name": "MixDataSet", "datasets": [cfg.get("Train.dataset")]}
    told = with_student_transforms(cfg.replace({"Train.dataset": mixed}))
    assert told.get(f"Architecture.Models.Teacher.{STEPS}") == rec_steps()
    plain = Config({"Architecture": REC_STUDENT})
    assert with_student_transforms(plain) is plain


def test_other_kinds_of_sub_models_are_refused(tmp_path):
    cfg = config("rec", tmp_path, **{"Architecture.Models.Teacher.name": "InferenceTeecher"})
    with pytest.raises(
        ConfigError, match=r"Models.Teacher.*: no sub-model named 'InferenceTeecher'. Did you mean"
    ):
        assemble.parts(cfg)
