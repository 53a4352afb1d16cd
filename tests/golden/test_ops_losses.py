"""Combined, distillation, center and ACE losses against the reference's own numbers.

How the values map: every total here is a scalar. Where the reference has one value for each image, ours is
the mean of them, and as its gradient is that of their sum, ours is the N-th part of it. Every loss here gives
``loss`` too; ``loss_cbn`` of the reference is always 0 and left out.
"""

import json
import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import paddle
import pytest

from ppocr_lite.losses.ace import ACELoss
from ppocr_lite.losses.center import CenterLoss
from ppocr_lite.losses.pairwise import CELoss, DistanceLoss, DMLLoss, KLJSLoss, kl_divergence
from ppocr_lite.registry import LOSSES

pytestmark = [pytest.mark.golden_ops, pytest.mark.train]

GOLDEN = Path(os.environ.get("PPOCR_LITE_GOLDEN", Path(__file__).resolve().parents[3] / "shared" / "golden"))
IGNORED_BY_REFERENCE = ("balance_loss", "main_loss_type", "alpha", "beta", "ohem_ratio", "eps")


def cases(op: str, only: str = "") -> list[Any]:
    path = GOLDEN / "ops" / "manifest.json"
    entries = json.loads(path.read_text(encoding="utf-8"))["cases"] if path.is_file() else []
    found = [
        pytest.param(e, id=f"{op}-{e['case']}")
        for e in entries
        if e["op"] == op and e["case"].startswith(only)
    ]
    return found or [pytest.param(None, id="none")]


class Numbers:
    """Inputs as tensors with gradients, and the expected outputs, of one entry of the manifest."""

    def __init__(self, entry: dict[str, Any], folder: Path, reader: Any) -> None:
        self.entry, self.reader = entry, reader
        npz = np.load(folder / "ops" / entry["npz"]) if entry.get("npz") else {}
        self.inputs = {key: reader.resolve(value, npz) for key, value in entry["inputs"].items()}
        self.outputs = {key: reader.resolve(value, npz) for key, value in entry["outputs"].items()}
        self.tensors = {
            key: paddle.to_tensor(value, stop_gradient=f"grad_{key}" not in self.outputs)
            for key, value in self.inputs.items()
        }

    def check(self, losses: dict[str, paddle.Tensor]) -> None:
        """Every entry: a scalar, the mean of the reference's values."""
        wanted = {k: np.mean(v["value"]) for k, v in self.outputs["losses"].items() if "loss_cbn" not in k}
        assert set(losses) - {"loss"} == set(wanted) - {"loss"}
        for key, value in wanted.items():
            assert losses[key].shape == []
            assert float(losses[key]) == pytest.approx(
                value, rel=self.entry["rtol"], abs=self.entry["atol"]
            ), key

    def check_gradients(self, loss: paddle.Tensor) -> None:
        """Gradients of ``loss``, times the values that it is the mean of."""
        loss.backward()
        values = self.outputs["losses"][self.outputs["grad_of"]]["value"]
        for key, expected in self.outputs.items():
            if not key.startswith("grad_") or key == "grad_of":
                continue
            got = self.tensors[key.removeprefix("grad_")].grad.numpy() * len(values)
            assert self.reader.compare(got, expected, rtol=self.entry["rtol"], atol=self.entry["atol"]), key


@pytest.fixture
def numbers(golden_dir, reader):
    return lambda entry: Numbers(entry, golden_dir, reader)


def defaults_in_force(section: dict[str, Any]) -> dict[str, Any]:
    """The section without what the reference ignores."""
    parts = []
    for spec in section["loss_config_list"]:
        ((name, params),) = spec.items()
        ignored = IGNORED_BY_REFERENCE if "DBLoss" in name else ()
        parts.append({name: {k: v for k, v in params.items() if k not in ignored}})
    return {**section, "loss_config_list": parts}


def centers_file(folder: Path, centers: np.ndarray) -> str:
    path = folder / "train_center.pkl"
    path.write_bytes(pickle.dumps(dict(enumerate(centers))))
    return str(path)


def preds_of(tensors: dict[str, paddle.Tensor]) -> dict[str, Any]:
    """The fixture's tensors as the model's outputs."""
    preds: dict[str, Any] = {}
    for key, tensor in tensors.items():
        model, _, output = key.partition("_")
        if model in ("Student", "Student2", "Teacher"):
            entry = {"": "maps", "head_out": "logits"}.get(output, output)
            preds.setdefault(model, {})[entry] = tensor
        elif key in ("logits", "feats"):
            preds[key] = tensor
    return preds


