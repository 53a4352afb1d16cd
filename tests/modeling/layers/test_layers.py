import numpy as np
import paddle
import pytest

from ppocr_lite.modeling.layers import (
    ConvBN,
    InvertedResidual,
    SqueezeExcite,
    halving_pool,
    make_divisible,
    uniform_attr,
)

pytestmark = pytest.mark.train


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (8, 8),
        (1, 8),
        (11, 16),
        (12, 16),
        (19, 24),
        (20, 24),
        (0.5 * 184, 96),
        (0.35 * 64, 24),
        (0.5 * 120, 64),
    ],
)
def test_make_divisible_never_loses_more_than_a_tenth(value, expected):
    # 11 would round to 8, and 19 to 16, which is more than 10 % less.
    assert make_divisible(value) == expected


def test_conv_bn_uses_the_given_names_and_sees_replaced_layers():
    block = ConvBN(2, 4, kernel=1, names=("_conv", "_batch_norm"))
    assert list(block.state_dict()) == [
        "_conv.weight",
        "_batch_norm.weight",
        "_batch_norm.bias",
        "_batch_norm._mean",
        "_batch_norm._variance",
    ]
    block._conv = paddle.nn.Identity()
    block._batch_norm = paddle.nn.Identity()
    x = paddle.randn([1, 2, 3, 3])
    assert bool((block(x) == x).all())


def test_squeeze_excite_gate_by_hand():
    # Both convolutions give 0 and 1: gate = clip(slope * 1 + 0.5) = 0.7.
    gate = SqueezeExcite(4, slope=0.2)
    for parameter in gate.parameters():
        parameter.set_value(paddle.zeros_like(parameter))
    gate.conv2.bias.set_value(paddle.ones([4]))
    x = paddle.full([1, 4, 2, 2], 10.0)
    np.testing.assert_allclose(gate(x).numpy(), 7.0, rtol=1e-6)


@pytest.mark.parametrize(
    ("stride", "out", "shortcut"), [(1, 8, True), ((1, 1), 8, False), (2, 8, False), (1, 16, False)]
)
def test_shortcut_needs_the_number_one_and_equal_widths(stride, out, shortcut):
    unit = InvertedResidual(8, out, expand_channels=16, kernel=3, stride=stride, use_se=False, act="relu")
    unit.linear_conv.bn.weight.set_value(paddle.zeros([out]))  # the unit itself gives 0
    unit.eval()
    x = paddle.randn([1, 8, 4, 4])
    y = unit(x).numpy()
    np.testing.assert_array_equal(y, x.numpy() if shortcut else np.zeros_like(y))


def test_halving_pool_keeps_a_height_of_one():
    row = paddle.arange(7, dtype="float32").reshape([1, 1, 1, 7])
    assert halving_pool(row).flatten().tolist() == [1, 3, 5]
    assert halving_pool(paddle.zeros([1, 1, 3, 7])).shape == [1, 1, 1, 3]


def test_uniform_attr_keeps_a_decay_of_zero():
    assert uniform_attr(16).regularizer is None
    assert uniform_attr(16, l2=0.0).regularizer._coeff == 0.0
    weight = paddle.nn.Linear(16, 500, weight_attr=uniform_attr(16)).weight
    assert 0.24 < np.abs(weight.numpy()).max() <= 0.25
