"""Configurations of the arms: the losses of the files in ``configs/``, small networks, equal data."""

import math
from pathlib import Path
from typing import Any

from ppocr_lite.config import Config

CONFIGS = Path(__file__).resolve().parents[1] / "configs"
ARMS = {"rec": ("plain", "udml", "center", "focal"), "det": ("plain", "dml", "cml")}
NEEDS = {("rec", "center"): "plain", ("det", "cml"): "teacher"}
"""Arms that begin from the result of another one with the same seed."""
INDICATORS = {"rec": ("acc", "norm_edit_dis"), "det": ("hmean", "precision", "recall")}
FILES = {
    ("rec", "udml"): "rec/ch_PP-OCRv2/ch_PP-OCRv2_rec_distillation.yml",
    ("rec", "center"): "rec/ch_PP-OCRv2/ch_PP-OCRv2_rec_enhanced_ctc_loss.yml",
    ("det", "dml"): "det/ch_PP-OCRv2/ch_PP-OCRv2_det_dml.yml",
    ("det", "cml"): "det/ch_PP-OCRv2/ch_PP-OCRv2_det_cml.yml",
    ("det", "plain"): "det/ch_PP-OCRv2/ch_PP-OCRv2_det_student.yml",
}
"""Where an arm's losses, post-processing and metric come from."""

CLASSES = 37
"""Blank, ten digits and 26 letters: the characters without a dictionary file, case folded."""
FEATURES = 48
LINE = [1, 32, 100]
"""[C, H, W] of a word."""
CROP = 320
"""Side of the detectors' training pictures in pixels."""

REC = {
    "model_type": "rec",
    "algorithm": "CRNN",
    "in_channels": LINE[0],
    "Backbone": {"name": "MobileNetV3", "scale": 0.35, "model_name": "small", "small_stride": [1, 2, 2, 2]},
    "Neck": {"name": "SequenceEncoder", "encoder_type": "rnn", "hidden_size": 48},
    "Head": {"name": "CTCHead", "mid_channels": FEATURES},
}
DET = {
    "model_type": "det",
    "algorithm": "DB",
    "Backbone": {"name": "MobileNetV3", "scale": 0.35, "model_name": "small", "disable_se": True},
    "Neck": {"name": "DBFPN", "out_channels": 24},
    "Head": {"name": "DBHead", "k": 50},
}
DET_TEACHER = {
    **DET,
    "Backbone": {"name": "MobileNetV3", "scale": 0.5, "model_name": "large", "disable_se": True},
    "Neck": {"name": "DBFPN", "out_channels": 48},
}


def config(
    task: str,
    arm: str,
    *,
    seed: int,
    data: dict[str, Path],
    out: Path,
    settings: dict[str, Any],
    before: Path,
) -> Config:
    """The configuration of one run.

    Args:
        data: folders ``train`` and ``eval`` with a ``label.txt``.
        out: where the run goes.
        settings: ``steps``, ``pictures``, ``batch``, ``lr``.
        before: folder of the run that the arm needs.
    """
    per_epoch = settings["pictures"] // settings["batch"]
    values: dict[str, Any] = {
        "Global": {
            "use_gpu": False,
            "seed": seed,
            "epoch_num": math.ceil(settings["steps"] / per_epoch),
            "print_batch_step": 50,
            "eval_batch_step": [0, max(per_epoch, math.ceil(settings["steps"] / 10))],
            "save_model_dir": str(out),
            "save_inference_dir": str(out / "inference"),
            **({"max_text_length": 25} if task == "rec" else {}),
        },
        "Optimizer": {
            "name": "AdamW",
            "lr": {"name": "Cosine", "learning_rate": settings["lr"], "warmup_epoch": 1},
            "weight_decay": 0.01,
        },
        **(_rec(arm, before) if task == "rec" else _det(arm, before)),
    }
    for mode, folder in (("Train", data["train"]), ("Eval", data["eval"])):
        values[mode] = {
            "dataset": {
                "name": "SimpleDataSet",
                "data_dir": str(folder),
                "label_file_list": [str(folder / "label.txt")],
                "transforms": (_rec_steps if task == "rec" else _det_steps)(mode),
            },
            "loader": {
                "shuffle": mode == "Train",
                "drop_last": mode == "Train",
                "batch_size_per_card": settings["batch"] if mode == "Train" or task == "rec" else 1,
                "num_workers": 0,
            },
        }
    return Config(values, f"{task} {arm}")


