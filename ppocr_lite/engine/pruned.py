"""Models made as small as the checkpoints that are loaded into them."""

import logging
from pathlib import Path

import paddle

from ppocr_lite.config import Config
from ppocr_lite.engine import checkpoint
from ppocr_lite.errors import ModelFileError
from ppocr_lite.modeling import DistillationModel
from ppocr_lite.modeling.structure import apply_structure
from ppocr_lite.weights import structures

logger = logging.getLogger(__name__)


def shrink(cfg: Config, model: paddle.nn.Layer) -> bool:
    """Prune a model that has just been built like the checkpoints that ``cfg`` names, before it loads them.

    Looked at are ``Global.checkpoints``, else ``Global.pretrained_model`` and the ``pretrained`` of each
    sub-model of a distillation; a checkpoint has a ``<prefix>.structure.json`` if it was pruned.

    Returns:
        Whether any of them was pruned.

    Raises:
        ModelFileError: a structure is damaged, or of another configuration.
    """
    if cfg.get("Global.checkpoints"):
        return _like(model, cfg.get("Global.checkpoints"))
    found = False
    if isinstance(model, DistillationModel):
        for name, submodel in model.submodels().items():
            path = cfg.get(f"Architecture.Models.{name}.pretrained")
            found |= bool(path) and _like(submodel, path, submodel=name)
    path = cfg.get("Global.pretrained_model")
    return found | (bool(path) and _like(model, path))


def _like(model: paddle.nn.Layer, prefix: str | Path, *, submodel: str = "") -> bool:
    try:
        file = checkpoint.find_params(prefix)
    except ModelFileError:
        return False  # whoever loads the weights says so
    structure = structures.read_beside(file)
    if structure is None:
        return False
    part = structure.within(f"{submodel}.") if submodel else structure
    path = structures.path_of(file)
    apply_structure(model, part if part.cuts else structure, where=str(path))
    logger.info("%s: %d parameters are smaller than in the configuration", path, len(structure.cuts))
    return True
