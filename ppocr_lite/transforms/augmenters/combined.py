"""Augmenters made of augmenters: sometimes, one of several, some of several.

Their parts stand in the YAML as they do in ``augmenter_args``: ``{type: NAME, args: {...}}``.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from ppocr_lite.errors import ConfigError
from ppocr_lite.transforms.augmenters.base import (
    AUGMENTERS,
    Augmenter,
    Named,
    build_augmenters,
    share,
    value_range,
    whole,
)

Specs = Sequence[Mapping[str, Any]]
Moved = tuple[np.ndarray, np.ndarray]


def _run(
    augmenters: Iterable[Augmenter], image: np.ndarray, points: np.ndarray, rng: np.random.Generator
) -> Moved:
    for augmenter in augmenters:
        image, points = augmenter(image, points, rng)
    return image, points


@AUGMENTERS.register("Identity", "Noop")
class Identity(Named):
    """Nothing."""

    def __call__(self, image: np.ndarray, points: np.ndarray, rng: np.random.Generator) -> Moved:
        return image, points


@AUGMENTERS.register()
class Sequential(Named):
    """All of ``children``, in their order or, with ``random_order``, in a drawn one."""

    def __init__(self, children: Specs, random_order: bool = False) -> None:
        self.children = build_augmenters(children, "Sequential.children")
        self.random_order = random_order

    def __call__(self, image: np.ndarray, points: np.ndarray, rng: np.random.Generator) -> Moved:
        order = rng.permutation(len(self.children)) if self.random_order else range(len(self.children))
        return _run([self.children[i] for i in order], image, points, rng)


@AUGMENTERS.register()
class Sometimes(Named):
    """``then_list`` with probability ``p``, else ``else_list`` (nothing, by default)."""

    def __init__(self, p: float = 0.5, then_list: Specs = (), *, else_list: Specs = ()) -> None:
        self.p = share(p, "Sometimes.p")
        self.then = build_augmenters(then_list, "Sometimes.then_list")
        self.otherwise = build_augmenters(else_list, "Sometimes.else_list")

    def __call__(self, image: np.ndarray, points: np.ndarray, rng: np.random.Generator) -> Moved:
        return _run(self.then if rng.random() < self.p else self.otherwise, image, points, rng)


@AUGMENTERS.register()
class SomeOf(Named):
    """``n`` of ``children``, drawn without repetition.

    Args:
        n: a number or [low, high].
        children: the augmenters.
        random_order: run the drawn ones in a drawn order.
    """

    def __init__(self, n: int | Sequence[int], children: Specs, *, random_order: bool = False) -> None:
        self.children = build_augmenters(children, "SomeOf.children")
        self.n = value_range(n, "SomeOf.n", least=0, most=len(self.children))
        self.random_order = random_order

    def __call__(self, image: np.ndarray, points: np.ndarray, rng: np.random.Generator) -> Moved:
        chosen = rng.permutation(len(self.children))[: whole(self.n, rng)]
        order = chosen if self.random_order else np.sort(chosen)
        return _run([self.children[i] for i in order], image, points, rng)


@AUGMENTERS.register()
class OneOf(Named):
    """One of ``children``, each as likely as the others."""

    def __init__(self, children: Specs) -> None:
        self.children = build_augmenters(children, "OneOf.children")
        if not self.children:
            raise ConfigError("OneOf.children: the list is empty.")

    def __call__(self, image: np.ndarray, points: np.ndarray, rng: np.random.Generator) -> Moved:
        return self.children[int(rng.integers(len(self.children)))](image, points, rng)
