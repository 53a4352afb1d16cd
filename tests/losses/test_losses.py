import math

import numpy as np
import paddle
import pytest

from ppocr_lite.errors import ConfigError
from ppocr_lite.losses.cls import ClsLoss
from ppocr_lite.losses.ctc import CTCLoss, steps_needed
from ppocr_lite.losses.db import (
    BalanceLoss,
    DBLoss,
    DiceLoss,
    MaskL1Loss,
    background_loss,
    sum_of_largest,
)
from ppocr_lite.registry import LOSSES

pytestmark = pytest.mark.train


def maps(*rows):
    """One [1, 1, W] map for each row of numbers."""
    return [paddle.to_tensor([[row]], dtype="float32") for row in rows]


def test_dice_by_hand():
    pred, label, mask = maps([0.8, 0.4, 0.9], [1, 0, 1], [1, 1, 0])
    # overlap 0.8; areas 1.2 and 1
    assert float(DiceLoss()(pred, label, mask)) == pytest.approx(1 - 1.6 / 2.2, rel=1e-5)


def test_mask_l1_by_hand():
    pred, label, mask = maps([0.8, 0.4, 0.9], [0.3, 0.5, 0.1], [1, 1, 0])
    assert float(MaskL1Loss()(pred, label, mask)) == pytest.approx(0.3, rel=1e-5)


def test_balanced_bce_takes_the_hardest_negatives():
    pred, label, mask = maps([0.5, 0.1, 0.6, 0.2, 0.9], [1, 0, 0, 0, 0], [1, 1, 1, 1, 0])
    loss = BalanceLoss(main_loss_type="BCELoss", negative_ratio=2)
    # one text pixel; the two worst others are 0.6 and 0.2; 0.9 is masked
    expected = -(math.log(0.5) + math.log(0.4) + math.log(0.8)) / 3
    assert float(loss(pred, label, mask)) == pytest.approx(expected, rel=1e-5)
    unbalanced = BalanceLoss(balance_loss=False, main_loss_type="BCELoss")
    expected = -(math.log(0.5) + math.log(0.9) + math.log(0.4) + math.log(0.8)) / 4
    assert float(unbalanced(pred, label, mask)) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("kind", ["DiceLoss", "MaskL1Loss", "BCELoss"])
def test_a_batch_without_text_gives_a_finite_loss(kind):
    pred, label, mask = maps([0.5, 0.1], [0, 0], [1, 1])
    assert float(BalanceLoss(main_loss_type=kind)(pred, label, mask)) == 0.0


@pytest.mark.parametrize("count", [0, 1, 7, 50, 99, 100])
def test_sum_of_largest_equals_sorting(count):
    rng = np.random.default_rng(count)
    values = rng.exponential(size=100).astype("float32").round(1)  # many ties, some zeros
    expected = np.sort(values)[::-1][:count].sum()
    tensor = paddle.to_tensor(values, stop_gradient=False)
    total = sum_of_largest(tensor, paddle.to_tensor(float(count)))
    assert float(total) == pytest.approx(float(expected), rel=1e-5)
    total.backward()
    weight = tensor.grad.numpy()
    assert weight.sum() == pytest.approx(count, abs=1e-3)
    if 0 < count < 100:
        assert weight[values > np.sort(values)[::-1][count - 1]].min(initial=1.0) == 1.0


def test_db_loss_weighs_its_parts():
    pred = paddle.to_tensor(np.random.default_rng(0).uniform(0.1, 0.9, [2, 3, 4, 4]).astype("float32"))
    ones = paddle.ones([2, 4, 4])
    batch = {"threshold_map": ones * 0.5, "threshold_mask": ones, "shrink_map": ones, "shrink_mask": ones}
    losses = DBLoss(alpha=2, beta=3)({"maps": pred}, batch)
    assert list(losses) == ["loss", "loss_shrink_maps", "loss_threshold_maps", "loss_binary_maps"]
    dice = DiceLoss()
    assert float(losses["loss_shrink_maps"]) == pytest.approx(
        2 * float(dice(pred[:, 0], ones, ones)), rel=1e-4
    )
    assert float(losses["loss"]) == pytest.approx(sum(float(v) for v in list(losses.values())[1:]), rel=1e-5)
    assert losses["loss"].shape == []


