"""Thin-plate spline rectification: the network finds the line's edges and straightens what lies between.

Bookstein, "Principal Warps: Thin-Plate Splines and the Decomposition of Deformations", PAMI 1989; as part of
a text recognizer: Shi et al., "Robust Scene Text Recognition with Automatic Rectification", CVPR 2016,
arXiv:1603.03915. As in PaddleOCR 2.x and unlike the paper, the three affine side conditions of the spline
are not zero but the output of a linear layer, ``grid_generator.fc``, whose learning rate is 0: zero unless a
checkpoint says otherwise. Parameter names are those of PaddleOCR 2.x; the tensors' own names are not fixed,
so a second instance in one process works.

All points are (x, y) with -1 and 1 at the borders of the picture.
"""

from functools import lru_cache

import numpy as np
import paddle
import paddle.nn.functional as F
from paddle import ParamAttr, Tensor, nn

from ppocr_lite.errors import ConfigError
from ppocr_lite.modeling.layers import ConvBN, uniform_attr
from ppocr_lite.parameters import NotNegative
from ppocr_lite.registry import RECTIFIERS

# model_name: (widths of the four convolutions, width of fc1)
LOCALIZATION = {
    "large": ((64, 128, 256, 512), 256),
    "small": ((16, 32, 64, 128), 64),
}
EPSILON = 1e-6
"""Keeps the logarithm finite where a pixel lies on a fiducial point."""
ONNX_OPSET = 16
"""The first with GridSample."""


@RECTIFIERS.register()
class TPS(nn.Layer):
    """Finds the fiducial points of the text, and samples the picture so that they lie on two straight lines.

    Args:
        num_fiducial: points along both edges of the text together; even, at least 4.
        loc_lr: learning rate of the layers that place the points, as a factor of the optimizer's.
        model_name: ``large``, else the small network (PaddleOCR's rule).

    Shapes: [N, C, H, W] -> the same; any H and W.
    """

    onnx_opset = ONNX_OPSET

    def __init__(
        self, in_channels: int, num_fiducial: int, *, loc_lr: NotNegative = 0.1, model_name: str = "small"
    ) -> None:
        super().__init__()
        if num_fiducial < 4 or num_fiducial % 2:
            raise ConfigError(f"num_fiducial: expected an even number from 4, got {num_fiducial}.")
        self.loc_net = LocalizationNetwork(
            in_channels, num_fiducial, loc_lr=loc_lr, large=model_name == "large"
        )
        self.grid_generator = GridGenerator(num_fiducial)
        self.out_channels = in_channels

    def forward(self, image: Tensor) -> Tensor:
        # Numbers, or tensors where the size is left open while a static graph is built.
        _, _, height, width = image.shape
        fiducials = self.loc_net(image)  # [N, F, 2]
        grid = self.grid_generator(fiducials, height, width)  # [N, H * W, 2]
        return F.grid_sample(image, grid.reshape([-1, height, width, 2]), align_corners=True)


class LocalizationNetwork(nn.Layer):
    """Four convolutions, the mean over the picture, two linear layers: [N, C, H, W] -> points [N, F, 2].

    Points come along the upper edge of the text, then along the lower one, each from left to right. An
    untrained network gives the same points for all pictures.
    """

    def __init__(self, in_channels: int, num_fiducial: int, *, loc_lr: float, large: bool) -> None:
        super().__init__()
        widths, hidden = LOCALIZATION["large" if large else "small"]
        for i, width in enumerate(widths):
            conv = ConvBN(in_channels, width, kernel=3, act="relu")
            self.add_sublayer(f"loc_conv{i}", conv)
            in_channels = width
        bound = uniform_attr(in_channels).initializer
        self.fc1 = nn.Linear(
            in_channels, hidden, weight_attr=ParamAttr(learning_rate=loc_lr, initializer=bound)
        )
        self.fc2 = nn.Linear(
            hidden,
            2 * num_fiducial,
            weight_attr=ParamAttr(learning_rate=loc_lr, initializer=nn.initializer.Constant(0.0)),
            bias_attr=ParamAttr(
                learning_rate=loc_lr, initializer=nn.initializer.Assign(first_guess(num_fiducial).ravel())
            ),
        )
        self._num_convs = len(widths)
        self._num_fiducial = num_fiducial

    def forward(self, image: Tensor) -> Tensor:
        x = image
        for i in range(self._num_convs):
            x = getattr(self, f"loc_conv{i}")(x)
            if i < self._num_convs - 1:
                x = F.max_pool2d(x, 2, 2)
        x = F.adaptive_avg_pool2d(x, 1).squeeze([2, 3])  # [N, 128] or [N, 512]
        points = self.fc2(F.relu(self.fc1(x)))
        return points.reshape([-1, self._num_fiducial, 2])


