"""The parts of the CRNN family can be exchanged freely."""

import numpy as np
import paddle
import pytest

from ppocr_lite.charset import Charset
from ppocr_lite.losses.attention import AttentionLoss
from ppocr_lite.losses.ctc import CTCLoss
from ppocr_lite.modeling import build_model

pytestmark = pytest.mark.train
BACKBONES = [
    {"name": "VGG_CRNN", "scale": 0.125},
    {"name": "ResNet_CRNN", "layers": 15, "scale": 0.125},
    {"name": "ResNet_ASTER", "with_lstm": False, "scale": 0.25},
    {"name": "MobileNetV3", "scale": 0.35},
]
NECKS = [
    {"encoder_type": "reshape"},
    {"encoder_type": "rnn", "hidden_size": 8, "project": True},
    {"encoder_type": "rnn", "hidden_size": 8, "cell": "gru", "num_layers": 1},
]
SPELLING = {"hidden_size": 8, "stop_at_eos": True}
HEADS = [
    {"name": "CTCHead"},
    {"name": "AttentionHead", **SPELLING, "cell": "lstm"},
    {"name": "AttentionHead", **SPELLING, "score": "multiplicative"},
    {"name": "EncoderDecoderHead", **SPELLING},
]
CHARSET = Charset(tuple("abc"))
TEXT = [1, 2, 3]


def batch(ctc):
    label = [*TEXT, 0, 0] if ctc else [0, *TEXT, CHARSET.eos]
    return {"label": paddle.to_tensor([label] * 2), "length": paddle.to_tensor([len(TEXT)] * 2)}


@pytest.mark.parametrize("neck", NECKS, ids=lambda neck: "-".join(map(str, neck.values())))
@pytest.mark.parametrize("backbone", BACKBONES, ids=lambda backbone: backbone["name"])
def test_every_head_on_every_sequence(backbone, neck):
    image = paddle.randn([2, 1, 32, 64])
    for head in HEADS:
        arch = {"model_type": "rec", "in_channels": 1, "Backbone": backbone, "Head": head}
        arch["Neck"] = {"name": "SequenceEncoder", **neck}
        model = build_model(arch, CHARSET, max_text_length=5)
        ctc = head["name"] == "CTCHead"
        targets, loss = batch(ctc), CTCLoss() if ctc else AttentionLoss(ignore_padding=True)
        total = loss(model(image, targets), targets)["loss"]
        total.backward()
        assert np.isfinite(float(total))
        assert all(p.grad is not None for p in model.parameters() if not p.stop_gradient)
        model.eval()
        probs = model(image)["probs"]
        assert probs.shape == [2, probs.shape[1] if ctc else 5, CHARSET.ctc_size if ctc else 5]
        np.testing.assert_allclose(probs.numpy().sum(axis=2), 1, rtol=1e-4)
