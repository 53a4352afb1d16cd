import math

import cv2
import numpy as np
import paddle
import pytest

from ppocr_lite.errors import ConfigError
from ppocr_lite.losses.ctc import CTCLoss
from ppocr_lite.losses.db import DBLoss
from ppocr_lite.losses.distillation import dilated_text
from ppocr_lite.losses.pairwise import DMLLoss
from ppocr_lite.registry import LOSSES, construct

pytestmark = pytest.mark.train


def build(loss, **params):
    return construct(LOSSES.get(loss), params, {}, where="Loss")


def maps(seed, channels=3):
    values = np.random.default_rng(seed).uniform(0.05, 0.95, (2, channels, 6, 8)).astype("float32")
    return {"maps": paddle.to_tensor(values, stop_gradient=False)}


def test_a_teacher_may_give_the_shrink_map_alone(det_batch):
    """As an exported detector does: its one map is compared with the student's first."""
    preds = {"A": maps(1), "B": maps(2, channels=1)}
    loss = build("DistillationDMLLoss", model_name_pairs=["A", "B"], key="maps", maps_name="shrink_maps")
    found = loss(preds, det_batch)["loss"]
    wanted = DMLLoss()(preds["A"]["maps"][:, 0], preds["B"]["maps"][:, 0])
    assert float(found) == pytest.approx(float(wanted))
    loss = build("DistillationDMLLoss", model_name_pairs=["A", "B"], key="maps", maps_name="binary_maps")
    with pytest.raises(ConfigError, match=r"B gives 1 map\(s\), and no binary_maps"):
        loss(preds, det_batch)


@pytest.fixture
def det_batch():
    rng = np.random.default_rng(9)
    binary = [(rng.uniform(size=(2, 6, 8)) < p).astype("float32") for p in (0.5, 0.3, 0.9)]
    names = ("threshold_mask", "shrink_map", "shrink_mask")
    return {
        "threshold_map": paddle.full([2, 6, 8], 0.4),
        **{name: paddle.to_tensor(value) for name, value in zip(names, binary, strict=True)},
    }


def logits(*shape, seed=0):
    return paddle.to_tensor(np.random.default_rng(seed).normal(size=shape).astype("float32"))


def test_dilation_is_opencvs():
    probability = np.random.default_rng(0).uniform(0, 0.5, (2, 9, 7)).astype("float32")
    text = (probability > 0.3).astype("uint8")
    expected = [cv2.dilate(image, np.ones((2, 2), np.uint8)) for image in text]
    np.testing.assert_array_equal(dilated_text(paddle.to_tensor(probability)).numpy(), expected)


def test_teacher_guides_the_student_by_hand():
    # The teacher sees pixel 0 of a row of three: pixels 0 and 1 are the target.
    student, teacher = np.full((1, 3, 1, 3), 0.5, "float32"), np.zeros((1, 3, 1, 3), "float32")
    student[0, 2] = [0.5, 1.0, 0.25]
    teacher[0, 0, 0, 0] = 0.9
    preds = {
        "Student": {"maps": paddle.to_tensor(student, stop_gradient=False)},
        "Teacher": {"maps": paddle.to_tensor(teacher, stop_gradient=False)},
    }
    loss = build("DistillationDilaDBLoss", model_name_pairs=["Student", "Teacher"], alpha=2)
    losses = loss(preds, {"shrink_mask": paddle.ones([1, 1, 3])})
    shrink, binary = 1 - 2 * 1.0 / (1.5 + 2), 1 - 2 * 1.5 / (1.75 + 2)
    assert list(losses) == ["dila_dbloss_Student_Teacher", "loss"]
    assert float(losses["loss"]) == pytest.approx(2 * shrink + binary, rel=1e-5)
    losses["loss"].backward()
    assert preds["Teacher"]["maps"].grad is None
    assert not preds["Student"]["maps"].grad[0, 1].any()  # the threshold map


def test_a_list_of_maps_means_each_of_them(det_batch):
    preds = {"Student": maps(1), "Student2": maps(2)}
    loss = build(
        "DistillationDMLLoss",
        model_name_pairs=[["Student", "Student2"]],
        maps_name=["thrink_maps", "binary_maps"],
        key="maps",
    )
    losses = loss(preds, det_batch)
    assert list(losses) == ["dml_thrink_maps_0", "dml_binary_maps_0", "loss"]
    first, second = preds["Student"]["maps"], preds["Student2"]["maps"]
    expected = [float(DMLLoss()(first[:, c], second[:, c])) for c in (0, 2)]
    assert float(losses["dml_binary_maps_0"]) == pytest.approx(expected[1])
    assert float(losses["loss"]) == pytest.approx(sum(expected))
    assert losses["loss"].shape == []


