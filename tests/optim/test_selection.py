"""Freezing and learning rates by name."""

import numpy as np
import paddle
import pytest
from paddle import nn

from ppocr_lite.errors import ConfigError
from ppocr_lite.optim import build_optimizer, freeze, scale_learning_rates

pytestmark = pytest.mark.train


class Net(nn.Layer):
    def __init__(self):
        super().__init__()
        self.backbone = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1D(2))
        self.head = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1D(2))

    def forward(self, x):
        return self.head(self.backbone(x))


def state(model):
    return {name: value.numpy().copy() for name, value in model.state_dict().items()}


def train_step(model, optimizer):
    model.train()
    x = paddle.to_tensor(np.random.default_rng(0).standard_normal((8, 2)).astype(np.float32))
    (model(x) ** 2 * paddle.to_tensor([1.0, 2.0])).sum().backward()
    optimizer.step()
    optimizer.clear_grad()


def test_what_is_frozen_stays_bit_for_bit_with_its_statistics():
    model = Net()
    names = freeze(model, ["backbone.*"])
    assert names == ["backbone.0.weight", "backbone.0.bias", "backbone.1.weight", "backbone.1.bias"]
    optimizer, _ = build_optimizer({"name": "Adam", "lr": {"learning_rate": 0.1}}, 1, 9, model)
    before = state(model)
    for _ in range(2):
        train_step(model, optimizer)
    after = state(model)
    changed = {name for name in before if (before[name] != after[name]).any()}
    assert all(name.startswith("head.") for name in changed)
    assert {"head.1._mean", "head.1._variance", "head.0.weight"} <= changed


def test_a_frozen_weight_alone_leaves_the_statistics_running():
    model = Net()
    assert freeze(model, ["*.1.weight", "head.0.bias"]) == [
        "backbone.1.weight",
        "head.0.bias",
        "head.1.weight",
    ]
    optimizer, _ = build_optimizer({"name": "Adam", "lr": {"learning_rate": 0.1}}, 1, 9, model)
    before = state(model)
    train_step(model, optimizer)
    assert (state(model)["backbone.1._mean"] != before["backbone.1._mean"]).any()


@pytest.mark.parametrize("patterns", [["backbon.*"], ["backbone.*", "nothing"]])
def test_a_pattern_without_a_match(patterns):
    with pytest.raises(
        ConfigError, match=r"Global\.freeze: nothing in the model is called .*begin with backbone, head"
    ):
        freeze(Net(), patterns)


def test_near_name_and_type():
    with pytest.raises(ConfigError, match="Did you mean 'backbone'"):
        freeze(Net(), ["backbon.*"])
    with pytest.raises(ConfigError, match=r"expected a list of patterns .*got 'backbone\.\*'"):
        freeze(Net(), "backbone.*")


def test_everything_frozen_cannot_be_trained():
    model = Net()
    freeze(model, ["*"])
    with pytest.raises(ConfigError, match="no trainable parameter"):
        build_optimizer({"name": "Adam", "lr": {"learning_rate": 0.1}}, 1, 9, model)


class Vectors(nn.Layer):
    """Ones; ``slow`` has a learning rate of its own."""

    def __init__(self):
        super().__init__()
        one = nn.initializer.Constant(1.0)
        self.fast = self.create_parameter([2], default_initializer=one)
        self.slow = self.create_parameter([2], attr=paddle.ParamAttr(initializer=one, learning_rate=0.5))


@pytest.mark.parametrize("name", ["Momentum", "RMSProp", "Adadelta", "Adam", "AdamW"])
def test_rates_are_multiplied_in_every_optimizer(name):
    def step(scales):
        model = Vectors()
        own = {"momentum": 0.9} if name == "Momentum" else {}
        section = {"name": name, "lr": {"learning_rate": 0.1}, "lr_scale": scales, **own}
        if name == "AdamW":
            section["weight_decay"] = 0.0
        optimizer, _ = build_optimizer(section, 1, 9, model)
        sum(3.0 * p.sum() for p in model.parameters()).backward()
        optimizer.step()
        return {key: 1 - float(p[0]) for key, p in model.named_parameters()}

    plain, scaled = step(None), step({"fast": 0.1, "slo*": 0.5, "*w": 0.5})
    assert plain["slow"] == pytest.approx(0.5 * plain["fast"], rel=1e-3)
    assert scaled["fast"] == pytest.approx(0.1 * plain["fast"], rel=2e-3)
    assert scaled["slow"] == pytest.approx(0.25 * plain["slow"], rel=2e-3, abs=1e-7)  # 0.5 of each pattern


def test_by_hand_gradient_descent_with_momentum_zero():
    model = Vectors()
    section = {"name": "Momentum", "momentum": 0.0, "lr": {"learning_rate": 0.1}, "lr_scale": {"fast": 0.25}}
    optimizer, _ = build_optimizer(section, 1, 9, model)
    (2.0 * model.fast.sum()).backward()
    optimizer.step()
    assert float(model.fast[0]) == pytest.approx(1 - 0.1 * 0.25 * 2.0)


@pytest.mark.parametrize(
    ("scales", "message"),
    [
        (["fast"], "expected patterns with factors"),
        ({"fast": -1}, r"lr_scale\.fast: expected a factor of at least 0, got -1"),
        ({"fat": 1.0}, "nothing in the model is called 'fat'"),
    ],
)
def test_wrong_scales(scales, message):
    with pytest.raises(ConfigError, match=message):
        scale_learning_rates(Vectors(), scales)
