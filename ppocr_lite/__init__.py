"""ppocr_lite: train, compress and run OCR systems. The runtime half never imports a training framework."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ppocr_lite.config import Config as Config
    from ppocr_lite.inference.system import TextSystem as TextSystem
    from ppocr_lite.structures import OCRResult as OCRResult

__version__ = "0.1.0"

_LAZY = {
    "TextSystem": "ppocr_lite.inference.system",
    "OCRResult": "ppocr_lite.structures",
    "Config": "ppocr_lite.config",
}

__all__ = ["Config", "OCRResult", "TextSystem", "__version__"]


def __getattr__(name: str) -> Any:
    # Lazy, so that `import ppocr_lite` stays fast and needs neither OpenCV nor ONNX Runtime.
    if name in _LAZY:
        return getattr(importlib.import_module(_LAZY[name]), name)
    raise AttributeError(f"module 'ppocr_lite' has no attribute '{name}'")
