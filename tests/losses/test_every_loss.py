"""What holds for every registered loss: scalar totals, finite gradients, nothing read back to the host."""

from pathlib import Path
from typing import Any

import numpy as np
import paddle
import pytest
import yaml

import ppocr_lite.losses  # noqa: F401 - registers them
from ppocr_lite.registry import LOSSES

pytestmark = pytest.mark.train

CONFIGS = Path(__file__).resolve().parents[2] / "configs"
PAIRS = [["Student", "Teacher"]]
N, STEPS, CLASSES, WIDTH = 2, 6, 5, 4
READS = ("__bool__", "__int__", "__float__", "__index__", "__array__", "item", "numpy", "tolist")
"""Methods of a tensor that wait for the device."""


def normal(*shape: int, seed: int = 0) -> paddle.Tensor:
    values = np.random.default_rng(seed).normal(size=shape).astype(np.float32)
    return paddle.to_tensor(values, stop_gradient=False)


def probability(*shape: int, seed: int = 0) -> paddle.Tensor:
    values = np.random.default_rng(seed).uniform(0.05, 0.95, shape).astype(np.float32)
    return paddle.to_tensor(values, stop_gradient=False)


def binary(seed: int) -> paddle.Tensor:
    values = np.random.default_rng(seed).random((N, 8, 8)) < 0.4
    return paddle.to_tensor(values.astype(np.float32))


def maps(seed: int = 0) -> dict[str, paddle.Tensor]:
    return {"maps": probability(N, 3, 8, 8, seed=seed)}


def line(seed: int = 0) -> dict[str, paddle.Tensor]:
    return {
        "logits": normal(N, STEPS, CLASSES, seed=seed),
        "feats": normal(N, STEPS, WIDTH, seed=seed),
        "backbone_out": normal(N, WIDTH, 1, STEPS, seed=seed),
    }


def both(make: Any) -> dict[str, Any]:
    return {"Student": make(1), "Teacher": make(2)}


CENTERS = {"num_classes": CLASSES, "feat_dim": WIDTH}
DML = {"model_name_pairs": PAIRS, "act": "softmax"}
EXAMPLES: dict[str, list[tuple[dict[str, Any], Any]]] = {
    "DBLoss": [
        ({}, maps),
        ({"main_loss_type": "BCELoss"}, maps),
        ({"main_loss_type": "BCELoss", "balance_loss": False}, maps),
        ({"main_loss_type": "MaskL1Loss"}, maps),
        ({"gamma": 2}, maps),
    ],
    "ClsLoss": [({}, lambda: {"logits": normal(N, 2)})],
    "CTCLoss": [({}, line), ({"use_focal_loss": True}, line)],
    "AttentionLoss": [
        ({}, lambda: {"logits": normal(N, 4, CLASSES)}),
        ({"ignore_padding": True}, lambda: {"logits": normal(N, 4, CLASSES)}),
    ],
    "ACELoss": [({}, line)],
    "CenterLoss": [(CENTERS, line)],
    "EnhancedCTCLoss": [({"use_ace_loss": True, "use_center_loss": True, **CENTERS}, line)],
    "DistillationCTCLoss": [({"model_name_list": ["Student", "Teacher"]}, lambda: both(line))],
    "DistillationDMLLoss": [
        ({**DML, "use_log": True}, lambda: both(line)),
        ({**DML, "key": "maps", "maps_name": ["thrink_maps", "binary_maps"]}, lambda: both(maps)),
    ],
    "DistillationDistanceLoss": [
        ({"model_name_pairs": PAIRS, "mode": mode, "key": "backbone_out"}, lambda: both(line))
        for mode in ("l1", "l2", "smooth_l1")
    ],
    "DistillationDBLoss": [({"model_name_list": ["Student"]}, lambda: both(maps))],
    "DistillationDilaDBLoss": [({"model_name_pairs": PAIRS}, lambda: both(maps))],
    "CombinedLoss": [
        (
            {
                "loss_config_list": [
                    {"DistillationDilaDBLoss": {"weight": 1.0, "model_name_pairs": PAIRS}},
                    {
                        "DistillationDMLLoss": {
                            "weight": 0.5,
                            "maps_name": "thrink_maps",
                            "key": "maps",
                            **DML,
                        }
                    },
                    {"DistillationDBLoss": {"weight": 1.0, "model_name_list": ["Student"]}},
                ]
            },
            lambda: both(maps),
        )
    ],
}
"""Parameters of each loss, and a function that makes the model's outputs for it."""


def batch_of(name: str) -> dict[str, paddle.Tensor]:
    if name == "ClsLoss":
        return {"label": paddle.to_tensor([0, 1])}
    label = [[1, 2, 2, 0], [3, 0, 0, 0]]
    counts = np.array([[0, 1, 2, 0, 0], [0, 0, 0, 1, 0]], np.float32)
    return {
        "label": paddle.to_tensor(label),
        "length": paddle.to_tensor([3, 1]),
        "label_ace": paddle.to_tensor(counts),
        "threshold_map": probability(N, 8, 8, seed=3).detach(),
        "threshold_mask": binary(4),
        "shrink_map": binary(5),
        "shrink_mask": binary(6),
    }


def tensors_of(preds: dict[str, Any]) -> list[paddle.Tensor]:
    return [t for v in preds.values() for t in (tensors_of(v) if isinstance(v, dict) else [v])]


def example_id(value: Any) -> str | None:
    return value if isinstance(value, str) else None


@pytest.fixture
def no_reads(monkeypatch):
    """Makes every way to read a tensor's values an error."""

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("a loss read a tensor back to the host")

    for method in READS:
        monkeypatch.setattr(paddle.Tensor, method, refuse)
    yield
    monkeypatch.undo()


@pytest.mark.parametrize(
    ("name", "params", "make"),
    [(name, params, make) for name, examples in EXAMPLES.items() for params, make in examples],
    ids=example_id,
)
def test_scalars_without_reading_back(name, params, make, no_reads, monkeypatch):
    preds, batch = make(), batch_of(name)
    loss = LOSSES.build({"name": name, **params})
    losses = loss(preds, batch)
    losses["loss"].backward()
    monkeypatch.undo()
    assert {key: value.shape for key, value in losses.items() if value.shape} == {}
    assert {key: str(value.dtype) for key, value in losses.items()} == dict.fromkeys(losses, "paddle.float32")
    assert all(np.isfinite(float(value)) for value in losses.values())
    gradients = [t.grad for t in tensors_of(preds) if t.grad is not None]
    assert any(bool(g.any()) for g in gradients)
    assert all(bool(paddle.isfinite(g).all()) for g in gradients)


@pytest.mark.parametrize("read", [bool, int, float, np.asarray, lambda t: t.tolist(), lambda t: t.item()])
def test_a_read_is_noticed(read, no_reads):
    with pytest.raises(AssertionError, match="read a tensor back"):
        read(paddle.ones([]))


def names_in(section: dict[str, Any]) -> set[str]:
    parts = [name for entry in section.get("loss_config_list", []) for name in entry]
    return {section["name"], *parts}


def test_every_loss_has_an_example():
    assert set(EXAMPLES) == set(LOSSES.names())
    used = set()
    for file in CONFIGS.rglob("*.yml"):
        section = yaml.safe_load(file.read_text(encoding="utf-8")).get("Loss")
        used |= names_in(section) if section else set()
    assert "DBLoss" in used
    assert used <= set(EXAMPLES)
