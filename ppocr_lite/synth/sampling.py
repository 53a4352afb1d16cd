"""Small random helpers: weighted choice, noise tiles made once and cut at random places."""

import math
from bisect import bisect_right
from collections.abc import Iterable
from functools import lru_cache
from itertools import accumulate
from typing import Any, Generic, TypeVar

import cv2
import numpy as np

T = TypeVar("T")
Rng = np.random.Generator

_TILE_H, _TILE_W = 512, 2048


class Weighted(Generic[T]):
    """Draws one item of ``shares``, pairs of (item, share), in proportion to its share."""

    def __init__(self, shares: Iterable[tuple[T, float]]) -> None:
        pairs = list(shares)
        self._items = [item for item, _ in pairs]
        self._ends = list(accumulate(share for _, share in pairs))

    def __call__(self, rng: Rng) -> T:
        index = bisect_right(self._ends, rng.random() * self._ends[-1])
        return self._items[min(index, len(self._items) - 1)]


def between(rng: Rng, low: float, high: float) -> float:
    """A uniform number in low..high."""
    return low + (high - low) * float(rng.random())


def chance(rng: Rng, probability: float) -> bool:
    """True with ``probability``."""
    return bool(rng.random() < probability)


class NoiseTiles:
    """Large tiles of noise, the same in every process; samples are cut from them at random places.

    Drawing fresh noise for each line would cost more than all the rest of the renderer.
    ``white`` has mean 0 and deviation 1; ``grain`` is paper grain, ``clouds`` slow blotches, ``photo`` edges
    and shapes as in photographs; the last three lie in 0..1. All float32.
    """

    def __init__(self, seed: int = 20250101) -> None:
        self.seed = seed
        rng = np.random.default_rng(seed)
        self.white = rng.standard_normal((_TILE_H, _TILE_W), dtype=np.float32)
        self.uniform = rng.random((_TILE_H, _TILE_W), dtype=np.float32)
        self.grain = _unit(
            cv2.GaussianBlur(self.white, (0, 0), 0.9) + _octave(rng, 3) * 0.8 + _octave(rng, 9)
        )
        self.clouds = _unit(_octave(rng, 24) + 1.5 * _octave(rng, 60) + 0.4 * _octave(rng, 8))
        self.photo = _unit(_shapes(rng) + 0.25 * _octave(rng, 30) + 0.06 * self.white)

    def __reduce__(self) -> tuple[Any, tuple[int]]:
        return _tiles_again, (self.seed,)  # a worker makes its own: faster than 20 MB through a pipe

    def cut(self, rng: Rng, tile: np.ndarray, height: int, width: int) -> np.ndarray:
        """A window [height, width] of ``tile`` (a view or a copy; do not write into it).

        Where the tile is too small, blotches and photographs are enlarged, and noise is continued mirrored,
        since its grain must not grow.
        """
        h, w = tile.shape
        fits = height <= h and width <= w
        enlarge = not fits and (tile is self.clouds or tile is self.photo)
        scale = max(1.0, height / h, width / w) if enlarge else 1.0
        rows, columns = min(h, math.ceil(height / scale)), min(w, math.ceil(width / scale))
        y, x = int(rng.random() * (h - rows + 1)), int(rng.random() * (w - columns + 1))
        turn = int(rng.random() * 4)
        window = tile[y : y + rows, x : x + columns][:: -1 if turn & 1 else 1, :: -1 if turn & 2 else 1]
        if fits:
            return window
        if enlarge:
            return cv2.resize(window, (width, height), interpolation=cv2.INTER_LINEAR)
        return np.pad(window, ((0, height - rows), (0, width - columns)), mode="symmetric")


@lru_cache(maxsize=1)
def shared_tiles() -> NoiseTiles:
    """The process's own NoiseTiles, made at first use: renderers of several levels share its 20 MB."""
    return NoiseTiles()


def _tiles_again(seed: int) -> NoiseTiles:
    """The unpickled tiles: the shared ones if they have this seed."""
    return shared_tiles() if shared_tiles().seed == seed else NoiseTiles(seed)


def smooth_field(rng: Rng, height: int, width: int, *, rows: int = 2, columns: int = 4) -> np.ndarray:
    """A slowly changing field in 0..1, float32 [height, width]."""
    coarse = rng.random((rows, columns), dtype=np.float32)
    return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR)


def _octave(rng: Rng, scale: int) -> np.ndarray:
    small = rng.standard_normal((_TILE_H // scale + 2, _TILE_W // scale + 2), dtype=np.float32)
    return cv2.resize(small, (_TILE_W, _TILE_H), interpolation=cv2.INTER_CUBIC)


def _unit(field: np.ndarray) -> np.ndarray:
    low, high = np.percentile(field, (0.5, 99.5))
    return np.clip((field - low) / (high - low), 0, 1).astype(np.float32)


def _shapes(rng: Rng) -> np.ndarray:
    """Overlapping discs, bars and polygons, partly blurred: the edges of a photograph."""
    field = np.full((_TILE_H, _TILE_W), 0.5, np.float32)
    for i in range(900):
        x, y = int(rng.integers(_TILE_W)), int(rng.integers(_TILE_H))
        size, value = int(rng.integers(4, 90)), float(rng.random())
        if i % 3 == 0:
            cv2.ellipse(
                field, (x, y), (size, int(size * rng.random()) + 2), rng.random() * 180, 0, 360, value, -1
            )
        elif i % 3 == 1:
            end = (x + int(rng.integers(-200, 200)), y + int(rng.integers(-200, 200)))
            cv2.line(field, (x, y), end, value, int(rng.integers(1, 12)))
        else:
            points = rng.integers(-size, size + 1, (4, 2)) + np.array((x, y))
            cv2.fillPoly(field, [points.astype(np.int32)], value)
        if i in (500, 800):
            field = cv2.GaussianBlur(field, (0, 0), 2.5)
    return field
