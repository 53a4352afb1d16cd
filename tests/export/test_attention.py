"""Recognizers with a rectifier and attention: from a configuration to a folder, and to served text."""

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
import yaml

paddle = pytest.importorskip("paddle")
onnx = pytest.importorskip("onnx")
pytest.importorskip("paddle2onnx")

from ppocr_lite.config import Config  # noqa: E402
from ppocr_lite.engine import assemble  # noqa: E402
from ppocr_lite.errors import ModelFileError  # noqa: E402
from ppocr_lite.export.onnx import needed_opset  # noqa: E402
from ppocr_lite.inference.args import parse_args  # noqa: E402
from ppocr_lite.inference.assembly import make_recognizer  # noqa: E402
from ppocr_lite.inference.engines.base import open_engine  # noqa: E402
from ppocr_lite.inference.text_recognizer import TextRecognizer  # noqa: E402
from ppocr_lite.transforms.resize import resize_norm  # noqa: E402

pytestmark = pytest.mark.train
CONFIGS = Path(__file__).resolve().parents[2] / "configs" / "rec"
STEPS, WIDTH = 6, 100


def crop(width):
    image = np.full((40, width, 3), 230, np.uint8)
    cv2.putText(image, "Word 12", (4, 30), cv2.FONT_HERSHEY_SIMPLEX, 0.8, (10, 10, 10), 2)
    return image


@pytest.fixture(scope="module")
def parts():
    """RARE with a small backbone and few steps, which bends its pictures and says different things."""
    cfg = Config.load(CONFIGS / "rec_mv3_tps_bilstm_att.yml").replace(
        {
            "Global.max_text_length": STEPS,
            "Architecture.Backbone": {"name": "MobileNetV3", "model_name": "small", "scale": 0.35},
            "Architecture.Neck.hidden_size": 16,
            "Architecture.Head.hidden_size": 16,
        }
    )
    paddle.seed(5)
    found = assemble.parts(cfg)
    rng = np.random.default_rng(0)
    net = found.model.transform.loc_net
    net.fc2.weight.set_value(rng.normal(0, 0.02, net.fc2.weight.shape).astype(np.float32))
    for part, gain in ((found.model.neck, 10), (found.model.head, 3)):
        for parameter in part.parameters():
            parameter.set_value(parameter * gain)
    found.model.train()
    pictures = np.stack([resize_norm(crop(width), (3, 32, WIDTH))[0] for width in (60, 150, 600)])
    for _ in range(30):  # running statistics that let some of the picture through
        found.model.backbone(paddle.to_tensor(pictures.astype(np.float32)))
    found.model.eval()
    return found


@pytest.fixture(scope="module")
def folder(parts, tmp_path_factory):
    target = tmp_path_factory.mktemp("rare")
    state = {name: tensor.numpy() for name, tensor in parts.model.state_dict().items()}
    assemble.export_from_state(parts.cfg, state, target)
    return target


def live(parts, batch):
    with paddle.no_grad():
        return parts.model(paddle.to_tensor(batch))["probs"].numpy()


def test_description(folder):
    values = yaml.safe_load((folder / "inference.yml").read_text(encoding="utf-8"))
    assert values["Shapes"] == {"input": [None, 3, 32, None], "output": [None, STEPS, 38]}
    assert values["PostProcess"]["name"] == "AttnLabelDecode"
    assert len(values["PostProcess"]["character_dict"]) == 36
    assert values["Versions"]["onnx_opset"] == "16"
    (opset,) = onnx.load(str(folder / "inference.onnx")).opset_import
    assert opset.version == 16
    for kind in ("paddle", "onnx"):
        assert values["Parity"][kind]["text_agreement"] == 1.0


def test_other_models_keep_the_older_opset(parts):
    assert needed_opset(parts.model) == 16
    assert needed_opset(parts.model.backbone) == 14


@pytest.mark.parametrize("kind", ["onnxruntime", "paddle", "openvino"])
def test_exported_networks_take_any_width_and_batch(folder, parts, kind):
    if kind == "openvino":
        pytest.importorskip("openvino")
    file = next(folder.glob("inference.[jp][sd][om]*")).name if kind == "paddle" else "inference.onnx"
    engine = open_engine(folder / file, kind=kind, threads=1)
    tolerance = 1e-3 if kind == "openvino" else 1e-5  # it computes the float64 of the grid in float32
    for count, width in ((1, 100), (3, 64), (2, 161)):
        batch = np.stack([resize_norm(crop(20 + 90 * i), (3, 32, width))[0] for i in range(count)])
        got = engine.run(batch.astype(np.float32))[0]
        np.testing.assert_allclose(got, live(parts, batch.astype(np.float32)), atol=tolerance)
    engine.close()


def test_served_text_is_the_trained_model_s(folder, parts):
    """At the width at which the configuration evaluates, also for crops that are longer."""
    crops = [crop(60), crop(150), crop(600)]
    expected = []
    for image in crops:
        batch = resize_norm(image, (3, 32, WIDTH))[0][None].astype(np.float32)
        expected += parts.postprocess({"probs": live(parts, batch)}, None)
    assert len({r.text for r in expected}) > 1
    found = TextRecognizer.open(folder)(crops)
    assert [r.text for r in found] == [r.text for r in expected]
    assert [r.score for r in found] == pytest.approx([r.score for r in expected], abs=1e-4)


def test_long_lines_are_cut_only_when_asked(folder):
    whole = TextRecognizer.open(folder)
    assert (whole.max_aspect, len(whole([crop(600)])[0].text)) == (None, STEPS)
    cut = TextRecognizer.open(folder, max_aspect=4.0)
    assert len(cut([crop(600)])[0].text) > STEPS


def test_a_file_that_says_nothing_is_read_as_asked(folder, tmp_path):
    """As exports of PaddleOCR 2.x: no inference.yml, no characters inside."""
    bare = onnx.load(str(folder / "inference.onnx"))
    del bare.metadata_props[:]
    onnx.save(bare, str(tmp_path / "inference.onnx"))
    dictionary = tmp_path / "dict.txt"
    dictionary.write_text("\n".join("0123456789abcdefghijklmnopqrstuvwxyz") + "\n", encoding="utf-8")
    options = {"image_shape": (3, 32, WIDTH), "char_dict_path": dictionary, "use_space_char": False}
    found = TextRecognizer.open(tmp_path, decoder="AttnLabelDecode", **options)([crop(150)])
    assert found == TextRecognizer.open(folder)([crop(150)])
    flags = ["--rec_algorithm=RARE", "--rec_image_shape=3,32,100", f"--rec_char_dict_path={dictionary}"]
    flags += [f"--rec_model_dir={tmp_path}", "--use_space_char=false", "--image_dir=x"]
    assert make_recognizer(parse_args("read", flags))([crop(150)]) == found
    with pytest.raises(ModelFileError, match="no post-process named 'AttnDecode'"):
        TextRecognizer.open(tmp_path, decoder="AttnDecode", **options)


def test_a_dictionary_of_another_size_is_refused(folder, tmp_path):
    dictionary = tmp_path / "dict.txt"
    dictionary.write_text("a\nb\n", encoding="utf-8")
    shutil.copytree(folder, tmp_path / "model")
    with pytest.raises(ModelFileError, match=r"tells 38 classes apart, .* 2 characters and needs 4"):
        TextRecognizer.open(tmp_path / "model", char_dict_path=dictionary)
