"""The systems of the CRNN family: the files of ``configs/rec/crnn``, narrower, on rendered words."""

import math
from pathlib import Path
from typing import Any

from ppocr_lite.config import Config

CONFIGS = Path(__file__).resolve().parents[1] / "configs" / "rec" / "crnn"
SYSTEMS = {
    "crnn": ("CRNN", "crnn_vgg_bilstm_ctc"),
    "ed": ("CNN + ED", "crnn_vgg_bilstm_ed"),
    "attention": ("CNN + attention", "crnn_vgg_bilstm_att"),
    "res15": ("Res15 + CTC", "crnn_res15_bilstm_ctc"),
    "res23": ("Res23 + CTC", "crnn_res23_bilstm_ctc"),
    "res50": ("ResNet50 + BiGRU + attention", "crnn_res50_bigru_att"),
}
"""Name on the command line: name in tables, file."""
EVALUATIONS = 12
"""In the course of a training, for the curves."""
WIDTH_STEP = 8
WARM_UP = 0.05
"""Share of the training."""


def config(system: str, *, seed: int, data: dict[str, Path], out: Path, settings: dict[str, Any]) -> Config:
    """The configuration of one run: parts, loss and transforms are those of the file.

    Args:
        data: folders ``train`` and ``eval`` with a ``label.txt``.
        out: where the run goes.
        settings: ``samples``, ``pictures``, ``batch``, ``lr``, ``scale``.
    """
    published = Config.load(CONFIGS / f"{SYSTEMS[system][1]}.yml")
    per_epoch = settings["pictures"] // settings["batch"]
    epochs = math.ceil(settings["samples"] / (per_epoch * settings["batch"]))
    changes: dict[str, Any] = {
        "Global.use_gpu": False,
        "Global.seed": seed,
        "Global.epoch_num": epochs,
        "Global.print_batch_step": 50,
        "Global.eval_batch_step": [0, max(1, epochs * per_epoch // EVALUATIONS)],
        "Global.save_epoch_step": epochs,
        "Global.save_every_minutes": 10,
        "Global.keep_last": 1,
        "Global.nan_policy": "skip",
        "Global.cal_metric_during_train": False,
        "Global.save_model_dir": str(out),
        "Global.save_inference_dir": str(out / "inference"),
        "Optimizer": {
            "name": "AdamW",
            "weight_decay": 0.01,
            "clip_norm_global": 5.0,
            "lr": {"name": "Cosine", "learning_rate": settings["lr"], "warmup_epoch": WARM_UP * epochs},
        },
        **_widths(published, settings["scale"]),
    }
    for mode, folder in (("Train", data["train"]), ("Eval", data["eval"])):
        changes[f"{mode}.dataset"] = {
            "name": "SimpleDataSet",
            "data_dir": str(folder),
            "label_file_list": [str(folder / "label.txt")],
            "transforms": published.get(f"{mode}.dataset.transforms"),
        }
        changes[f"{mode}.loader"] = {
            "shuffle": mode == "Train",
            "drop_last": mode == "Train",
            "batch_size_per_card": settings["batch"],
            "num_workers": 0,
        }
    return published.replace(changes)


def _widths(published: Config, scale: float) -> dict[str, Any]:
    """All widths times ``scale``."""
    changes: dict[str, Any] = {"Architecture.Backbone.scale": scale}
    for key in ("Architecture.Neck.hidden_size", "Architecture.Head.hidden_size"):
        size = published.get(key)
        if size:
            changes[key] = max(WIDTH_STEP, round(size * scale / WIDTH_STEP) * WIDTH_STEP)
    return changes
