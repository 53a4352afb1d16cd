"""A configuration in which the network also learns from an exported float model of itself."""

from pathlib import Path
from typing import Any

from ppocr_lite.config import Config
from ppocr_lite.errors import ConfigError

STUDENT, TEACHER = "Student", "Teacher"
WEIGHTS = {"det": 10.0, "rec": 0.05}
"""Of the teacher's part in the loss, beside that of the labels."""


def taught(cfg: Config, teacher: Path, *, weight: float | None = None) -> Config:
    """``cfg`` as a distillation: the labels' loss, and the distance from what the model in ``teacher`` gives.

    A detector's shrink map is compared with the teacher's, a CTC recognizer's classes at each step. The
    sub-model that learns is called ``Student``; ``Global.pretrained_model`` becomes its weights.

    Raises:
        ConfigError: neither a DB detector nor a CTC recognizer.
    """
    task, loss = cfg.get("Architecture.model_type"), cfg.get("Loss.name")
    if (task, loss) not in (("det", "DBLoss"), ("rec", "CTCLoss")):
        raise ConfigError(
            f"--teacher: {task} with {loss} cannot learn from an exported model; DB detectors and CTC "
            "recognizers can. Leave it out."
        )
    values = cfg.to_dict()
    student = {**values["Architecture"], "pretrained": cfg.get("Global.pretrained_model")}
    values["Architecture"] = {
        "name": "DistillationModel",
        "model_type": task,
        "algorithm": "Distillation",
        "Models": {
            STUDENT: student,
            TEACHER: {
                "name": "InferenceTeacher",
                "model_dir": str(teacher),
                "freeze_params": True,
                "threads": 1,
            },
        },
    }
    # Post-processings take keys of Global that they name; this one names models.
    values["Global"] = {**values["Global"], "pretrained_model": None, "model_name": None}
    share = WEIGHTS[task] if weight is None else weight
    values["Loss"] = {"name": "CombinedLoss", "loss_config_list": _losses(task, values["Loss"], share)}
    kind = values["PostProcess"]["name"]
    values["PostProcess"] = {**values["PostProcess"], "name": f"Distillation{kind}", "model_name": [STUDENT]}
    metric = values["Metric"]
    values["Metric"] = {
        **metric,
        "name": "DistillationMetric",
        "base_metric_name": metric["name"],
        "key": STUDENT,
    }
    return Config(values, cfg.source)


def _losses(task: str, own: dict[str, Any], share: float) -> list[dict[str, Any]]:
    pair = {"weight": share, "model_name_pairs": [[STUDENT, TEACHER]]}
    if task == "det":
        labels = {key: value for key, value in own.items() if key != "name"}
        return [
            {"DistillationDBLoss": {"weight": 1.0, "model_name_list": [STUDENT], **labels}},
            {"DistillationDMLLoss": {**pair, "key": "maps", "maps_name": "shrink_maps"}},
        ]
    return [
        {"DistillationCTCLoss": {"weight": 1.0, "model_name_list": [STUDENT]}},
        {"DistillationDMLLoss": {**pair, "key": "head_out", "act": "softmax", "use_log": True}},
    ]
