"""Networks. Every part registers itself on import of this package."""

from ppocr_lite.modeling import backbones, heads, necks
from ppocr_lite.modeling.base_model import BaseModel
from ppocr_lite.modeling.build import ARCHITECTURES, build_model

__all__ = ["ARCHITECTURES", "BaseModel", "backbones", "build_model", "heads", "necks"]
