"""Augmenters that move pixels, and the points with them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from ppocr_lite.errors import ConfigError
from ppocr_lite.transforms.augmenters.base import AUGMENTERS, Named, Range, share, value_range

ORDERS = {0: cv2.INTER_NEAREST, 1: cv2.INTER_LINEAR, 3: cv2.INTER_CUBIC}
"""imgaug's numbers of the interpolations."""
BORDERS = {
    "constant": cv2.BORDER_CONSTANT,
    "edge": cv2.BORDER_REPLICATE,
    "reflect": cv2.BORDER_REFLECT_101,
    "symmetric": cv2.BORDER_REFLECT,
}

Moved = tuple[np.ndarray, np.ndarray]


class _Flip(Named):
    """Mirror along ``axis`` (0: x, 1: y) with probability ``p``."""

    axis: int

    def __init__(self, p: float = 1.0) -> None:
        self.p = share(p, f"{type(self).__name__}.p")

    def __call__(self, image: np.ndarray, points: np.ndarray, rng: np.random.Generator) -> Moved:
        if rng.random() >= self.p:
            return image, points
        points = points.copy()
        points[..., self.axis] = image.shape[1 - self.axis] - points[..., self.axis]
        return cv2.flip(image, 1 - self.axis), points


@AUGMENTERS.register()
class Fliplr(_Flip):
    """Mirror left to right with probability ``p``: x becomes W - x."""

    axis = 0


@AUGMENTERS.register()
class Flipud(_Flip):
    """Mirror top to bottom with probability ``p``: y becomes H - y. Mirrored letters are no text."""

    axis = 1


@AUGMENTERS.register()
class HorizontalFlip(Fliplr):
    """Fliplr by the name of newer configurations; half of the pages by default, as there."""

    def __init__(self, p: float = 0.5) -> None:
        super().__init__(p)


@AUGMENTERS.register()
class VerticalFlip(Flipud):
    """Flipud by the name of newer configurations; half of the pages by default, as there."""

    def __init__(self, p: float = 0.5) -> None:
        super().__init__(p)


@dataclass(frozen=True)
class PerAxis:
    """Ranges of a value along x and along y; ``together`` takes one value for both."""

    x: Range
    y: Range
    together: bool = False

    @classmethod
    def parse(cls, value: Any, what: str, default: float, *, x_alone: bool = False) -> "PerAxis":
        """From a number, ``[low, high]``, or ``{x: ..., y: ...}``; ``x_alone`` leaves y at ``default``."""
        if isinstance(value, Mapping):
            if not value or set(value) - {"x", "y"}:
                raise ConfigError(f"{what}: expected the keys x and y, got {dict(value)}.")
            pair = [value_range(value.get(axis, default), f"{what}.{axis}") for axis in ("x", "y")]
            return cls(pair[0], pair[1])
        both = value_range(default if value is None else value, what)
        return cls(both, (default, default)) if x_alone else cls(both, both, together=True)

    def draw(self, rng: np.random.Generator) -> tuple[float, float]:
        x = float(rng.uniform(*self.x))
        return x, x if self.together else float(rng.uniform(*self.y))


