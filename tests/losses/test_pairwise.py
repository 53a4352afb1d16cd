import math

import paddle
import pytest

from ppocr_lite.errors import ConfigError
from ppocr_lite.losses.pairwise import CELoss, DistanceLoss, DMLLoss, KLJSLoss

pytestmark = pytest.mark.train


def tensor(values):
    return paddle.to_tensor(values, dtype="float32", stop_gradient=False)


def test_symmetric_kl_by_hand():
    # one image of two pixels: (0.5, 0.8) against (0.25, 0.8)
    loss = KLJSLoss("kl")(tensor([[[0.5, 0.8]]]), tensor([[[0.25, 0.8]]]))
    first = 0.5 * (0.25 * math.log(0.5) + 0.5 * math.log(2.0))
    assert loss.shape == [1]
    assert float(loss[0]) == pytest.approx(first / 2, rel=1e-3)


def test_jensen_shannon_by_hand():
    loss = KLJSLoss("js", "sum")(tensor([[[0.5]]]), tensor([[[0.25]]]))
    expected = 0.5 * (0.25 * math.log(0.5 / 0.75) + 0.5 * math.log(1.0 / 0.75))
    assert float(loss[0]) == pytest.approx(expected, rel=1e-3)


def test_mutual_learning_with_logarithms_by_hand():
    # two images of one step, probabilities (1/2, 1/2) against (3/4, 1/4) and against itself
    even, skew = [[0.0, 0.0]], [[math.log(3.0), 0.0]]
    first, second = tensor([even, even]), tensor([skew, even])
    loss = DMLLoss("softmax", use_log=True)(first, second)
    forward = 0.5 * math.log(0.5 / 0.75) + 0.5 * math.log(0.5 / 0.25)
    backward = 0.75 * math.log(0.75 / 0.5) + 0.25 * math.log(0.25 / 0.5)
    assert float(loss) == pytest.approx((forward + backward) / 2 / 2, rel=1e-5)
    loss.backward()
    assert bool(first.grad[0].any())
    assert bool(second.grad[0].any())


def test_the_batch_size_does_not_scale_the_gradient():
    one, two = ([[[0.5, 0.3]]] * n for n in (1, 2))
    single, double = tensor(one), tensor(two)
    DMLLoss()(single, tensor([[[0.2, 0.3]]])).backward()
    DMLLoss()(double, tensor([[[0.2, 0.3]]] * 2)).backward()
    assert float(double.grad.sum()) == pytest.approx(float(single.grad.sum()), rel=1e-5)


def test_cross_entropy_by_hand():
    # probabilities 3/4 and 1/4
    x = tensor([[math.log(3.0), 0.0]])
    right, wrong = -math.log(0.75), -math.log(0.25)
    assert float(CELoss()(x, paddle.to_tensor([1]))) == pytest.approx(wrong)
    # another model's logits: 1/2 and 1/2
    assert float(CELoss()(x, tensor([[2.0, 2.0]]))) == pytest.approx((right + wrong) / 2)
    # smoothed by 0.2: 0.1 for the other class, 0.9 for this one
    smooth = CELoss(0.2)
    assert float(smooth(x, paddle.to_tensor([1]))) == pytest.approx(0.9 * wrong + 0.1 * right)


@pytest.mark.parametrize(
    ("mode", "expected"), [("l1", 1.5), ("l2", (0.25 + 6.25) / 2), ("smooth_l1", (0.125 + 2.0) / 2)]
)
def test_distances_by_hand(mode, expected):
    # differences -0.5 and 2.5
    assert float(DistanceLoss(mode)(tensor([0.0, 3.0]), tensor([0.5, 0.5]))) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: DMLLoss("softmaxx"), r"act: no 'softmaxx'. Did you mean 'softmax'\?"),
        (lambda: CELoss(1.5), r"CELoss.epsilon: expected a share between 0 and 1"),
        (lambda: DistanceLoss("l3"), r"mode: no 'l3'"),
        (lambda: KLJSLoss("both"), r"KLJSLoss.mode: expected kl or js"),
        (lambda: KLJSLoss("kl", "none"), r"KLJSLoss.reduction: expected mean or sum"),
    ],
)
def test_wrong_parameters(make, message):
    with pytest.raises(ConfigError, match=message):
        make()
