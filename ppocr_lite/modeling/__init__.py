"""Networks. Every part registers itself on import of this package."""

from ppocr_lite.modeling import backbones, heads, necks, rectifiers
from ppocr_lite.modeling.base_model import BaseModel
from ppocr_lite.modeling.build import ARCHITECTURES, build_model
from ppocr_lite.modeling.distillation import DistillationModel

__all__ = [
    "ARCHITECTURES",
    "BaseModel",
    "DistillationModel",
    "backbones",
    "build_model",
    "heads",
    "necks",
    "rectifiers",
]
