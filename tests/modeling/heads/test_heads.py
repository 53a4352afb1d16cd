import numpy as np
import paddle
import pytest

from ppocr_lite.modeling.heads.cls import ClsHead
from ppocr_lite.modeling.heads.ctc import CTCHead
from ppocr_lite.modeling.heads.db import DBHead

pytestmark = pytest.mark.train


def test_db_head_gives_three_maps_in_training_and_one_otherwise():
    head = DBHead(96)
    x = paddle.randn([2, 96, 8, 10])
    maps = head(x)["maps"]
    assert maps.shape == [2, 3, 32, 40]
    shrink, threshold, binary = maps.numpy().transpose(1, 0, 2, 3)
    np.testing.assert_allclose(binary, 1 / (1 + np.exp(-50 * (shrink - threshold))), atol=1e-4)
    head.eval()
    assert head(x)["maps"].shape == [2, 1, 32, 40]


def test_db_head_initial_norm_bias():
    head = DBHead(16)
    np.testing.assert_allclose(head.thresh.conv_bn2.bias.numpy(), 1e-4)


@pytest.mark.parametrize("mid_channels", [None, 6])
def test_ctc_head(mid_channels):
    head = CTCHead(10, 37, mid_channels=mid_channels, return_feats=True)
    x = paddle.randn([2, 5, 10])
    out = head(x)
    assert list(out) == ["logits", "feats"]
    assert out["logits"].shape == [2, 5, 37]
    assert out["feats"].shape == [2, 5, mid_channels or 10]
    head.eval()
    probs = head(x)
    assert list(probs) == ["probs"]
    np.testing.assert_allclose(probs["probs"].sum(-1).numpy(), 1.0, rtol=1e-5)


def test_ctc_head_without_feats():
    assert list(CTCHead(10, 37)(paddle.randn([2, 5, 10]))) == ["logits"]


def test_cls_head_reads_the_mean_of_the_picture():
    head = ClsHead(2, 2)
    head.fc.weight.set_value(paddle.eye(2))
    x = paddle.to_tensor([[[[1.0, 3.0]], [[0.0, 10.0]]]])
    np.testing.assert_allclose(head(x)["logits"].numpy(), [[2.0, 5.0]])
    head.eval()
    np.testing.assert_allclose(head(x)["probs"].numpy(), [[0.04743, 0.95257]], atol=1e-5)
