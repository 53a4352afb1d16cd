import math
import os
import pickle

import numpy as np
import paddle
import pytest

from ppocr_lite.errors import ConfigError, ModelFileError
from ppocr_lite.losses.ace import ACELoss
from ppocr_lite.losses.center import CenterLoss, read_centers
from ppocr_lite.losses.ctc import CTCLoss
from ppocr_lite.losses.enhanced_ctc import EnhancedCTCLoss
from ppocr_lite.registry import LOSSES

pytestmark = pytest.mark.train

CENTER = {"CenterLoss": {"weight": 0.5, "num_classes": 3, "feat_dim": 2}}


def combined(*parts):
    return LOSSES.build({"name": "CombinedLoss", "loss_config_list": list(parts)}, where="Loss")


def preds_and_batch(feats=True):
    rng = np.random.default_rng(0)
    preds = {"logits": paddle.to_tensor(rng.normal(size=(2, 4, 3)).astype("float32"), stop_gradient=False)}
    if feats:
        preds["feats"] = paddle.to_tensor(rng.normal(size=(2, 4, 2)).astype("float32"), stop_gradient=False)
    batch = {
        "label": paddle.to_tensor([[1, 2], [2, 0]]),
        "length": paddle.to_tensor([2, 1]),
        "label_ace": paddle.to_tensor([[0.0, 1.0, 1.0], [1.0, 0.0, 1.0]]),
    }
    return preds, batch


def test_weights_reach_the_total_and_every_entry():
    preds, batch = preds_and_batch()
    losses = combined({"CTCLoss": {"weight": 2}}, CENTER, {"ACELoss": {"weight": 0.1}})(preds, batch)
    ctc = float(CTCLoss()(preds, batch)["loss"])
    center = float(CenterLoss(3, 2)(preds, batch)["loss"])
    ace = float(ACELoss()(preds, batch)["loss"])
    assert list(losses) == ["loss", "loss_center", "loss_ace"]
    assert float(losses["loss_center"]) == pytest.approx(0.5 * center)
    assert float(losses["loss"]) == pytest.approx(2 * ctc + 0.5 * center + 0.1 * ace, rel=1e-5)
    assert losses["loss"].shape == []
    losses["loss"].backward()
    assert bool(preds["feats"].grad.any())


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ([], "Loss.loss_config_list: expected a list"),
        ([{"CTCLoss": {}}], r"Loss.loss_config_list\[0\].CTCLoss.weight: a number is needed.*got None"),
        (
            [{"CTCLoss": {"weight": 1}}, {"CTCLos": {"weight": 1}}],
            r"Loss.loss_config_list\[1\].CTCLos: no loss named 'CTCLos'. Did you mean 'CTCLoss'\?",
        ),
        (
            [{"CTCLoss": {"weight": 1, "focal": True}}],
            r"Loss.loss_config_list\[0\].CTCLoss.focal: CTCLoss takes no parameter 'focal'",
        ),
        (
            [{"DistillationDMLLoss": {"weight": 1, "model_name_pairs": ["A", "B"], "act": "tanh"}}],
            r"^Loss.loss_config_list\[0\].DistillationDMLLoss.act: no 'tanh'",
        ),
        ([{"CTCLoss": {"weight": 1}, "ACELoss": {"weight": 1}}], r"expected one loss as 'Name:"),
    ],
)
def test_errors_in_the_list_begin_with_their_place(parts, message):
    with pytest.raises(ConfigError, match=message):
        combined(*parts)


def test_errors_of_a_step_begin_with_their_place_too():
    preds, batch = preds_and_batch(feats=False)
    with pytest.raises(ConfigError, match=r"^Loss.loss_config_list\[0\].CenterLoss.*return_feats: true"):
        combined(CENTER)(preds, batch)
    dml = {"DistillationDMLLoss": {"weight": 1, "model_name_pairs": ["A", "B"]}}
    with pytest.raises(ConfigError, match=r"DistillationDMLLoss.model_name_pairs: needs the sub-model 'A'"):
        combined(dml)(preds, batch)
    del batch["label_ace"]
    with pytest.raises(ConfigError, match=r"ACELoss.label_ace: .*KeepKeys"):
        combined({"ACELoss": {"weight": 1}})(preds, batch)


def test_a_label_that_does_not_fit_stays_finite():
    preds, batch = preds_and_batch()
    batch["label"] = paddle.to_tensor([[1, 1, 1, 1], [2, 0, 0, 0]])
    batch["length"] = paddle.to_tensor([4, 1])
    total = combined({"CTCLoss": {"weight": 1}})(preds, batch)["loss"]
    total.backward()
    assert math.isfinite(float(total))
    assert not preds["logits"].grad[0].any()


def test_ace_by_hand():
    # Two steps of even odds between blank and "a"; one "a" is half of the steps.
    batch = {"label_ace": paddle.to_tensor([[7.0, 1.0]]), "length": paddle.to_tensor([1])}
    loss = ACELoss()({"logits": paddle.zeros([1, 2, 2])}, batch)
    assert list(loss) == ["loss_ace", "loss"]
    assert float(loss["loss"]) == pytest.approx(math.log(2))


