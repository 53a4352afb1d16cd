"""QuantizeLinear and DequantizeLinear in small graphs, against arithmetic by hand."""

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")
ort = pytest.importorskip("onnxruntime")

from onnx import TensorProto, helper, numpy_helper  # noqa: E402

from ppocr_lite.compression import match, qdq, shrink  # noqa: E402
from ppocr_lite.compression.qdq import Grid, Place  # noqa: E402
from ppocr_lite.errors import ModelFileError  # noqa: E402

WEIGHT = np.array([[1.27, -0.02], [0.0, 2.54]], np.float32)  # steps 0.01 and 0.02


def linear(weight=WEIGHT, bias=(0.5, -0.25), opset=14, kind="Conv"):
    """x [N, 2, H, W] -> 1x1 convolution, or x [N, 2] -> Gemm."""
    is_conv = kind == "Conv"
    shape = ["n", 2, "h", "w"] if is_conv else ["n", 2]
    stored = weight[:, :, None, None] if is_conv else weight.T.copy()
    graph = helper.make_graph(
        [helper.make_node(kind, ["x", "weight_of_it", "bias"], ["y"])],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, list("abcd") if is_conv else list("ab"))],
        [
            numpy_helper.from_array(stored, "weight_of_it"),
            numpy_helper.from_array(np.float32(bias), "bias"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    qdq.name_nodes(model.graph)
    return model


def run(model, x):
    session = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, {"x": x})[0]


def names(model):
    return [node.name for node in qdq.weighted_nodes(model.graph)]


def test_grids_by_hand():
    assert Grid.between(-5.1, 20.4) == Grid(pytest.approx(0.1), 51)
    assert Grid.between(1.0, 25.5) == Grid(pytest.approx(0.1), 0)  # zero is on every grid
    np.testing.assert_allclose(
        Grid(0.5, 128).apply(np.float32([0.25, 0.75, 90, -90])), [0.0, 1.0, 63.5, -64.0]
    )
    assert Grid.between(0.0, 0.0).scale > 0


@pytest.mark.parametrize("kind", ["Conv", "Gemm"])
def test_rounded_layer_by_hand(kind):
    model = linear(kind=kind)
    qdq.quantize_graph(model, [Place("x", Grid(0.5, 128))], names(model))
    onnx.checker.check_model(model, full_check=True)
    x = np.float32([[0.6, -3.3]])  # -> 0.5 and -3.5
    got = run(model, x.reshape(1, 2, 1, 1) if kind == "Conv" else x).ravel()
    np.testing.assert_allclose(got, [0.5 + 1.27 * 0.5 + 0.02 * 3.5, -0.25 - 2.54 * 3.5], atol=0.006)
    kinds = {tensor.data_type for tensor in model.graph.initializer}
    assert {TensorProto.INT8, TensorProto.INT32, TensorProto.UINT8} < kinds


def test_a_batch_norm_folded_in_leaves_the_integers():
    """What training rounds is the weight before the norm, what the file holds is the one after it."""
    rng = np.random.default_rng(0)
    weight = rng.standard_normal((6, 20)).astype(np.float32)
    factor = np.float32([3.0, -0.01, 1e3, -1.0, 0.5, 7.0])[:, None]
    integers = []
    for array in (weight, weight * factor):
        steps = qdq.weight_scales(array, 0)[:, None]
        integers.append(np.rint(array / steps))
    np.testing.assert_array_equal(integers[1], integers[0] * np.sign(factor))


def test_a_channel_of_next_to_nothing_with_a_bias_does_not_overflow():
    model = linear(weight=np.float32([[1e-11, 0], [1, 1]]), bias=(3.0, 0.0))
    qdq.quantize_graph(model, [Place("x", Grid(0.01, 128))], names(model))
    assert run(model, np.ones((1, 2, 1, 1), np.float32)).ravel()[0] == pytest.approx(3.0, rel=1e-3)


def test_a_place_of_one_reader_leaves_the_others_alone():
    model = linear()
    model.graph.node.append(helper.make_node("Relu", ["x"], ["z"], name="other"))
    model.graph.output.append(helper.make_tensor_value_info("z", TensorProto.FLOAT, None))
    (name,) = names(model)
    qdq.quantize_graph(model, [Place("x", Grid(0.5, 128), frozenset([name]))], [name])
    relu = next(node for node in model.graph.node if node.op_type == "Relu")
    conv = next(node for node in model.graph.node if node.op_type == "Conv")
    assert relu.input[0] == "x"
    assert conv.input[0] != "x"


def test_packed_weights_stay_float_arithmetic():
    weight = np.random.default_rng(1).standard_normal((64, 2)).astype(np.float32)
    plain = linear(weight=weight, bias=np.zeros(64))
    packed = linear(weight=weight, bias=np.zeros(64))
    assert shrink.pack_floats(packed, at_least=64) == 1
    shrink.shorten_names(packed)
    onnx.checker.check_model(packed, full_check=True)
    x = np.random.default_rng(2).standard_normal((3, 2, 2, 2)).astype(np.float32)
    difference = np.abs(run(packed, x) - run(plain, x)).max()
    assert 0 < difference < 0.02 * np.abs(run(plain, x)).max()
    assert [i.name for i in packed.graph.input] == ["x"]
    assert "weight_of_it" not in str(packed.graph)


def test_the_scale_of_a_bias_is_calculated_when_the_file_is_loaded():
    stored, calculated = linear(), linear()
    for model in (stored, calculated):
        qdq.quantize_graph(model, [Place("x", Grid(0.3, 128))], names(model))
    assert shrink.drop_bias_scales(calculated) == 1
    onnx.checker.check_model(calculated, full_check=True)
    count = [sum(t.data_type == TensorProto.FLOAT for t in m.graph.initializer) for m in (stored, calculated)]
    assert count == [3, 2]  # scales of input, weight and bias
    x = np.random.default_rng(2).standard_normal((3, 2, 2, 2)).astype(np.float32)
    np.testing.assert_array_equal(run(calculated, x), run(stored, x))


def test_another_scale_of_a_bias_stays():
    model = linear()
    qdq.quantize_graph(model, [Place("x", Grid(0.3, 128))], names(model))
    (scale,) = [t for t in model.graph.initializer if "bias" in t.name and t.data_type == TensorProto.FLOAT]
    scale.CopyFrom(numpy_helper.from_array(2 * numpy_helper.to_array(scale), scale.name))
    assert shrink.drop_bias_scales(model) == 0


def test_layers_are_found_by_their_weights():
    rng = np.random.default_rng(5)
    first, second = (rng.standard_normal((2, 2)).astype(np.float32) for _ in range(2))
    model = linear(weight=first * np.float32([[2.0], [-3.0]]))
    found = match.find_nodes(model.graph, [match.Weights("conv", True, first)])
    assert found["conv"].op_type == "Conv"
    with pytest.raises(
        ModelFileError, match="other: the exported graph has no node with this layer's weights"
    ):
        match.find_nodes(model.graph, [match.Weights("other", True, second)])
    with pytest.raises(ModelFileError, match="no node"):
        match.find_nodes(model.graph, [match.Weights("linear", False, first)])


def test_errors():
    model = linear(opset=11)
    with pytest.raises(ModelFileError, match="opset 11; a scale for each channel needs 13"):
        qdq.quantize_graph(model, [Place("x", Grid(0.5, 128))], names(model))
    model = linear()
    with pytest.raises(ModelFileError, match="its input x has no range"):
        qdq.quantize_graph(model, [], names(model))