class GridGenerator(nn.Layer):
    """Fiducial points -> for each pixel of the straight picture, where to look in the given one.

    The matrices depend on the number of points and the picture's size alone. They are computed in float64:
    their large entries cancel, and in float32 the grid would be off by 1e-5 and more.

    Shapes: points [N, F, 2] -> grid float32 [N, H * W, 2], row by row.
    """

    def __init__(self, num_fiducial: int) -> None:
        super().__init__()
        # PaddleOCR 2.x's layer, with its learning rate of 0; see the top of this file.
        frozen = {"learning_rate": 0.0, "initializer": nn.initializer.Constant(0.0)}
        self.fc = nn.Linear(
            2 * num_fiducial, 6, weight_attr=ParamAttr(**frozen), bias_attr=ParamAttr(**frozen)
        )
        self._num_fiducial = num_fiducial

    def forward(self, points: Tensor, height: int | Tensor, width: int | Tensor) -> Tensor:
        side = self.fc(points.reshape([-1, 2 * self._num_fiducial])).reshape([-1, 3, 2])
        target = paddle.concat([points, side], axis=1).astype("float64")  # [N, F + 3, 2]
        if isinstance(height, int) and isinstance(width, int):
            weights = paddle.to_tensor(pixel_weights(self._num_fiducial, height, width))
            grid = paddle.matmul(weights, target)  # [H * W, F + 3] x [N, F + 3, 2]
        else:
            solve = paddle.to_tensor(np.linalg.inv(spline_system(self._num_fiducial)))
            # In this order, the first product depends on the size alone, and an export can keep it ready. Its
            # values are near 1 and less, so that float32 does from here on.
            weights = paddle.matmul(self._basis(height, width), solve).astype("float32")
            grid = paddle.matmul(weights, target.astype("float32"))
        return grid.astype("float32")  # [N, H * W, 2]

    def _basis(self, height: int | Tensor, width: int | Tensor) -> Tensor:
        """:func:`basis_at_pixels` as a part of the graph, for a size that is known at run time only."""
        x, y = _centres(width), _centres(height)
        fiducials = base_fiducials(self._num_fiducial)
        dx = x.unsqueeze(1) - paddle.to_tensor(fiducials[:, 0])  # [W, F]
        dy = y.unsqueeze(1) - paddle.to_tensor(fiducials[:, 1])  # [H, F]
        squared = (dy * dy).unsqueeze(1) + (dx * dx).unsqueeze(0)  # [H, W, F]
        # A tensor, because paddle2onnx adds a number to float64 in float32.
        epsilon = paddle.to_tensor(np.full(1, EPSILON))
        radial = squared * paddle.log(paddle.sqrt(squared) + epsilon)
        one = paddle.ones_like(squared[:, :, :1])
        parts = [one, one * x.reshape([1, -1, 1]), one * y.reshape([-1, 1, 1]), radial]
        return paddle.concat(parts, axis=2).flatten(0, 1)  # [H * W, F + 3]


def _centres(size: int | Tensor) -> Tensor:
    """Pixel centres of a row of ``size`` pixels, float64 [size] in -1..1."""
    steps = paddle.arange(size, dtype="float64") if isinstance(size, int) else _count(size)
    total = float(size) if isinstance(size, int) else size.astype("float64")
    return (2.0 * steps + 1.0 - total) / total


def _count(size: Tensor) -> Tensor:
    """0, 1, ... size - 1 as float64."""
    return paddle.arange(0, size, 1, dtype="int64").astype("float64")


def first_guess(num_fiducial: int) -> np.ndarray:
    """Points of an untrained network, float64 [F, 2]: the upper edge rises to the right, the lower falls."""
    half = num_fiducial // 2
    x = np.linspace(-1.0, 1.0, half)
    upper, lower = np.linspace(0.0, -1.0, half), np.linspace(1.0, 0.0, half)
    return np.concatenate([np.stack([x, upper], axis=1), np.stack([x, lower], axis=1)])


def base_fiducials(num_fiducial: int) -> np.ndarray:
    """Where the points lie in the straight picture, float64 [F, 2]: along its upper and its lower border."""
    x = np.linspace(-1.0, 1.0, num_fiducial // 2)
    return np.concatenate([np.stack([x, np.full_like(x, y)], axis=1) for y in (-1.0, 1.0)])


def spline_system(num_fiducial: int) -> np.ndarray:
    """Matrix of the spline's conditions, float64 [F + 3, F + 3]: it passes the points; it is flat far away.

    Unknowns are the constant, the factors of x and y, and one weight for each fiducial point.
    """
    points = base_fiducials(num_fiducial)
    distance = np.linalg.norm(points[:, None] - points[None], axis=2) + np.eye(num_fiducial)
    one = np.ones((num_fiducial, 1))
    passing = np.concatenate([one, points, distance**2 * np.log(distance)], axis=1)
    flat = np.concatenate([np.zeros((3, 3)), np.concatenate([points, one], axis=1).T], axis=1)
    return np.concatenate([passing, flat])


def basis_at_pixels(num_fiducial: int, height: int, width: int) -> np.ndarray:
    """Value of each of the spline's functions at each pixel's centre, float64 [H * W, F + 3]."""
    x = (2.0 * np.arange(width) + 1 - width) / width
    y = (2.0 * np.arange(height) + 1 - height) / height
    pixels = np.stack([np.tile(x, height), np.repeat(y, width)], axis=1)
    r = np.linalg.norm(pixels[:, None] - base_fiducials(num_fiducial)[None], axis=2)
    return np.concatenate([np.ones((len(pixels), 1)), pixels, r**2 * np.log(r + EPSILON)], axis=1)


@lru_cache(maxsize=32)
def pixel_weights(num_fiducial: int, height: int, width: int) -> np.ndarray:
    """How much each target point counts for each pixel, float64 [H * W, F + 3]; not to be written to."""
    weights = basis_at_pixels(num_fiducial, height, width) @ np.linalg.inv(spline_system(num_fiducial))
    weights.flags.writeable = False
    return weights
