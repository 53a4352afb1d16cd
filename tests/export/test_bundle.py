"""A model folder as a whole: every file, and the runtime's opinion of it."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
import yaml

paddle = pytest.importorskip("paddle")
onnx = pytest.importorskip("onnx")
pytest.importorskip("paddle2onnx")

from ppocr_lite.config import Config  # noqa: E402
from ppocr_lite.engine import assemble  # noqa: E402
from ppocr_lite.errors import ConfigError, ModelFileError  # noqa: E402
from ppocr_lite.export import bundle  # noqa: E402
from ppocr_lite.export import onnx as export_onnx  # noqa: E402
from ppocr_lite.inference.engines.base import open_engine  # noqa: E402
from ppocr_lite.inference.model_files import open_model  # noqa: E402

pytestmark = pytest.mark.train
REPO = Path(__file__).resolve().parents[2]
WORD = "abc é"


@pytest.fixture(scope="module")
def cfg(tmp_path_factory):
    file = tmp_path_factory.mktemp("dict") / "chars.txt"
    file.write_text("\n".join(WORD) + "\n", encoding="utf-8")
    base = Config.load(REPO / "configs/rec/en/en_rec_mv3_crnn.yml")
    return base.replace({"Global.character_dict_path": str(file), "Global.model_name": "tiny"})


@pytest.fixture(scope="module")
def parts(cfg):
    paddle.seed(5)
    found = assemble.parts(cfg)
    rng = np.random.default_rng(0)
    for name, tensor in found.model.state_dict().items():  # else the folding of norms would not be tested
        if name.endswith("_mean"):
            tensor.set_value(rng.normal(0, 0.1, tensor.shape).astype(np.float32))
        if name.endswith("_variance"):
            tensor.set_value(rng.uniform(0.5, 1.5, tensor.shape).astype(np.float32))
    return found


@pytest.fixture(scope="module")
def folder(cfg, parts, tmp_path_factory):
    target = tmp_path_factory.mktemp("model")
    state = {name: tensor.numpy() for name, tensor in parts.model.state_dict().items()}
    assemble.export_from_state(cfg, state, target)
    return target


def test_files_and_hashes(folder):
    names = {p.name for p in folder.iterdir()}
    assert {"inference.onnx", "inference.pdiparams", "inference.yml"} < names
    assert names & {"inference.json", "inference.pdmodel"}
    assert not [n for n in names if n.startswith(".export")]
    values = yaml.safe_load((folder / "inference.yml").read_text(encoding="utf-8"))
    assert set(values["Hashes"]) == names - {"inference.yml"}
    for name, digest in values["Hashes"].items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest


def test_description(folder):
    values = yaml.safe_load((folder / "inference.yml").read_text(encoding="utf-8"))
    assert values["Global"] == {"model_name": "tiny", "model_type": "rec", "algorithm": "CRNN"}
    assert [next(iter(step)) for step in values["PreProcess"]["transform_ops"]] == [
        "DecodeImage",
        "RecResizeImg",
    ]
    assert values["PostProcess"]["character_dict"] == list(WORD)
    assert values["Shapes"] == {"input": [None, 1, 32, None], "output": [None, None, len(WORD) + 1]}
    for kind in ("paddle", "onnx"):
        assert 0 <= values["Parity"][kind]["max_abs_diff"] < 1e-4
        assert values["Parity"][kind]["text_agreement"] == 1.0


def test_texts_inside_the_onnx_file(folder):
    model = onnx.load(str(folder / "inference.onnx"))
    texts = {p.key: p.value for p in model.metadata_props}
    assert texts["character"].split("\n") == list(WORD)
    assert yaml.safe_load(texts["inference_yml"])["PostProcess"]["character_dict"] == list(WORD)
    assert not [n for n in model.graph.node if n.op_type in ("BatchNormalization", "Identity")]


@pytest.mark.parametrize("width", [32, 100, 1000])
@pytest.mark.parametrize("kind", ["onnxruntime", "paddle"])
def test_exported_networks_take_any_width_and_batch(folder, parts, kind, width):
    batch = np.random.default_rng(width).standard_normal((3, 1, 32, width)).astype(np.float32)
    parts.model.eval()
    with paddle.no_grad():
        expected = parts.model(paddle.to_tensor(batch))["probs"].numpy()
    file = "inference.onnx" if kind == "onnxruntime" else next(folder.glob("inference.[jp][sd][om]*")).name
    engine = open_engine(folder / file, kind=kind, threads=1)
    np.testing.assert_allclose(engine.run(batch)[0], expected, atol=1e-5)
    engine.close()


def test_runtime_accepts_the_folder(folder):
    model = open_model(folder)
    assert model.characters == tuple(WORD)
    assert [next(iter(step)) for step in model.transform_ops] == ["DecodeImage", "RecResizeImg"]


class TinyReader(paddle.nn.Layer):
    """One convolution in place of a recognizer: traced in no time."""

    def __init__(self):
        super().__init__()
        self.conv = paddle.nn.Conv2D(1, len(WORD) + 1, (32, 4), stride=(32, 4))

    def forward(self, image, targets=None):
        x = self.conv(image).squeeze(2).transpose([0, 2, 1])  # [N, T, K]
        return {"probs": paddle.nn.functional.softmax(x, axis=-1)}


def export_tiny(parts, folder, **options):
    tiny = TinyReader()
    return bundle.export_model(
        tiny, parts.cfg, folder=folder, postprocess=parts.postprocess, charset=parts.charset, **options
    )


def test_failed_parity_keeps_the_files_of_before(parts, tmp_path, monkeypatch):
    (tmp_path / "inference.onnx").write_bytes(b"old")
    monkeypatch.setattr(bundle.onnx, "missing_packages", lambda: ["paddle2onnx"])
    monkeypatch.setattr(bundle.parity, "_jitter", lambda *_: -1.0)  # else it would set the tolerance
    with pytest.raises(ModelFileError, match="more than -1"):
        export_tiny(parts, tmp_path, tolerance=-1)
    assert [p.name for p in tmp_path.iterdir()] == ["inference.onnx"]
    assert (tmp_path / "inference.onnx").read_bytes() == b"old"


def test_without_the_converter_the_paddle_files_are_written(parts, tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(export_onnx, "missing_packages", lambda: ["paddle2onnx"])
    values = export_tiny(parts, tmp_path)
    assert "No ONNX file is written, for want of paddle2onnx" in caplog.text
    assert "onnx" not in values["Parity"]
    assert not (tmp_path / "inference.onnx").exists()
    assert (tmp_path / "inference.pdiparams").is_file()


def test_weights_of_another_model_are_refused(cfg, tmp_path):
    with pytest.raises(
        ConfigError, match=r"The weights do not fit .*en_rec_mv3_crnn\.yml\.\n(.*\n)*.* not in the file"
    ):
        assemble.export_from_state(cfg, {"head.fc.bias": np.zeros(3, np.float32)}, tmp_path)


def test_reference_of_the_parity_check_is_the_live_network(parts, tmp_path, monkeypatch):
    """Tracing must not turn the network that the exports are compared with into the static one."""
    seen = {}

    def look(runners, inputs, **options):
        network = runners["live"].args[0]
        seen["is_live"] = type(network.forward).__name__ == "method"
        return {}

    monkeypatch.setattr(bundle.parity, "check", look)
    monkeypatch.setattr(export_onnx, "missing_packages", lambda: ["paddle2onnx"])
    export_tiny(parts, tmp_path)
    assert seen == {"is_live": True}
