"""Rounding by hand, and the gradients that go through it."""

import numpy as np
import pytest

paddle = pytest.importorskip("paddle")

from ppocr_lite.compression import fake_quant  # noqa: E402
from ppocr_lite.compression.fake_quant import ActivationQuantizer  # noqa: E402
from ppocr_lite.optim.optimizers import OPTIMIZERS, common_arguments  # noqa: E402
from ppocr_lite.optim.schedules import Const  # noqa: E402

pytestmark = pytest.mark.train


def tensor(values):
    return paddle.to_tensor(np.array(values, np.float32), stop_gradient=False)


def test_activations_by_hand():
    """Steps of 0.5 around 128: -64 is the lowest, 63.5 the highest; ties go to the even step."""
    x = tensor([0.2, 0.25, 0.75, -0.3, 100.0, -100.0])
    got = fake_quant.fake_quantize(x, 0.5, 128)
    np.testing.assert_array_equal(got.numpy(), np.float32([0.0, 0.0, 1.0, -0.5, 63.5, -64.0]))
    got = fake_quant.fake_quantize(x, 0.5, 0)  # nothing below zero
    np.testing.assert_array_equal(got.numpy(), np.float32([0.0, 0.0, 1.0, 0.0, 100.0, 0.0]))


def test_weights_by_hand():
    """Each row has its own step: 1.27 / 127 and 2.54 / 127."""
    weight = tensor([[1.27, 0.014, -0.016], [-2.54, 0.029, 0.031]])
    got = fake_quant.fake_quantize_weight(weight, 0)
    np.testing.assert_allclose(got.numpy(), [[1.27, 0.01, -0.02], [-2.54, 0.02, 0.04]], atol=1e-6)
    got = fake_quant.fake_quantize_weight(weight.T, 1)
    np.testing.assert_allclose(got.numpy().T, [[1.27, 0.01, -0.02], [-2.54, 0.02, 0.04]], atol=1e-6)


def test_seven_bits_have_63_steps():
    got = fake_quant.fake_quantize_weight(tensor([[0.63, 0.014]]), 0, bits=7)
    np.testing.assert_allclose(got.numpy(), [[0.63, 0.01]], atol=1e-6)


def test_gradients_pass_rounding_unchanged():
    x = tensor([0.2, 0.26, -3.4])
    (fake_quant.fake_quantize(x, 0.5, 128) * paddle.to_tensor([1.0, 2.0, 3.0])).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [1, 2, 3])
    weight = tensor([[0.5, 0.013]])
    (fake_quant.fake_quantize_weight(weight, 0) * paddle.to_tensor([[1.0, 2.0]])).sum().backward()
    np.testing.assert_array_equal(weight.grad.numpy(), [[1, 2]])


def test_pact_clips_and_alpha_learns_from_what_is_beyond():
    x, alpha = tensor([-5.0, -1.0, 1.0, 5.0, 7.0]), tensor([2.0])
    y = fake_quant.pact(x, alpha)
    np.testing.assert_array_equal(y.numpy(), [-2, -1, 1, 2, 2])
    (y * paddle.to_tensor([10.0, 100.0, 100.0, 1.0, 3.0])).sum().backward()
    np.testing.assert_array_equal(alpha.grad.numpy(), [1 + 3 - 10])
    np.testing.assert_array_equal(x.grad.numpy(), [0, 100, 100, 0, 0])


def test_range_is_the_moving_average_of_the_extremes():
    """-4 and 1, then -2 and 3: (0.9 * -4 - 2) / (0.9 + 1) = -2.947 and (0.9 * 1 + 3) / 1.9 = 2.053."""
    quantizer = ActivationQuantizer(rate=0.9)
    assert not quantizer.seen
    quantizer(tensor([-4.0, 1.0]))
    assert quantizer.grid == fake_quant.Grid(pytest.approx(5 / 255), 204)
    quantizer(tensor([-2.0, 3.0]))
    assert quantizer.grid == fake_quant.Grid(pytest.approx(9.5 / 1.9 / 255), 150)
    quantizer.eval()
    quantizer(tensor([50.0]))  # evaluation does not change it
    assert quantizer.grid.scale == pytest.approx(9.5 / 1.9 / 255)


def test_hard_swish_has_nearly_all_steps_above_zero():
    quantizer = ActivationQuantizer()
    quantizer(paddle.nn.functional.hardswish(paddle.linspace(-6, 6, 1000)))
    assert quantizer.grid.zero_point == 15  # 255 * 0.375 / 6.375


def test_alpha_limits_the_range_and_has_its_own_decay():
    quantizer = ActivationQuantizer(name="conv2d_7.w_0.pact")
    assert quantizer.alpha.item() == 20.0
    assert quantizer.alpha.name == "conv2d_7.w_0.pact"
    assert quantizer.alpha.regularizer._coeff == pytest.approx(2e-5)
    quantizer(tensor([0.3, 8.0]))
    quantizer.alpha.set_value(np.float32([1.0]))
    y = quantizer(tensor([0.3, 8.0]))
    assert quantizer.grid == fake_quant.Grid.between(0.0, 1.0)
    assert float(y[1]) == pytest.approx(1.0)


def test_alpha_begins_at_what_the_first_batch_has():
    """The sums in a detector's neck go far beyond 20; clipped there it finds nothing any more."""
    quantizer = ActivationQuantizer()
    y = quantizer(tensor([-170.0, 3.0]))
    assert quantizer.alpha.item() == 170.0
    assert float(y[0]) == pytest.approx(-170.0, abs=173 / 255)
    y = quantizer(tensor([400.0]))  # later batches are clipped
    assert quantizer.alpha.item() == 170.0
    assert float(y[0]) == pytest.approx((0.9 * 3 + 170) / 1.9, abs=1)  # the range still moves there


def test_adamw_leaves_alpha_to_its_own_decay():
    """Its L2 moves it by no more than the rate of 0.1; a decay of 0.5 would take another 1.0 of 20."""
    quantizer = ActivationQuantizer()
    schedule = Const(0.1, epochs=1, steps_per_epoch=1)
    common = common_arguments(schedule, 0.5, None, quantizer)
    optimizer = OPTIMIZERS.build({"name": "AdamW"}, where="", common=common, model=quantizer)
    quantizer(tensor([0.5])).sum().backward()
    optimizer.step()
    assert quantizer.alpha.item() == pytest.approx(20 - 0.1, abs=1e-3)


def test_values_that_are_never_negative_have_all_steps():
    quantizer = ActivationQuantizer()
    quantizer(tensor([2.0, 5.1]))  # after a ReLU with nothing at 0, even
    assert quantizer.grid == fake_quant.Grid(pytest.approx(5.1 / 255), 0)


def test_without_a_range_evaluation_changes_nothing():
    quantizer = ActivationQuantizer()
    quantizer.eval()
    np.testing.assert_array_equal(quantizer(tensor([0.123])).numpy(), np.float32([0.123]))


def test_evaluation_and_the_grid_of_the_export_are_the_same():
    quantizer = ActivationQuantizer()
    values = np.random.default_rng(0).normal(0, 2, 1000).astype(np.float32)
    quantizer(paddle.to_tensor(values[:500]))
    quantizer.eval()
    moving = quantizer(paddle.to_tensor(values)).numpy()
    np.testing.assert_allclose(moving, quantizer.grid.apply(values), atol=1e-6)
    quantizer.fixed = quantizer.grid
    np.testing.assert_allclose(quantizer(paddle.to_tensor(values)).numpy(), moving, atol=1e-6)