@AUGMENTERS.register()
class Affine(Named):
    """Scale, shear, rotate about the centre and shift, in this order.

    The canvas keeps its size unless ``fit_output``; points may leave it. Each parameter is a number or
    [low, high]; ``scale``, ``shear`` and the shifts may be ``{x: ..., y: ...}`` with a draw for each axis.

    Args:
        rotate: degrees, clockwise on the screen if positive.
        scale: factor of both axes.
        translate_percent: shift as a share of the width and of the height (0.1 is a tenth), right and down.
        translate_px: shift in pixels.
        shear: degrees by which upright strokes lean to the right; ``{y: ...}`` lets the lines rise instead.
            (imgaug's sign differs between its versions.)
        order: 0 nearest, 1 bilinear, 3 cubic.
        cval: grey value of what was outside.
        mode: ``constant``, ``edge``, ``reflect`` or ``symmetric``, what was outside.
        fit_output: make the canvas as large as the moved picture needs.
    """

    def __init__(
        self,
        rotate: float | Sequence[float] = 0.0,
        scale: Any = 1.0,
        *,
        translate_percent: Any = None,
        translate_px: Any = None,
        shear: Any = 0.0,
        order: int = 1,
        cval: float = 0,
        mode: str = "constant",
        fit_output: bool = False,
    ) -> None:
        name = type(self).__name__
        if order not in ORDERS or mode not in BORDERS:
            raise ConfigError(
                f"{name}: expected order {', '.join(map(str, ORDERS))} and mode {', '.join(BORDERS)}, "
                f"got {order!r} and {mode!r}."
            )
        self.rotate = value_range(rotate, f"{name}.rotate")
        self.scale = PerAxis.parse(scale, f"{name}.scale", 1.0)
        if min(self.scale.x[0], self.scale.y[0]) <= 0:
            raise ConfigError(f"{name}.scale: factors must be above 0, got {scale}.")
        self.shift_share = PerAxis.parse(translate_percent, f"{name}.translate_percent", 0.0)
        self.shift_px = PerAxis.parse(translate_px, f"{name}.translate_px", 0.0)
        self.shear = PerAxis.parse(shear, f"{name}.shear", 0.0, x_alone=True)
        self.flags, self.border, self.cval = ORDERS[order], BORDERS[mode], float(cval)
        self.fit_output = fit_output

    def __call__(self, image: np.ndarray, points: np.ndarray, rng: np.random.Generator) -> Moved:
        height, width = image.shape[:2]
        size = np.array([width, height], np.float64)
        turn = self._turn(rng)
        shift = np.array(self.shift_share.draw(rng)) * size + self.shift_px.draw(rng)
        centre = size / 2
        to = centre + shift
        if self.fit_output:
            corners = (np.array([[0, 0], [width, 0], [width, height], [0, height]]) - centre) @ turn.T
            low = corners.min(axis=0)
            to = -low
            width, height = (max(1, int(v)) for v in np.ceil(corners.max(axis=0) - low - 1e-6))
        # Pixel (0, 0) covers 0..1, so its centre lies half a pixel off the corner that points count from.
        matrix = np.column_stack([turn, to - 0.5 - turn @ (centre - 0.5)])
        out = cv2.warpAffine(
            image,
            matrix,
            (width, height),
            flags=self.flags,
            borderMode=self.border,
            borderValue=(self.cval,) * 4,
        )
        return out, ((points - centre) @ turn.T + to).astype(np.float32)

    def _turn(self, rng: np.random.Generator) -> np.ndarray:
        """The linear part, [2, 2]."""
        angle = np.deg2rad(rng.uniform(*self.rotate))
        lean_x, lean_y = np.tan(np.deg2rad(self.shear.draw(rng)))
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        return turn @ np.array([[1.0, -lean_x], [-lean_y, 1.0]]) @ np.diag(self.scale.draw(rng))


@AUGMENTERS.register()
class Rotate(Affine):
    """Affine with a rotation alone."""

    def __init__(self, rotate: float | Sequence[float] = 0.0, cval: float = 0, *, fit_output: bool = False):
        super().__init__(rotate, cval=cval, fit_output=fit_output)


@AUGMENTERS.register()
class ShearX(Affine):
    """Affine with strokes that lean by ``shear`` degrees alone."""

    def __init__(self, shear: float | Sequence[float] = 0.0, cval: float = 0, *, fit_output: bool = False):
        super().__init__(shear=shear, cval=cval, fit_output=fit_output)


@AUGMENTERS.register()
class PerspectiveTransform(Named):
    """Stretch a random quad near the corners to the whole picture.

    Args:
        scale: standard deviation of how far each corner lies inside, as a share of the side; a number or
            [low, high]. 0.1 is strong.
        keep_size: keep width and height; otherwise the size is the quad's.
    """

    def __init__(self, scale: float | Sequence[float] = (0.0, 0.06), keep_size: bool = True) -> None:
        self.scale = value_range(scale, "PerspectiveTransform.scale", least=0, most=0.25)
        self.keep_size = keep_size

    def __call__(self, image: np.ndarray, points: np.ndarray, rng: np.random.Generator) -> Moved:
        height, width = image.shape[:2]
        inward = np.minimum(np.abs(rng.normal(0, rng.uniform(*self.scale), (4, 2))), 0.4)
        unit = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float64)
        source = (np.abs(unit - inward) * (width, height)).astype(np.float32)
        size = (width, height)
        if not self.keep_size:
            sides = np.linalg.norm(source - np.roll(source, -1, axis=0), axis=1)
            size = (max(1, round(float(sides[[0, 2]].max()))), max(1, round(float(sides[[1, 3]].max()))))
        matrix = cv2.getPerspectiveTransform(source, (unit * size).astype(np.float32))
        half = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])  # pixel centres, see Affine
        out = cv2.warpPerspective(image, np.linalg.inv(half) @ matrix @ half, size)
        if not points.size:
            return out, points
        moved = cv2.perspectiveTransform(points.reshape(-1, 1, 2).astype(np.float64), matrix)
        return out, moved.reshape(points.shape).astype(np.float32)
