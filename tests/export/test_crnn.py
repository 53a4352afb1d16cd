"""Recognizers of the CRNN family: what the sweep over all configurations does not ask of their exports."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import yaml

paddle = pytest.importorskip("paddle")
pytest.importorskip("onnx")
pytest.importorskip("paddle2onnx")

from ppocr_lite.config import Config  # noqa: E402
from ppocr_lite.engine import assemble  # noqa: E402
from ppocr_lite.export import parity  # noqa: E402
from ppocr_lite.inference.model_files import EngineOptions  # noqa: E402
from ppocr_lite.inference.text_recognizer import TextRecognizer  # noqa: E402
from ppocr_lite.transforms.resize import resize_norm  # noqa: E402

pytestmark = pytest.mark.train
CONFIGS = Path(__file__).resolve().parents[2] / "configs" / "rec" / "crnn"
STEPS = 6
NARROW = {"Architecture.Backbone.scale": 0.125, "Architecture.Neck.hidden_size": 16}


def crop(width):
    image = np.full((40, width, 3), 230, np.uint8)
    cv2.putText(image, "Word 12", (4, 30), cv2.FONT_HERSHEY_SIMPLEX, 0.8, (10, 10, 10), 2)
    return image


CROPS = [crop(width) for width in (30, 60, 150, 600)]


def exported(name, folder, **head):
    """A narrow network whose answers differ, and its export."""
    values = {"Global.max_text_length": STEPS, **NARROW, "Architecture.Head.hidden_size": 16}
    cfg = Config.load(CONFIGS / name).replace(
        {**values, **{f"Architecture.Head.{key}": value for key, value in head.items()}}
    )
    paddle.seed(5)
    found = assemble.parts(cfg)
    for part, gain in ((found.model.neck, 6), (found.model.head, 3)):
        for parameter in part.parameters():
            parameter.set_value(parameter * gain)
    found.model.train()
    noise = np.random.default_rng(0).standard_normal((4, 1, 32, 100)).astype(np.float32)
    for _ in range(20):  # running statistics that let some of the picture through
        found.model.backbone(paddle.to_tensor(noise))
    found.model.eval()
    assemble.export_parts(found, folder)
    return found


def read_live(found, batch):
    with paddle.no_grad():
        outputs = found.model(paddle.to_tensor(batch))
    return found.postprocess({name: value.numpy() for name, value in outputs.items()}, None)


def test_white_padding_is_served_as_trained(tmp_path):
    found = exported("crnn_res50_bigru_att.yml", tmp_path)
    steps = yaml.safe_load((tmp_path / "inference.yml").read_text(encoding="utf-8"))["PreProcess"]
    assert {"image_shape": [1, 32, 200], "fill": 255}.items() <= steps["transform_ops"][1][
        "RecResizeImg"
    ].items()
    expected = []
    for image in CROPS:
        batch = resize_norm(image, (1, 32, 200), fill=255)[0]
        assert batch[0, 0, -1] == 1 or image.shape[1] == 600
        expected += read_live(found, batch[None])
    assert len({r.text for r in expected}) > 1
    served = TextRecognizer.open(tmp_path)(CROPS)
    assert [r.text for r in served] == [r.text for r in expected]
    assert [r.score for r in served] == pytest.approx([r.score for r in expected], abs=1e-4)


@pytest.fixture(scope="module")
def beams(tmp_path_factory):
    folder = tmp_path_factory.mktemp("beams")
    return folder, exported("crnn_vgg_bilstm_att.yml", folder, beam_width=4, score="multiplicative")


@pytest.mark.parametrize("engine", ["onnxruntime", "paddle", "openvino"])
def test_beam_search_in_the_exported_network(beams, engine):
    if engine == "openvino":
        pytest.importorskip("openvino")
    folder, found = beams
    batch = np.stack([resize_norm(image, (1, 32, 100), padding=False)[0] for image in CROPS])
    expected = read_live(found, batch)
    served = TextRecognizer.open(folder, engine=EngineOptions(engine, threads=1))(CROPS)
    assert [r.text for r in served] == [r.text for r in expected]
    for one, other in zip(served, expected):
        np.testing.assert_allclose(one.char_scores, other.char_scores, atol=1e-4)
    assert len({r.text for r in expected}) > 1


def test_the_folder_says_that_the_network_searches(beams):
    folder, found = beams
    values = yaml.safe_load((folder / "inference.yml").read_text(encoding="utf-8"))
    assert values["Global"]["decoded"] is True
    assert values["Shapes"]["output"] == [[None, STEPS], [None, STEPS]]
    assert values["Shapes"]["classes"] == found.charset.attention_size
    assert values["Parity"]["onnx"]["max_abs_diff"] < 1e-4


def test_difference_of_two_searches_by_hand():
    def searched(indices, scores):
        return parity.Decoded(np.array([indices]), np.array([scores], np.float32))

    wanted = searched([1, 2], [0.5, 0.5])
    assert parity.difference(searched([1, 2], [0.5, 0.25]), wanted) == 0.25
    assert parity.difference(searched([2, 1], [0.25, 1.0]), wanted) == pytest.approx(0, abs=1e-6)
    assert parity.difference(searched([2, 1], [0.25, 0.5]), wanted) == pytest.approx(np.log(2))
    assert parity.difference(searched([1, 2], [np.nan, 0.5]), wanted) > 1e30
