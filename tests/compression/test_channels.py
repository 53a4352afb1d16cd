"""Channels that belong together, in networks of a few layers."""

import numpy as np
import pytest

paddle = pytest.importorskip("paddle")

import paddle.nn.functional as F  # noqa: E402
from paddle import nn  # noqa: E402

from ppocr_lite.compression.channels import find_channels  # noqa: E402
from ppocr_lite.compression.prune import Pruner  # noqa: E402
from ppocr_lite.errors import ConfigError  # noqa: E402

pytestmark = pytest.mark.train
SHAPE = (3, 8, 8)


class Net(nn.Layer):
    """``forward`` is one of the functions below; the last layer makes channels of the network's own."""

    def __init__(self, forward, **layers):
        super().__init__()
        for name, layer in layers.items():
            self.add_sublayer(name, layer)
        self._run = forward

    def forward(self, x):
        return {"maps": self._run(self, x)}


def places(net, name):
    """{parameter: axes} of the group of a layer."""
    found = {}
    for group in find_channels(net, SHAPE).groups:
        if group.name == f"{name}.weight":
            for parameter, axis in group.places:
                found.setdefault(parameter, []).append(axis)
    return found


def silent(net, image=None):
    """Largest change of the output when a quarter of each group, made silent before, is removed."""
    rng = np.random.default_rng(0)
    for tensor in net.state_dict().values():
        tensor.set_value((0.2 + rng.random(tensor.shape)).astype(np.float32))
    pruner, tensors, removed = Pruner(net, SHAPE), net.state_dict(), {}
    for group in pruner.channels.groups:
        units = rng.permutation(group.size)[: max(1, group.size // 4)].tolist()
        removed[group.name] = units
        for (name, axis), channels in group.places.items():
            if (name, axis) in group.producers or name.endswith(("bias", "norm.weight")):
                array = tensors[name].numpy()
                array[(slice(None),) * axis + (np.isin(channels, units),)] = 0
                tensors[name].set_value(array)
    assert removed
    net.eval()
    image = paddle.to_tensor(rng.standard_normal((2, *SHAPE)).astype(np.float32))
    with paddle.no_grad():
        before = net(image)["maps"].numpy()
        pruner.apply(pruner.cuts(removed))
        after = net(image)["maps"].numpy()
    assert float(before.std()) > 0
    return float(np.abs(before - after).max() / np.abs(before).max())


def conv(before, after, kernel=3, **options):
    return nn.Conv2D(before, after, kernel, padding=kernel // 2, **options)


def chain():
    return Net(
        lambda n, x: n.last(F.relu(n.norm(n.first(x)))),
        first=conv(3, 8),
        norm=nn.BatchNorm2D(8),
        last=conv(8, 2),
    )


def residual():
    def run(n, x):
        x = n.first(x)
        return n.last(F.relu(x + n.inner(F.relu(n.wide(x)))))

    return Net(run, first=conv(3, 8), wide=conv(8, 12), inner=conv(12, 8), last=conv(8, 2))


def joined():
    def run(n, x):
        return n.last(paddle.concat([n.first(x), x, n.second(x)], axis=1))

    return Net(run, first=conv(3, 4), second=conv(3, 6), last=conv(13, 2))


def depthwise():
    def run(n, x):
        return n.last(n.norm(n.depth(n.first(x))))

    layers = {"depth": conv(8, 16, groups=8, bias_attr=False), "norm": nn.BatchNorm2D(16)}
    return Net(run, first=conv(3, 8), **layers, last=conv(16, 2))


def gated():
    def run(n, x):
        x = n.first(x)
        gate = n.widen(F.relu(n.squeeze(F.adaptive_avg_pool2d(x, 1))))
        return n.last(x * F.hardsigmoid(gate))

    return Net(run, first=conv(3, 8), squeeze=conv(8, 4, 1), widen=conv(4, 8, 1), last=conv(8, 2))


def transposed():
    layers = {"up": nn.Conv2DTranspose(8, 6, 2, stride=2), "norm": nn.BatchNorm2D(6)}
    return Net(lambda n, x: n.last(n.norm(n.up(n.first(x)))), first=conv(3, 8), **layers, last=conv(6, 2))


def grouped():
    return Net(
        lambda n, x: n.last(n.middle(n.first(x))),
        first=conv(3, 8),
        middle=conv(8, 12, groups=2),
        last=conv(12, 2),
    )


def sequence():
    def run(n, x):
        x = n.first(x).mean([2]).transpose([0, 2, 1])
        return n.last(n.lstm(x)[0])

    return Net(run, first=conv(3, 8), lstm=nn.LSTM(8, 5, direction="bidirectional"), last=nn.Linear(10, 2))


def flattened():
    def run(n, x):
        return n.last(F.relu(n.hidden(F.max_pool2d(n.first(x), 4, 4).flatten(1))))

    return Net(run, first=conv(3, 8), hidden=nn.Linear(32, 6), last=nn.Linear(6, 2))


@pytest.mark.parametrize(
    "make", [chain, residual, joined, depthwise, gated, transposed, grouped, sequence, flattened]
)
def test_silent_channels_can_go(make):
    assert silent(make()) < 1e-5


def test_norms_and_inputs_follow():
    assert places(chain(), "first") == {
        "first.weight": [0],
        "first.bias": [0],
        "norm.weight": [0],
        "norm.bias": [0],
        "norm._mean": [0],
        "norm._variance": [0],
        "last.weight": [1],
    }


def test_a_shortcut_couples_convolutions():
    net = residual()
    groups = find_channels(net, SHAPE).groups
    assert [group.producers for group in groups] == [
        (("first.weight", 0), ("inner.weight", 0)),
        (("wide.weight", 0),),
    ]
    assert set(places(net, "first")) == {
        *("first.weight", "first.bias", "wide.weight", "inner.weight", "inner.bias", "last.weight")
    }


def test_joined_channels_have_their_own_places():
    first, second = find_channels(joined(), SHAPE).groups
    np.testing.assert_array_equal(first.places["last.weight", 1], [0, 1, 2, 3] + [-1] * 9)
    np.testing.assert_array_equal(second.places["last.weight", 1], [-1] * 7 + [0, 1, 2, 3, 4, 5])


def test_depthwise_convolutions_follow_with_all_their_outputs():
    group = find_channels(depthwise(), SHAPE).groups[0]
    np.testing.assert_array_equal(group.places["depth.weight", 0], np.repeat(np.arange(8), 2))
    assert group.producers == (("first.weight", 0),)


def test_groups_of_a_grouped_convolution_stay_equally_large():
    first, middle = find_channels(grouped(), SHAPE).groups
    np.testing.assert_array_equal(first.places["first.weight", 0], [0, 1, 2, 3, 0, 1, 2, 3])
    np.testing.assert_array_equal(first.places["middle.weight", 1], [0, 1, 2, 3])
    assert middle.size == 6


def test_flattened_pixels_belong_to_their_channel():
    group = find_channels(flattened(), SHAPE).groups[0]
    np.testing.assert_array_equal(group.places["hidden.weight", 0], np.repeat(np.arange(8), 4))


def test_a_transposed_convolution_has_its_filters_along_the_second_axis():
    assert [group.producers for group in find_channels(transposed(), SHAPE).groups] == [
        (("first.weight", 0),),
        (("up.weight", 1),),
    ]


def test_outputs_and_frozen_layers_stay():
    net = chain()
    assert find_channels(net, SHAPE).fixed == {"last.weight": "is an output of the network"}
    net.first.weight.trainable = False
    found = find_channels(net, SHAPE)
    assert found.groups == ()
    assert found.fixed["first.weight"] == "is frozen"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda x: paddle.cumsum(x, axis=1), "goes into 'cumsum'"),
        (lambda x: x[:, 2:6].tile([1, 2, 1, 1]), "goes into 'slice'"),
        (lambda x: x.reshape([0, 2, 4, 8, 8]).flatten(1, 2), "an axis of channels is split by a reshape"),
        (lambda x: x + paddle.ones([1, 8, 1, 1]), "meets a value of fixed size in 'add'"),
        (lambda x: F.softmax(x, axis=1), "goes into 'softmax'"),
    ],
)
def test_what_is_not_known_to_be_safe_is_not_pruned(change, reason, caplog):
    net = Net(lambda n, x: n.last(change(n.first(x))), first=conv(3, 8), last=conv(8, 2))
    with caplog.at_level("INFO", logger="ppocr_lite"):
        found = find_channels(net, SHAPE)
    assert found.groups == ()
    assert found.fixed["first.weight"] == reason
    assert f"channels of first.weight stay: {reason}" in caplog.text


