"""Channels that are exactly zero can go from any network of the zoo without a change of its outputs."""

import json
from pathlib import Path

import numpy as np
import pytest

paddle = pytest.importorskip("paddle")

from ppocr_lite.compression.prune import Pruner  # noqa: E402
from ppocr_lite.config import Config  # noqa: E402
from ppocr_lite.modeling.complexity import measure  # noqa: E402

pytestmark = pytest.mark.train
CONFIGS = Path(__file__).resolve().parents[2] / "configs"
PARTS = ("Transform", "Backbone", "Neck", "Head")


def architectures(cfg):
    """The sections of the networks of a configuration, by name."""
    section = cfg.to_dict()["Architecture"]
    models = section.get("Models", {"": section})
    return {name: {part: values.get(part) for part in PARTS} for name, values in models.items()}


def networks():
    """(file, sub-model, other files) of every network that no file before describes in the same words."""
    seen = {}
    for file in sorted(CONFIGS.rglob("*.yml")):
        cfg = Config.load(file)
        for name, section in architectures(cfg).items():
            shape = [cfg.get("Global.character_dict_path"), cfg.get("Eval.dataset.transforms")]
            key = json.dumps([section, shape], sort_keys=True, default=str)
            seen.setdefault(key, []).append((file, name))
    return [(places[0], places) for places in seen.values()]


def silence(tensors, group, units):
    """Make filters of a group give zero: weights, biases and norms of its layers, but not what reads them."""
    for (name, axis), channels in group.places.items():
        is_statistic = name.endswith(("_mean", "_variance"))
        if (name, axis) in group.producers or (tensors[name].ndim == 1 and not is_statistic):
            array = tensors[name].numpy()
            array[(slice(None),) * axis + (np.isin(channels, units),)] = 0
            tensors[name].set_value(array)


def outputs(model, image):
    """All outputs: with the head in training mode a detector gives all of its maps."""
    model.eval()
    found = []
    for training in (False, True):
        model.head.training = training
        with paddle.no_grad():
            values = model(image)
        # A detector's third map is 50 times as steep as what it is made of, rounding errors too.
        found += [v.numpy()[:, :2] if name == "maps" else v.numpy() for name, v in values.items()]
    model.eval()
    return found


def test_every_configuration_is_covered():
    files = {file for _, places in networks() for file, _ in places}
    assert files == set(CONFIGS.rglob("*.yml"))


@pytest.mark.parametrize(
    ("file", "name"), [pytest.param(*first, id=f"{first[0].stem}-{first[1]}") for first, _ in networks()]
)
def test_silent_filters_can_go(file, name, build):
    model, shape = build(file, name)
    for parameter in model.parameters():
        if parameter.ndim > 1:
            parameter.trainable = True  # of a teacher too
    image = paddle.to_tensor(np.random.default_rng(3).standard_normal((2, *shape)).astype(np.float32))
    pruner = Pruner(model, shape)
    groups = pruner.channels.groups
    removed, tensors = {}, model.state_dict()
    for number, group in enumerate(groups):
        units = np.random.default_rng(number).permutation(group.size)[: max(1, group.size // 4)]
        if group.size > 1:
            removed[group.name] = sorted(units.tolist())
            silence(tensors, group, units)
    before, size = outputs(model, image), measure(model, shape).parameters
    assert all(float(np.std(array)) > 0 for array in before)
    pruner.apply(pruner.cuts(removed))
    for old, new in zip(before, outputs(model, image), strict=True):
        np.testing.assert_allclose(new, old, atol=1e-5)
    assert measure(model, shape).parameters < 0.95 * size
