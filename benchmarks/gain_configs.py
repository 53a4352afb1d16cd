"""Configurations of the arms: the losses of the files in ``configs/``, small networks, equal data."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ppocr_lite.charset import Charset
from ppocr_lite.config import Config

CONFIGS = Path(__file__).resolve().parents[1] / "configs"
ARMS = {"rec": ("plain", "udml", "center", "focal"), "det": ("plain", "dml", "cml")}
BASE, TEACHER = FIRST = ("base", "teacher")
"""Networks that arms begin from, or learn from."""
INDICATORS = {"rec": ("acc", "norm_edit_dis"), "det": ("hmean", "precision", "recall")}
REAL_SCORES = {"rec": ("words_acc", "words_norm_edit_dis"), "det": ("icdar15_hmean", "pages_f1")}
FILES = {
    ("rec", "udml"): "rec/ch_PP-OCRv2/ch_PP-OCRv2_rec_distillation.yml",
    ("rec", "center"): "rec/ch_PP-OCRv2/ch_PP-OCRv2_rec_enhanced_ctc_loss.yml",
    ("det", "dml"): "det/ch_PP-OCRv2/ch_PP-OCRv2_det_dml.yml",
    ("det", "cml"): "det/ch_PP-OCRv2/ch_PP-OCRv2_det_cml.yml",
    ("det", "plain"): "det/ch_PP-OCRv2/ch_PP-OCRv2_det_student.yml",
}
"""Where an arm's losses, post-processing and metric come from."""

LINE = [1, 32, 100]
"""[C, H, W] of a word."""
WEIGHTS = {"rec": CONFIGS.parent / "pretrain_models/en_rec_mv3_crnn"}
"""What a task's networks begin from: nothing, for detectors."""
CENTERS = "train_center.npz"
"""Beside the training pictures: of the classes in them, as the first weights see them."""
WARM_UP = 100
"""Steps until the learning rate is reached."""
CROP = 256
"""Side of the detectors' training pictures in pixels."""

PUBLISHED_REC = Config.load(CONFIGS / "rec/en/en_rec_mv3_crnn.yml")
"""The recognizer that comes with the package."""
REC = dict(PUBLISHED_REC.section("Architecture"))
DICTIONARY = {name: PUBLISHED_REC.get(f"Global.{name}") for name in ("character_dict_path", "use_space_char")}
CLASSES = Charset.load(DICTIONARY["character_dict_path"]).ctc_size
FEATURES = 2 * REC["Neck"]["hidden_size"]
"""Of a time step, before the last layer."""
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


NETWORKS = {"rec": [REC, CLASSES, LINE], "det": [DET, DET_TEACHER, CROP]}
"""What the results depend on beside the settings."""


class Run(NamedTuple):
    """One training."""

    arm: str
    seed: int


def needed_by(task: str, run: Run) -> list[Run]:
    """The runs that must come first."""
    if run.arm in FIRST:
        return []
    if task == "det":
        return [Run(TEACHER, 0)] if run.arm == "cml" else []
    # The second network of U-DML must be another one: two that begin equal would stay so.
    return [Run(BASE, 0)] if run.arm == "udml" else []


def config(
    task: str,
    run: Run,
    *,
    settings: dict[str, Any],
    data: dict[str, Path],
    out: Path,
    before: Sequence[Path],
) -> Config:
    """The configuration of one run.

    Args:
        settings: ``pictures``, ``batch``, ``steps`` and ``lr`` of the arms, ``base_steps`` and ``base_lr`` of
            what they begin from; whole epochs are trained.
        data: folders ``train`` and ``eval`` with a ``label.txt``.
        out: where the run goes.
        before: folders of the runs that it needs.
    """
    per_epoch = settings["pictures"] // settings["batch"]
    first = "base_" if run.arm in FIRST else ""
    steps, rate = settings[f"{first}steps"], settings[f"{first}lr"]
    epochs = math.ceil(steps / per_epoch)
    values: dict[str, Any] = {
        "Global": {
            "use_gpu": False,
            "seed": run.seed,
            "epoch_num": epochs,
            "print_batch_step": 50,
            "eval_batch_step": [0, epochs * per_epoch],
            "save_model_dir": str(out),
            "save_inference_dir": str(out / "inference"),
            **({"max_text_length": 25, **DICTIONARY} if task == "rec" else {}),
            **({"pretrained_model": str(WEIGHTS[task])} if task in WEIGHTS and run.arm != "udml" else {}),
        },
        "Optimizer": {
            "name": "AdamW",
            "lr": {
                "name": "Cosine",
                "learning_rate": rate,
                "warmup_epoch": min(WARM_UP, steps // 10) / per_epoch,
            },
            "weight_decay": 0.01,
        },
        **(_rec if task == "rec" else _det)(run.arm, before, data["train"] / CENTERS),
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
    return Config(values, f"{task} {run.arm}")


def _recipe(task: str, arm: str) -> dict[str, Any]:
    """Losses, post-processing and metric of the published configuration."""
    published = Config.load(CONFIGS / FILES[task, arm])
    return {key: published.get(key) for key in ("Loss", "PostProcess", "Metric")}


def _weights(folder: Path) -> str:
    return str(folder / "latest")


def _rec(arm: str, before: Sequence[Path], centers: Path) -> dict[str, Any]:
    plain = {"PostProcess": {"name": "CTCLabelDecode"}, "Metric": {"name": "RecMetric"}}
    if arm == "udml":
        weights = {"Student": str(WEIGHTS["rec"]), "Teacher": _weights(before[0])}
        models = {name: {**REC, "return_all_feats": True, "pretrained": weights[name]} for name in weights}
        return {"Architecture": _several("rec", models), **_recipe("rec", arm)}
    if arm == "center":
        recipe = _recipe("rec", arm)
        loss = recipe["Loss"]["loss_config_list"][1]["CenterLoss"]
        loss.update(num_classes=CLASSES, feat_dim=FEATURES, center_file_path=str(centers))
        head = {**REC["Head"], "return_feats": True}  # type: ignore[dict-item]
        return {"Architecture": {**REC, "Head": head}, "Loss": recipe["Loss"], **plain}
    return {"Architecture": REC, "Loss": {"name": "CTCLoss", "use_focal_loss": arm == "focal"}, **plain}


def _det(arm: str, before: Sequence[Path], _: Path) -> dict[str, Any]:
    if arm in ("plain", TEACHER):
        return {"Architecture": DET if arm == "plain" else DET_TEACHER, **_recipe("det", "plain")}
    models: dict[str, Any] = {"Student": DET, "Teacher": DET}
    if arm == "cml":
        teacher = {**DET_TEACHER, "pretrained": _weights(before[0]), "freeze_params": True}
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
