import logging

import numpy as np
import paddle
import pytest

from ppocr_lite.errors import ConfigError
from ppocr_lite.export import onnx as export_onnx
from ppocr_lite.export import static_graph
from ppocr_lite.inference.engines.base import open_engine
from ppocr_lite.modeling.backbones import resnet
from ppocr_lite.modeling.backbones.resnet import DetResNet, DetResNetVd, RecResNetVd
from ppocr_lite.registry import BACKBONES

pytestmark = pytest.mark.train

NARROW = [64, 128, 256, 512]
WIDE = [256, 512, 1024, 2048]


@pytest.fixture
def thin(monkeypatch):
    """Networks of the same depth with a sixteenth of the channels: the deep ones in a second."""
    monkeypatch.setattr(resnet, "WIDTHS", (4, 8, 16, 32))


def names_of(model):
    return list(dict.fromkeys(key.split(".")[0] for key in model.state_dict()))


@pytest.mark.parametrize(
    ("network", "layers", "widths"),
    [
        (DetResNetVd, 18, NARROW),
        (DetResNetVd, 50, WIDE),
        (DetResNet, 34, NARROW),
        (DetResNet, 50, WIDE),
    ],
)
def test_det_feature_maps(network, layers, widths):
    model = network(layers=layers)
    model.eval()
    with paddle.no_grad():
        maps = model(paddle.zeros([1, 3, 64, 96]))
    assert model.out_channels == widths
    assert [m.shape for m in maps] == [[1, c, 16 >> i, 24 >> i] for i, c in enumerate(widths)]


@pytest.mark.parametrize(
    ("network", "layers", "blocks"),
    [
        (DetResNetVd, 18, [2, 2, 2, 2]),
        (DetResNetVd, 34, [3, 4, 6, 3]),
        (DetResNetVd, 101, [3, 4, 23, 3]),
        (DetResNetVd, 152, [3, 8, 36, 3]),
        (DetResNetVd, 200, [3, 12, 48, 3]),
        (RecResNetVd, 50, [3, 4, 6, 3]),
    ],
)
def test_vd_names(network, layers, blocks, thin):
    stages = [f"bb_{stage}_{i}" for stage, count in enumerate(blocks) for i in range(count)]
    assert names_of(network(layers=layers)) == ["conv1_1", "conv1_2", "conv1_3", *stages]


@pytest.mark.parametrize(
    ("layers", "stages"),
    [
        (18, ["ab", "ab", "ab", "ab"]),
        (50, ["abc", "abcd", "abcdef", "abc"]),
        (101, ["abc", "abcd", ["a", *[f"b{i}" for i in range(1, 23)]], "abc"]),
        (152, ["abc", "abcdefgh", ["a", *[f"b{i}" for i in range(1, 36)]], "abc"]),
    ],
)
def test_plain_names(layers, stages, thin):
    blocks = [f"res{stage + 2}{i}" for stage, names in enumerate(stages) for i in names]
    assert names_of(DetResNet(layers=layers)) == ["conv", *blocks]


def test_only_the_first_block_of_a_stage_projects():
    for model, first in ((DetResNetVd(layers=18), "0"), (DetResNet(layers=18), "a")):
        short = {key.split(".")[0] for key in model.state_dict() if ".short." in key}
        assert len(short) == 4
        assert {name[-1] for name in short} == {first}


def test_published_size_of_the_plain_network():
    # 25 557 032 parameters with the classifier of 1000 classes, less that classifier's 2048 * 1000 + 1000
    model = DetResNet(layers=50)
    assert sum(int(p.size) for p in model.parameters() if p.trainable) == 25_557_032 - 2_049_000


@pytest.mark.parametrize(("layers", "channels"), [(18, 512), (34, 512), (50, 2048)])
def test_rec_row_of_features(layers, channels):
    model = RecResNetVd(1, layers=layers)
    model.eval()
    with paddle.no_grad():
        assert model(paddle.zeros([2, 1, 32, 100])).shape == [2, channels, 1, 25]
    assert model.out_channels == channels


