"""The PyTorch twins give what the Paddle networks give, in evaluation and in training, both ways."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
paddle = pytest.importorskip("paddle")

import ppocr_lite.losses  # noqa: E402, F401 - registers them
from ppocr_lite.charset import Charset  # noqa: E402
from ppocr_lite.config import Config  # noqa: E402
from ppocr_lite.errors import ConfigError, ModelFileError  # noqa: E402
from ppocr_lite.interop.torch_blocks import ConvBN  # noqa: E402
from ppocr_lite.interop.torch_losses import make_loss  # noqa: E402
from ppocr_lite.interop.torch_nets import build_torch_model  # noqa: E402
from ppocr_lite.interop.torch_weights import from_paddle, to_paddle  # noqa: E402
from ppocr_lite.modeling import build_model  # noqa: E402
from ppocr_lite.registry import LOSSES as PADDLE_LOSSES  # noqa: E402

TWINS = {
    "rec/en/en_rec_mv3_crnn.yml": (2, 1, 32, 128),
    "rec/en/en_rec_mv3_crnn_h48.yml": (2, 1, 48, 192),
    "rec/en/en_rec_mv3_crnn_h48_small.yml": (2, 1, 48, 192),
    "det/en/en_det_mv3_db.yml": (1, 3, 96, 128),
    "det/en/en_det_mv3_db_x075.yml": (1, 3, 96, 128),
    "cls/en/en_cls_mv3.yml": (2, 3, 48, 192),
}


def pair(repo, name):
    cfg = Config.load(repo / "configs" / name)
    arch = cfg.section("Architecture")
    charset = Charset.load("en_printable.txt") if arch["model_type"] == "rec" else None
    model = build_model(arch, charset=charset)
    twin = build_torch_model(arch, charset.ctc_size if charset else None)
    from_paddle(twin, {k: v.numpy() for k, v in model.state_dict().items()})
    return cfg, model, twin


@pytest.mark.parametrize("name", TWINS)
@pytest.mark.parametrize("mode", ["eval", "train"])
def test_same_output(repo, name, mode):
    _, model, twin = pair(repo, name)
    x = np.random.default_rng(0).standard_normal(TWINS[name]).astype(np.float32)
    getattr(model, mode)()
    getattr(twin, mode)()
    (key, ours), *_ = twin(torch.from_numpy(x)).items()
    theirs = model(paddle.to_tensor(x))[key].numpy()
    # The binary map multiplies a difference by k = 50, so rounding shows there first.
    np.testing.assert_allclose(ours.detach().numpy(), theirs, atol=5e-4 if theirs.shape[1] == 3 else 1e-5)


@pytest.mark.parametrize(
    ("last", "shape"),
    [
        ({}, (2, 3, 32, 64)),
        ({"last_pool_type": "avg", "last_pool_kernel_size": [3, 2]}, (1, 3, 48, 64)),
        (
            {"last_conv_stride": [1, 2], "last_pool_type": "avg", "last_pool_kernel_size": [2, 2]},
            (1, 3, 32, 96),
        ),
    ],
)
def test_same_output_of_the_backbone_of_pp_ocrv2(last, shape):
    arch = {
        "model_type": "rec",
        "Transform": None,
        "Backbone": {"name": "MobileNetV1Enhance", "scale": 0.25, **last},
        "Neck": {"name": "SequenceEncoder", "encoder_type": "rnn", "hidden_size": 8},
        "Head": {"name": "CTCHead"},
    }
    charset = Charset.load("en_printable.txt")
    model = build_model(Config({"Architecture": arch}).section("Architecture"), charset=charset)
    twin = build_torch_model(arch, charset.ctc_size)
    from_paddle(twin, {k: v.numpy() for k, v in model.state_dict().items()})
    x = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    model.eval()
    twin.eval()
    theirs = model(paddle.to_tensor(x))["probs"].numpy()
    np.testing.assert_allclose(twin(torch.from_numpy(x))["probs"].detach().numpy(), theirs, atol=1e-5)
    assert theirs.shape[1] == shape[3] // (8 if "last_conv_stride" in last else 4)


@pytest.mark.parametrize("name", TWINS)
def test_weights_go_round(repo, name):
    _, model, twin = pair(repo, name)
    weights = to_paddle(twin)
    state = {k: v.numpy() for k, v in model.state_dict().items()}
    assert set(weights) <= set(state)
    assert all(np.array_equal(weights[k], state[k]) for k in weights)
    assert all(".cell_" in k for k in set(state) - set(weights))  # Paddle's second name of LSTM weights


def test_missing_entry_is_named(repo):
    _, _, twin = pair(repo, "cls/en/en_cls_mv3.yml")
    weights = to_paddle(twin)
    del weights["head.fc.bias"]
    with pytest.raises(ModelFileError, match=r"head\.fc\.bias is missing"):
        from_paddle(twin, weights)


def test_part_without_twin(repo):
    arch = Config.load(repo / "configs/rec/en/en_rec_mv3_crnn.yml").to_dict()["Architecture"]
    arch["Neck"]["name"] = "DBFPN"
    with pytest.raises(ConfigError, match=r"Architecture\.Neck: the PyTorch twin has SequenceEncoder only"):
        build_torch_model(arch, 10)


def test_losses_are_equal():
    rng = np.random.default_rng(1)
    maps = rng.random((2, 3, 8, 8), np.float32)
    batch = {k: rng.random((2, 8, 8), np.float32) for k in ("threshold_map",)}
    for key in ("threshold_mask", "shrink_map", "shrink_mask"):
        batch[key] = (rng.random((2, 8, 8)) > 0.4).astype(np.float32)
    logits = rng.standard_normal((2, 12, 5)).astype(np.float32)
    labels = {"label": np.array([[1, 2, 0], [3, 3, 4]], np.int32), "length": np.array([2, 3])}
    nothing_to_read = {"label": np.array([[1, 2, 0], [0, 0, 0]], np.int32), "length": np.array([2, 0])}
    cases = [
        ("det", {"name": "DBLoss"}, {"maps": maps}, batch),
        ("det", {"name": "DBLoss", "gamma": 2.5}, {"maps": maps}, batch),
        ("rec", {"name": "CTCLoss"}, {"logits": logits}, labels),
        ("rec", {"name": "CTCLoss"}, {"logits": logits}, nothing_to_read),
        ("cls", {"name": "ClsLoss"}, {"logits": logits[:, 0]}, {"label": np.array([1, 3])}),
    ]
    for task, section, preds, targets in cases:
        ours = make_loss(task, section)(
            _tensors(preds, torch.from_numpy), _tensors(targets, torch.from_numpy)
        )
        theirs = PADDLE_LOSSES.build(section)(
            _tensors(preds, paddle.to_tensor), _tensors(targets, paddle.to_tensor)
        )
        assert float(ours["loss"]) == pytest.approx(float(theirs["loss"]), rel=1e-5), section


def _tensors(values, convert):
    return {k: convert(v) for k, v in values.items()}


def test_depthwise_convolutions_stay_in_float32_in_a_bfloat16_block():
    block = ConvBN(16, 16, kernel=3, groups=16).eval()
    x = torch.randn(2, 16, 8, 8, generator=torch.Generator().manual_seed(0)).bfloat16()
    with torch.no_grad():
        exact = block.conv(x.float())
        with torch.autocast("cpu", torch.bfloat16):
            y = block(x)
    assert y.dtype == torch.bfloat16
    torch.testing.assert_close(y, block.bn(exact.bfloat16()), atol=0, rtol=0)
