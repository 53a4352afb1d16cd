"""Windows of pages whose edges may cut lines, and pages brought to one size."""

from collections.abc import Sequence

import cv2
import numpy as np

from ppocr_lite.errors import ConfigError, DataError
from ppocr_lite.geometry import min_area_quad, quad_size
from ppocr_lite.parameters import Share
from ppocr_lite.registry import TRANSFORMS
from ppocr_lite.transforms.base import Sample

MIN_VISIBLE_HEIGHT = 0.75
"""A line of which less than this share of the height is inside is neither text nor background."""
MIN_VISIBLE_PX = 2.0


@TRANSFORMS.register()
class RandomTextCrop:
    """Scale the page so that its lines get a drawn height, then cut a window around one of them.

    EastRandomCropData never cuts text, so on a dense page it takes the whole page and shrinks it: the
    detector then sees small text alone. Here the height of the lines decides on the scale, and polygons are
    cut with the picture, as they are at the edge of a photograph or of a tile. Quads only.

    Args:
        size: (width, height) of the window in pixels.
        text_height: range of the page's median line height after scaling, in pixels, drawn on a log scale.
        max_enlarge: limit of the scale, so that coarse pixels are not blown up beyond what scans show.
        tilt: every other page is turned by an angle from -tilt to tilt, in degrees, as hand-held cameras do.
        anywhere: share of the windows that lie anywhere on the page, with a line or without: walls, windows
            and leaves are learned from those.
    """

    requires = ("image", "polys", "ignore_tags", "texts")
    provides = ("image", "polys", "ignore_tags", "texts")

    def __init__(
        self,
        size: Sequence[int] = (640, 640),
        *,
        text_height: Sequence[float] = (10.0, 48.0),
        max_enlarge: float = 2.0,
        tilt: float = 0.0,
        anywhere: Share = 0.0,
    ) -> None:
        self.size = (int(size[0]), int(size[1]))
        self.text_height = (float(text_height[0]), float(text_height[1]))
        self.max_enlarge = float(max_enlarge)
        self.tilt = float(tilt)
        self.anywhere = anywhere
        if min(self.size) < 1 or not 0 < self.text_height[0] <= self.text_height[1]:
            raise ConfigError(
                f"RandomTextCrop: expected a positive size and an ascending range text_height, got {size} "
                f"and {text_height}."
            )
        if not 0 <= self.tilt < 90:
            raise ConfigError(f"RandomTextCrop.tilt: expected 0 to 90 degrees, got {tilt}.")

    def __call__(self, sample: Sample, rng: np.random.Generator) -> Sample | None:
        quads = np.asarray(sample["polys"], np.float32)
        if quads.ndim != 3 or quads.shape[1] != 4 or not len(quads):
            return None
        anywhere = self.anywhere > 0 and rng.random() < self.anywhere
        matrix = self._window(quads, rng, sample["image"].shape[:2] if anywhere else None)
        white = rng.random() < 0.5  # what lies beyond the page: a bright or a dark ground
        sample["image"] = cv2.warpAffine(
            sample["image"],
            matrix,
            self.size,
            flags=cv2.INTER_LINEAR,  # as the resizing at inference does
            borderMode=cv2.BORDER_CONSTANT,
            borderValue=(255, 255, 255) if white else (0, 0, 0),
        )
        moved = (quads @ matrix[:, :2].T + matrix[:, 2]).astype(np.float32)
        clipped = [(i, *self._clip(quad)) for i, quad in enumerate(moved)]
        kept = [(i, quad, cut) for i, quad, cut in clipped if quad is not None]
        if not kept and not anywhere:
            return None
        sample["polys"] = np.array([quad for _, quad, _ in kept], np.float32).reshape(-1, 4, 2)
        tags = [bool(sample["ignore_tags"][i]) or cut for i, _, cut in kept]
        sample["ignore_tags"] = np.array(tags, bool)
        sample["texts"] = [sample["texts"][i] for i, _, _ in kept]
        return sample

    def _window(
        self, quads: np.ndarray, rng: np.random.Generator, page: tuple[int, int] | None
    ) -> np.ndarray:
        """Affine matrix [2, 3] from the page to the window: one scale, one angle, one shift.

        ``page``: (height, width) within which any point may be the window's middle; a line's by default.
        """
        height = float(np.median([min(quad_size(quad)) for quad in quads]))
        low, high = np.log(self.text_height)
        scale = min(float(np.exp(rng.uniform(low, high))) / max(1.0, height), self.max_enlarge)
        if page is None:
            target = quads[int(rng.integers(len(quads)))]
            along = rng.random()
            centre = target[[0, 3]].mean(0) * (1 - along) + target[[1, 2]].mean(0) * along
            place = np.array(self.size) * rng.uniform(0.15, 0.85, 2)
        else:
            centre = rng.random(2) * page[::-1]
            place = np.array(self.size) / 2
        turned = np.radians(rng.uniform(-self.tilt, self.tilt)) if self.tilt and rng.random() < 0.5 else 0.0
        cos, sin = scale * np.cos(turned), scale * np.sin(turned)
        turn = np.array([[cos, -sin], [sin, cos]])
        return np.concatenate([turn, (place - turn @ centre)[:, None]], axis=1)

    def _clip(self, quad: np.ndarray) -> tuple[np.ndarray | None, bool]:
        """(the part of ``quad`` inside the window, whether it is cut so that it cannot be read)."""
        width, height = self.size
        low, high = quad.min(0), quad.max(0)
        if (low >= 0).all() and high[0] <= width and high[1] <= height:
            return quad, False
        if (high <= 0).any() or low[0] >= width or low[1] >= height:
            return None, False
        frame = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
        area, part = cv2.intersectConvexConvex(np.ascontiguousarray(quad, np.float32), frame)
        if area <= 0 or part is None or len(part) < 3:
            return None, False
        clipped = min_area_quad(part.reshape(-1, 2))
        thickness = min(quad_size(clipped))
        if thickness < MIN_VISIBLE_PX:
            return None, False
        # Cut along the line, or a stump of it that is narrower than the line is high.
        return clipped, thickness < MIN_VISIBLE_HEIGHT * min(quad_size(quad))