@pytest.mark.parametrize("network", [DetResNetVd, DetResNet])
def test_out_indices(network, thin):
    model = network(layers=18, out_indices=[2, 0], dcn_stage=[False, None, False, False])
    assert model.out_channels == [4, 16]
    assert [m.shape[1:] for m in model(paddle.zeros([1, 3, 32, 32]))] == [[4, 8, 8], [16, 2, 2]]


def test_stray_se_switch_loads_with_a_warning(caplog, thin):
    BACKBONES.build({"name": "ResNet_vd", "layers": 18, "disable_se": True}, task="det")
    assert "disable_se: accepted for PaddleOCR's sake, has no effect on DetResNetVd" in caplog.text


@pytest.mark.parametrize(
    ("params", "network", "guess"),
    [
        ({"layers": 50}, DetResNet, "50 layers: taken as the plain network"),
        ({}, DetResNet, "50 layers: taken as the plain network"),
        ({"layers": 18}, DetResNetVd, "18 layers: taken as the vd network"),
        ({"layers": 50, "disable_se": True}, DetResNetVd, "50 layers: taken as the vd network"),
        ({"layers": 18, "variant": "plain"}, DetResNet, None),
        ({"layers": 50, "variant": "vd"}, DetResNetVd, None),
    ],
)
def test_detectors_resnet_is_one_of_two(params, network, guess, caplog, thin):
    with caplog.at_level(logging.INFO):
        model = BACKBONES.build({"name": "ResNet", **params}, task="det")
    assert type(model) is network
    if guess is None:
        assert not caplog.records
    else:
        assert len(caplog.records) == 1
        assert guess in caplog.text
        assert "To choose: name: ResNet_vd, or variant: vd or plain." in caplog.text


def test_recognizers_resnet_is_vd():
    assert BACKBONES.get("ResNet", task="rec") is RecResNetVd
    assert BACKBONES.get("ResNet", task="cls") is RecResNetVd


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: DetResNetVd(layers=19), "layers: 19 is not one of 18, 34, 50, 101, 152, 200"),
        (lambda: DetResNet(layers=200), "layers: 200 is not one of 18, 34, 50, 101, 152\\."),
        (lambda: DetResNetVd(layers=50, dcn_stage=[False, True, True, True]), "dcn_stage: deformable conv"),
        (lambda: DetResNet(layers=18, out_indices=[0, 4]), r"out_indices: expected .* got \[0, 4\]"),
        (lambda: DetResNet(layers=18, out_indices=2), r"out_indices: expected .* got 2\."),
        (lambda: resnet.resnet(layers=18, variant="d"), "variant: 'd' is not one of vd, plain"),
    ],
)
def test_wrong_parameters(build, message):
    with pytest.raises(ConfigError, match=message):
        build()


class Last(paddle.nn.Layer):
    """The last output of a backbone, under the name that is exported."""

    def __init__(self, backbone):
        super().__init__()
        self.backbone = backbone

    def forward(self, x):
        y = self.backbone(x)
        return {"maps": y[-1] if isinstance(y, list) else y}


@pytest.mark.parametrize(
    ("network", "shape", "sizes"),
    [
        # odd at every stage, so that every averaging shortcut has windows that are not full
        (DetResNetVd, [None, 3, None, None], [(65, 101), (97, 35)]),
        (RecResNetVd, [None, 3, 32, None], [(32, 101), (32, 37)]),
    ],
)
def test_onnx_runtime_agrees_on_odd_sizes(network, shape, sizes, tmp_path, thin):
    pytest.importorskip("paddle2onnx")
    paddle.seed(0)
    exported = static_graph.InferenceNetwork(Last(network(layers=18)), "maps")
    graph, params = static_graph.save_static(exported, tmp_path, shape)
    export_onnx.convert(graph, params, tmp_path / "inference.onnx")
    engine = open_engine(tmp_path / "inference.onnx")
    for height, width in sizes:
        image = np.random.default_rng(width).standard_normal((2, 3, height, width)).astype(np.float32)
        with paddle.no_grad():
            expected = exported(paddle.to_tensor(image)).numpy()
        got = engine.run(image)[0]
        assert got.shape == expected.shape
        assert np.abs(got - expected).max() < 1e-4 * expected.std()
    engine.close()