@pytest.mark.parametrize("entry", cases("combined_loss"))
def test_combined_loss(entry, numbers, tmp_path):
    case = numbers(entry)
    section = defaults_in_force(entry["params"]["Loss"])
    for spec in section["loss_config_list"]:
        if "CenterLoss" in spec:
            spec["CenterLoss"]["center_file_path"] = centers_file(tmp_path, case.inputs["centers"])
    losses = LOSSES.build(section)(preds_of(case.tensors), case.tensors)
    case.check(losses)
    keys = [key for key in case.outputs["keys"] if "loss_cbn" not in key]
    if "loss_ctc_Student_0" in losses:  # where `loss` comes with the first part, not with the second
        assert [k for k in losses if k != "loss"] == [k for k in keys if k != "loss"]
    else:
        assert list(losses) == keys
    case.check_gradients(losses["loss"])


@pytest.mark.parametrize("entry", cases("combined_loss", "det_cml_other_params"))
def test_parameters_of_map_losses_count(entry, numbers):
    case = numbers(entry)
    losses = LOSSES.build(entry["params"]["Loss"])(preds_of(case.tensors), case.tensors)
    reference = case.outputs["losses"]
    # beta is 1 where the default 10 was in force.
    key = "db_Student_loss_threshold_maps"
    assert float(losses[key]) == pytest.approx(reference[key]["value"][0] / 10, rel=1e-4)
    assert float(losses["dila_dbloss_Student_Teacher"]) < reference["dila_dbloss_Student_Teacher"]["value"][0]


@pytest.mark.parametrize("entry", cases("ace_loss"))
def test_ace_loss(entry, numbers):
    case = numbers(entry)
    losses = ACELoss()({"logits": case.tensors["logits"]}, case.tensors)
    case.check(losses)
    case.check_gradients(losses["loss"])


@pytest.mark.parametrize("entry", cases("center_loss"))
def test_center_loss(entry, numbers, tmp_path):
    case = numbers(entry)
    params = {k: v for k, v in entry["params"].items() if k != "center_file"}
    loss = CenterLoss(**params, center_file_path=centers_file(tmp_path, case.inputs["centers"]))
    losses = loss(preds_of(case.tensors), {})
    case.check(losses)
    case.check_gradients(losses["loss"])


@pytest.mark.parametrize("entry", cases("dml_loss"))
def test_dml_loss(entry, numbers):
    case = numbers(entry)
    loss = DMLLoss(**entry["params"])(case.tensors["out1"], case.tensors["out2"])
    case.check({"loss": loss})
    case.check_gradients(loss)


@pytest.mark.parametrize("entry", cases("kljs_loss"))
def test_kljs_loss(entry, numbers):
    case = numbers(entry)
    loss = KLJSLoss(**entry["params"])(case.tensors["p1"], case.tensors["p2"])
    assert loss.tolist() == pytest.approx(case.outputs["losses"]["loss"]["value"], rel=entry["rtol"])
    case.check_gradients(loss.mean())


@pytest.mark.parametrize("entry", cases("kl_div_loss"))
def test_kl_divergence(entry, numbers):
    case = numbers(entry)
    student, teacher = case.tensors["student"], case.tensors["teacher"]
    loss = kl_divergence(paddle.nn.functional.log_softmax(student), paddle.nn.functional.softmax(teacher))
    case.check({"loss": loss})
    case.check_gradients(loss)


@pytest.mark.parametrize("entry", cases("ce_loss"))
def test_ce_loss(entry, numbers):
    case = numbers(entry)
    loss = CELoss(**entry["params"])(case.tensors["x"], case.tensors["label"])
    case.check({"loss": loss})
    case.check_gradients(loss)


@pytest.mark.parametrize("entry", cases("distance_loss"))
def test_distance_loss(entry, numbers):
    case = numbers(entry)
    loss = DistanceLoss(**entry["params"])(case.tensors["x"], case.tensors["y"])
    wanted = case.outputs["losses"]["loss"]
    np.testing.assert_allclose(
        loss.numpy().reshape(-1), wanted["value"], rtol=entry["rtol"], atol=entry["atol"]
    )
    case.check_gradients(loss.mean())
