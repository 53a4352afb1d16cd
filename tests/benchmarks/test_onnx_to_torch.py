"""The PyTorch copy of an exported network calculates the same."""

import sys

import numpy as np
import pytest

paddle = pytest.importorskip("paddle")
onnx = pytest.importorskip("onnx")
pytest.importorskip("paddle2onnx")
torch = pytest.importorskip("torch")

pytestmark = pytest.mark.train


@pytest.fixture
def copy(repo, monkeypatch):
    monkeypatch.syspath_prepend(repo / "benchmarks")
    import onnx_to_torch

    yield onnx_to_torch.TorchGraph
    sys.modules.pop("onnx_to_torch", None)


def test_an_exported_recognizer(copy, repo, narrowed, tmp_path):
    from ppocr_lite.config import Config
    from ppocr_lite.engine import assemble, trial
    from ppocr_lite.inference.engines.base import open_engine

    cfg = narrowed(Config.load(repo / "configs/rec/crnn/crnn_res15_bilstm_ctc.yml"))
    paddle.seed(2)
    model = assemble.parts(cfg).model
    for parameter in model.neck.parameters():
        parameter.set_value(parameter * 8)  # gates that are neither open nor closed
    trial.settle_statistics(model, (1, 32, 64))
    model.eval()
    file = trial.export_graph(model, (1, 32, 100), tmp_path)
    engine = open_engine(file, threads=1)
    for count, width in ((1, 100), (3, 64)):
        batch = np.random.default_rng(width).standard_normal((count, 1, 32, width)).astype(np.float32)
        with torch.inference_mode():
            got = copy(file)(torch.from_numpy(batch)).numpy()
        np.testing.assert_allclose(got, engine.run(batch)[0], atol=1e-5)
    engine.close()


def test_an_unknown_operation_is_told(copy, tmp_path):
    x, y = (onnx.helper.make_tensor_value_info(n, onnx.TensorProto.FLOAT, [1]) for n in "xy")
    graph = onnx.helper.make_graph([onnx.helper.make_node("Erf", ["x"], ["y"])], "g", [x], [y])
    onnx.save(onnx.helper.make_model(graph), str(tmp_path / "g.onnx"))
    with pytest.raises(NotImplementedError, match="the operation Erf is not known here"):
        copy(tmp_path / "g.onnx")
