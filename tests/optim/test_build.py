import copy

import numpy as np
import pytest
from paddle import nn

from ppocr_lite.errors import ConfigError
from ppocr_lite.modeling.layers import uniform_attr
from ppocr_lite.optim import build_optimizer

pytestmark = pytest.mark.train

LR = {"learning_rate": 0.1}


class Two(nn.Layer):
    """Two vectors of ones; ``own`` has its own decay of 0.5."""

    def __init__(self):
        super().__init__()
        one = nn.initializer.Constant(1.0)
        attr = uniform_attr(1, l2=0.5)
        attr.initializer = one
        self.plain = self.create_parameter([2], default_initializer=one)
        self.own = self.create_parameter([2], attr=attr)
        self.matrix = self.create_parameter([2, 2], default_initializer=one)


def one_step(section, gradient=0.0, steps=1):
    """Values of Two's parameters after updates with the same gradient for every element."""
    model = Two()
    optimizer, _ = build_optimizer(section, 1, 10, model)
    for _ in range(steps):
        sum(gradient * p.sum() for p in model.parameters()).backward()
        optimizer.step()
        optimizer.clear_grad()
    return {name: float(p.flatten()[0]) for name, p in model.named_parameters()}


def momentum(**keys):
    return {"name": "Momentum", "momentum": 0.0, "lr": LR, **keys}


def test_own_decay_replaces_the_global_one():
    got = one_step(momentum(regularizer={"name": "L2", "factor": 0.2}))
    # w - lr * decay * w
    assert got == pytest.approx({"plain": 0.98, "own": 0.95, "matrix": 0.98})


@pytest.mark.parametrize(
    ("keys", "plain"),
    [
        ({}, 1.0),
        ({"weight_decay": 0.3}, 0.97),
        ({"regularizer": {"name": "L2Decay", "factor": 0.3}}, 0.97),
        ({"regularizer": {"name": "L1", "factor": 0.4}}, 0.96),
        ({"regularizer": None}, 1.0),
    ],
)
def test_decay(keys, plain):
    got = one_step(momentum(**keys))
    assert got["plain"] == pytest.approx(plain)
    assert got["own"] == pytest.approx(0.95)


@pytest.mark.parametrize(
    ("keys", "plain", "matrix"),
    [
        # gradients 3 everywhere: norms sqrt(18) of a vector, 6 of the matrix, sqrt(72) of all three
        ({"clip_norm": 1.0}, 1 - 0.1 / 2**0.5, 1 - 0.1 / 2),
        ({"clip_norm_global": 1.0}, 1 - 0.1 * 3 / 72**0.5, 1 - 0.1 * 3 / 72**0.5),
        ({}, 0.7, 0.7),
    ],
)
def test_clipping(keys, plain, matrix):
    got = one_step(momentum(**keys), gradient=3.0)
    assert got["plain"] == pytest.approx(plain, rel=1e-5)
    assert got["matrix"] == pytest.approx(matrix, rel=1e-5)


@pytest.mark.parametrize(
    ("keys", "plain", "matrix"),
    [
        ({}, 0.999, 0.999),  # the default decay of 0.01, lr 0.1
        ({"weight_decay": 0.5}, 0.95, 0.95),
        ({"regularizer": {"name": "L2", "factor": 0.5}}, 0.95, 0.95),
        ({"weight_decay": 0.5, "one_dim_param_no_weight_decay": True}, 1.0, 0.95),
        ({"weight_decay": 0.5, "no_weight_decay_name": "foo matr"}, 0.95, 1.0),
    ],
)
def test_adamw_decay(keys, plain, matrix):
    got = one_step({"name": "AdamW", "lr": LR, **keys})
    assert got["plain"] == pytest.approx(plain)
    assert got["matrix"] == pytest.approx(matrix)


def test_adamw_and_a_parameter_with_its_own_decay():
    # its own is in the gradient, so that Adam makes a step of the size lr, and the common one is applied too
    got = one_step({"name": "AdamW", "lr": LR, "weight_decay": 0.5})
    assert got["own"] == pytest.approx(0.95 - 0.1)
    assert got["plain"] == pytest.approx(0.95)


@pytest.mark.parametrize(
    ("section", "plain"),
    [
        ({"name": "Adam"}, 0.9),  # the first step is lr * sign of the gradient
        ({"name": "AdamW", "weight_decay": 0.0}, 0.9),
        ({"name": "Momentum", "momentum": 0.9}, 0.8),
        ({"name": "RMSProp", "rho": 0.75, "epsilon": 0.0}, 0.8),  # 0.1 * 2 / sqrt(0.25 * 4)
        # sqrt((0 + 1) / (0.25 * 4 + 1)) * 2 = sqrt(2)
        ({"name": "Adadelta", "rho": 0.75, "epsilon": 1.0}, 1 - 0.1 * 2**0.5),
    ],
)
def test_first_step_of_each_optimizer(section, plain):
    got = one_step({**section, "lr": LR}, gradient=2.0)
    assert got["plain"] == pytest.approx(plain, abs=1e-5)


