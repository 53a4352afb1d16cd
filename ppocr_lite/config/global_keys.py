"""The keys of the ``Global`` section: those that are read, and PaddleOCR's others."""

from collections.abc import Mapping, Sequence
from typing import Any

from ppocr_lite.parameters import Count, Natural, NotNegative, Positive, Share

GLOBAL_DEFAULTS: Mapping[str, Any] = {
    "use_gpu": False,
    "use_sync_bn": False,
    "distributed": False,
    "seed": 1024,
    "epoch_num": None,
    "max_steps": None,
    "save_model_dir": None,
    "save_epoch_step": 0,
    "save_every_minutes": None,
    "keep_last": None,
    "eval_batch_step": 1000,
    "print_batch_step": 10,
    "log_smooth_window": 20,
    "cal_metric_during_train": False,
    "calc_epoch_interval": 1,
    "ema_decay": None,
    "accumulate_steps": 1,
    "early_stop": None,
    "nan_policy": "stop",
    "freeze": None,
    "use_amp": False,
    "amp_level": "O2",
    "amp_dtype": "float16",
    "amp_custom_black_list": None,
    "amp_custom_white_list": None,
    "scale_loss": 1.0,
    "use_dynamic_loss_scaling": False,
    "use_tensorboard": False,
    "use_visualdl": False,
    "pretrained_model": None,
    "checkpoints": None,
    "save_inference_dir": None,
    "model_name": None,
    "parity_tolerance": 1e-4,
    "export_decode": False,
    "infer_img": None,
    "save_res_path": None,
    "character_dict_path": None,
    "use_space_char": False,
    "token_separator": "",
    "max_text_length": 25,
    "label_list": None,
    "infer_mode": False,
}
"""Every key that the program reads, and what it takes where the configuration gives none; None for nothing.

``distributed`` is not read but written: whether the launcher started several processes. Steps and
post-processes may name further keys in their constructors, which are known then too.
"""

GLOBAL_KINDS: Mapping[str, Any] = {
    **dict.fromkeys((key for key, value in GLOBAL_DEFAULTS.items() if isinstance(value, bool)), bool),
    "seed": Natural,
    "epoch_num": Count,
    "max_steps": Count,
    "save_model_dir": str,
    "save_epoch_step": Natural,
    "save_every_minutes": NotNegative,
    "keep_last": Natural,
    "eval_batch_step": Natural | tuple[Natural, Count],
    "print_batch_step": Count,
    "log_smooth_window": Count,
    "calc_epoch_interval": Count,
    "ema_decay": Share,
    "accumulate_steps": Count,
    "early_stop": Count | Mapping[str, Any],
    "nan_policy": str | Mapping[str, Any],
    "freeze": Sequence[str],
    "amp_level": str,
    "amp_dtype": str,
    "amp_custom_black_list": Sequence[str],
    "amp_custom_white_list": Sequence[str],
    "scale_loss": Positive,
    "pretrained_model": str,
    "checkpoints": str,
    "save_inference_dir": str,
    "model_name": str,
    "parity_tolerance": Positive,
    "infer_img": str,
    "save_res_path": str,
    "character_dict_path": str,
    "token_separator": str,
    "max_text_length": Count,
    "label_list": Sequence[str | int],
}
"""What the values of these keys must be; see :mod:`ppocr_lite.parameters`."""

SWITCHES = (
    "use_wandb",
    "use_xpu",
    "use_npu",
    "use_mlu",
    "to_static",
)
"""PaddleOCR's switches for what this version does not have: setting one has no effect, which is said."""

SETTINGS = (
    "d2s_train_image_shape",
    "total_epoch",
)
"""What goes with the switches; without them these keys mean nothing to PaddleOCR either."""

OBSOLETE = ("load_static_weights", "character_type", "debug", "uniform_output_enabled")
"""Keys that stand in PaddleOCR's files and that PaddleOCR itself does not read any more, or overwrites."""