def test_layers_of_the_training_graph_alone_count():
    def run(n, x):
        x = n.first(x)
        return n.last(x) + n.end(n.aside(x)) if n.training else n.last(x)

    net = Net(run, first=conv(3, 8), last=conv(8, 2), aside=conv(8, 4), end=conv(4, 2))
    groups = find_channels(net, SHAPE).groups
    assert {group.name: group.evaluated for group in groups} == {"first.weight": True, "aside.weight": False}
    assert places(net, "first")["aside.weight"] == [1]
    assert net.training
    assert net.last.training


def test_networks_that_branch_on_values_are_refused():
    net = Net(lambda n, x: n.first(x) if x.mean() > 0 else n.last(x), first=conv(3, 8), last=conv(3, 8))
    with pytest.raises(ConfigError, match="does its forward pass branch on the values of tensors"):
        find_channels(net, SHAPE)


def test_equal_halves_lose_the_same():
    def run(n, x):
        a, b = n.first(x).chunk(2, axis=1)
        return n.last(a * b)

    net = Net(run, first=conv(3, 8), last=conv(4, 2))
    group = find_channels(net, SHAPE).groups[0]
    np.testing.assert_array_equal(group.places["first.weight", 0], [0, 1, 2, 3, 0, 1, 2, 3])
