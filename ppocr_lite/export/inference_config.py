"""``inference.yml``: everything that the runtime must know beside the weights.

Pre-processing is the evaluation pipeline of the configuration without its label steps, so that serving
repeats exactly what was measured. The layout is that of PaddleOCR 3.x, with entries of our own.
"""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from ppocr_lite import __version__
from ppocr_lite.charset import Charset
from ppocr_lite.config import Config
from ppocr_lite.errors import ConfigError
from ppocr_lite.registry import POSTPROCESSES, TRANSFORMS, parameters_of

DICTIONARY_KEYS = ("character_dict_path", "use_space_char")
"""Replaced by the characters themselves."""

Steps = list[dict[str, Any]]


def inference_steps(cfg: Config) -> Steps:
    """The steps of ``Eval.dataset.transforms`` that an image without a label goes through.

    ``Global`` values that a step's constructor names are written into the step, as they win in training too.
    """
    specs = cfg.get("Eval.dataset.transforms")
    if not specs:
        raise ConfigError(
            "Eval.dataset.transforms: missing; pre-processing of served images is taken from it."
        )
    steps: Steps = []
    for number, spec in enumerate(specs):
        ((name, params),) = ({spec: None} if isinstance(spec, str) else dict(spec)).items()
        if "Label" in name or name == "KeepKeys":
            continue
        where = f"Eval.dataset.transforms[{number}]"
        accepted = parameters_of(TRANSFORMS.get(name, where=where))
        usable = set(accepted) - set(DICTIONARY_KEYS)
        own = {**(params or {}), **{k: v for k, v in cfg.section("Global").items() if k in usable}}
        if "infer_mode" in accepted:
            # PaddleOCR's rule: long lines keep their width, unless the model has no dictionary file.
            own["infer_mode"] = cfg.get("Global.character_dict_path") is not None
        steps.append({name: own or None})
    return steps


def post_process(cfg: Config, charset: Charset | None) -> dict[str, Any]:
    """The PostProcess section, with the characters and what ``Global`` adds."""
    section = cfg.section("PostProcess")
    accepted = parameters_of(POSTPROCESSES.get(section["name"], where=section.path))
    shared = {k: v for k, v in cfg.section("Global").items() if k in accepted and v is not None}
    values = {**section, **shared}
    if charset is not None:
        values = {k: v for k, v in values.items() if k not in DICTIONARY_KEYS}
        values["character_dict"] = list(charset.characters)
        if charset.separator:
            values["token_separator"] = charset.separator
    return values


def image_shape(steps: Sequence[Mapping[str, Any]]) -> tuple[int | None, int | None]:
    """(channels, height) that the pre-processing gives; None for what it leaves open."""
    for step in steps:
        for params in step.values():
            shape = (params or {}).get("image_shape")
            if shape is not None and len(shape) == 3:
                return int(shape[0]), int(shape[1])
    return None, None


def image_width(steps: Sequence[Mapping[str, Any]]) -> int | None:
    """Width of most images after the pre-processing; None where it sets none."""
    for step in steps:
        for params in step.values():
            shape = (params or {}).get("image_shape")
            if shape is not None and len(shape) == 3:
                return int(shape[2])
    return None


def describe(
    cfg: Config,
    charset: Charset | None,
    *,
    steps: Steps,
    input_shape: Sequence[int | None],
    output_shape: Sequence[int | None],
    parity: Mapping[str, Any] | None = None,
    versions: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Content of ``inference.yml``, still without the hashes of the files."""
    name = cfg.get("Global.model_name") or Path(cfg.source).stem
    values: dict[str, Any] = {
        "Global": {
            "model_name": name,
            "model_type": cfg.get("Architecture.model_type"),
            "algorithm": cfg.get("Architecture.algorithm"),
        },
        "PreProcess": {"transform_ops": list(steps)},
        "PostProcess": post_process(cfg, charset),
        "Shapes": {"input": list(input_shape), "output": list(output_shape)},
    }
    if parity:
        values["Parity"] = dict(parity)
    values["Versions"] = {"ppocr_lite": __version__, **dict(versions or {})}
    return values


def to_yaml(values: Mapping[str, Any]) -> str:
    """YAML text with the keys in their order; characters are readable."""
    text: str = yaml.safe_dump(plain(values), sort_keys=False, allow_unicode=True, width=110)
    return text


def plain(value: Any) -> Any:
    """Tuples as lists and numbers of numpy as Python's, which YAML can write."""
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    return value.item() if hasattr(value, "item") else value


def sha256(path: Path) -> str:
    """Hash of a file, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
