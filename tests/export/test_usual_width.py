"""Values kept for the usual width, in a graph made by hand."""

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")
ort = pytest.importorskip("onnxruntime")

from onnx import TensorProto, helper, numpy_helper  # noqa: E402

from ppocr_lite.export.usual_width import keep_for_width  # noqa: E402


def ramp(*, height=32, opset=16, operation="Sqrt"):
    """y = x + f(0, 1, 2, ... in each row of the image): the second term depends on the width alone."""
    nodes = [
        helper.make_node("Shape", ["x"], ["shape"], name="s"),
        helper.make_node("Slice", ["shape", "three", "four"], ["w"]),
        helper.make_node("Squeeze", ["w", "zero"], ["w0"]),
        helper.make_node("Range", ["z", "w0", "one"], ["steps"]),
        helper.make_node("Cast", ["steps"], ["floats"], to=TensorProto.FLOAT),
        helper.make_node(operation, ["floats"], ["f"]),
        helper.make_node("Slice", ["shape", "two", "four"], ["hw"]),
        helper.make_node("Expand", ["f", "hw"], ["term"]),
        helper.make_node("Add", ["x", "term"], ["y"]),
    ]
    ends = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", 3, height, "w"]) for name in ("x", "y")
    ]
    lists = {"zero": [0], "two": [2], "three": [3], "four": [4], "z": 0, "one": 1}
    initial = [numpy_helper.from_array(np.array(v, np.int64), k) for k, v in lists.items()]
    graph = helper.make_graph(nodes, "g", ends[:1], ends[1:], initial)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)


def run(model, x):
    session = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, {"x": x})[0]


def test_both_branches_give_what_the_graph_gave():
    model = ramp()
    assert keep_for_width(model, 100) == 1
    onnx.checker.check_model(model, full_check=True)
    assert [node.op_type for node in model.graph.node] == ["Shape", "Equal", "If", "Add"]
    for n, width in ((1, 100), (2, 100), (2, 61)):
        x = np.random.default_rng(width).standard_normal((n, 3, 32, width)).astype(np.float32)
        expected = x + np.sqrt(np.arange(width, dtype=np.float32))
        np.testing.assert_allclose(run(model, x), expected, atol=1e-6)


def test_the_usual_width_takes_the_ready_values():
    """Changing them changes the result for this width only."""
    model = ramp()
    keep_for_width(model, 100)
    choice = next(node for node in model.graph.node if node.op_type == "If")
    ready = next(a.g for a in choice.attribute if a.name == "then_branch")
    value = ready.node[0].attribute[0].t
    value.CopyFrom(numpy_helper.from_array(np.full((32, 100), 7, np.float32)))
    for width, expected in ((100, 7.0), (61, 0.0)):
        assert run(model, np.zeros((1, 3, 32, width), np.float32))[0, 0, 0, 0] == expected


@pytest.mark.parametrize(
    ("options", "width"),
    [
        ({"height": "h"}, 100),  # pages come in all heights
        ({"opset": 14}, 100),
        ({}, 8),  # 32 x 8 numbers are not worth it
    ],
)
def test_graphs_that_stay(options, width):
    model = ramp(**options)
    before = model.SerializeToString()
    assert keep_for_width(model, width) == 0
    assert model.SerializeToString() == before


def test_values_that_depend_on_the_batch_stay():
    model = ramp()
    model.graph.node[6].input[1] = "zero"  # from the batch's size on
    model.graph.node[6].input[2] = "four"
    assert keep_for_width(model, 100) == 0
