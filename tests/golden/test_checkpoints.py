"""The fixtures' weights through files of both formats and back: nothing changes."""

import numpy as np
import paddle
import pytest

from ppocr_lite.engine import checkpoint
from ppocr_lite.modeling import build_model
from ppocr_lite.weights import files

pytestmark = [pytest.mark.golden_models, pytest.mark.train]

IMAGES = {
    "ch_PP-OCRv2_rec": (1, 3, 32, 64),
    "rec_mv3_none_bilstm_ctc": (1, 3, 32, 100),
    "ch_PP-OCRv2_rec_distillation": (1, 3, 32, 64),
}
"""Networks with an LSTM's second names, and one of several sub-models."""


@pytest.mark.parametrize("suffix", [".pdparams", ".safetensors"])
@pytest.mark.parametrize("name", IMAGES)
def test_weights_come_back(reference_model, tmp_path, name, suffix):
    if suffix == ".safetensors":
        pytest.importorskip("safetensors")
    reference = reference_model(name)
    model = reference.build()
    file = tmp_path / f"m{suffix}"
    checkpoint.save_weights(file, model)
    assert list(files.read_file(file).names) == [row[0] for row in reference.spec["params"]]

    again = build_model(reference.arch)
    report = checkpoint.load_exact(again, file)
    assert len(report.matched) == len(reference.spec["params"])
    assert report.unexpected == []
    for row in reference.spec["params"]:
        key = row[0]
        np.testing.assert_array_equal(again.state_dict()[key].numpy(), model.state_dict()[key].numpy())
    model.eval()
    again.eval()
    image = paddle.to_tensor(np.random.default_rng(0).standard_normal(IMAGES[name]).astype(np.float32))
    for got, expected in zip(leaves(again(image)), leaves(model(image)), strict=True):
        np.testing.assert_array_equal(got, expected)


def leaves(outputs):
    """The arrays of nested dictionaries and lists, in order."""
    if isinstance(outputs, dict):
        outputs = list(outputs.values())
    if isinstance(outputs, list | tuple):
        return [array for part in outputs for array in leaves(part)]
    return [outputs.numpy()]
