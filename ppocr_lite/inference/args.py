"""Command-line flags of the predict tools: all of PaddleOCR 2.x's, and a few of our own.

A flag that is not given is None here, so that a model's own parameters hold; the help shows what PaddleOCR
takes then.
"""

import argparse
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import yaml

logger = logging.getLogger(__name__)


def parse_bool(text: str) -> bool:
    """``true``, ``yes``, ``t``, ``y``, ``1`` in any case are True, all else False, as in PaddleOCR."""
    return text.strip().lower() in ("true", "yes", "t", "y", "1")


def parse_shape(text: str) -> list[int]:
    """``"3, 32, 320"`` -> [3, 32, 320]."""
    try:
        shape = [int(part) for part in text.strip("[]() ").split(",")]
    except ValueError:
        shape = []
    if len(shape) != 3 or min(shape) < 1:
        raise argparse.ArgumentTypeError(
            f"expected 'channels, height, width' as in '3, 32, 320', got {text!r}"
        )
    return shape


def parse_labels(text: str) -> list[str]:
    """``"['0','180']"`` or ``0,180`` -> ["0", "180"] (PaddleOCR splits it into letters)."""
    try:
        values = yaml.safe_load(text if text.strip().startswith("[") else f"[{text}]")
    except yaml.YAMLError:
        raise argparse.ArgumentTypeError(f"expected labels such as 0,180, got {text!r}") from None
    return [str(value) for value in values]


@dataclass(frozen=True)
class Flag:
    """One flag: type, PaddleOCR's default for the help, what it does; ``value`` when it is not given."""

    name: str
    kind: Any
    shown: str
    help: str = ""
    value: Any = None
    choices: tuple[str, ...] | None = None


GROUPS: dict[str, tuple[Flag, ...]] = {
    "input and output": (
        Flag("image_dir", str, "-", "a picture or PDF, or a folder of them"),
        Flag("page_num", int, "0", "first pages of a PDF to read; 0 reads all", 0),
        Flag("output", str, "-", "folder for results, in place of --draw_img_save_dir"),
        Flag("draw_img_save_dir", str, "./inference_results", "folder for results", "./inference_results"),
        Flag("save_crop_res", parse_bool, "False", "save the crops of the lines", False),
        Flag("crop_res_save_dir", str, "./output", "folder for the crops", "./output"),
        Flag("vis_font_path", str, "a font of the system", "font for the drawings"),
        Flag("show_log", parse_bool, "True", "log progress", True),
        Flag("benchmark", parse_bool, "False", "log the time of each stage at the end", False),
        Flag("warmup", parse_bool, "False", "two runs on a random picture first", False),
    ),
    "engine": (
        Flag(
            "engine",
            str,
            "by the files",
            "onnxruntime, paddle or openvino",
            None,
            ("auto", "onnxruntime", "paddle", "openvino"),
        ),
        Flag("use_onnx", parse_bool, "False", "the model files are .onnx: --engine onnxruntime"),
        Flag("use_gpu", parse_bool, "where the engine has one", "run on a GPU"),
        Flag("gpu_id", int, "0", "which GPU", 0),
        Flag("cpu_threads", int, "all that this process may use", "threads of a network"),
        Flag("precision", str, "fp32", "fp32, fp16 or int8", "fp32", ("fp32", "fp16", "int8")),
        Flag("use_mp", parse_bool, "False", "share the pictures out to several processes", False),
        Flag("total_process_num", int, "1", "how many with --use_mp", 1),
        Flag("process_id", int, "0", "set by --use_mp itself", 0),
    ),
    "detector": (
        Flag("det_algorithm", str, "DB", "DB and its kin (DB++)", "DB"),
        Flag("det_model_dir", str, "embedded model", "model folder or .onnx file"),
        Flag("det_limit_side_len", float, "960 or the model's", "pixels of the limited side"),
        Flag(
            "det_limit_type",
            str,
            "max or the model's",
            "max, min or resize_long",
            None,
            ("max", "min", "resize_long"),
        ),
        Flag("det_db_shift", float, "the model's, or 0", "map pixels by which regions move right and down"),
        Flag("det_db_score_bowed", parse_bool, "the model's, or False", "score bowed lines by outline"),
        Flag("det_box_type", str, "quad", "quad or poly", None, ("quad", "poly")),
        Flag("det_db_thresh", float, "0.3 or the model's", "probability that makes a pixel text"),
        Flag("det_db_box_thresh", float, "0.6 or the model's", "least score of a region"),
        Flag("det_db_unclip_ratio", float, "1.5 or the model's", "how far regions grow"),
        Flag("use_dilation", parse_bool, "False", "dilate the map"),
        Flag("det_db_score_mode", str, "fast", "fast or slow", None, ("fast", "slow")),
    ),
    "recognizer": (
        Flag("rec_algorithm", str, "CRNN", "RARE, or one with CTC: CRNN, Rosetta, SVTR_LCNet, ...", "CRNN"),
        Flag("rec_model_dir", str, "embedded model", "model folder or .onnx file"),
        Flag("rec_image_shape", parse_shape, "3, 48, 320 or the model's", "channels, height, least width"),
        Flag("rec_batch_num", int, "6", "lines of a batch", 6),
        Flag("rec_char_dict_path", str, "what travels with the model", "dictionary, one character a line"),
        Flag("use_space_char", parse_bool, "True", "the space is a class too", True),
        Flag("drop_score", float, "the model's, or 0.5", "lines read with a lower score are left out"),
        Flag("part_columns", parse_bool, "True", "a line for each column, where the model reads ends", True),
    ),
    "decoding of recognizers with CTC": (
        Flag(
            "rec_beam_size", int, "10 where a flag here needs a search, else the best path", "prefixes kept"
        ),
        Flag("rec_allow_chars", str, "all", "the only characters that may come up", ""),
        Flag("rec_block_chars", str, "none", "characters that may not come up", ""),
        Flag("rec_pattern", str, "-", r"regular pattern of a line, such as '\d{4}-\d\d-\d\d'"),
        Flag("rec_word_list", str, "-", "file with a word a line: a line is one of them"),
        Flag("rec_several_words", parse_bool, "False", "a line is words of the list, with spaces", False),
        Flag(
            "rec_lexicon", str, "-", "file with a word a line: a line is the best of those near its reading"
        ),
        Flag("rec_lexicon_distance", int, "3", "greatest edit distance of those", 3),
        Flag("rec_ignore_case", parse_bool, "False", "the case of the words does not matter", False),
        Flag("rec_ngram", str, "-", "file of 'ppocr-lite ngram' that makes usual texts more probable"),
        Flag("rec_ngram_weight", float, "0.2", "how much it counts", 0.2),
        Flag("rec_ngram_bonus", float, "0.4", "added for each character", 0.4),
        Flag("rec_alternatives", int, "0", "so many best readings of each line", 0),
        Flag("return_word_box", parse_bool, "False", "boxes of words and characters", False),
    ),
    "direction classifier": (
        Flag("use_angle_cls", parse_bool, "False", "find lines that stand on their head", False),
        Flag("cls_model_dir", str, "embedded model", "model folder or .onnx file"),
        Flag("cls_image_shape", parse_shape, "3, 48, 192 or the model's", "channels, height, width"),
        Flag("label_list", parse_labels, "0,180", "names of the classes"),
        Flag("cls_batch_num", int, "6", "lines of a batch", 6),
        Flag("cls_thresh", float, "0.9", "probability above which 180 is believed", 0.9),
        Flag(
            "cls_mode",
            str,
            "vote",
            "vote: turn a page by majority, a line only when it reads better; "
            "each: turn what the classifier says",
            "vote",
            ("vote", "each"),
        ),
        Flag("find_sideways", parse_bool, "where the lines vote", "read pages that lie on their side, too"),
        Flag("flatten_pages", parse_bool, "True", "read pages that bow from a flattened picture", True),
    ),
}

