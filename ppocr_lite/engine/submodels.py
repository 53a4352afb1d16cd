"""The sub-models of a distillation: checks, weights of their own, and each as a model for itself."""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from paddle import nn

from ppocr_lite.config import Config, Section
from ppocr_lite.engine import checkpoint
from ppocr_lite.errors import ConfigError
from ppocr_lite.modeling import DistillationModel
from ppocr_lite.modeling.build import SUBMODEL_KEYS
from ppocr_lite.postprocess.distillation import PerModel
from ppocr_lite.registry import did_you_mean

LOSS_KEYS = ("model_name_list", "model_name_pairs")
"""Keys of losses that name sub-models."""


def check(cfg: Config, model: nn.Layer, postprocess: Any) -> None:
    """ConfigError where architecture, post-processing and metric are not about the same sub-models."""
    several = isinstance(postprocess, PerModel)
    if several != isinstance(model, DistillationModel):
        raise ConfigError(
            f"PostProcess.name: '{cfg.get('PostProcess.name')}' is for "
            f"{'several sub-models' if several else 'one model'}, but Architecture.name is "
            f"'{cfg.get('Architecture.name', 'BaseModel')}'. PostProcess, Metric and Loss of a distillation "
            "begin with 'Distillation' (or are in a CombinedLoss), those of one model do not."
        )
    if not isinstance(model, DistillationModel):
        return
    for where, name in _names_in_losses(cfg.section("Loss")):
        _check_name(name, model.model_names, where, "Architecture.Models")
    names = postprocess.model_names or list(model.model_names)
    for name in names:
        _check_name(name, model.model_names, "PostProcess.model_name", "Architecture.Models")
    if cfg.get("Metric.name") == "DistillationMetric":
        _check_name(str(cfg.get("Metric.key")), names, "Metric.key", "PostProcess.model_name")


def _names_in_losses(loss: Section) -> Iterator[tuple[str, str]]:
    """(key, name of a sub-model) of everything that the losses compare."""
    for section in (loss, *(part for _, part in loss.steps("loss_config_list"))):
        for key in LOSS_KEYS:
            for name in _flat(section.get(key)):
                yield f"{section.path}.{key}", name


def _flat(value: Any) -> Iterator[str]:
    """The texts of a text, a list, or lists in a list."""
    if isinstance(value, str):
        yield value
    for item in value if isinstance(value, list) else ():
        yield from _flat(item)


def _check_name(name: str, known: Collection[str], where: str, place: str) -> None:
    if name not in known:
        raise ConfigError(
            f"{where}: no '{name}' in {place}.{did_you_mean(name, known)} Known: {', '.join(known)}."
        )


def load_pretrained(cfg: Config, model: nn.Layer) -> bool:
    """Load the files that ``Architecture.Models.<name>.pretrained`` name; False where there is none.

    A file may hold the weights of one model, or of a distillation with a sub-model of the same name. What
    does not fit is named in a warning, as with ``Global.pretrained_model``.
    """
    loaded = False
    if isinstance(model, DistillationModel):
        for name, submodel in model.submodels().items():
            path = cfg.get(f"Architecture.Models.{name}.pretrained")
            if path:
                checkpoint.load_pretrained(submodel, path, submodel=name)
                loaded = True
    return loaded


def single_config(cfg: Config, name: str, plain: Mapping[str, Any]) -> Config:
    """The configuration of the sub-model ``name`` as a model for itself, for its export.

    Loss and metric, which compare several, are left out.

    Args:
        plain: the section ``PostProcess`` of one model; see :class:`PerModel`.
    """
    values = cfg.to_dict()
    own = values["Architecture"]["Models"][name]
    values["Architecture"] = {key: value for key, value in own.items() if key not in SUBMODEL_KEYS}
    values["PostProcess"] = dict(plain)
    whole = cfg.get("Global.model_name") or Path(cfg.source).stem
    values["Global"] = {**(values.get("Global") or {}), "model_name": f"{whole}_{name}"}
    values.pop("Loss", None)
    values.pop("Metric", None)
    return Config(values, cfg.source)
