"""Configurations that mean one thing in one version of PaddleOCR and another in the next."""

import logging
from collections.abc import Iterable, Iterator
from typing import Any

from ppocr_lite.config import Config, Section
from ppocr_lite.engine import checkpoint
from ppocr_lite.errors import ModelFileError
from ppocr_lite.weights import files

logger = logging.getLogger(__name__)

STEMS = {"vd": "conv1_1.", "plain": "conv._conv."}
"""First layer of a detector's ``ResNet``, by variant; see modeling/backbones/resnet.py."""


def choose_resnets(cfg: Config) -> Config:
    """``cfg`` with a ``variant`` for each detector's ``ResNet`` that has none and whose weights show it.

    Before PaddleOCR 2.5 the name means ResNet_vd, since then the plain network. The weights looked at are
    those that end up in the model: ``Global.checkpoints``, else ``Global.pretrained_model``, else the
    sub-model's ``pretrained``. A file that cannot be read is left to whoever loads it.
    """
    chosen: dict[str, Any] = {}
    for section, prefix in _models(cfg.section("Architecture")):
        backbone = section.section("Backbone")
        ambiguous = backbone.get("name") == "ResNet" and backbone.get("variant") is None
        if section.get("model_type") != "det" or not ambiguous:
            continue
        whole = cfg.get("Global.checkpoints") or cfg.get("Global.pretrained_model")
        for path, start in ((whole, prefix), (section.get("pretrained"), "")):
            variant = resnet_variant(_names(path), start) if path else None
            if variant:
                logger.info(
                    "%s: ResNet is the %s network, by the weights in %s.", backbone.path, variant, path
                )
                chosen[f"{backbone.path}.variant"] = variant
                break
    return cfg.replace(chosen) if chosen else cfg


def resnet_variant(names: Iterable[str], prefix: str = "") -> str | None:
    """``vd`` or ``plain`` by the names in a file of weights; None where they show neither.

    Args:
        names: state_dict names, of a whole model or of a backbone alone.
        prefix: what the names of the sub-model in question begin with, as in ``Teacher.``.
    """
    names = list(names)
    for variant, stem in STEMS.items():
        if any(name.startswith((f"{prefix}backbone.{stem}", stem)) for name in names):
            return variant
    return None


def _models(arch: Section) -> Iterator[tuple[Section, str]]:
    """Each single model of an architecture, and what its names in a checkpoint begin with."""
    models = arch.section("Models")
    if not models:
        yield arch, ""
    for name in models:
        yield models.section(name), f"{name}."


def _names(path: str) -> list[str]:
    try:
        return list(files.read_weights(checkpoint.find_params(path)))
    except ModelFileError:
        return []
