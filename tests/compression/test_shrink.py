"""What an int8 file does without."""

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")
ort = pytest.importorskip("onnxruntime")

from onnx import TensorProto, helper, numpy_helper  # noqa: E402

from ppocr_lite.compression import shrink  # noqa: E402


def convolutions():
    """A convolution that says only what goes without saying, and one that says something else each time."""
    weight = np.random.default_rng(0).standard_normal((2, 2, 3, 3)).astype(np.float32)
    plain = {"group": 1, "dilations": [1, 1], "strides": [1, 1], "pads": [0] * 4, "auto_pad": "NOTSET"}
    other = {"group": 1, "dilations": [2, 1], "strides": [1, 2], "pads": [0, 1, 0, 0], "kernel_shape": [3, 3]}
    image = helper.make_tensor_value_info
    graph = helper.make_graph(
        [
            helper.make_node("Conv", ["x", "w"], ["h"], **plain),
            helper.make_node("Conv", ["h", "w"], ["y"], **other),
        ],
        "g",
        [image("x", TensorProto.FLOAT, [1, 2, 12, 12])],
        [image("y", TensorProto.FLOAT, list("abcd"))],
        [numpy_helper.from_array(weight, "w")],
        value_info=[image("h", TensorProto.FLOAT, [1, 2, 10, 10])],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 14)], ir_version=8)


def test_the_network_stays_what_it_is():
    model = convolutions()
    x = np.random.default_rng(1).standard_normal((1, 2, 12, 12)).astype(np.float32)
    before = ort.InferenceSession(model.SerializeToString()).run(None, {"x": x})[0]
    shrink.drop_the_obvious(model.graph)
    onnx.checker.check_model(model, full_check=True)
    assert [[a.name for a in node.attribute] for node in model.graph.node] == [
        [],
        ["dilations", "kernel_shape", "pads", "strides"],
    ]
    assert not model.graph.value_info
    after = ort.InferenceSession(model.SerializeToString()).run(None, {"x": x})[0]
    np.testing.assert_array_equal(after, before)
