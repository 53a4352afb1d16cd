"""Steps of the ONNX conversion on hand-made graphs."""

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")
ort = pytest.importorskip("onnxruntime")
pytest.importorskip("paddle")

from onnx import TensorProto, helper, numpy_helper  # noqa: E402

from ppocr_lite.errors import ModelFileError  # noqa: E402
from ppocr_lite.export import onnx as export_onnx  # noqa: E402
from ppocr_lite.export import onnx_folding  # noqa: E402


@pytest.fixture
def deconvolution(tmp_path):
    """x -> ConvTranspose(2 -> 3, with bias) -> BatchNormalization -> y."""
    rng = np.random.default_rng(0)
    arrays = {
        "w": rng.standard_normal((2, 3, 2, 2)),
        "b": rng.standard_normal(3),
        "scale": rng.uniform(0.5, 2, 3),
        "shift": rng.standard_normal(3),
        "mean": rng.standard_normal(3),
        "var": rng.uniform(0.5, 2, 3),
    }
    nodes = [
        helper.make_node("ConvTranspose", ["x", "w", "b"], ["m"], strides=[2, 2]),
        helper.make_node("BatchNormalization", ["m", "scale", "shift", "mean", "var"], ["y"], epsilon=1e-3),
    ]
    shapes = [
        helper.make_tensor_value_info(n, TensorProto.FLOAT, ["n", c, None, None])
        for n, c in (("x", 2), ("y", 3))
    ]
    initial = [numpy_helper.from_array(v.astype(np.float32), k) for k, v in arrays.items()]
    graph = helper.make_graph(nodes, "g", shapes[:1], shapes[1:], initial)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 14)], ir_version=7)
    path = tmp_path / "m.onnx"
    onnx.save(model, str(path))
    return path


def outputs(path, x):
    session = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return session.run(None, {"x": x})[0]


def test_simplify_folds_the_norm_into_the_transposed_convolution(deconvolution):
    x = np.random.default_rng(1).standard_normal((2, 2, 5, 7)).astype(np.float32)
    before = outputs(deconvolution, x)
    export_onnx.simplify(deconvolution)
    model = onnx.load(str(deconvolution))
    assert [node.op_type for node in model.graph.node] == ["ConvTranspose"]
    assert len(model.graph.initializer) == 2
    np.testing.assert_allclose(outputs(deconvolution, x), before, atol=1e-5)


def test_norm_stays_where_something_else_reads_its_input(deconvolution):
    model = onnx.load(str(deconvolution))
    model.graph.node.append(helper.make_node("Relu", ["m"], ["z"]))
    model.graph.output.append(helper.make_tensor_value_info("z", TensorProto.FLOAT, ["n", 3, None, None]))
    assert onnx_folding.fold_norms(model) == 0


def test_norm_stays_where_its_input_is_an_output_too(deconvolution):
    model = onnx.load(str(deconvolution))
    model.graph.output.append(helper.make_tensor_value_info("m", TensorProto.FLOAT, ["n", 3, None, None]))
    assert onnx_folding.fold_norms(model) == 0


def test_metadata_is_added_and_replaced(deconvolution):
    export_onnx.write_metadata(deconvolution, {"character": "a\nb", "other": "1"})
    export_onnx.write_metadata(deconvolution, {"character": "é\n "})
    found = {p.key: p.value for p in onnx.load(str(deconvolution)).metadata_props}
    assert found == {"character": "é\n ", "other": "1"}


def test_failing_conversion_says_what_the_converter_said(tmp_path):
    (tmp_path / "inference.json").write_text("{}")
    (tmp_path / "inference.pdiparams").write_bytes(b"")
    with pytest.raises(ModelFileError, match=r"inference\.json: paddle2onnx failed \(exit status"):
        export_onnx.convert(
            tmp_path / "inference.json", tmp_path / "inference.pdiparams", tmp_path / "inference.onnx"
        )
