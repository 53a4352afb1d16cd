"""What all augmenters share: their registry, ranges of parameters, building them from YAML."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Protocol

import numpy as np

from ppocr_lite.errors import ConfigError
from ppocr_lite.registry import Registry, construct, did_you_mean

AUGMENTERS = Registry("augmenter")

Range = tuple[float, float]
SPEC_KEYS = ("type", "args")


class Augmenter(Protocol):
    """(image uint8 [H, W, 3], points float32 [..., 2]) -> the same, changed alike; both are new or as given.

    Points are (x, y) in pixels, counted from the corner of pixel (0, 0). Colours are in the order BGR.
    """

    def __call__(
        self, image: np.ndarray, points: np.ndarray, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]: ...


class Named:
    """Base of the augmenters: takes imgaug's common parameters, which have no effect here."""

    ignored_params: ClassVar[tuple[str, ...]] = ("name", "deterministic", "random_state", "seed")


class PixelAugmenter(Named):
    """Base of augmenters that change colours alone; a subclass has ``change``."""

    def __call__(
        self, image: np.ndarray, points: np.ndarray, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        return self.change(image, rng), points

    def change(self, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """uint8 [H, W, 3] -> a new uint8 [H, W, 3]."""
        raise NotImplementedError


def build_augmenter(spec: Any, where: str) -> Augmenter:
    """Build from ``{"type": name, "args": {...}}``; ``where`` is its place, for messages."""
    if not isinstance(spec, Mapping) or "type" not in spec:
        raise ConfigError(f"{where}: expected {{type: NAME, args: {{...}}}}, got {spec!r:.80}.")
    for key in spec:
        if key not in SPEC_KEYS:
            raise ConfigError(
                f"{where}: no key '{key}'.{did_you_mean(key, SPEC_KEYS)} Parameters go to args."
            )
    name = str(spec["type"])
    item = AUGMENTERS.get(name, where=where)
    args = {} if spec.get("args") is None else spec["args"]
    built: Augmenter = construct(item, args, {}, where=f"{where}.{name}")
    return built


def build_augmenters(specs: Any, where: str) -> list[Augmenter]:
    """Build a list of them."""
    if not isinstance(specs, Sequence) or isinstance(specs, str):
        raise ConfigError(f"{where}: expected a list of {{type: NAME, args: {{...}}}}, got {specs!r:.80}.")
    return [build_augmenter(spec, f"{where}[{i}]") for i, spec in enumerate(specs)]


def value_range(value: Any, what: str, *, least: float = -np.inf, most: float = np.inf) -> Range:
    """(low, high) of a number or of ``[low, high]``; ConfigError unless least <= low <= high <= most."""
    pair = (value, value) if isinstance(value, int | float) else value
    if not isinstance(pair, Sequence) or len(pair) != 2 or not all(isinstance(v, int | float) for v in pair):
        raise ConfigError(f"{what}: expected a number or [low, high], got {value!r}.")
    low, high = float(pair[0]), float(pair[1])
    if low > high:
        raise ConfigError(f"{what}: expected a number or [low, high], got {value!r}.")
    if low < least or high > most:
        raise ConfigError(f"{what}: expected values in {least:g}..{most:g}, got {value!r}.")
    return low, high


def whole(limits: Range, rng: np.random.Generator) -> int:
    """A whole number, uniform in a range whose ends both count."""
    return int(rng.integers(round(limits[0]), round(limits[1]) + 1))


def share(value: float, what: str) -> float:
    """A probability, checked."""
    return value_range(float(value), what, least=0, most=1)[0]
