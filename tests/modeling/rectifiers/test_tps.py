from pathlib import Path

import numpy as np
import paddle
import pytest

from ppocr_lite.config import Config
from ppocr_lite.engine import assemble
from ppocr_lite.errors import ConfigError
from ppocr_lite.modeling.rectifiers.tps import TPS, GridGenerator, base_fiducials, first_guess

pytestmark = pytest.mark.train
CONFIGS = Path(__file__).resolve().parents[3] / "configs" / "rec"


def centres(height: int, width: int) -> np.ndarray:
    """[H * W, 2], row by row."""
    x = (2 * np.arange(width) + 1) / width - 1
    y = (2 * np.arange(height) + 1) / height - 1
    return np.stack(np.meshgrid(x, y), axis=2).reshape(-1, 2)


@pytest.mark.parametrize("num_fiducial", [4, 20])
@pytest.mark.parametrize("sizes_as_tensors", [False, True])
def test_points_moved_by_an_affine_map_move_all_pixels_by_it(num_fiducial, sizes_as_tensors):
    points = base_fiducials(num_fiducial)
    turn = np.array([[0.9, 0.2], [-0.1, 0.7]])
    moved = np.stack([points, points @ turn + [0.1, -0.05]])
    height, width = (paddle.to_tensor(v) for v in (6, 11)) if sizes_as_tensors else (6, 11)
    grid = GridGenerator(num_fiducial)(paddle.to_tensor(moved.astype(np.float32)), height, width).numpy()
    assert grid.dtype == np.float32
    np.testing.assert_allclose(grid[0], centres(6, 11), atol=1e-6)
    np.testing.assert_allclose(grid[1], centres(6, 11) @ turn + [0.1, -0.05], atol=1e-6)


def test_a_bent_line_is_followed():
    """Points on a parabola: between them the spline stays near it, and it is symmetric."""
    points = base_fiducials(20)
    points[:, 1] = 0.5 * points[:, 1] + 0.3 * points[:, 0] ** 2
    grid = GridGenerator(20)(paddle.to_tensor(points[None].astype(np.float32)), 64, 64)
    x, y = grid.numpy().reshape(64, 64, 2).transpose(2, 0, 1)
    np.testing.assert_allclose(y, y[:, ::-1], atol=1e-6)
    np.testing.assert_allclose(x, -x[:, ::-1], atol=1e-6)
    flat = centres(64, 64).reshape(64, 64, 2)
    inner = slice(4, 60)
    expected = 0.5 * flat[0, 0, 1] + 0.3 * flat[0, inner, 0] ** 2
    np.testing.assert_allclose(y[0, inner], expected, atol=0.01)


def test_first_guess_is_the_paper_s_order():
    np.testing.assert_allclose(first_guess(6), [[-1, 0], [0, -0.5], [1, -1], [-1, 1], [0, 0.5], [1, 0]])


@pytest.mark.parametrize("shape", [[2, 3, 32, 100], [1, 1, 48, 77]])
def test_keeps_the_size_and_an_untrained_network_places_equal_points(shape):
    tps = TPS(shape[1], 20, model_name="large")
    tps.eval()
    assert tps.out_channels == shape[1]
    image = paddle.randn(shape)
    assert tps(image).shape == shape
    np.testing.assert_allclose(
        tps.loc_net(image).numpy(), np.tile(first_guess(20), (shape[0], 1, 1)), atol=1e-6
    )


def test_sampling_takes_the_pixels_of_the_grid():
    """Points on the upper half of the picture: the lower half is not seen any more."""
    tps = TPS(1, 4)
    points = base_fiducials(4) * [1, 0.5] - [0, 0.5]
    tps.loc_net.fc2.bias.set_value(points.astype(np.float32).ravel())
    image = paddle.to_tensor(np.repeat(np.repeat([[[[1.0], [1.0], [5.0], [5.0]]]], 4, 2), 8, 3), "float32")
    straight = tps(image)  # 16 x 8, of which rows 0 to 7 hold 1
    np.testing.assert_allclose(straight.numpy()[:, :, :15], 1.0, atol=1e-5)
    # The last row: y = 15/16 / 2 - 1/2 = -1/32, which is row 31/32 * 15/2 = 7.265625.
    np.testing.assert_allclose(straight.numpy()[:, :, 15], 1 + 4 * 0.265625, atol=1e-5)


def test_two_instances_learn_apart_and_the_side_conditions_stay():
    first, second = TPS(3, 20, loc_lr=0.1), TPS(3, 20, loc_lr=0.1)
    assert len(first.state_dict()) == 26  # no matrices of constants
    assert not {p.name for p in first.parameters()} & {p.name for p in second.parameters()}
    before = {n: p.numpy().copy() for n, p in first.named_parameters()}
    image = paddle.randn([2, 3, 32, 64])
    assert image.stop_gradient
    optimizer = paddle.optimizer.SGD(0.5, parameters=first.parameters())
    (first(image) ** 2).mean().backward()
    step = 0.05 * first.loc_net.fc2.bias.grad.numpy()  # a tenth of the optimizer's rate
    assert np.abs(step).max() > 1e-4
    assert float(first.grid_generator.fc.bias.grad.abs().max()) > 0
    optimizer.step()
    after = {n: p.numpy() for n, p in first.named_parameters()}
    np.testing.assert_allclose(
        after["loc_net.fc2.bias"], before["loc_net.fc2.bias"] - step, rtol=1e-4, atol=1e-7
    )
    for name in ("grid_generator.fc.weight", "grid_generator.fc.bias"):
        np.testing.assert_array_equal(after[name], before[name])


@pytest.mark.parametrize("num_fiducial", [2, 7])
def test_number_of_points_must_be_even(num_fiducial):
    with pytest.raises(
        ConfigError, match=f"num_fiducial: expected an even number from 4, got {num_fiducial}"
    ):
        TPS(3, num_fiducial)


@pytest.mark.parametrize(
    ("name", "entries", "elements", "trainable"),
    [
        ("rec_mv3_none_bilstm_ctc", 301, 2_130_779, 1_451_787),
        ("rec_mv3_tps_bilstm_att", 335, 2_358_890, 1_679_418),
    ],
)
def test_published_element_counts(name, entries, elements, trainable):
    model = assemble.parts(Config.load(CONFIGS / f"{name}.yml")).model
    state = model.state_dict()
    assert len(state) == entries
    assert sum(int(t.size) for t in state.values()) == elements  # a Paddle LSTM names each weight twice
    assert sum(int(p.size) for p in model.parameters() if p.trainable) == trainable
