"""Flags: all of PaddleOCR's are taken, those not given leave the model's own parameters alone."""

import argparse
import logging
from dataclasses import fields

import pytest

from ppocr_lite.errors import ConfigError
from ppocr_lite.inference import assembly
from ppocr_lite.inference.args import OUT_OF_SCOPE, parse_args, parse_labels, warn_out_of_scope
from ppocr_lite.inference.model_files import EngineOptions
from ppocr_lite.postprocess.decoding import DecodingOptions

FLAG_NAMES = """
    use_gpu use_xpu use_npu ir_optim use_tensorrt min_subgraph_size precision gpu_mem gpu_id
    image_dir page_num
    det_algorithm det_model_dir det_limit_side_len det_limit_type det_box_type det_db_thresh det_db_box_thresh
    det_db_unclip_ratio max_batch_size use_dilation det_db_score_mode rec_algorithm rec_model_dir
    rec_image_inverse rec_image_shape rec_batch_num max_text_length rec_char_dict_path use_space_char
    vis_font_path drop_score use_angle_cls cls_model_dir cls_image_shape label_list cls_batch_num cls_thresh
    enable_mkldnn cpu_threads use_pdserving warmup draw_img_save_dir save_crop_res crop_res_save_dir use_mp
    total_process_num process_id benchmark save_log_path show_log use_onnx
"""
PADDLEOCR_FLAGS = FLAG_NAMES.split()
VALUES = {
    "precision": "fp16", "det_limit_type": "min", "det_box_type": "quad", "det_db_score_mode": "slow",
    "rec_image_shape": "3, 32, 320", "cls_image_shape": "3,48,192", "label_list": "['0','180']",
}  # fmt: skip


@pytest.mark.parametrize("name", [*PADDLEOCR_FLAGS, *OUT_OF_SCOPE, "det_east_score_thresh", "rec_char_type"])
def test_every_flag_of_paddleocr_is_taken(name: str) -> None:
    args = parse_args("x", ["--image_dir=a", f"--{name}", VALUES.get(name, "1")])
    assert getattr(args, name) is not None


@pytest.mark.parametrize(
    ("text", "value"),
    [("True", True), ("YES", True), ("t", True), ("1", True), ("False", False), ("0", False)],
)
def test_bools(text: str, value: bool) -> None:
    assert parse_args("x", ["--image_dir=a", "--use_angle_cls", text]).use_angle_cls is value
    assert parse_args("x", ["--image_dir=a", "--use_angle_cls"]).use_angle_cls is True


def test_shapes_and_labels() -> None:
    args = parse_args("x", ["--image_dir=a", "--rec_image_shape", "3, 32, 100"])
    assert args.rec_image_shape == [3, 32, 100]
    assert parse_labels("['0','180']") == parse_labels("0,180") == ["0", "180"]


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        ([], "--image_dir is required"),
        (["--image_dir=a", "--rec_image_shape=3,x"], "expected 'channels, height, width'"),
        (["--image_dir=a", "--label_list=[0"], "expected labels such as"),
        (["--image_dir=a", "--det_modeldir=b"], "unrecognized arguments"),
    ],
)
def test_wrong_flags(argv: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        parse_args("x", argv)
    assert stop.value.code == 2
    assert message in capsys.readouterr().err


def test_one_warning_for_all_that_is_out_of_scope(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        warn_out_of_scope(
            parse_args("x", ["--image_dir=a", "--e2e_model_dir=b", "--scales", "8", "--ir_optim=1"])
        )
        warn_out_of_scope(parse_args("x", ["--image_dir=a"]))
    assert len(caplog.records) == 1
    assert "--scales --e2e_model_dir" in caplog.text


def test_engine_options() -> None:
    def options(*argv: str) -> EngineOptions:
        return assembly.engine_options(parse_args("x", ["--image_dir=a", *argv]))

    assert options() == EngineOptions("auto", "auto:0", 0, "fp32")
    assert options("--use_onnx=True", "--use_gpu=False") == EngineOptions("onnxruntime", "cpu", 0, "fp32")
    assert options("--engine=openvino", "--cpu_threads=3").threads == 3


def test_decoding_options() -> None:
    def options(*argv: str) -> DecodingOptions:
        return assembly.decoding_options(parse_args("x", ["--image_dir=a", *argv]))

    assert options() == DecodingOptions()
    given = options(
        "--rec_beam_size=7",
        "--rec_pattern=a+",
        "--rec_ngram=n.npz",
        "--return_word_box",
        "--rec_ngram_weight=0",
    )
    assert given == DecodingOptions(
        beam_size=7, pattern="a+", ngram="n.npz", return_word_box=True, ngram_weight=0.0
    )


def test_every_option_of_decoding_has_its_flags_and_their_defaults() -> None:
    from ppocr_lite.cli import _decoding_arguments  # the console script's

    args = parse_args("x", ["--image_dir=a"])
    console = argparse.ArgumentParser()
    _decoding_arguments(console.add_argument_group())
    for field in fields(DecodingOptions):
        flag = field.name if field.name == "return_word_box" else f"rec_{field.name}"
        assert getattr(args, flag) in (field.default, None)
        assert getattr(console.parse_args([]), field.name) is None


def test_other_detectors_are_refused() -> None:
    with pytest.raises(ConfigError, match="--det_algorithm EAST: only DB"):
        assembly.make_detector(parse_args("x", ["--image_dir=a", "--det_algorithm=EAST"]))
