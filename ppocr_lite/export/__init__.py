"""From a trained model to a folder for the runtime: Paddle inference files, ONNX, ``inference.yml``."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ppocr_lite.export.bundle import export_model

__all__ = ["export_model"]


def __getattr__(name: str) -> Any:
    """``export_model`` when it is asked for: the other modules here do without Paddle."""
    if name != "export_model":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from ppocr_lite.export import bundle

    return bundle.export_model
