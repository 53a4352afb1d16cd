"""Networks against the reference's own: names, shapes, outputs, running statistics."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import paddle
import pytest

from ppocr_lite.engine import checkpoint

pytestmark = [pytest.mark.golden_models, pytest.mark.train]

GOLDEN = Path(os.environ.get("PPOCR_LITE_GOLDEN", Path(__file__).resolve().parents[3] / "shared" / "golden"))
NAMES = sorted(path.stem for path in (GOLDEN / "models").glob("*.json"))

FIXED_NAMES = {
    ("Head", "ClsHead", "cls"): "head.fc.",
    ("Backbone", "ResNet", "rec"): "backbone.",
    ("Transform", "TPS", "rec"): "transform.",
}
"""Parts to whose tensors the reference gives fixed names, so that none of them can exist twice in a process.

Here Paddle counts their names too, so that they can. States of optimizers still fit, because the weights'
file says which name was whose: test_optimizer_states_of_the_reference_fit.
"""


@pytest.fixture(scope="module", params=NAMES or [""])
def case(request, golden_dir, reference_model):
    """(reference, model with its weights)."""
    reference = reference_model(request.param)
    return reference, reference.build()


def flatten(outputs: Any, prefix: str = "") -> dict[str, np.ndarray]:
    """Tensors of nested dicts and lists, by the fixtures' names: ``Student.maps``, ``backbone[0]``."""
    if isinstance(outputs, dict):
        items = [(f"{prefix}.{key}" if prefix else key, value) for key, value in outputs.items()]
    elif isinstance(outputs, (list, tuple)):
        items = [(f"{prefix}[{i}]", value) for i, value in enumerate(outputs)]
    else:
        return {prefix: outputs.numpy()}
    return {key: array for name, value in items for key, array in flatten(value, name).items()}


def by_reference_name(outputs: dict[str, Any]) -> dict[str, np.ndarray]:
    """Outputs under the fixtures' names, which for logits and probabilities are ``out`` or ``head_out``."""
    arrays = flatten(outputs)
    for key in list(arrays):
        *path, last = key.split(".")
        if last in ("logits", "probs"):
            arrays[".".join([*path, "head_out" if path else "out"])] = arrays[key]
    return arrays


def compare(reference: Any, got: dict[str, np.ndarray], expected: dict[str, Any], tolerance: float) -> None:
    assert not set(expected) - set(got)
    errors = {key: reference.error(got[key], value) for key, value in expected.items()}
    assert {key: error for key, error in errors.items() if error > tolerance} == {}


def test_state_has_the_reference_names_in_order(case):
    reference, model = case
    got = [
        [name, list(t.shape), str(t.dtype).removeprefix("paddle."), not t.stop_gradient]
        for name, t in model.state_dict().items()
    ]
    assert got == reference.spec["params"]


def test_element_counts(case):
    reference, model = case
    parameters = {p.name: p for p in model.parameters()}
    everything = {t.name: t for t in model.state_dict().values()}
    trainable = sum(int(p.size) for p in parameters.values() if p.trainable)
    assert trainable == reference.spec["n_trainable_elements"]
    assert sum(int(t.size) for t in everything.values()) == reference.spec["n_elements"]


def test_tensor_names_fit_optimizer_states(case):
    reference, model = case
    fixed = tuple(fixed_prefixes(reference.arch))
    pairs = zip(model.state_dict().items(), reference.spec["tensor_names"])
    differing = [(n, t.name) for (n, t), e in pairs if t.name != e]
    assert [(n, t) for n, t in differing if not n.startswith(fixed)] == []
    assert {p for n, _ in differing for p in fixed if n.startswith(p)} == set(fixed)  # none is listed in vain


def fixed_prefixes(arch: dict[str, Any]) -> list[str]:
    """Beginnings of the state_dict names of a single model's parts that are in FIXED_NAMES."""
    task = arch["model_type"]
    return [
        prefix
        for (key, name, of_task), prefix in FIXED_NAMES.items()
        if of_task == task and (arch.get(key) or {}).get("name") == name
    ]