@pytest.mark.parametrize(
    ("section", "plain"),
    [
        # velocity 2, then 0.5 * 2 + 2
        ({"name": "Momentum", "momentum": 0.5}, 1 - 0.1 * (2 + 3)),
        # mean squares 1, then 0.75 + 1; steps 0.2 and 0.2 / sqrt(1.75), the first once more by half
        (
            {"name": "RMSProp", "rho": 0.75, "epsilon": 0.0, "momentum": 0.5},
            1 - 0.2 - (0.1 + 0.2 / 1.75**0.5),
        ),
        # both moments stay those of a gradient of 2, once their bias is taken out
        ({"name": "Adam", "beta1": 0.5, "beta2": 0.75}, 0.8),
        # each time 0.1 * 0.5 of the weight first: 0.95 - 0.1, then 0.85 * 0.95 - 0.1
        ({"name": "AdamW", "weight_decay": 0.5}, 0.7075),
    ],
)
def test_second_step(section, plain):
    got = one_step({**section, "lr": LR}, gradient=2.0, steps=2)
    assert got["plain"] == pytest.approx(plain, abs=1e-5)


@pytest.mark.parametrize(
    ("name", "section", "wanted"),
    [
        ("Adam", {}, {"_beta1": 0.9, "_beta2": 0.999, "_epsilon": 1e-8, "_lazy_mode": False}),
        ("AdamW", {}, {"_beta1": 0.9, "_beta2": 0.999, "_epsilon": 1e-8, "_multi_precision": False}),
        # without kernels on the CPU: the flag is all that can be seen there
        ("AdamW", {"multi_precision": True}, {"_multi_precision": True}),
        ("Momentum", {"momentum": 0.9}, {"_momentum": 0.9}),
        ("RMSProp", {}, {"_momentum": 0.0, "_rho": 0.95, "_epsilon": 1e-6}),
        ("Adadelta", {}, {"_rho": 0.95, "_epsilon": 1e-8}),
    ],
)
def test_defaults_of_paddleocr(name, section, wanted):
    optimizer, _ = build_optimizer({"name": name, "lr": LR, **section}, 1, 1, Two())
    assert {key: getattr(optimizer, key) for key in wanted} == wanted


def test_decay_in_the_gradient_meets_adam_and_clipping():
    # the gradient is the decay alone, 0.2; Adam's first step has the size lr whatever the gradient
    got = one_step({"name": "Adam", "lr": LR, "regularizer": {"name": "L2", "factor": 0.2}})
    assert got["plain"] == pytest.approx(0.9, abs=1e-5)
    # clipping comes before the decay: 1 / sqrt(2) of each gradient, and 0.2 more
    got = one_step(momentum(clip_norm=1.0, weight_decay=0.2), gradient=3.0)
    assert got["plain"] == pytest.approx(1 - 0.1 * (0.5**0.5 + 0.2), rel=1e-5)


def test_clip_norm_wins_over_clip_norm_global():
    got = one_step(momentum(clip_norm=1.0, clip_norm_global=1e-3), gradient=3.0)
    assert got["plain"] == pytest.approx(1 - 0.1 / 2**0.5, rel=1e-5)


def test_frozen_parameters_are_left_out_and_the_section_stays():
    model = Two()
    model.plain.trainable = False
    section = {"name": "Adam", "beta1": 0.8, "lr": {"name": "Cosine", "learning_rate": 0.1}}
    before = copy.deepcopy(section)
    optimizer, schedule = build_optimizer(section, 2, 5, model)
    assert section == before
    assert [p.name for p in optimizer._parameter_list] == [model.own.name, model.matrix.name]
    schedule.step()
    assert optimizer.get_lr() == schedule.get_lr() < 0.1


def test_the_optimizer_state_holds_the_schedule():
    model = Two()
    optimizer, schedule = build_optimizer({"name": "Adam", "lr": LR}, 2, 5, model)
    for _ in range(3):
        model.plain.sum().backward()
        optimizer.step()
        optimizer.clear_grad()
        schedule.step()
    state = optimizer.state_dict()
    fresh, fresh_schedule = build_optimizer({"name": "Adam", "lr": LR}, 2, 5, model)
    fresh.set_state_dict(state)
    assert fresh_schedule.last_epoch == 3
    moment = f"{model.plain.name}_moment1_0"
    np.testing.assert_allclose(fresh.state_dict()[moment].numpy(), 1 - 0.9**3, rtol=1e-5)


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ({"name": "Adma", "lr": LR}, r"Optimizer: .*Did you mean 'Adam'\?"),
        ({"name": "Adam", "lr": LR, "beta": 0.9}, r"Optimizer.beta: Adam takes .* Did you mean 'beta"),
        ({"name": "Adam", "lr": LR, "clip_nrom": 1}, r"Optimizer.clip_nrom: .*Did you mean 'clip_norm'\?"),
        ({"name": "Adam"}, "Optimizer.lr: the section is missing"),
        ({"lr": LR}, "Optimizer: the key 'name' is missing"),
        ({"name": "Momentum", "lr": LR}, "Optimizer: momentum needs the parameter 'momentum'"),
        ({"name": "Adam", "lr": LR, "regularizer": {"name": "L3"}}, "regularizer.name: no 'L3'"),
        ({"name": "Adam", "lr": LR, "regularizer": {"name": "L2", "coeff": 1}}, "regularizer.coeff: a regul"),
        ({"name": "AdamW", "lr": LR, "regularizer": {"name": "L1", "factor": 1}}, "takes L2 only"),
    ],
)
def test_errors(section, message):
    with pytest.raises(ConfigError, match=message):
        build_optimizer(section, 1, 1, Two())


def test_nothing_to_update():
    model = Two()
    for parameter in model.parameters():
        parameter.trainable = False
    with pytest.raises(ConfigError, match="no trainable parameter"):
        build_optimizer({"name": "Adam", "lr": LR}, 1, 1, model)
