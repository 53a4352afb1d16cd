"""Strict reading: a key of a configuration that no part of the program knows is an error."""

import functools
import logging
from collections.abc import Callable
from typing import Any, TypeVar, Union

from ppocr_lite import losses, metrics, postprocess, transforms
from ppocr_lite.config import Config, Section
from ppocr_lite.config.global_keys import GLOBAL_DEFAULTS, GLOBAL_KINDS, OBSOLETE, SETTINGS, SWITCHES
from ppocr_lite.data.check import check_data
from ppocr_lite.errors import ConfigError
from ppocr_lite.optim.build import check_optimizer
from ppocr_lite.registry import (
    LOSSES,
    METRICS,
    POSTPROCESSES,
    TRANSFORMS,
    Registry,
    annotations_of,
    check_values,
    did_you_mean,
    parameters_of,
)

logger = logging.getLogger(__name__)

REGISTERED = (losses, metrics, postprocess, transforms)
"""Packages whose import registers the parts that configurations name."""
PARTS: dict[str, Registry] = {"Loss": LOSSES, "Metric": METRICS, "PostProcess": POSTPROCESSES}
"""Sections that describe one part."""


T = TypeVar("T")


def places_named(build: Callable[..., T]) -> Callable[..., T]:
    """Decorator of functions ``(cfg, ...)``: their ConfigErrors name the places of the values in the file."""

    @functools.wraps(build)
    def run(cfg: Config, *args: Any, **kwargs: Any) -> T:
        with cfg.naming_places():
            return build(cfg, *args, **kwargs)

    return run


def check_config(cfg: Config) -> None:
    """Check keys and values of all sections but ``Architecture``, which whoever builds the model checks.

    Names of parts are not checked here: a part that this run does not build need not exist.

    Raises:
        ConfigError: an unknown key, with the nearest right one, or a value of another type than its part
            takes; with its place in the file.
    """
    check_global(cfg.section("Global"))
    check_optimizer(cfg.section("Optimizer"))
    for key, registry in PARTS.items():
        section = cfg.section(key)
        task = cfg.get("Architecture.model_type")
        registry.check(section.get("name"), section.without("name"), task=task, where=key, leave=("charset",))
    for mode in ("Train", "Eval"):
        check_data(cfg.section(mode))
        _check_image_is_kept(cfg.section(f"{mode}.dataset"))


def _check_image_is_kept(dataset: Section) -> None:
    """ConfigError where a ``KeepKeys`` leaves no image for the network."""
    for name, params in dataset.steps("transforms"):
        if name == "KeepKeys" and "image" not in params.get("keep_keys", ["image"]):
            raise ConfigError(f"{params.place('keep_keys')}: 'image' is missing, which the network reads.")
    for member in dataset.sections("datasets"):
        _check_image_is_kept(member)


def check_global(section: Section) -> None:
    """Check the keys of ``Global``; what has no effect is said in one warning of each kind."""
    known = {*GLOBAL_DEFAULTS, *SWITCHES, *SETTINGS, *OBSOLETE, *named_by_constructors()}
    for key in section:
        if key not in known:
            raise ConfigError(
                f"{section.place(key)}: nothing reads a key '{key}' of Global.{did_you_mean(key, known)} "
                "(A key of your own is known once the constructor of a registered step names it.)"
            )
    check_values(section, {**kinds_of_constructors(), **GLOBAL_KINDS}, where=section.path)
    obsolete = [section.place(key) for key in section if key in OBSOLETE]
    if obsolete:
        logger.warning("Obsolete keys, which PaddleOCR does not read either: %s.", ", ".join(obsolete))
    without = [section.place(key) for key in SWITCHES if section.get(key)]
    if without:
        logger.warning("Without effect, for this version does not have it: %s.", ", ".join(without))


def named_by_constructors() -> set[str]:
    """Keys of ``Global`` that a transform or a post-process takes from there."""
    parts = [*TRANSFORMS.parts(), *POSTPROCESSES.parts()]
    return {name for part in parts for name in parameters_of(part)} - {"charset"}


def kinds_of_constructors() -> dict[str, Any]:
    """What the constructors that name a key ask for; a value of ``Global`` must fit one of them at least."""
    kinds: dict[str, list[Any]] = {}
    for part in (*TRANSFORMS.parts(), *POSTPROCESSES.parts()):
        for name, kind in annotations_of(part).items():
            kinds.setdefault(name, []).append(kind)
    return {name: Union[tuple(several)] for name, several in kinds.items()}  # noqa: UP007 - not known before
