import numpy as np
import paddle
import pytest

from ppocr_lite.modeling.layers.residual import BASIC, BOTTLENECK, ResidualBlock

pytestmark = pytest.mark.train


def silent(block):
    """The block in evaluation mode, its convolutions giving 0: what comes out is the shortcut alone."""
    for name, tensor in block.state_dict().items():
        if not name.startswith("short") and name.endswith("_batch_norm.weight"):
            tensor.set_value(paddle.zeros_like(tensor))
    block.eval()
    return block


@pytest.mark.parametrize(
    ("convs", "names"),
    [(BASIC, ["conv0", "conv1", "short"]), (BOTTLENECK, ["conv0", "conv1", "conv2", "short"])],
)
def test_sublayers_in_order(convs, names):
    block = ResidualBlock(4, 8, convs=convs, stride=2, project=True)
    assert list(dict.fromkeys(key.split(".")[0] for key in block.state_dict())) == names
    assert block.out_channels == 8 * convs[-1].widths
    assert block(paddle.zeros([1, 4, 5, 7])).shape == [1, block.out_channels, 3, 4]
    assert block.conv1._conv._stride == ([2, 2] if convs is BOTTLENECK else [1, 1])


def test_without_projection_x_itself_is_added_and_cut_at_zero():
    block = silent(ResidualBlock(2, 2, convs=BASIC))
    assert not [key for key in block.state_dict() if key.startswith("short")]
    x = paddle.to_tensor([[[[-1.0, 2.0]], [[3.0, -4.0]]]])
    assert block(x).tolist() == [[[[0.0, 2.0]], [[3.0, 0.0]]]]


@pytest.mark.parametrize(
    ("stride", "average", "expected"),
    [
        (1, True, [[1, 2, 3], [4, 5, 6], [7, 8, 9]]),
        (2, False, [[1, 3], [7, 9]]),
        # means of 1 2 4 5, of 3 6, of 7 8, of 9: windows at the border have fewer pixels
        (2, True, [[3, 4.5], [7.5, 9]]),
        ((2, 1), True, [[2.5, 3.5, 4.5], [7, 8, 9]]),
    ],
)
def test_projected_shortcut_by_hand(stride, average, expected):
    block = silent(ResidualBlock(1, 1, convs=BASIC, stride=stride, project=True, average=average))
    block.short._conv.weight.set_value(paddle.ones([1, 1, 1, 1]))
    x = paddle.arange(1, 10, dtype="float32").reshape([1, 1, 3, 3])
    np.testing.assert_allclose(block(x).numpy()[0, 0], expected, rtol=1e-4)


def test_a_layer_that_is_swapped_takes_effect():
    block = silent(ResidualBlock(1, 1, convs=BASIC, project=True))
    block.short = paddle.nn.Identity()
    x = paddle.ones([1, 1, 2, 2])
    assert bool((block(x) == x).all())
