"""From the ``Architecture`` section of a configuration to a model."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from paddle import nn

from ppocr_lite.charset import Charset
from ppocr_lite.config import Section
from ppocr_lite.errors import ConfigError
from ppocr_lite.modeling.base_model import BaseModel
from ppocr_lite.parameters import Count
from ppocr_lite.registry import BACKBONES, HEADS, NECKS, RECTIFIERS, Registry, check_values, did_you_mean

logger = logging.getLogger(__name__)

TASKS = ("det", "rec", "cls")
DEFAULT_NAME = "BaseModel"

ARCHITECTURES = Registry("architecture")
"""Whole models, built by ``(arch: Section, charset: Charset | None, *, max_text_length: int | None)``."""

PARTS = {"Transform": RECTIFIERS, "Backbone": BACKBONES, "Neck": NECKS, "Head": HEADS}
KEYS = ("name", "model_type", "algorithm", "in_channels", "return_all_feats", *PARTS)
# Of a sub-model (distillation.py); PaddleOCR accepts them elsewhere and does nothing with them.
SUBMODEL_KEYS = ("pretrained", "freeze_params")
KINDS: Mapping[str, Any] = {
    "name": str,
    "model_type": str,
    "in_channels": Count,
    "return_all_feats": bool,
    "pretrained": str | Literal[False],
    "freeze_params": bool,
}
"""What the values of these keys must be; see :mod:`ppocr_lite.parameters`."""


def build_model(
    arch: Mapping[str, Any], charset: Charset | None = None, *, max_text_length: int | None = None
) -> nn.Layer:
    """Build the model that ``arch`` (the ``Architecture`` section) describes; ``arch`` is not changed.

    Args:
        charset: sets the number of classes of a recognition head, whatever the section says.
        max_text_length: length of a label, for the heads that take it; as the section says without it.

    Raises:
        ConfigError: an unknown name or key, a missing part, no charset and no ``out_channels``.
    """
    section = arch if isinstance(arch, Section) else Section(arch, "Architecture")
    build = ARCHITECTURES.get(section.get("name", DEFAULT_NAME), where=section.path)
    model: nn.Layer = build(section, charset, max_text_length=max_text_length)
    return model


@ARCHITECTURES.register(DEFAULT_NAME)
def build_single_model(
    arch: Section, charset: Charset | None = None, *, max_text_length: int | None = None
) -> BaseModel:
    """Build a model that stands for itself."""
    for key in SUBMODEL_KEYS:
        if arch.get(key):
            logger.warning("%s.%s: has an effect on the sub-models of a distillation only.", arch.path, key)
    return build_base_model(arch, charset, max_text_length=max_text_length)


def build_base_model(
    arch: Section, charset: Charset | None = None, *, max_text_length: int | None = None
) -> BaseModel:
    """Build rectifier, backbone, neck and head, handing each one's ``out_channels`` to the next."""
    task = checked_task(arch, (*KEYS, *SUBMODEL_KEYS))
    in_channels = channels = arch.get("in_channels", 3)
    parts: dict[str, nn.Layer] = {}
    # In this order: it fixes the tensors' names, which optimizer states (.pdopt) use.
    for key, registry in PARTS.items():
        section = arch.section(key)
        if not section:
            continue
        context = {"in_channels": channels}
        if key == "Head":
            context.update(_classes(section, task, charset))
            if max_text_length is not None:
                context["max_text_length"] = int(max_text_length)
        part = parts[key] = registry.build(section, task=task, **context)
        channels = getattr(part, "out_channels", channels)
    for key in ("Backbone", "Head"):
        if key not in parts:
            raise ConfigError(f"{arch.path}.{key}: the section is missing.")
    return BaseModel(
        parts["Backbone"],
        parts["Head"],
        neck=parts.get("Neck"),
        transform=parts.get("Transform"),
        task=task,
        in_channels=in_channels,
        return_all_feats=arch.get("return_all_feats", False),
    )


def checked_task(arch: Section, known: Sequence[str]) -> str:
    """The section's ``model_type``, once all its keys are among the ``known`` ones."""
    for key in arch:
        if key not in known:
            raise ConfigError(
                f"{arch.path}.{key}: an architecture has no key '{key}'.{did_you_mean(key, known)}"
            )
    check_values(arch, KINDS, where=arch.path)
    task = str(arch["model_type"])
    if task not in TASKS:
        raise ConfigError(f"{arch.path}.model_type: '{task}' is not one of {', '.join(TASKS)}.")
    return task


def _classes(section: Section, task: str, charset: Charset | None) -> dict[str, int]:
    """``out_channels`` of a recognition head, from the charset; empty for other heads."""
    head = HEADS.get(section["name"], task=task, where=section.path)
    size = getattr(head, "charset_size", None)
    if charset is None or size is None:
        return {}
    classes: int = getattr(charset, size)
    written = section.get("out_channels")
    if written not in (None, classes):
        logger.info(
            "%s.out_channels: %s, as the character set has it, instead of %s.",
            section.path,
            classes,
            written,
        )
    return {"out_channels": classes}
