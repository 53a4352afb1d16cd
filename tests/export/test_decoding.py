"""Recognizers that decode in the network, from the export to the text."""

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
from ppocr_lite.errors import ConfigError, ModelFileError  # noqa: E402
from ppocr_lite.export import decoding, parity  # noqa: E402
from ppocr_lite.inference.model_files import EngineOptions, open_model  # noqa: E402
from ppocr_lite.inference.text_recognizer import TextRecognizer  # noqa: E402

pytestmark = pytest.mark.train
REPO = Path(__file__).resolve().parents[2]
CHARACTERS = "abcdefgh"


@pytest.fixture(scope="module")
def cfg(tmp_path_factory):
    file = tmp_path_factory.mktemp("dict") / "chars.txt"
    file.write_text("\n".join(CHARACTERS) + "\n", encoding="utf-8")
    base = Config.load(REPO / "configs/rec/en/en_rec_mv3_crnn.yml")
    return base.replace({"Global.character_dict_path": str(file), "Global.use_space_char": False})


@pytest.fixture(scope="module")
def folders(cfg, tmp_path_factory):
    """The same network, exported as it is and decoding."""
    paddle.seed(3)
    state = {name: tensor.numpy() for name, tensor in assemble.parts(cfg).model.state_dict().items()}
    state["head.fc.weight"] = state["head.fc.weight"] * 40  # untrained, it would hardly tell classes apart
    found = {}
    for decode in (False, True):
        found[decode] = tmp_path_factory.mktemp(f"decode_{decode}")
        assemble.export_from_state(cfg.replace({"Global.export_decode": decode}), state, found[decode])
    return found


def lines() -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    pictures = parity.rendered_images(6, line=True)
    blurred = [
        cv2.GaussianBlur(rng.integers(0, 256, (32, w, 3)).astype(np.uint8), (0, 0), 3) for w in (60, 400)
    ]
    return [*pictures, *blurred]


@pytest.mark.parametrize("engine", ["onnxruntime", "paddle"])
def test_same_texts_and_scores(folders, engine):
    plain, decoded = (
        TextRecognizer.open(folders[decode], engine=EngineOptions(engine, threads=1))(lines())
        for decode in (False, True)
    )
    assert [r.text for r in decoded] == [r.text for r in plain]
    assert any(r.text for r in plain)
    for one, other in zip(plain, decoded):
        assert other.score == pytest.approx(one.score, abs=1e-5)
        np.testing.assert_allclose(other.char_scores, one.char_scores, atol=1e-5)


def test_the_folder_says_so(folders):
    plain, decoded = (
        yaml.safe_load((folders[decode] / "inference.yml").read_text(encoding="utf-8"))
        for decode in (False, True)
    )
    assert "decoded" not in plain["Global"]
    assert decoded["Global"]["decoded"] is True
    assert decoded["Shapes"]["classes"] == len(CHARACTERS) + 1
    assert decoded["Shapes"]["output"] == [[None, None], [None, None]]
    for kind in ("paddle", "onnx"):
        assert decoded["Parity"][kind]["max_abs_diff"] < 1e-4
        assert decoded["Parity"][kind]["text_agreement"] == 1.0
    graph = onnx.load(str(folders[True] / "inference.onnx")).graph
    assert [len(o.type.tensor_type.shape.dim) for o in graph.output] == [2, 2]


def test_the_onnx_file_alone_is_enough(folders, tmp_path):
    file = tmp_path / "reader.onnx"
    file.write_bytes((folders[True] / "inference.onnx").read_bytes())
    reader = TextRecognizer.open(file)
    assert [r.text for r in reader(lines())] == [r.text for r in TextRecognizer.open(folders[False])(lines())]


def test_a_dictionary_of_another_size_is_refused(folders, tmp_path):
    other = tmp_path / "other.txt"
    other.write_text("a\nb\n", encoding="utf-8")
    with pytest.raises(ModelFileError, match=f"tells {len(CHARACTERS) + 1} classes apart"):
        TextRecognizer.open(folders[True], char_dict_path=other)


def test_a_damaged_description_is_refused(folders, tmp_path):
    for file in folders[True].iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    values = yaml.safe_load((tmp_path / "inference.yml").read_text(encoding="utf-8"))
    del values["Shapes"]["classes"]
    (tmp_path / "inference.yml").write_text(yaml.safe_dump(values), encoding="utf-8")
    with pytest.raises(ModelFileError, match=r"Shapes\.classes in inference\.yml: expected the number"):
        assert open_model(tmp_path).decoded


def test_networks_that_do_not_decode_are_refused(folders, tmp_path):
    for file in folders[False].iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    values = yaml.safe_load((tmp_path / "inference.yml").read_text(encoding="utf-8"))
    values["Global"]["decoded"], values["Shapes"]["classes"] = True, len(CHARACTERS) + 1
    (tmp_path / "inference.yml").write_text(yaml.safe_dump(values), encoding="utf-8")
    with pytest.raises(ModelFileError, match="says that it gives class indices"):
        TextRecognizer.open(tmp_path)(lines())


def test_only_ctc_recognizers(cfg):
    assert not decoding.is_wanted(cfg)
    other = cfg.replace({"Global.export_decode": True, "PostProcess.name": "AttnLabelDecode"})
    with pytest.raises(ConfigError, match=r"Global\.export_decode: .* PostProcess\.name is AttnLabelDecode"):
        decoding.is_wanted(other)


def test_difference_of_decoded_outputs_by_hand():
    wanted = np.array([[[0.5, 0.25, 0.25], [0.125, 0.5, 0.375]]], np.float32)
    right = parity.Decoded(np.array([[0, 1]]), np.array([[0.5, 0.5]], np.float32))
    wrong_class = parity.Decoded(np.array([[0, 2]]), np.array([[0.5, 0.5]], np.float32))
    wrong_score = parity.Decoded(np.array([[0, 1]]), np.array([[0.25, 0.5]], np.float32))
    assert parity.difference(right, wanted) == 0
    assert parity.difference(wrong_class, wanted) == 0.125
    assert parity.difference(wrong_score, wanted) == 0.25
    assert parity.difference(right, wanted * np.nan) > 1e30
