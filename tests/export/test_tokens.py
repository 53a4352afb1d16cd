"""A recognizer of 1,781 tokens from its configuration to the Paddle-free runtime."""

import logging
import shutil
from pathlib import Path

import cv2
import pytest
import yaml

paddle = pytest.importorskip("paddle")
onnx = pytest.importorskip("onnx")
pytest.importorskip("paddle2onnx")

from ppocr_lite.config import Config  # noqa: E402
from ppocr_lite.engine import assemble  # noqa: E402
from ppocr_lite.inference.args import parse_args  # noqa: E402
from ppocr_lite.inference.runs import run_rec  # noqa: E402
from ppocr_lite.inference.text_recognizer import TextRecognizer  # noqa: E402
from ppocr_lite.synth import MusicStream  # noqa: E402

pytestmark = pytest.mark.train
REPO = Path(__file__).resolve().parents[2]
TOKENS = [f"note-{number}_quarter." for number in range(1781)]
SMALL = {
    "Architecture.Backbone.widths": [2, 2, 2, 2],
    "Architecture.Neck.encoder_type": "reshape",
    "Global.model_name": "tiny",
}


@pytest.fixture(scope="module")
def staff():
    return MusicStream("simple", level=0).sample(1)["image"]


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """(folder, the live model's reader, the inference.yml); random weights, so steep that it reads much."""
    folder = tmp_path_factory.mktemp("tokens")
    (folder / "tokens.txt").write_text("\n".join(TOKENS) + "\n")
    cfg = Config.load(REPO / "configs/rec/music/music_crnn.yml").replace(
        {**SMALL, "Global.character_dict_path": str(folder / "tokens.txt"), "Global.use_gpu": False}
    )
    paddle.seed(3)
    found = assemble.parts(cfg)
    found.model.head.fc.weight.set_value(40 * paddle.randn(found.model.head.fc.weight.shape))
    values = assemble.export_parts(found, folder / "model")[""]
    paddle.save(found.model.state_dict(), str(folder / "weights.pdparams"))
    read = assemble.reader(cfg.replace({"Global.pretrained_model": str(folder / "weights")}))
    return folder / "model", read, values


def test_tokens_travel_with_the_model(exported):
    folder, _, values = exported
    described = yaml.safe_load((folder / "inference.yml").read_text(encoding="utf-8"))
    assert described["PostProcess"]["character_dict"] == TOKENS
    assert described["PostProcess"]["token_separator"] == " "
    assert values["Shapes"] == {"input": [None, 1, 128, None], "output": [None, None, 1782]}
    texts = {p.key: p.value for p in onnx.load(str(folder / "inference.onnx")).metadata_props}
    assert texts["character"].split("\n") == TOKENS
    assert texts["token_separator"] == " "


def test_runtime_reads_what_the_live_model_reads(exported, staff):
    folder, read, _ = exported
    (found,) = TextRecognizer.open(folder)([staff])
    assert found.text == read(staff).text
    assert len(found.symbols) == len(found.char_scores) > 1
    assert set(found.symbols) <= set(TOKENS)
    assert " ".join(found.symbols) == found.text


def test_a_single_file_is_enough(exported, staff, tmp_path):
    """Without inference.yml: from the texts inside the ONNX file."""
    folder, read, _ = exported
    shutil.copy(folder / "inference.onnx", tmp_path / "staves.onnx")
    assert TextRecognizer.open(tmp_path / "staves.onnx")([staff])[0].text == read(staff).text


def test_predict_rec(exported, staff, tmp_path, caplog):
    folder, read, _ = exported
    cv2.imwrite(str(tmp_path / "staff.png"), staff)
    args = parse_args("read", [f"--image_dir={tmp_path}", f"--rec_model_dir={folder}"])
    with caplog.at_level(logging.INFO):
        assert run_rec(args) == 0
    assert f"staff.png:('{read(staff).text}', " in caplog.text