def _recipe(task: str, arm: str) -> dict[str, Any]:
    """Losses, post-processing and metric of the published configuration."""
    published = Config.load(CONFIGS / FILES[task, arm])
    return {key: published.get(key) for key in ("Loss", "PostProcess", "Metric")}


def _rec(arm: str, before: Path) -> dict[str, Any]:
    plain = {"PostProcess": {"name": "CTCLabelDecode"}, "Metric": {"name": "RecMetric"}}
    if arm == "udml":
        both = {name: {**REC, "return_all_feats": True} for name in ("Teacher", "Student")}
        return {"Architecture": _several("rec", both), **_recipe("rec", arm)}
    if arm == "center":
        recipe = _recipe("rec", arm)
        loss = recipe["Loss"]["loss_config_list"][1]["CenterLoss"]
        loss.update(num_classes=CLASSES, feat_dim=FEATURES, center_file_path=str(before / "train_center.npz"))
        head = {**REC["Head"], "return_feats": True}  # type: ignore[dict-item]
        return {"Architecture": {**REC, "Head": head}, "Loss": recipe["Loss"], **plain}
    return {"Architecture": REC, "Loss": {"name": "CTCLoss", "use_focal_loss": arm == "focal"}, **plain}


def _det(arm: str, before: Path) -> dict[str, Any]:
    if arm in ("plain", "teacher"):
        return {"Architecture": DET if arm == "plain" else DET_TEACHER, **_recipe("det", "plain")}
    models: dict[str, Any] = {"Student": DET, "Teacher": DET}
    if arm == "cml":
        teacher = {**DET_TEACHER, "pretrained": str(before / "latest"), "freeze_params": True}
        models = {"Teacher": teacher, "Student": DET, "Student2": DET}
    return {"Architecture": _several("det", models), **_recipe("det", arm)}


def _several(task: str, models: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": "DistillationModel",
        "algorithm": "Distillation",
        "model_type": task,
        "Models": models,
    }


def _rec_steps(mode: str) -> list[Any]:
    keys = ["image", "label", "length", *(["label_ace"] if mode == "Train" else [])]
    decode = {"DecodeImage": {"img_mode": "BGR", "channel_first": False}}
    return [
        decode,
        {"CTCLabelEncode": None},
        {"RecResizeImg": {"image_shape": LINE}},
        {"KeepKeys": {"keep_keys": keys}},
    ]


def _det_steps(mode: str) -> list[Any]:
    targets = [
        {"EastRandomCropData": {"size": [CROP, CROP], "max_tries": 10, "keep_ratio": True}},
        {"MakeBorderMap": {"shrink_ratio": 0.4, "thresh_min": 0.3, "thresh_max": 0.7}},
        {"MakeShrinkMap": {"shrink_ratio": 0.4, "min_text_size": 4}},
    ]
    resize = [{"DetResizeForTest": {"limit_side_len": 480, "limit_type": "max"}}]
    maps = ["threshold_map", "threshold_mask", "shrink_map", "shrink_mask"]
    return [
        {"DecodeImage": {"img_mode": "BGR", "channel_first": False}},
        {"DetLabelEncode": None},
        *(targets if mode == "Train" else resize),
        {"NormalizeImage": {"scale": "1./255.", "order": "hwc"}},
        {"ToCHWImage": None},
        {
            "KeepKeys": {
                "keep_keys": ["image", *(maps if mode == "Train" else ["shape", "polys", "ignore_tags"])]
            }
        },
    ]
