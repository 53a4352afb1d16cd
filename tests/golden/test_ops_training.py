"""Losses, schedules and optimizer steps against the reference's own numbers."""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import paddle
import pytest

from ppocr_lite.losses.db import BalanceLoss, DiceLoss, MaskL1Loss
from ppocr_lite.optim import build_lr_scheduler, build_optimizer
from ppocr_lite.registry import LOSSES

pytestmark = [pytest.mark.golden_ops, pytest.mark.train]

GOLDEN = Path(os.environ.get("PPOCR_LITE_GOLDEN", Path(__file__).resolve().parents[3] / "shared" / "golden"))
LOSS_NAMES = {
    "db_loss": "DBLoss",
    "ctc_loss": "CTCLoss",
    "cls_loss": "ClsLoss",
    "attention_loss": "AttentionLoss",
}
MUTUAL_LEARNING = {
    "name": "CombinedLoss",
    "loss_config_list": [
        {"DistillationCTCLoss": {"weight": 1.0, "model_name_list": ["Student", "Teacher"]}},
        {
            "DistillationDMLLoss": {
                "weight": 1.0,
                "act": "softmax",
                "use_log": True,
                "model_name_pairs": [["Student", "Teacher"]],
            }
        },
        {
            "DistillationDistanceLoss": {
                "weight": 1.0,
                "mode": "l2",
                "model_name_pairs": [["Student", "Teacher"]],
                "key": "backbone_out",
            }
        },
    ],
}
"""Loss of the PP-OCRv2 recognizers that learn from each other."""
CONSTANT_ENTRIES = ("loss_cbn",)
"""Entries of the reference's losses that are always 0 and that this project leaves out."""


def cases(*ops: str) -> list[Any]:
    path = GOLDEN / "ops" / "manifest.json"
    entries = json.loads(path.read_text(encoding="utf-8"))["cases"] if path.is_file() else []
    found = [pytest.param(e, id=f"{e['op']}-{e['case']}") for e in entries if e["op"] in ops]
    return found or [pytest.param(None, id="none")]


@pytest.fixture
def numbers(golden_dir, reader):
    """Function: manifest entry -> (inputs, outputs)."""

    def read(entry: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        npz = np.load(golden_dir / "ops" / entry["npz"]) if entry.get("npz") else {}
        return tuple(
            {key: reader.resolve(value, npz) for key, value in entry[side].items()}
            for side in ("inputs", "outputs")
        )

    return read


def check_losses(losses: dict[str, paddle.Tensor], expected: dict[str, Any], entry: dict[str, Any]) -> None:
    wanted = {k: v["value"][0] for k, v in expected.items() if isinstance(v, dict)}
    wanted = {k: v for k, v in wanted.items() if k not in CONSTANT_ENTRIES}
    # `loss` itself comes with the first part of a combined loss, in the reference with the second.
    assert [key for key in losses if key != "loss"] == [key for key in wanted if key != "loss"]
    assert losses["loss"].shape == []
    for key, value in wanted.items():
        assert float(losses[key]) == pytest.approx(value, rel=entry["rtol"], abs=entry["atol"]), key


def differentiable(array: np.ndarray) -> paddle.Tensor:
    return paddle.to_tensor(array, stop_gradient=False)


@pytest.mark.parametrize("entry", cases("db_loss", "ctc_loss", "cls_loss", "attention_loss"))
def test_loss(entry, numbers, reader):
    inputs, outputs = numbers(entry)
    name = LOSS_NAMES[entry["op"]]
    loss = LOSSES.build({"name": name, **entry["params"]})
    pred_key = next(key for key in inputs if key in ("maps", "logits"))
    pred = differentiable(inputs[pred_key])
    losses = loss({pred_key: pred}, {k: paddle.to_tensor(v) for k, v in inputs.items() if k != pred_key})
    check_losses(losses, outputs["losses"], entry)
    if f"grad_{pred_key}" in outputs:
        losses["loss"].backward()
        expected = outputs[f"grad_{pred_key}"]
        assert reader.compare(pred.grad.numpy(), expected, rtol=entry["rtol"], atol=entry["atol"])


@pytest.mark.parametrize("entry", cases("balance_loss", "dice_loss", "mask_l1_loss"))
def test_map_loss(entry, numbers, reader):
    inputs, outputs = numbers(entry)
    make = {"balance_loss": BalanceLoss, "dice_loss": DiceLoss, "mask_l1_loss": MaskL1Loss}[entry["op"]]
    pred = differentiable(inputs["pred"])
    loss = make(**entry["params"])(pred, paddle.to_tensor(inputs["gt"]), paddle.to_tensor(inputs["mask"]))
    check_losses({"loss": loss}, outputs["losses"], entry)
    loss.backward()
    assert reader.compare(pred.grad.numpy(), outputs["grad_pred"], rtol=entry["rtol"], atol=entry["atol"])


@pytest.mark.parametrize("entry", cases("lr_schedule"))
def test_schedule(entry, numbers):
    _, outputs = numbers(entry)
    params = entry["params"]
    schedule = build_lr_scheduler(params["lr"], params["epochs"], params["step_each_epoch"])
    rates = []
    for _ in outputs["lr_at_step"]:
        rates.append(schedule.get_lr())
        schedule.step()
    np.testing.assert_allclose(rates, outputs["lr_at_step"], rtol=entry["rtol"], atol=entry["atol"])


@pytest.mark.parametrize("entry", cases("train_steps"))
def test_train_steps(entry, numbers, reference_model, reader):
    params = entry["params"]
    reference = reference_model(params["model_json"])
    model = reference.build()
    model.train()
    inputs, outputs = numbers(entry)
    batch = {key: paddle.to_tensor(value) for key, value in inputs.items()}
    names = {"det": "DBLoss", "rec": "CTCLoss", "cls": "ClsLoss"}
    together = "Models" in reference.arch
    loss = LOSSES.build(MUTUAL_LEARNING if together else {"name": names[reference.arch["model_type"]]})
    optimizer, schedule = build_optimizer(
        params["Optimizer"], params["epochs"], params["step_each_epoch"], model
    )
    for step, expected in enumerate(outputs["loss_per_step"]):
        assert optimizer.get_lr() == pytest.approx(expected["lr"])
        losses = loss(model(batch["image"], batch), batch)
        check_losses(losses, expected, entry)
        losses["loss"].backward()
        if step == 0:
            norms = {n: float(p.grad.norm()) for n, p in model.named_parameters() if p.trainable}
            wanted = outputs["grad_norm_first_step"]
            assert set(norms) == set(wanted)
            # Gradients that cancel almost wholly are rounding noise beside the largest ones.
            noise = 1e-6 * max(wanted.values())
            assert norms == pytest.approx(wanted, rel=entry["rtol"], abs=noise)
        optimizer.step()
        optimizer.clear_grad()
        schedule.step()
    state = model.state_dict()
    for name, expected in outputs["after"].items():
        assert reader.compare(state[name].numpy(), expected, rtol=entry["rtol"], atol=entry["atol"]), name