def test_ace_with_another_dictionary():
    preds, batch = preds_and_batch()
    batch["label_ace"] = paddle.zeros([2, 5])
    with pytest.raises(ConfigError, match="counts of 5 classes, the model has 3"):
        ACELoss()(preds, batch)


def test_center_by_hand(tmp_path):
    file = tmp_path / "center.pkl"
    file.write_bytes(pickle.dumps({0: np.array([1.0, 0.0]), 2: np.array([0.0, 2.0])}))
    loss = CenterLoss(3, 2, center_file_path=str(file))
    logits = paddle.to_tensor([[[5.0, 0, 0], [0.0, 0, 5.0]]])
    feats = paddle.to_tensor([[[1.0, 3.0], [1.0, 1.0]]])
    losses = loss({"logits": logits, "feats": feats}, {})
    assert list(losses) == ["loss_center", "loss"]
    assert float(losses["loss"]) == pytest.approx((9 + 2) / 2)


def test_centers_of_npz_and_init_center(tmp_path):
    file = tmp_path / "center.npz"
    np.savez(file, **{"1": np.array([3.0, 4.0])})
    assert read_centers(file, 3, feat_dim=2)[1].tolist() == [3.0, 4.0]
    read = CenterLoss(3, 2, center_file_path=str(file)).centers.numpy()
    gated = CenterLoss(3, 2, center_file_path=str(file), init_center=False).centers.numpy()
    random = CenterLoss(3, 2).centers.numpy()
    assert read[1].tolist() == [3.0, 4.0]
    np.testing.assert_array_equal(gated, random)
    np.testing.assert_array_equal(read[[0, 2]], random[[0, 2]])
    with pytest.raises(ConfigError, match="init_center is true, and no file is given"):
        CenterLoss(3, 2, init_center=True)


class Evil:
    def __reduce__(self):
        return os.mkdir, ("owned",)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (Evil(), "mkdir"),
        ([1, 2], "expected centers as"),
        ({"a": np.zeros(2)}, "'a' is not a class with a center"),
    ],
)
def test_unusable_center_files(content, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "center.pkl"
    file.write_bytes(pickle.dumps(content))
    with pytest.raises(ModelFileError, match=message):
        CenterLoss(3, 2, center_file_path=str(file))
    assert not (tmp_path / "owned").exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({3: np.zeros(2)}, "class 3 with a center of 2 numbers does not fit num_classes 3"),
        ({1: np.zeros(4)}, "class 1 with a center of 4 numbers does not fit"),
    ],
)
def test_centers_of_another_model(content, message, tmp_path):
    file = tmp_path / "center.pkl"
    file.write_bytes(pickle.dumps(content))
    with pytest.raises(ConfigError, match=f"^center_file_path: .*{message}"):
        CenterLoss(3, 2, center_file_path=str(file))
    spec = {"CenterLoss": {"weight": 1, "num_classes": 3, "feat_dim": 2, "center_file_path": str(file)}}
    with pytest.raises(
        ConfigError, match=r"^Loss.loss_config_list\[0\].CenterLoss.center_file_path: .*center.pkl"
    ):
        combined(spec)


def test_keys_as_paddleocr_writes_them(tmp_path):
    """Its classes are numpy's integers, straight from an argmax."""
    file = tmp_path / "char_center.pkl"
    file.write_bytes(pickle.dumps({np.int64(2): np.array([3.0, 4.0], np.float32)}, protocol=4))
    assert read_centers(file, 3, feat_dim=2)[2].tolist() == [3.0, 4.0]


def test_broken_npz(tmp_path):
    file = tmp_path / "center.npz"
    file.write_bytes(b"PK\x03\x04 no zip")
    with pytest.raises(ModelFileError, match=r"cannot be read as \.npz"):
        read_centers(file, 3, feat_dim=2)


def test_centers_that_do_not_fit_the_model():
    preds, batch = preds_and_batch()
    with pytest.raises(ConfigError, match="4 and 2, but the model has 3 classes and features of width 2"):
        CenterLoss(4, 2)(preds, batch)


def test_enhanced_ctc_is_the_weighted_sum():
    preds, batch = preds_and_batch()
    loss = EnhancedCTCLoss(
        use_ace_loss=True,
        ace_loss_weight=0.3,
        use_center_loss=True,
        center_loss_weight=0.2,
        num_classes=3,
        feat_dim=2,
    )
    parts = [CTCLoss(), CenterLoss(3, 2), ACELoss()]
    ctc, center, ace = (float(part(preds, batch)["loss"]) for part in parts)
    losses = loss(preds, batch)
    assert list(losses) == ["enhanced_ctc_loss", "loss"]
    assert float(losses["loss"]) == pytest.approx(ctc + 0.2 * center + 0.3 * ace, rel=1e-5)
    assert float(EnhancedCTCLoss()(preds, batch)["loss"]) == pytest.approx(ctc)
