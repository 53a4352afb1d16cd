"""Passes over ONNX graphs, on graphs made by hand."""

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")
ort = pytest.importorskip("onnxruntime")

from onnx import TensorProto, helper, numpy_helper  # noqa: E402

from ppocr_lite.export import onnx_folding, onnx_passes  # noqa: E402

FLOAT = TensorProto.FLOAT


def save(path, nodes, arrays, *, channels=(2, 3), sizes=(None, None)):
    """A graph x [n, C, sizes] -> y."""
    ends = [
        helper.make_tensor_value_info(name, FLOAT, ["n", c, *s])
        for name, c, s in (("x", channels[0], sizes), ("y", channels[1], (None, None)))
    ]
    initial = [numpy_helper.from_array(np.asarray(v, np.float32), k) for k, v in arrays.items()]
    graph = helper.make_graph(nodes, "g", ends[:1], ends[1:], initial)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 14)], ir_version=7), str(path))
    return path


def outputs(path, x):
    return ort.InferenceSession(str(path), providers=["CPUExecutionProvider"]).run(None, {"x": x})[0]


def deconvolution(path, *, bias_shape=(1, 3, 1, 1), extra=()):
    """As Paddle's converter writes a transposed convolution that has a bias."""
    rng = np.random.default_rng(0)
    nodes = [
        helper.make_node("ConvTranspose", ["x", "w"], ["m"], strides=[2, 2]),
        helper.make_node("Add", ["m", "b"], ["y"]),
        *extra,
    ]
    arrays = {"w": rng.standard_normal((2, 3, 2, 2)), "b": rng.standard_normal(bias_shape)}
    return save(path, nodes, arrays)


def test_bias_becomes_part_of_the_transposed_convolution(tmp_path):
    path = deconvolution(tmp_path / "m.onnx")
    x = np.random.default_rng(1).standard_normal((2, 2, 4, 5)).astype(np.float32)
    before = outputs(path, x)
    model = onnx.load(str(path))
    assert onnx_folding.fold_biases(model) == 1
    assert [node.op_type for node in model.graph.node] == ["ConvTranspose"]
    assert [tensor.name for tensor in model.graph.initializer] == ["w", "y_bias"]
    onnx.save(model, str(path))
    np.testing.assert_allclose(outputs(path, x), before, atol=1e-6)


@pytest.mark.parametrize(
    "options",
    [
        {"bias_shape": (1, 3, 8, 10)},  # a picture, not a bias
        {"extra": [helper.make_node("Relu", ["m"], ["z"])]},  # something else needs the sum without it
    ],
)
def test_other_additions_stay(tmp_path, options):
    model = onnx.load(str(deconvolution(tmp_path / "m.onnx", **options)))
    assert onnx_folding.fold_biases(model) == 0
    assert "Add" in [node.op_type for node in model.graph.node]


def halves(path, **options):
    """A strided convolution, a pooling that halves as well, and their sum enlarged twice."""
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["a"], strides=[2, 2]),
        helper.make_node("AveragePool", ["x"], ["b"], kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("Add", ["a", "b"], ["c"]),
        helper.make_node("Resize", ["c", "", "s"], ["y"], mode="nearest"),
    ]
    arrays = {"w": np.ones((2, 2, 2, 2)), "s": [1, 1, 2, 2]}
    return save(path, nodes, arrays, channels=(2, 2), **options)


def dimensions(path):
    """{value: sizes, numbers or names} of what is inside the graph."""
    values = onnx.load(str(path)).graph.value_info
    return {v.name: [d.dim_param or d.dim_value for d in v.type.tensor_type.shape.dim] for v in values}


def test_equal_sizes_get_equal_names(tmp_path):
    path = halves(tmp_path / "m.onnx")
    assert onnx_passes.name_dimensions(path) == 3
    found = dimensions(path)
    assert found["a"] == found["b"] == found["c"]
    n, channels, height, width = found["a"]
    assert channels == 2
    assert len({n, height, width}) == 3
    assert all(name.startswith("size_") for name in (n, height, width))
    x = np.random.default_rng(0).standard_normal((1, 2, 8, 10)).astype(np.float32)
    assert outputs(path, x).shape == (1, 2, 8, 10)


def test_fixed_height_is_a_number(tmp_path):
    path = halves(tmp_path / "m.onnx", sizes=(32, None))
    onnx_passes.name_dimensions(path)
    n, _, height, width = dimensions(path)["a"]
    assert height == 16
    assert n != width


def test_a_network_that_refuses_the_probes_is_left_alone(tmp_path):
    nodes = [helper.make_node("Add", ["x", "b"], ["m"]), helper.make_node("Relu", ["m"], ["y"])]
    path = save(tmp_path / "m.onnx", nodes, {"b": np.ones((1, 2, 7, 7))}, channels=(2, 2))
    before = path.read_bytes()
    assert onnx_passes.name_dimensions(path) == 0
    assert path.read_bytes() == before