def test_background_loss_counts_the_worst_pixels_far_from_text():
    pred = np.full((1, 10, 10), 0.1, np.float32)
    batch = {k: np.zeros((1, 10, 10), np.float32) for k in ("threshold_mask", "shrink_map", "shrink_mask")}
    batch["shrink_mask"][:] = 1
    batch["shrink_mask"][0, 0] = 0  # not to be judged
    batch["shrink_map"][0, 2, :4] = 1  # four pixels of text
    batch["threshold_mask"][0, 1:4, :5] = 1  # and its border
    pred[0, 0], pred[0, 2, :4], pred[0, 1] = 0.99, 0.9, [0.98] * 5 + [0.1] * 5
    pred[0, 7, :3] = [0.8, 0.7, 0.6]  # false alarms
    tensors = {k: paddle.to_tensor(v) for k, v in batch.items()}
    given = paddle.to_tensor(pred, stop_gradient=False)
    loss = background_loss(given, tensors)
    assert float(loss) == pytest.approx(-np.log([0.2, 0.3, 0.4, 0.9]).mean(), rel=1e-5)
    loss.backward()
    sure = given.grad.numpy()[0, 7, 0] * 0.8 * 0.2  # to the logit: the surer, the steeper
    unsure = given.grad.numpy()[0, 7, 2] * 0.6 * 0.4
    assert sure == pytest.approx(0.8 / 4, rel=1e-5)
    assert unsure == pytest.approx(0.6 / 4, rel=1e-5)


def test_background_loss_needs_no_text():
    zeros, ones = paddle.zeros([1, 50, 20]), paddle.ones([1, 50, 20])
    batch = {"threshold_mask": zeros, "shrink_map": zeros, "shrink_mask": ones}
    pred = np.zeros((1, 50, 20), np.float32)
    pred[0, 0, :2] = 0.5  # 0.002 of the pixels
    assert float(background_loss(paddle.to_tensor(pred), batch)) == pytest.approx(np.log(2), rel=1e-5)
    losses = DBLoss(gamma=3)(
        {"maps": paddle.to_tensor(np.stack([pred[0]] * 3)[None])}, {**batch, "threshold_map": zeros}
    )
    assert float(losses["loss_background"]) == pytest.approx(3 * np.log(2), rel=1e-5)


def test_unknown_map_loss():
    with pytest.raises(ConfigError, match=r"main_loss_type: no 'DiceLos'. Did you mean 'DiceLoss'\?"):
        DBLoss(main_loss_type="DiceLos")


def ctc(probabilities, label, length, **kwargs):
    logits = paddle.to_tensor(np.log(probabilities), dtype="float32", stop_gradient=False)
    batch = {"label": paddle.to_tensor(label), "length": paddle.to_tensor(length)}
    return CTCLoss(**kwargs)({"logits": logits}, batch)["loss"], logits


STEP = [0.5, 0.3, 0.2]
"""Probabilities of blank, a, b at every time step."""


def test_ctc_by_hand():
    # "a" in two steps: a-blank, blank-a, a-a
    loss, _ = ctc([[STEP, STEP]], [[1, 0]], [1])
    assert float(loss) == pytest.approx(-math.log(0.15 + 0.15 + 0.09), rel=1e-4)


def test_ctc_focal_by_hand():
    loss, _ = ctc([[STEP, STEP]], [[1, 0]], [1], use_focal_loss=True)
    assert float(loss) == pytest.approx(-math.log(0.39) * (1 - 0.39) ** 2, rel=1e-4)


def test_ctc_of_an_empty_label_is_all_blanks():
    loss, _ = ctc([[STEP, STEP]], [[0, 0]], [0])
    assert float(loss) == pytest.approx(-math.log(0.25), rel=1e-4)


@pytest.mark.parametrize(("label", "length"), [([1, 2, 1, 2], 4), ([1, 1, 2, 0], 3)])
def test_a_label_that_does_not_fit_counts_nothing(label, length):
    # three steps carry neither four characters nor "aa" with a blank between and "b"
    alone, _ = ctc([[STEP] * 3], [[1, 2, 0, 0]], [2])
    both, logits = ctc([[STEP] * 3] * 2, [label, [1, 2, 0, 0]], [length, 2])
    assert float(both) == pytest.approx(float(alone) / 2, rel=1e-5)
    both.backward()
    assert not logits.grad[0].any()
    assert bool(logits.grad[1].any())
    assert bool(paddle.isfinite(logits.grad).all())


def test_steps_needed_ignores_padding():
    label = paddle.to_tensor([[1, 1, 1, 0, 0], [1, 2, 1, 0, 0], [0, 0, 0, 0, 0], [3, 3, 3, 3, 3]])
    assert steps_needed(label, paddle.to_tensor([3, 3, 0, 5])).tolist() == [5, 3, 0, 9]
    assert steps_needed(paddle.to_tensor([[1]]), paddle.to_tensor([1])).tolist() == [1]


def test_cls_loss_by_hand():
    logits = paddle.to_tensor([[math.log(3.0), 0.0], [0.0, 0.0]])
    loss = ClsLoss()({"logits": logits}, {"label": paddle.to_tensor([[0], [1]])})["loss"]
    assert float(loss) == pytest.approx(-(math.log(0.75) + math.log(0.5)) / 2, rel=1e-5)
    assert loss.shape == []


def test_unknown_parameter_of_a_loss():
    with pytest.raises(ConfigError, match=r"Loss.ohem: .*DBLoss takes no parameter 'ohem'"):
        LOSSES.build({"name": "DBLoss", "ohem": 3}, where="Loss")