def test_db_loss_of_each_model_keeps_its_parameters(det_batch):
    preds = {"Student": maps(1), "Teacher": maps(2)}
    loss = build("DistillationDBLoss", model_name_list=["Student", "Teacher"], name="DBLoss", alpha=1, beta=2)
    losses = loss(preds, det_batch)
    assert list(losses) == [
        f"DBLoss_{model}_loss_{part}_maps"
        for model in ("Student", "Teacher")
        for part in ("shrink", "threshold", "binary")
    ] + ["loss"]
    alone = [float(DBLoss(alpha=1, beta=2)(preds[name], det_batch)["loss"]) for name in preds]
    assert float(losses["loss"]) == pytest.approx(sum(alone), rel=1e-5)


def test_ctc_of_each_model():
    batch = {"label": paddle.to_tensor([[1, 2]]), "length": paddle.to_tensor([2])}
    preds = {"Student": {"logits": logits(1, 5, 4)}, "Teacher": {"logits": logits(1, 5, 4, seed=1)}}
    losses = build("DistillationCTCLoss", model_name_list=["Student", "Teacher"], key="head_out")(
        preds, batch
    )
    assert list(losses) == ["loss_ctc_Student_0", "loss_ctc_Teacher_1", "loss"]
    alone = [float(CTCLoss()(preds[name], batch)["loss"]) for name in preds]
    assert [float(v) for v in list(losses.values())[:2]] == pytest.approx(alone)
    assert float(losses["loss"]) == pytest.approx(sum(alone))


def test_distance_by_hand():
    preds = {"A": {"backbone_out": paddle.ones([2, 3])}, "B": {"backbone_out": paddle.full([2, 3], 3.0)}}
    loss = build("DistillationDistanceLoss", mode="l1", model_name_pairs=["A", "B"], key="backbone_out")
    losses = loss(preds, {})
    assert list(losses) == ["loss_distance_l2_A_B_0", "loss"]
    assert float(losses["loss"]) == 2.0


def test_an_unknown_model_is_named_with_the_known_ones():
    loss = build("DistillationDMLLoss", model_name_pairs=["Student", "Techer"], act="softmax", use_log=True)
    preds = {"Student": {"logits": logits(1, 5, 4)}, "Teacher": {"logits": logits(1, 5, 4)}}
    message = r"model_name_pairs: no sub-model named 'Techer'. Did you mean 'Teacher'\?.*Student, Teacher"
    with pytest.raises(ConfigError, match=message):
        loss(preds, {})


def test_different_numbers_of_classes():
    loss = build("DistillationDMLLoss", model_name_pairs=["A", "B"], act="softmax", use_log=True)
    preds = {"A": {"logits": logits(1, 5, 4)}, "B": {"logits": logits(1, 5, 7)}}
    with pytest.raises(ConfigError, match=r"'head_out' of A is \[1, 5, 4\] and of B \[1, 5, 7\]"):
        loss(preds, {})


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"model_name_pairs": [["A", "B", "C"]]}, r"model_name_pairs: expected \[A, B\] or a list"),
        ({"model_name_pairs": []}, r"model_name_pairs: expected \[A, B\] or a list"),
        ({"model_name_pairs": "AB"}, r"model_name_pairs: expected a list, got 'AB'"),
        ({"model_name_pairs": ["A", "B"], "maps_name": "shrink_map"}, r"Did you mean 'shrink_maps'\?"),
        ({"model_name_pairs": ["A", "B"], "reduction": "mean"}, r"takes no parameter 'reduction'"),
    ],
)
def test_wrong_parameters_of_mutual_learning(params, message):
    with pytest.raises(ConfigError, match=message):
        build("DistillationDMLLoss", **params)


def test_wrong_parameters_of_the_others():
    with pytest.raises(ConfigError, match=r"model_name_list: expected a list of texts"):
        build("DistillationCTCLoss", model_name_list=[1])
    with pytest.raises(ConfigError, match=r"reduction: expected mean or sum, got 'none'"):
        build("DistillationDistanceLoss", model_name_pairs=["A", "B"], reduction="none")


def test_mutual_learning_falls_to_zero_between_equals():
    same = {"logits": logits(2, 3, 5)}
    loss = build("DistillationDMLLoss", model_name_pairs=["A", "B"], act="softmax", use_log=True, name="x")
    losses = loss({"A": same, "B": same}, {})
    assert list(losses) == ["x_0", "loss"]
    assert math.isclose(float(losses["loss"]), 0.0, abs_tol=1e-5)
