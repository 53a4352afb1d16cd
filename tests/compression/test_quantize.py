"""A float network made to round: which layers, under which names, and that it agrees with the int8 engine."""

import platform
from pathlib import Path

import numpy as np
import pytest

paddle = pytest.importorskip("paddle")
onnx = pytest.importorskip("onnx")

import paddle.nn.functional as F  # noqa: E402
from paddle import nn  # noqa: E402

from ppocr_lite.compression import int8_export, probe, quantize  # noqa: E402
from ppocr_lite.compression.int8_file import node_counts  # noqa: E402
from ppocr_lite.compression.quantize import QuantOptions  # noqa: E402
from ppocr_lite.engine import checkpoint  # noqa: E402
from ppocr_lite.errors import ConfigError, ModelFileError  # noqa: E402
from ppocr_lite.export import onnx as export_onnx  # noqa: E402
from ppocr_lite.export import static_graph  # noqa: E402
from ppocr_lite.inference.engines.base import open_engine  # noqa: E402

pytestmark = pytest.mark.train


class Net(nn.Layer):
    """Every kind of neighbourhood: norm, ReLU, hard-swish, a sum, a depthwise and a linear layer."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2D(3, 8, 3, padding=1, bias_attr=False)
        self.stem_norm = nn.BatchNorm2D(8)
        self.wide = nn.Conv2D(8, 12, 3, padding=1, bias_attr=False)
        self.wide_norm = nn.BatchNorm2D(12)
        self.deep = nn.Conv2D(12, 12, 3, padding=1, groups=12)
        self.narrow = nn.Conv2D(12, 8, 1, bias_attr=False)
        self.narrow_norm = nn.BatchNorm2D(8)
        self.next = nn.Conv2D(8, 8, 1)
        self.fc = nn.Linear(8, 5)
        self.unused = nn.Linear(2, 2)

    def forward(self, x, targets=None):
        x = F.relu(self.stem_norm(self.stem(x)))
        y = F.hardswish(self.wide_norm(self.wide(x)))
        y = self.narrow_norm(self.narrow(self.deep(y)))
        y = self.next(y) + x
        logits = self.fc(F.adaptive_avg_pool2d(y, 1).flatten(1))
        return {"probs": F.softmax(logits, axis=-1), "logits": logits}


def noise(count=2, seed=0):
    return np.random.default_rng(seed).standard_normal((count, 3, 16, 16)).astype(np.float32)


def settled(seed=3):
    """A network whose norms do something that could be folded wrongly."""
    paddle.seed(seed)
    net = Net()
    rng = np.random.default_rng(seed)
    for name, value in net.state_dict().items():
        if name.endswith("norm.weight"):
            value.set_value(rng.normal(0, 1, value.shape).astype(np.float32))  # of both signs
        if name.endswith("_mean"):
            value.set_value(rng.normal(0, 0.2, value.shape).astype(np.float32))
    return net


def trained(options=None):
    """Quantized, ranges learned in two steps."""
    net = settled()
    quantize.quantize(net, noise(1), options)
    sgd = paddle.optimizer.SGD(0.01, parameters=net.parameters())
    for seed in (1, 2):
        net(paddle.to_tensor(noise(4, seed)))["logits"].square().mean().backward()
        sgd.step()
        sgd.clear_grad()
    net.eval()
    return net


def test_the_run_tells_who_reads_whom():
    seen = {item.name: item for item in probe.watch(settled(), noise(1))}
    assert list(seen) == ["stem", "wide", "deep", "narrow", "next", "fc"]
    assert [r.name for r in seen["stem"].relu_readers] == ["wide"]
    assert [r.name for r in seen["narrow"].readers] == ["next"]
    assert [r.name for r in seen["deep"].readers] == ["narrow"]
    assert seen["wide"].readers == seen["wide"].relu_readers == []


def test_layers_and_quantizers():
    net = settled()
    names = quantize.quantize(net, noise(1), QuantOptions(first=True))
    assert names == ["stem", "wide", "narrow", "next", "fc"]  # neither depthwise nor unused
    found = quantize.quantizers(net)
    assert set(found) == {
        "stem.pact",
        "wide.pact",
        "wide_norm.quant_out",  # hard-swish follows
        "narrow.pact",
        "narrow_norm.quant_out",  # which is what `next` reads: it has no quantizer of its own
        "next.quant_out",
        "fc.pact",
    }


def test_what_is_found_does_not_depend_on_the_weights():
    """A checkpoint of the rounding network must fit wherever it is built, whatever its first weights were."""
    net = settled()
    for name, parameter in net.state_dict().items():
        if name.endswith("_norm.bias"):
            parameter.set_value(
                np.full(parameter.shape, 9.0, np.float32)
            )  # nothing is negative before a ReLU
    assert set(quantized_names(net)) == set(quantized_names(settled(3)))


def quantized_names(net):
    quantize.quantize(net, noise(1), QuantOptions(first=True))
    return list(quantize.quantizers(net))


def test_options_choose_the_layers():
    assert "stem" not in quantize.quantize(settled(), noise(1))
    assert "fc" not in quantize.quantize(settled(), noise(1), QuantOptions(last=False))
    assert "deep" in quantize.quantize(settled(), noise(1), QuantOptions(depthwise=True))
    assert "next" not in quantize.quantize(settled(), noise(1), QuantOptions(keep_float=("ne*",)))


def test_float_names_stay_and_float_weights_load():
    plain, net = settled(1), settled(2)
    quantize.quantize(net, noise(1))
    extra = set(net.state_dict()) - set(plain.state_dict())
    assert set(plain.state_dict()) < set(net.state_dict())
    assert all(name.rpartition(".")[2] in ("alpha", "lowest", "highest", "count") for name in extra)
    report = checkpoint.load_weights(net, {k: v.numpy() for k, v in plain.state_dict().items()})
    assert set(report.missing) == extra
    assert not report.unexpected
    plain.eval()
    net.eval()
    x = paddle.to_tensor(noise())
    with quantize.in_float(net):
        np.testing.assert_array_equal(net(x)["probs"].numpy(), plain(x)["probs"].numpy())


def test_training_moves_alphas_and_ranges_but_only_of_what_is_used():
    net = trained()
    ranges = quantize.quantizers(net)
    assert all(layer.seen for layer in ranges.values())
    assert 0 < ranges["wide.pact"].grid.scale < 1


def adds_products_exactly() -> bool:
    """Whether the processor sums up 8-bit products in 32 bits: not x86, or x86 with VNNI."""
    cpu = Path("/proc/cpuinfo")
    text = cpu.read_text(errors="replace") if cpu.is_file() else ""
    return platform.machine() not in ("x86_64", "AMD64") or "vnni" in text


@pytest.mark.parametrize("options", [QuantOptions(), QuantOptions(first=True, weight_bits=7)])
def test_int8_engine_agrees_within_one_step(tmp_path, options):
    pytest.importorskip("paddle2onnx")
    net = trained(options)
    net.fc.weight.set_value(net.fc.weight.numpy() * 3)  # far from equal probabilities
    shape = [None, 3, None, None]

    class Logits(static_graph.InferenceNetwork):
        pass

    with quantize.in_float(net):
        graph, params = static_graph.save_static(Logits(net, "logits"), tmp_path, shape)
        exact = net(paddle.to_tensor(noise(8, 9)))["logits"].numpy()
    file = tmp_path / "inference.onnx"
    export_onnx.convert(graph, params, file)
    float_size = file.stat().st_size
    int8_export.write_int8(net, file, pack=False)
    # The depthwise layer is float; the stem runs in float even if it rounds, as the sum reads it unrounded.
    assert node_counts(file) == {"int8": 4, "float": 2}
    assert file.stat().st_size < float_size + 4000  # so few weights that the nodes weigh more
    engine = open_engine(file, threads=1)
    got = engine.run(noise(8, 9))[0]
    engine.close()
    with paddle.no_grad():
        expected = net(paddle.to_tensor(noise(8, 9)))["logits"].numpy()
    # A step of the last layer's input, times the largest weight sum that it can meet.
    step = net.fc.pact.grid.scale * float(np.abs(net.fc.weight.numpy()).sum(0).max())
    if options.weight_bits == 8 and not adds_products_exactly():
        # Pairs of products are cut off at 16 bits there, see doc/compression.md; not with weights of 7 bits.
        assert np.abs(got - expected).max() <= 3 * step
        return
    assert np.abs(got - expected).max() <= step
    assert np.abs(got - expected).mean() < 0.1 * step
    assert np.abs(got - exact).max() > 2 * np.abs(got - expected).max()  # rounding does change something


def test_a_checkpoint_of_the_rounding_network_goes_on(tmp_path):
    net = trained()
    checkpoint.save_weights(tmp_path / "q", net)
    other = settled(8)
    quantize.quantize(other, noise(1))
    checkpoint.load_exact(other, tmp_path / "q")
    other.eval()
    x = paddle.to_tensor(noise())
    np.testing.assert_array_equal(other(x)["probs"].numpy(), net(x)["probs"].numpy())


def test_errors():
    with pytest.raises(
        ConfigError, match=r"Quantization\.pakt: nothing reads this key\. Did you mean 'pact'"
    ):
        QuantOptions.of({"pakt": True})
    with pytest.raises(ConfigError, match="weight_bits: expected 2 to 8, got 9"):
        QuantOptions(weight_bits=9)
    with pytest.raises(ConfigError, match="moving_rate: expected 0 up to 1, got 1"):
        QuantOptions(moving_rate=1)
    with pytest.raises(ConfigError, match="keep_float: expected a list, got 'fc'"):
        QuantOptions.of({"keep_float": "fc"})
    with pytest.raises(ConfigError, match="no layer is called 'nexd'. Did you mean 'next'"):
        quantize.quantize(settled(), noise(1), QuantOptions(keep_float=("nexd",)))
    with pytest.raises(ConfigError, match="no layer of this model is quantized"):
        quantize.quantize(settled(), noise(1), QuantOptions(keep_float=("*",)))
    net = settled()
    quantize.quantize(net, noise(1))
    with pytest.raises(ModelFileError, match=r"wide\.pact and 5 other quantizers have no range"):
        int8_export.check_ranges(net)
