"""Layers that are made smaller in place."""

import numpy as np
import pytest

paddle = pytest.importorskip("paddle")

from paddle import nn  # noqa: E402

from ppocr_lite.errors import ModelFileError  # noqa: E402
from ppocr_lite.modeling.structure import (  # noqa: E402
    apply_structure,
    prune_further,
    structure_of,
    temporarily_pruned,
)
from ppocr_lite.weights.structures import Cut, Structure  # noqa: E402

pytestmark = pytest.mark.train


class Two(nn.Layer):
    def __init__(self):
        super().__init__()
        self.first = nn.Conv2D(3, 6, 3)
        self.second = nn.Conv2D(6, 2, 1)

    def forward(self, x):
        return self.second(self.first(x))


KEPT = (0, 3, 4)
CUTS = Structure(
    {
        "first.weight": Cut((6, 3, 3, 3), {0: KEPT}),
        "first.bias": Cut((6,), {0: KEPT}),
        "second.weight": Cut((2, 6, 1, 1), {1: KEPT}),
    }
)


def test_parameters_keep_names_objects_and_the_values_that_are_left():
    model = Two()
    weight, name, values = model.first.weight, model.first.weight.name, model.first.weight.numpy()
    apply_structure(model, CUTS)
    assert model.first.weight is weight
    assert weight.name == name
    np.testing.assert_array_equal(weight.numpy(), values[list(KEPT)])
    assert (model.first._out_channels, model.second._in_channels) == (3, 3)
    assert model(paddle.ones([1, 3, 5, 5])).shape == [1, 2, 3, 3]
    assert structure_of(model) == CUTS


def test_a_cut_network_trains():
    model = Two()
    model(paddle.ones([1, 3, 5, 5])).mean().backward()  # gradients of the old shape
    apply_structure(model, CUTS)
    optimizer = paddle.optimizer.Adam(0.1, parameters=model.parameters())
    before = model.first.weight.numpy()
    model(paddle.ones([1, 3, 5, 5])).mean().backward()
    optimizer.step()
    assert np.abs(model.first.weight.numpy() - before).min() > 0


def test_the_same_structure_twice_is_no_change():
    model = Two()
    apply_structure(model, CUTS)
    apply_structure(model, CUTS)
    assert model.first.weight.shape == [3, 3, 3, 3]


def test_a_second_pruning_counts_in_the_whole_model():
    model = Two()
    apply_structure(model, CUTS)
    prune_further(
        model,
        Structure(
            {
                "first.weight": Cut((3, 3, 3, 3), {0: (1, 2)}),
                "first.bias": Cut((3,), {0: (1, 2)}),
                "second.weight": Cut((2, 3, 1, 1), {1: (1, 2)}),
            }
        ),
    )
    found = structure_of(model)
    assert found.cuts["first.weight"] == Cut((6, 3, 3, 3), {0: (3, 4)})
    other = Two()
    apply_structure(other, found)
    other.set_state_dict(model.state_dict())
    x = paddle.ones([1, 3, 5, 5])
    np.testing.assert_array_equal(model(x).numpy(), other(x).numpy())


def test_a_model_is_whole_again_after_a_trial():
    model = Two()
    x = paddle.ones([1, 3, 5, 5])
    before = model(x).numpy()
    with temporarily_pruned(model, CUTS):
        assert model.first.weight.shape == [3, 3, 3, 3]
        model(x)
    np.testing.assert_array_equal(model(x).numpy(), before)
    assert structure_of(model) is None


def test_depthwise_convolutions_come_back_from_a_trial_with_one_channel():
    layer = nn.Conv2D(6, 6, 3, groups=6, bias_attr=False)
    x = paddle.ones([1, 6, 5, 5])
    before = layer(x).numpy()
    with temporarily_pruned(layer, Structure({"weight": Cut((6, 1, 3, 3), {0: (2,)})})):
        np.testing.assert_allclose(layer(x[:, 2:3]).numpy(), before[:, 2:3], rtol=1e-6)
    np.testing.assert_array_equal(layer(x).numpy(), before)


def test_structures_of_models_within_a_model():
    both = nn.LayerDict({"Student": Two(), "Teacher": Two()})
    apply_structure(both["Student"], CUTS)
    assert structure_of(both) == CUTS.below("Student.")
    assert structure_of(both["Teacher"]) is None


@pytest.mark.parametrize("groups", [6, 2])
def test_depthwise_and_grouped_convolutions(groups):
    """A depthwise convolution loses groups, a grouped one gets smaller groups."""
    layer = nn.Conv2D(6, 6, 3, groups=groups, bias_attr=False)
    shape = tuple(layer.weight.shape)
    axes = {0: (0, 1, 3, 4), 1: (0, 1)} if groups == 2 else {0: (0, 1, 3, 4)}
    apply_structure(layer, Structure({"weight": Cut(shape, axes)}))
    assert (layer._groups, layer._in_channels, layer._out_channels) == (2 if groups == 2 else 4, 4, 4)
    assert layer(paddle.ones([1, 4, 5, 5])).shape == [1, 4, 3, 3]


def test_recurrent_layers():
    lstm = nn.LSTM(5, 3, direction="bidirectional")
    x = np.random.default_rng(0).standard_normal((2, 4, 5)).astype(np.float32)
    x[..., [1, 2]] = 0
    before = lstm(paddle.to_tensor(x))[0].numpy()
    cut = Cut((12, 5), {1: (0, 3, 4)})
    apply_structure(lstm, Structure({"weight_ih_l0": cut, "weight_ih_l0_reverse": cut}))
    after = lstm(paddle.to_tensor(x[..., [0, 3, 4]]))[0]
    np.testing.assert_allclose(after.numpy(), before, atol=1e-6)
    after.sum().backward()
    assert lstm.weight_ih_l0.grad.shape == [12, 3]


def test_structures_of_other_models_are_refused():
    with pytest.raises(ModelFileError, match=r"s\.json: the model has no parameter 'x'. Give the config"):
        apply_structure(Two(), Structure({"x": Cut((6,), {0: (0,)})}), where="s.json")
    with pytest.raises(ModelFileError, match=r"'first.bias' has the shape \[6\] in the model, and was cut"):
        apply_structure(Two(), Structure({"first.bias": Cut((8,), {0: (0,)})}))
    model = Two()
    apply_structure(model, CUTS)
    with pytest.raises(ModelFileError, match="has been pruned in another way already"):
        apply_structure(model, Structure({"first.bias": Cut((6,), {0: (0, 1, 2)})}))