def test_optimizer_states_of_the_reference_fit(case):
    reference, model = case
    theirs = {name: e for (name, *_), e in zip(reference.spec["params"], reference.spec["tensor_names"])}
    slots = checkpoint.rename_slots({f"{e}_moment1_0": e for e in theirs.values()}, theirs, model)
    assert {n: slots.get(f"{t.name}_moment1_0") for n, t in model.state_dict().items()} == theirs


def test_own_decay_and_learning_rates(case):
    reference, model = case
    got: dict[str, dict[str, float]] = {}
    for name, tensor in model.state_dict().items():
        if not hasattr(tensor, "optimize_attr"):
            continue
        own = {}
        if getattr(tensor, "regularizer", None) is not None:
            own["l2"] = tensor.regularizer._coeff
        if tensor.optimize_attr["learning_rate"] != 1.0:
            own["lr_scale"] = tensor.optimize_attr["learning_rate"]
        if own:
            got[name] = own
    assert got == reference.spec["param_attrs"]


def test_outputs(case):
    reference, model = case
    tolerance = reference.spec["suggested_tol"]
    for run in reference.spec["runs"]:
        image = paddle.to_tensor(reference.reader.make(run["input"]))
        model.eval()
        with paddle.no_grad():
            got = by_reference_name(model(image))
            stages = stage_outputs(model, image)
        compare(reference, got, run["eval"], tolerance["eval"])
        compare(reference, stages, run["eval_stages"], tolerance["eval"])
        if "eval_with_targets" in run:
            expected = {"out": run["eval_with_targets"]["out"]}
            compare(reference, taught(reference, model, image), expected, tolerance["eval"])
        for key, expected in run["eval"].items():
            if "argmax_last_axis" in expected:
                best = np.reshape(expected["argmax_last_axis"], got[key].shape[:-1])
                np.testing.assert_array_equal(got[key].argmax(-1), best)

        before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
        model.train()
        for frozen in getattr(model, "frozen_models", list)():
            frozen.train()  # the reference lets a frozen teacher's statistics go on; here only when told so
        with paddle.no_grad():
            got = by_reference_name(model(image))
        compare(reference, got, run["train"], tolerance["train"])
        state = {name: tensor.numpy() for name, tensor in model.state_dict().items()}
        compare(reference, state, run["train_running_stats_after"], tolerance["train"])
        model.set_state_dict(before)


def taught(reference: Any, model: Any, image: paddle.Tensor) -> dict[str, np.ndarray]:
    """Probabilities in eval mode where step i of an attention head gets entry i of the fixture's targets.

    The head itself never does that (it gives step i entry i - 1, and in training alone).
    """
    (run,) = reference.spec["runs"]
    targets = paddle.to_tensor(reference.reader.make(run["eval_with_targets"]["targets"]))
    with paddle.no_grad():
        logits = model.head.spell(model.neck(model.backbone(model.transform(image))), targets)
        return {"out": paddle.nn.functional.softmax(logits, axis=2).numpy()}


def stage_outputs(model: Any, image: paddle.Tensor) -> dict[str, np.ndarray]:
    """Outputs of each part, in eval mode; of each sub-model's parts for a model that has several."""
    if not hasattr(model, "backbone"):
        names = [name for name, _ in model.named_children()]
        return {
            f"{name}.{key}": value
            for name in names
            for key, value in stage_outputs(getattr(model, name), image).items()
        }
    stages = {}
    x = image
    if hasattr(model, "transform"):
        stages["tps_fiducials"] = model.transform.loc_net(image)
        height, width = image.shape[2:]
        stages["tps_grid"] = model.transform.grid_generator(stages["tps_fiducials"], height, width)
        stages = {key: value.numpy() for key, value in stages.items()}
    for part in ("transform", "backbone", "neck"):
        if hasattr(model, part):
            x = getattr(model, part)(x)
            stages.update(flatten(x, part))
    return stages
