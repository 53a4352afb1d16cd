import copy
import math

import pytest

from ppocr_lite.config import Config
from ppocr_lite.errors import ConfigError
from ppocr_lite.optim import SCHEDULES, build_lr_scheduler

pytestmark = pytest.mark.train


def rates(lr, epochs, steps, count):
    schedule = build_lr_scheduler(lr, epochs, steps)
    values = []
    for _ in range(count):
        values.append(schedule.get_lr())
        schedule.step()
    return values


def test_all_names_of_paddleocr():
    assert SCHEDULES.names() == [
        "Const",
        "Cosine",
        "CyclicalCosine",
        "DecayLearningRate",
        "Linear",
        "MultiStepDecay",
        "OneCycle",
        "Piecewise",
        "Step",
        "TwoStepCosine",
    ]


COSINE = [0, 0.025, 0.05, 0.075, 0.1, 0.0983, 0.0933, 0.0854, 0.075, 0.0629, 0.05, 0.0371, 0.025]


@pytest.mark.parametrize(
    ("lr", "expected"),
    [
        ({"name": "Cosine", "learning_rate": 0.1, "warmup_epoch": 2}, COSINE),
        (
            {"name": "Piecewise", "decay_epochs": [3], "values": [0.1, 0.01], "warmup_epoch": 1},
            [0, 0.05, *[0.1] * 6, 0.01, 0.01],
        ),
        (
            {"name": "Piecewise", "decay_epochs": [1, 2], "values": [0.1, 0.01]},
            [0.1, 0.1, 0.01, 0.01, 0.01, 0.01],
        ),
        (
            {"name": "Linear", "learning_rate": 0.1, "warmup_epoch": 1, "end_lr": 0.01},
            [0, 0.05, 0.1, 0.0925, 0.085],
        ),
        (
            {"name": "MultiStepDecay", "learning_rate": 1.0, "milestones": [1, 3], "gamma": 0.5},
            [1, 1, 0.5, 0.5, 0.5, 0.5, 0.25],
        ),
        ({"name": "Step", "learning_rate": 1.0, "step_size": 2, "gamma": 0.1}, [1, 1, 1, 1, 0.1, 0.1]),
        ({"name": "CyclicalCosine", "learning_rate": 1.0, "cycle": 1}, [1, 0.5, 1, 0.5]),
        ({"name": "Const", "learning_rate": 0.2, "warmup_epoch": 0.5}, [0, 0.2, 0.2]),
        ({"learning_rate": 0.2}, [0.2, 0.2]),
    ],
)
def test_values_of_six_epochs_of_two_steps(lr, expected):
    assert rates(lr, 6, 2, len(expected)) == pytest.approx(expected, abs=5e-5)


def test_the_curve_is_what_steps_give():
    lr = {"name": "Cosine", "learning_rate": 0.1, "warmup_epoch": 2}
    schedule = build_lr_scheduler(lr, 6, 2)
    assert schedule.curve() == rates(lr, 6, 2, 12)
    assert schedule.curve(13) == pytest.approx(COSINE, abs=5e-5)
    assert schedule.last_epoch == 0


def test_decay_learning_rate_takes_and_ignores_two_keys():
    lr = {"name": "DecayLearningRate", "learning_rate": 1.0, "factor": 2, "end_lr": 0.5, "warmup_epoch": 1}
    assert rates(lr, 2, 2, 5) == pytest.approx([1, 0.5625, 0.25, 0.0625, 0])


def test_two_step_cosine_changes_curve_after_200_epochs():
    got = rates({"name": "TwoStepCosine", "learning_rate": 1.0}, 400, 1, 302)
    assert got[100] == pytest.approx(0.5)
    assert got[200] == pytest.approx(0.0)
    assert got[201] == pytest.approx(0.5 * (1 + math.cos(math.pi * 201 / 400)))


def test_one_cycle_by_hand():
    # 10 steps: from 0.04 to 1 at step 2, then down to 4e-6 at step 9
    got = rates({"name": "OneCycle", "max_lr": 1.0}, 5, 2, 14)
    assert got[0] == pytest.approx(0.04)
    assert got[1] == pytest.approx(0.52)
    assert got[2] == pytest.approx(1.0)
    assert got[9] == pytest.approx(4e-6)
    assert got[11:] == pytest.approx([4e-6] * 3)


def test_the_configuration_is_not_changed():
    lr = {"name": "Cosine", "learning_rate": 0.1, "warmup_epoch": 2}
    before = copy.deepcopy(lr)
    build_lr_scheduler(lr, 6, 2)
    assert lr == before


def test_asking_changes_nothing_and_a_resumed_schedule_goes_on():
    lr = {"name": "Cosine", "learning_rate": 0.1, "warmup_epoch": 1}
    first = build_lr_scheduler(lr, 6, 2)
    for _ in range(5):
        first.step()
    assert first.get_lr() == first.get_lr() == first()
    second = build_lr_scheduler(lr, 6, 2)
    second.set_state_dict(first.state_dict())
    assert second() == first()
    second.step()
    first.step()
    assert second.get_lr() == first.get_lr() == first.value(6)


@pytest.mark.parametrize(
    ("lr", "message"),
    [
        ({"name": "Cosin", "learning_rate": 1.0}, r"Optimizer.lr: .*Did you mean 'Cosine'\?"),
        (
            {"name": "Cosine", "learning_rate": 1.0, "warmup_epochs": 2},
            r"Optimizer.lr.warmup_epochs: .*Did you mean 'warmup_epoch'\?",
        ),
        ({"name": "Cosine"}, "Cosine needs the parameter 'learning_rate'"),
        ({"name": "Piecewise", "decay_epochs": [1], "values": [1, 2, 3]}, "3 values for 1 decay_epochs"),
        ({"name": "OneCycle", "max_lr": 1.0, "anneal_strategy": "cosine"}, "'cosine' is not cos or linear"),
        ({"name": "CyclicalCosine", "learning_rate": 1.0, "cycle": 0.2}, "cycle: 0.2 epochs are less than"),
        ({"name": "Step", "learning_rate": 1.0, "step_size": 0.4, "gamma": 1}, "size: 0.4 epochs are"),
        ({"name": "Piecewise", "decay_epochs": [], "values": []}, "values: give one more than"),
    ],
)
def test_errors(lr, message):
    section = Config({"Optimizer": {"lr": lr}}).section("Optimizer.lr")
    with pytest.raises(ConfigError, match=message):
        build_lr_scheduler(section, 6, 2)


def test_nothing_to_train():
    with pytest.raises(ConfigError, match="nothing to train: 6 epochs of 0 steps"):
        build_lr_scheduler({"learning_rate": 1.0}, 6, 0)