@TRANSFORMS.register()
class RandomCropImgMask:
    """Cut the same random window out of an image and its maps; for networks that learn from masks alone.

    Polygons are not moved along. What is smaller than the window is filled up with 0 on the right and below.

    Args:
        size: (height, width) of the window in pixels.
        main_key: map [H, W] whose pixels above 0 are text.
        crop_keys: keys to cut, arrays of the map's size: [H, W], [H, W, C] or [C, H, W].
        p: share of the windows that may lie anywhere; the others hold a random pixel of text.

    Raises:
        DataError: an array of another size than the map.
    """

    def __init__(
        self, size: Sequence[int], main_key: str, *, crop_keys: Sequence[str], p: float = 3 / 8
    ) -> None:
        self.height, self.width = int(size[0]), int(size[1])
        if min(self.height, self.width) < 1:
            raise ConfigError(f"RandomCropImgMask.size: expected [height, width] in pixels, got {size}.")
        self.main_key = main_key
        self.p = p
        self.provides = tuple(crop_keys)
        self.requires = tuple(dict.fromkeys([main_key, *crop_keys]))

    def __call__(self, sample: Sample, rng: np.random.Generator) -> Sample:
        mask = sample[self.main_key]
        height, width = mask.shape[:2]
        text = np.flatnonzero(mask > 0)
        anywhere = rng.random() < self.p or not len(text)
        row, column = (None, None) if anywhere else divmod(int(rng.choice(text)), width)
        y = _start(height, self.height, row, rng)
        x = _start(width, self.width, column, rng)
        for key in self.provides:
            sample[key] = self._cut(sample[key], (height, width), y, x, key)
        return sample

    def _cut(self, array: np.ndarray, size: tuple[int, int], y: int, x: int, key: str) -> np.ndarray:
        if array.shape[:2] == size:
            first = 0
        elif array.shape[-2:] == size:
            first = array.ndim - 2
        else:
            raise DataError(
                f"RandomCropImgMask: '{key}' has the shape {array.shape}, '{self.main_key}' the size {size}."
            )
        lead = (slice(None),) * first
        part = array[(*lead, slice(y, y + self.height), slice(x, x + self.width))]
        out = np.zeros(
            (*array.shape[:first], self.height, self.width, *array.shape[first + 2 :]), array.dtype
        )
        out[(*lead, slice(part.shape[first]), slice(part.shape[first + 1]))] = part
        return out


def _start(length: int, window: int, point: int | None, rng: np.random.Generator) -> int:
    """Where a window begins along one axis; with a ``point``, so that it holds it."""
    last = max(0, length - window)
    if point is None:
        return int(rng.integers(last + 1))
    return int(rng.integers(min(last, max(0, point - window + 1)), min(last, point) + 1))


@TRANSFORMS.register()
class Resize:
    """Stretch a page to ``size`` (height, width), ``polys`` along with it; bilinear."""

    requires = ("image", "polys")
    provides = ("image", "polys")

    def __init__(self, size: Sequence[int] = (640, 640)) -> None:
        if len(size) != 2 or min(size) < 1:
            raise ConfigError(f"Resize.size: expected [height, width] in pixels, got {size}.")
        self.height, self.width = int(size[0]), int(size[1])

    def __call__(self, sample: Sample, rng: np.random.Generator | None = None) -> Sample:
        height, width = sample["image"].shape[:2]
        factors = np.array([self.width / width, self.height / height], np.float32)
        sample["image"] = cv2.resize(sample["image"], (self.width, self.height))
        sample["polys"] = np.asarray(sample["polys"], np.float32) * factors
        return sample