NO_EFFECT = (
    "use_xpu", "use_npu", "use_mlu", "ir_optim", "use_tensorrt", "min_subgraph_size", "gpu_mem",
    "enable_mkldnn", "use_pdserving", "save_log_path", "max_batch_size", "rec_image_inverse",
    "max_text_length", "rec_char_type",
)  # fmt: skip
"""Flags of PaddleOCR that change nothing about the result here; they are taken silently."""

OUT_OF_SCOPE = (
    "det_east_score_thresh", "det_east_cover_thresh", "det_east_nms_thresh", "det_sast_score_thresh",
    "det_sast_nms_thresh", "det_sast_polygon", "det_pse_thresh", "det_pse_box_thresh", "det_pse_min_area",
    "det_pse_box_type", "det_pse_scale", "scales", "alpha", "beta", "fourier_degree", "e2e_algorithm",
    "e2e_model_dir", "e2e_limit_side_len", "e2e_limit_type", "e2e_pgnet_score_thresh", "e2e_char_dict_path",
    "e2e_pgnet_valid_set", "e2e_pgnet_mode", "sr_model_dir", "sr_image_shape", "sr_batch_num",
)  # fmt: skip
"""Flags of algorithms that are not part of this toolkit; they are taken with one warning."""


def make_parser(description: str) -> argparse.ArgumentParser:
    """A parser with every flag."""
    parser = argparse.ArgumentParser(description=description, allow_abbrev=False)
    for title, flags in GROUPS.items():
        group = parser.add_argument_group(title)
        for flag in flags:
            extra: dict[str, Any] = {"nargs": "?", "const": True} if flag.kind is parse_bool else {}
            group.add_argument(
                f"--{flag.name}",
                type=flag.kind,
                default=flag.value,
                choices=flag.choices,
                metavar=None if flag.choices else flag.name.rsplit("_", 1)[-1].upper(),
                help=f"{flag.help} (default: {flag.shown})",
                **extra,
            )
    for name in (*NO_EFFECT, *OUT_OF_SCOPE):
        parser.add_argument(f"--{name}", nargs="?", help=argparse.SUPPRESS)
    return parser


def parse_args(description: str, argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Parse; exits with status 2 when --image_dir is missing or a value does not fit."""
    parser = make_parser(description)
    args = parser.parse_args(argv)
    if not args.image_dir:
        parser.error("--image_dir is required: a picture or PDF, or a folder of them")
    args.draw_img_save_dir = args.output or args.draw_img_save_dir
    return args


def warn_out_of_scope(args: argparse.Namespace) -> None:
    """One warning for all given flags that belong to algorithms this toolkit does not have."""
    given = [f"--{name}" for name in OUT_OF_SCOPE if getattr(args, name) is not None]
    if given:
        logger.warning("These flags have no effect, their algorithms are not part of it: %s", " ".join(given))
