"""Detector, classifier, recognizer and system from parsed flags."""

import argparse
from dataclasses import fields
from typing import Any

from ppocr_lite.errors import ConfigError
from ppocr_lite.inference.model_files import AUTO, EngineOptions, embedded_model
from ppocr_lite.inference.system import TextSystem
from ppocr_lite.inference.text_classifier import TextClassifier
from ppocr_lite.inference.text_detector import TextDetector
from ppocr_lite.inference.text_recognizer import TextRecognizer
from ppocr_lite.postprocess.decoding import DecodingOptions

DECODERS = {"RARE": "AttnLabelDecode"}
"""For --rec_algorithm; all others end in CTC, unless the model itself says more."""


def engine_options(args: argparse.Namespace) -> EngineOptions:
    """Engine, device and threads."""
    engine = args.engine or ("onnxruntime" if args.use_onnx else AUTO)
    device = "cpu" if args.use_gpu is False else f"auto:{args.gpu_id}"
    return EngineOptions(engine, device, args.cpu_threads or 0, args.precision)


def make_detector(args: argparse.Namespace) -> TextDetector:
    """The detector; flags that were given win over the model's own parameters."""
    if not args.det_algorithm.upper().startswith("DB"):
        raise ConfigError(f"--det_algorithm {args.det_algorithm}: only DB and DB++ are part of this toolkit.")
    resize = {"limit_side_len": args.det_limit_side_len, "limit_type": args.det_limit_type}
    post: dict[str, Any] = {
        "thresh": args.det_db_thresh,
        "box_thresh": args.det_db_box_thresh,
        "unclip_ratio": args.det_db_unclip_ratio,
        "use_dilation": args.use_dilation,
        "score_mode": args.det_db_score_mode,
        "box_type": args.det_box_type,
        "shift": args.det_db_shift,
        "score_bowed": args.det_db_score_bowed,
    }
    return TextDetector.open(
        args.det_model_dir or embedded_model("det"),
        engine=engine_options(args),
        resize={key: value for key, value in resize.items() if value is not None},
        post={key: value for key, value in post.items() if value is not None},
    )


def make_classifier(args: argparse.Namespace) -> TextClassifier:
    """The direction classifier."""
    return TextClassifier.open(
        args.cls_model_dir or embedded_model("cls"),
        engine=engine_options(args),
        image_shape=args.cls_image_shape,
        labels=args.label_list,
        batch_size=args.cls_batch_num,
        threshold=args.cls_thresh,
    )


def make_recognizer(args: argparse.Namespace) -> TextRecognizer:
    """The recognizer."""
    return TextRecognizer.open(
        args.rec_model_dir or embedded_model("rec"),
        engine=engine_options(args),
        image_shape=args.rec_image_shape,
        char_dict_path=args.rec_char_dict_path,
        use_space_char=args.use_space_char,
        batch_size=args.rec_batch_num,
        decoder=DECODERS.get(args.rec_algorithm.upper()),
        decoding=decoding_options(args),
    )


def decoding_options(args: argparse.Namespace) -> DecodingOptions:
    """What the flags --rec_beam_size, --rec_pattern and so on say."""
    names = [field.name for field in fields(DecodingOptions)]
    given = {name: getattr(args, f"rec_{name}", None) for name in names}
    given["return_word_box"] = args.return_word_box
    return DecodingOptions(**{name: value for name, value in given.items() if value is not None})


def make_system(args: argparse.Namespace) -> TextSystem:
    """The whole system; the classifier only with --use_angle_cls."""
    return TextSystem(
        make_detector(args),
        make_recognizer(args),
        make_classifier(args) if args.use_angle_cls else False,
        drop_score=args.drop_score,
        cls_mode=args.cls_mode,
        find_sideways=args.find_sideways,
        part_columns=args.part_columns,
        flatten_pages=args.flatten_pages,
    )
